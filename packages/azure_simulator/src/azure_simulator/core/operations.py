"""A long-running operation: its subject, its end and its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.core.times import NEVER, iso

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json, Problem


@dataclass(slots=True)
class LongRunning:
    """An accepted operation. Its end is fixed at the start; `ended` only says it was performed.

    `phases` are names with the moment each one ends; `result` is the body of the final answer
    (run command action only).
    """

    id: str
    kind: str
    target: str
    region: str
    principal: str
    accepted_us: int
    due_us: int
    phases: list[tuple[str, int]]
    error: Problem | None = None
    result: object = None
    ended: bool = False
    polls: int = 0
    early_polls: int = 0
    poll_after_us: int = 0
    notes: Json = field(default_factory=dict)

    def status(self) -> str:
        """Return the status as ARM writes it."""
        if not self.ended:
            return "InProgress"
        if self.error is None:
            return "Succeeded"
        return "Canceled" if self.error.code == "OperationPreempted" else "Failed"

    def phase(self, now_us: int) -> str:
        """Name the phase that is going on; empty once ended."""
        if self.ended:
            return ""
        return next((name for name, end_us in self.phases if now_us < end_us), "")

    def view(self, now_us: int) -> Json:
        """Describe the operation for `_sim/operations`."""
        return {
            "id": self.id,
            "kind": self.kind,
            "target": self.target,
            "region": self.region,
            "status": self.status(),
            "phase": self.phase(now_us),
            "accepted": iso(self.accepted_us),
            "due": iso(self.due_us) if self.due_us < NEVER else None,
            "error": self.error.error() if self.ended and self.error else None,
            "polls": self.polls,
            "earlyPolls": self.early_polls,
        }
