"""What the engine has decided for a group, the newest first: bounded, because a group decides for years. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.spot.host_plan import Action
from shared.domain.spot.reasons import Reason
from shared.domain.values import Value

KEPT = 500
"""How many decisions of a group are kept."""

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
        """Return it with *steps*; what was decided a while ago and is decided again is there once, if nothing was done.

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
