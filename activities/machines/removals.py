"""Recording that the removal of a machine is ordered: an older order makes no machine any more."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from shared.contracts.calls import is_overtaken, moment
from shared.contracts.machines import Machine
from shared.dependencies import dependencies
from shared.domain.images.image import DeviceImage
from shared.domain.networks.connection import Connection
from shared.domain.owner import OwnerKind
from shared.domain.spot.images.image_version import ImageVersion
from shared.storage.repository import Repository

Maker = TypeVar("Maker", Connection, DeviceImage, ImageVersion)


async def record_removal(machine: Machine) -> None:
    """Record that the removal of a machine is ordered, where its record does not say which machine is made at a step.

    A Cloud PC and a session host have that in their records, and are not changed.
    """
    deps = dependencies()
    match machine.owner.kind:
        case OwnerKind.CONNECTION_PROBE:
            await _record(deps.connections, machine)
        case OwnerKind.DEVICE_IMAGE:
            await _record(deps.images, machine)
        case OwnerKind.IMAGE_VERSION:
            await _record(deps.image_versions, machine)


async def _record(repository: Repository[Maker], machine: Machine) -> None:
    now = dependencies().clock.now()
    at = moment(now)

    def removed(there: Maker) -> Maker | None:
        since = _since(there)
        if since is None or is_overtaken(since, now) or (there.machine_removed_at or at) > at:
            return None  # the order is of earlier work, or of an earlier machine
        return there.but(machine_removed_at=at)

    found = await repository.find(machine.tenant_id, machine.owner.id)
    if found is not None:
        await repository.change(machine.tenant_id, machine.owner.id, removed, known=found)


def _since(maker: Connection | DeviceImage | ImageVersion) -> datetime | None:
    """Return since when there is work that makes a machine, or None while a connection is not checked."""
    return maker.checking_since if isinstance(maker, Connection) else maker.created_date_time
