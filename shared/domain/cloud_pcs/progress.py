"""Progress of a Cloud PC, and the estimated end. Pure; feeds screens, never a decision."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Phase, Status
from shared.domain.cloud_pcs.steps import ORDER, TITLES, Step, percent, seconds_left, weights
from shared.domain.networks.connection import JoinType
from shared.domain.sign_in_rights import count_from
from shared.domain.values import Value

_DONE = 100
_READY, _WAITING, _NOT_PROVISIONED = "Ready", "Waiting", "Not provisioned"
_TITLES = {
    Status.FAILED: "Failed",
    Status.PENDING_PROVISION: _WAITING,
    Status.RESTORING: "Restoring",
    Status.RESIZING: "Resizing",
}


class Progress(Value):
    """Progress of a Cloud PC. *estimated_end_date_time* is None when there is no estimate."""

    step: Step | None = None
    title: str
    percent_complete: int
    estimated_end_date_time: datetime | None = None
    attempt: int = 0
    reason: str | None = None


def progress(pc: CloudPc, now: datetime) -> Progress:
    """Return the progress of *pc* at the moment *now*."""
    if pc.status in WORKING:
        return Progress(title=_READY, percent_complete=_DONE, attempt=pc.current.attempt)
    if pc.status is Status.PROVISIONING:
        return _of_attempt(pc.current, now)
    at = percent(pc.current.step, _join_type(pc.current)) if pc.status is Status.FAILED else 0
    return _without_attempt(pc.current, _TITLES.get(pc.status, _NOT_PROVISIONED), at)


def replacement_progress(pc: CloudPc, now: datetime) -> Progress | None:
    """Return the progress of the replacement of *pc* at the moment *now*; None: there is none."""
    build = pc.replacement
    if build is None or not build.unfinished:
        return None
    if not pc.goes_on(build):
        return _without_attempt(build, _NOT_PROVISIONED, 0)
    return _of_attempt(build, now) if build.phase is Phase.BUILDING else _without_attempt(build, _WAITING, 0)


def _of_attempt(build: Build, now: datetime) -> Progress:
    join, spent = _join_type(build), 0.0
    if build.step_started_at:
        spent = max(0.0, (now - build.step_started_at).total_seconds())
    return Progress(
        step=build.step,
        title=TITLES[build.step] if build.step else "Starting",
        percent_complete=_percent(build.step, join, spent),
        estimated_end_date_time=_ready_at(build, join, spent, now),
        attempt=build.attempt,
    )


def _ready_at(build: Build, join: JoinType, spent: float, now: datetime) -> datetime:
    """Return when it should be ready: all is done, and the user's roles count."""
    usual, given_at = seconds_left(build.step, join, spent), build.resources.sign_in_given_at
    if given_at is None or build.step not in ORDER[2:]:  # before that they are those of an earlier machine
        return now + timedelta(seconds=usual)
    waiting = build.step is Step.AWAIT_SIGN_IN_RIGHTS
    done = now if waiting else now + timedelta(seconds=usual - weights(join)[Step.AWAIT_SIGN_IN_RIGHTS])
    return max(done, count_from(given_at))


def _without_attempt(build: Build, title: str, at: int) -> Progress:
    reason = build.reason or (build.last_error.message if build.last_error else None)
    return Progress(step=build.step, title=title, percent_complete=at, attempt=build.attempt, reason=reason)


def _join_type(build: Build) -> JoinType:
    return build.snapshot.join_type if build.snapshot else JoinType.AZURE_AD_JOIN


def _percent(step: Step | None, join: JoinType, spent: float) -> int:
    """Return the percentage *spent* seconds into *step*: it moves on within a step, never into the next one."""
    begun = percent(step, join)
    if step not in ORDER:
        return begun
    at = ORDER.index(step)
    end = percent(ORDER[at + 1], join) if at + 1 < len(ORDER) else _DONE - 1
    left, usual = seconds_left(step, join, spent), seconds_left(step, join, 0)
    after = seconds_left(ORDER[at + 1], join, 0) if at + 1 < len(ORDER) else 0
    share = (usual - left) / (usual - after) if usual > after else 0.0
    return min(end, begun + int((end - begun) * share))
