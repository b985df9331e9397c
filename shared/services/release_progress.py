"""What a plan of the engine says of a group's open release: its stage, and how far its operation is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.operations.operation import Operation
from shared.domain.spot.group import LicenseType, SpotGroup
from shared.domain.spot.host_plan import HostPlan, Stage
from shared.domain.spot.observed import ObservedHost
from shared.domain.spot.release import OPEN, ReleaseStatus, SpotRelease

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
    """Keep what a plan has found of the group's release, and end its operation with it.

    A dedicated group's hosts are never rebuilt: its release is over as soon as it has begun.
    """
    if release.status not in OPEN:
        return
    dedicated = group.license_type is LicenseType.PERSONAL_DEDICATED
    stage = Stage.DONE if dedicated else made.stage
    after = await deps.releases.change(
        release.tenant_id, release.id, lambda there: there.seen(stage, made.cause, at=now)
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


def _stopped(release: SpotRelease) -> Failure:
    return Failure(
        code="releaseStopped",
        message=release.cause or "Hosts of the new version do not work.",
        advice="Users stay on the hosts of the version before. Mend the version and release it, or cancel the release.",
        retriable=False,
    )


def _percent(group: SpotGroup, hosts: Sequence[ObservedHost]) -> int:
    """Return how many of the hosts have the new version and none of the old are left, in percent; 100 is the end."""
    if not hosts:
        return 0
    new = sum(1 for host in hosts if host.version == group.image_version and host.proven)
    return min(99, 100 * new // max(len(hosts), group.host_count))
