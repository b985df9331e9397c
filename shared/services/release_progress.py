"""Progress of a group's open release from a plan of the engine: its stage, and its operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.operations.operation import Operation
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.host_plan import HostPlan, Stage
from shared.domain.spot.observed import ObservedHost
from shared.domain.spot.release import OPEN, ReleaseEvent, ReleaseStatus, SpotRelease

TITLES: Mapping[str, str] = MappingProxyType(
    {
        Stage.WAITING.value: "Wait for the time of the release",
        Stage.CANARY.value: "Build the first host and prove that it works",
        Stage.SURGING.value: "Build further hosts",
        Stage.MOVING.value: "Move users to the new hosts",
    }
)
"""The steps of an operation updateSpotGroup."""


async def note_progress(
    deps: Dependencies,
    group: SpotGroup,
    release: SpotRelease,
    made: HostPlan,
    hosts: Sequence[ObservedHost],
    now: datetime,
) -> None:
    """Save the progress of the group's release that a plan has found, and end its operation with it."""
    if release.status not in OPEN:
        return
    after = await deps.releases.change(
        release.tenant_id, release.id, lambda there: there.seen(made.stage, made.cause, at=now)
    )
    percent = _percent(group, hosts)

    def edit(operation: Operation) -> Operation:
        if after.status is ReleaseStatus.SUCCEEDED:
            return operation.succeeded({"spotGroupId": group.id, "releaseId": after.id, "outcome": "succeeded"}, now)
        if after.status is ReleaseStatus.FAILED:
            return operation.failed(_stopped(after), now)
        if after.status is not ReleaseStatus.RUNNING or after.stage.value not in TITLES:
            return operation
        return operation.at_step(after.stage.value, TITLES, percent=percent, at=now)

    await deps.operations.change(release.tenant_id, release.operation_id, edit)


async def end_release(deps: Dependencies, group: SpotGroup) -> None:
    """End the open release of a group that is being deleted, and its operation."""
    found = await deps.releases.find(group.tenant_id, group.release_id) if group.release_id else None
    if found is None:
        return
    at = deps.clock.now()

    def edit(release: SpotRelease) -> SpotRelease | None:
        return release.after(ReleaseEvent.CANCELED, at=at) if release.status in OPEN else None

    ended = await deps.releases.change(group.tenant_id, found.value.id, edit)
    await end_operation(deps, ended, ended.status.value, at)


async def end_operation(deps: Dependencies, release: SpotRelease, outcome: str, at: datetime) -> None:
    """End the operation that waits for a release, if it has not ended."""

    def edit(operation: Operation) -> Operation | None:
        result = {"spotGroupId": release.spot_group_id, "releaseId": release.id, "outcome": outcome}
        return None if operation.ended else operation.succeeded(result, at)

    await deps.operations.change(release.tenant_id, release.operation_id, edit)


def _stopped(release: SpotRelease) -> Failure:
    return Failure(
        code="releaseStopped",
        message=release.cause or "Hosts of the new version do not work.",
        advice="Users stay on the hosts of the version before. The host that failed stays for a while, to look at "
        "(keepFailedHostInHours of the group). Mend the version and release it, or cancel the release.",
        retriable=False,
    )


def _percent(group: SpotGroup, hosts: Sequence[ObservedHost]) -> int:
    """Return how many of the hosts have the new version and none of the old are left, in percent; 100 is the end."""
    if not hosts:
        return 0
    new = sum(1 for host in hosts if host.version == group.image_version and host.proven)
    return min(99, 100 * new // max(len(hosts), group.host_count))
