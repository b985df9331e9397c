"""Decisions of the engine for a group, the newest first: bounded, because a group decides for years. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from shared.domain.spot.host import HostStatus, SessionHost
from shared.domain.spot.host_plan import Action, Step
from shared.domain.spot.reasons import Reason
from shared.domain.values import Value

KEPT = 500
"""Number of decisions of a group that are kept."""

_SAME_FOR = timedelta(hours=1)


class EngineStep(Value):
    """A step of the engine for one host that has a record. *run*: how many tasks the host had begun; 0 for a build."""

    session_host_id: str
    action: Action
    reason: Reason
    text: str
    run: int = 0


class Decision(EngineStep):
    """A step with the moment at which it was decided."""

    at: datetime


class Decisions(Value):
    """The decisions of one group, the newest first; *id* is the group's."""

    id: str
    tenant_id: str
    decisions: tuple[Decision, ...] = ()

    def with_steps(self, steps: Sequence[EngineStep], at: datetime) -> Decisions:
        """Return the decisions with *steps*; a decision made again shortly after is listed once, if nothing was done.

        A second restart of a host is a decision of its own; a step that could not be taken is not.
        """
        latest = {each.session_host_id: each for each in reversed(self.decisions) if at - each.at < _SAME_FOR}
        new = [
            Decision(**dict(step), at=at)
            for step in steps
            if (known := latest.get(step.session_host_id)) is None
            or (known.action, known.reason, known.run) != (step.action, step.reason, step.run)
        ]
        return self.but(decisions=(*new, *self.decisions)[:KEPT]) if new else self


def begun_again(hosts: Iterable[SessionHost], now: datetime, after: timedelta) -> list[EngineStep]:
    """Return the builds of hosts that were planned and on which nothing is being done: a start was lost, or they wait.

    One that found no capacity begins again *after* a while.
    """
    return [
        EngineStep(
            session_host_id=host.id,
            action=Action.BUILD,
            reason=Reason.HOSTS_MISSING,
            text=host.parked_because or "The build of the host had not begun.",
        )
        for host in hosts
        if host.status is HostStatus.PENDING
        and host.work is None
        and not host.excluded
        and (host.parked_since is None or now - host.last_modified_date_time >= after)
    ]


def named(steps: Iterable[Step], hosts: Iterable[SessionHost], new: Iterable[SessionHost]) -> list[EngineStep]:
    """Return the steps with the ids of their hosts, the *new* ones in their order."""
    ids, runs = iter([host.id for host in new]), {host.id: host.run for host in hosts}
    return [
        EngineStep(
            session_host_id=step.host_id if step.host_id is not None else next(ids),
            action=step.action,
            reason=step.reason,
            text=step.text,
            run=runs.get(step.host_id or "", 0),
        )
        for step in steps
    ]
