"""Work of Spot Groups and image versions that has begun, for the tests of stalled work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.contracts.definitions import Workflow
from shared.contracts.image_versions import BUILD_VERSION, REMOVE_VERSION, RUN_VERSION_ACTION, SEAL_VERSION
from shared.contracts.session_hosts import RUN_HOST_TASK
from shared.contracts.spot_groups import RECONCILE_SPOT_GROUP, RUN_SPOT_ENGINE
from shared.domain.spot.hosts.host import HostStatus, HostTask, begin_task
from shared.domain.spot.images.image_version import VersionAction, VersionActionName, VersionStatus
from shared.services.spot.reconciling import ENGINE
from shared.storage.due import DueKind, SpotLook
from tests.integration import things
from tests.integration.desks import GROUP_ID, session_host, spot_group
from tests.integration.image_things import image_set, version
from tests.integration.services import PaperServices

Case = Callable[[PaperServices], Awaitable[tuple[str, int, str, Any]]]
REBOOTING = VersionAction(name=VersionActionName.REBOOT, operation_id="op-1", begun_at=things.NOW)


def of_version(instance: str, **changes: Any) -> Case:
    """Work on a version of an image set."""

    async def case(contoso: PaperServices) -> tuple[str, int, str, Any]:
        made = version(**changes)
        await contoso.image_sets.insert(image_set())
        await contoso.image_versions.insert(made)
        await contoso.operations.insert(things.operation(id="op-1", resource_id=made.id))
        return made.id, 0, instance, None

    return case


async def reconciling_group(contoso: PaperServices) -> tuple[str, int, str, Any]:
    await contoso.spot_groups.insert(spot_group())
    await contoso.requests.add("contoso", things.NOW, GROUP_ID)
    return GROUP_ID, 0, f"contoso-{GROUP_ID}-spot-0", None


async def running_the_engine(contoso: PaperServices) -> tuple[str, int, str, Any]:
    await contoso.spot_groups.insert(spot_group())
    await contoso.requests.add("contoso", things.NOW, ENGINE.subject(GROUP_ID))
    return GROUP_ID, SpotLook.HOSTS, f"contoso-{GROUP_ID}-engine-0", None


async def building_host(contoso: PaperServices) -> tuple[str, int, str, Any]:
    await contoso.spot_groups.insert(spot_group())
    host = begin_task(session_host(1, status=HostStatus.PENDING), HostTask.BUILD, at=things.NOW)
    assert host is not None
    await contoso.session_hosts.insert(host)
    return "h1", 1, "contoso-h1-hostBuild-1", None


SPOT_CASES: Mapping[tuple[Workflow[Any, Any], DueKind], Case] = {
    (BUILD_VERSION, DueKind.IMAGE_VERSION): of_version("contoso-v1-build-0", status=VersionStatus.CREATING_VM),
    (SEAL_VERSION, DueKind.IMAGE_VERSION): of_version("contoso-v1-seal-0", status=VersionStatus.SEALING),
    (REMOVE_VERSION, DueKind.IMAGE_VERSION): of_version("contoso-v1-remove-0", status=VersionStatus.DELETING),
    (RUN_VERSION_ACTION, DueKind.IMAGE_VERSION): of_version("contoso-v1-act-op-1-0", action=REBOOTING),
    (RECONCILE_SPOT_GROUP, DueKind.SPOT): reconciling_group,
    (RUN_SPOT_ENGINE, DueKind.SPOT): running_the_engine,
    (RUN_HOST_TASK, DueKind.HOST): building_host,
}
