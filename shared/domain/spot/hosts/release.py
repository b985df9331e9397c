"""A release: the record of a Spot Group's change to another image version, and its states as one table. Pure.

What a release lets the engine do is in ``rollout``; this is its record. docs/lifecycle.md is drawn from
RELEASE_TRANSITIONS.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import Field

from shared.domain.spot.groups.target import Method, Release
from shared.domain.spot.hosts.host_plan import Stage
from shared.domain.values import Value, is_false
from shared.errors import IllegalTransitionError


class ReleaseStatus(StrEnum):
    """Status of a release."""

    RUNNING = "running"  # also while it waits for its time
    PAUSED = "paused"
    FAILED = "failed"  # stopped: the first host, or too many, do not work; the old ones go on
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"  # the group is back at the version before
    SUPERSEDED = "superseded"  # another release has taken its place


class ReleaseEvent(StrEnum):
    """Events of a release."""

    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    FINISHED = "finished"
    CANCELED = "canceled"
    REPLACED = "replaced"


RELEASE_TRANSITIONS: Mapping[tuple[ReleaseStatus, ReleaseEvent], ReleaseStatus] = MappingProxyType(
    {
        (ReleaseStatus.RUNNING, ReleaseEvent.PAUSED): ReleaseStatus.PAUSED,
        (ReleaseStatus.PAUSED, ReleaseEvent.RESUMED): ReleaseStatus.RUNNING,
        (ReleaseStatus.RUNNING, ReleaseEvent.STOPPED): ReleaseStatus.FAILED,
        (ReleaseStatus.FAILED, ReleaseEvent.RESUMED): ReleaseStatus.RUNNING,
        (ReleaseStatus.RUNNING, ReleaseEvent.FINISHED): ReleaseStatus.SUCCEEDED,
        **{
            (status, event): after
            for status in (ReleaseStatus.RUNNING, ReleaseStatus.PAUSED, ReleaseStatus.FAILED)
            for event, after in (
                (ReleaseEvent.CANCELED, ReleaseStatus.CANCELED),
                (ReleaseEvent.REPLACED, ReleaseStatus.SUPERSEDED),
            )
        },
    }
)
"""The allowed transitions; all others are refused."""

OPEN = frozenset({ReleaseStatus.RUNNING, ReleaseStatus.PAUSED, ReleaseStatus.FAILED})
"""A release in one of these is the group's; it has one at a time."""


class ImageOfGroup(Value):
    """Version of an image set."""

    image_set_id: str
    image_version: str


class SpotRelease(Value):
    """A release of one Spot Group. *image*: where it goes; *before*: where it comes from, and goes back to.

    *at*: when users move; of scheduled ones only. *during_maintenance_window*: that is when a window of the group
    opens. *sign_off_after_in_minutes*: from the notice on. *surge*: hosts beyond the group's own meanwhile, None:
    as many again. *renews*: the group has the version already, and hosts with other settings than the group are old
    ones; going back from another version is not that.
    """

    id: str
    tenant_id: str
    spot_group_id: str
    image: ImageOfGroup
    before: ImageOfGroup
    method: Method
    at: datetime | None = None
    during_maintenance_window: bool = Field(False, exclude_if=is_false)
    sign_off_after_in_minutes: int = Field(5, ge=0, le=1440)
    surge: int | None = Field(None, ge=1)
    renews: bool = False
    notes: str = ""
    status: ReleaseStatus = ReleaseStatus.RUNNING
    stage: Stage = Stage.WAITING
    cause: str | None = None
    operation_id: str
    requested_by: str
    created_date_time: datetime
    last_modified_date_time: datetime
    ended_date_time: datetime | None = None

    @property
    def rules(self) -> Release:
        """Rules of the release for the engine."""
        failed = self.status is ReleaseStatus.FAILED
        return Release(
            method=self.method,
            at=self.at,
            surge=self.surge,
            paused=self.status is ReleaseStatus.PAUSED,
            failed_at=self.last_modified_date_time if failed else None,
            cause=self.cause if failed else None,
        )

    def after(self, event: ReleaseEvent, *, at: datetime, **changes: Any) -> "SpotRelease":  # noqa: ANN401 - any field
        """Return it after *event*, with *changes*. Raises: IllegalTransitionError."""
        try:
            status = RELEASE_TRANSITIONS[self.status, event]
        except KeyError:
            allowed = sorted(each.value for before, each in RELEASE_TRANSITIONS if before is self.status)
            message = f"a release that is {self.status.value} cannot be {event.value}"
            raise IllegalTransitionError(message, status=self.status.value, allowed=allowed) from None
        ended = None if status in OPEN else at
        return self.but(status=status, ended_date_time=ended, last_modified_date_time=at, **changes)

    def seen(self, stage: Stage | None, cause: str | None, *, at: datetime) -> "SpotRelease":
        """Return it as a plan has found it: done, failed, or further on."""
        if self.status is not ReleaseStatus.RUNNING or stage is None:
            return self
        if stage is Stage.DONE:
            return self.after(ReleaseEvent.FINISHED, at=at, stage=stage, cause=None)
        if stage is Stage.FAILED:
            return self.after(ReleaseEvent.STOPPED, at=at, stage=stage, cause=cause)
        return self if stage is self.stage else self.but(stage=stage, cause=cause, last_modified_date_time=at)
