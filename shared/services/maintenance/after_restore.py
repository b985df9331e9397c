"""The time after a restore: records are compared with Azure first, and operations without an instance go on or end.

The scan for orphans compares them: it adopts the machines that the records do not know, and finds what is gone.

What a record shows as under way (a build, an action, a task, a check) has its own due row, and its end ends the
operation. An operation that no record knows any more (a step that is run again, the removal of an orphan or an image,
or what began between the export of its record and of its operation) would run for ever: it fails, and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import Any

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import LAST, OrphanScan
from shared.domain.images.image import DeviceImage, DeviceImageStatus
from shared.domain.operations.operation import Operation
from shared.domain.spot.hosts.release import OPEN
from shared.domain.spot.images.image_version import ImageVersion, VersionStatus
from shared.domain.tenants.tenant import Paused, Tenant
from shared.services.cloud_pcs.orphans import SCAN
from shared.services.operations.comparing import stop_comparing
from shared.services.operations.sweeps import progress_due
from shared.services.policies.reconciling import RECONCILE_OPERATION
from shared.services.spot.releases import RELEASE_OPERATION
from shared.storage.due import EVERYBODY, Due, DueKind, Watching
from shared.storage.records import Records
from shared.storage.repository import Repository, Stored
from shared.workflow import DurableClient

RESTORE_ACTOR = "restore"
"""Actor of the pause of a tenant while its restored records are compared."""


async def compare_first(records: Records, tenant: Tenant, at: datetime) -> None:
    """Want the records of a tenant compared before anything else: due rows wait, and the tenant is paused.

    *at*: the time of the export. One that somebody has paused stays so.
    """
    await records.restores.compare(tenant.id, at)
    reason = "its records were restored; they are being compared with what is in Azure"

    def edit(there: Tenant) -> Tenant | None:
        return None if there.paused else there.but(paused=Paused(by=RESTORE_ACTOR, at=at, reason=reason))

    await records.tenants.change(tenant.id, edit)
    found = await records.orphan_scans.find(tenant.id, LAST)
    scan = found.value if found else OrphanScan(id=LAST, tenant_id=tenant.id, started_at=at)
    await records.orphan_scans.save_all([Stored(scan.but(wanted_at=at, ended_at=None, restored_at=at), "*")])


async def end_comparison(deps: Dependencies, tenant_id: str, at: datetime) -> None:
    """End the pause of a restored tenant, whose records now match Azure."""
    await deps.due.put(DueKind.REREAD, at, tenant_id, EVERYBODY)

    def edit(there: Tenant) -> Tenant | None:
        return there.but(paused=None) if there.paused and there.paused.by == RESTORE_ACTOR else None

    await stop_comparing(deps, tenant_id)
    await deps.tenants.change(tenant_id, edit)


_LOOK_AGAIN = timedelta(hours=1)
_OF_TENANT = frozenset({RECONCILE_OPERATION, SCAN})
"""Operations of a whole tenant: after a restore each tenant is scanned and reconciled, which ends all of them."""

_ENDS = frozenset({Status.IN_GRACE_PERIOD, Status.DEPROVISIONING})
_SETTLED = frozenset({VersionStatus.AVAILABLE, VersionStatus.FAILED})
_log = logging.getLogger("deskwright.sweeps")

_FORGOTTEN = Failure.model_construct(
    code="restored",
    message="The records of the service were restored from an export, and whether this came to its end is not known.",
    advice="Look at what it was about, and begin it again if it was not done.",
)


async def watched_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Look at an instance that no record shows, or at an operation that a restore has brought back."""
    if due.variant is not Watching.RESTORED:
        return await progress_due(deps, client, due)
    found, now = await deps.operations.find(due.tenant_id, due.subject_id), deps.clock.now()
    if found is None or found.value.ended:
        return None
    if await _goes_on(deps, found.value):
        return now + _LOOK_AGAIN
    _log.warning("the operation %s/%s has nothing that ends it after a restore", due.tenant_id, due.subject_id)
    await deps.operations.change(due.tenant_id, due.subject_id, lambda there: there.failed(_FORGOTTEN, now))
    return None


async def _goes_on(deps: Dependencies, operation: Operation) -> bool:
    """Whether a record shows the work of an operation as under way."""
    if operation.kind in _OF_TENANT:
        return True
    if operation.kind == RELEASE_OPERATION:
        releases = deps.releases.each(operation.tenant_id)
        return operation.id in {each.value.operation_id async for each in releases if each.value.status in OPEN}
    works: tuple[tuple[Repository[Any], Callable[[Any], Container[str | None]]], ...] = (
        (deps.cloud_pcs, _work_of_cloud_pc),
        (deps.images, _work_of_image),
        (deps.image_versions, _work_of_version),
        (deps.session_hosts, lambda host: {host.work.operation_id} if host.work else set()),
        (deps.connections, lambda _: {operation.id}),  # the next checks end what waits for them
        (deps.spot_groups, lambda _: {operation.id}),  # its reconcile or its removal ends it
    )
    for records, work_of in works:
        if found := await records.find(operation.tenant_id, operation.resource_id):
            return operation.id in work_of(found.value)
    return False


def _work_of_cloud_pc(pc: CloudPc) -> set[str | None]:
    """Return the operations that are under way by the record of a Cloud PC."""
    builds = {build.operation_id for build in pc.builds if pc.goes_on(build)}
    ends = {pc.current.operation_id} if pc.status in _ENDS else set()
    return builds | ends | {work.operation_id for work in (pc.action, pc.swap) if work is not None}


def _work_of_image(image: DeviceImage) -> set[str | None]:
    """Return the operation of the build of a device image, while that is under way."""
    return {image.operation_id} if image.status is DeviceImageStatus.PENDING else set()


def _work_of_version(version: ImageVersion) -> set[str | None]:
    """Return the operations that are under way by the record of an image version."""
    own = set() if version.status in _SETTLED else {version.operation_id}
    return own | ({version.action.operation_id} if version.action else set())
