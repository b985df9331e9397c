"""Long-running operations: decided when accepted, seen when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.cloud.core.answers import Json, Problem
from local.cloud.core.times import SECOND, iso
from local.cloud.core.world import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.cloud.core.calls import Call
    from local.cloud.core.world import World

    Effect = Callable[["LongRunning"], None]


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
        """Give ARM's word for where the operation stands."""
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


def begin(
    call: Call,
    kind: str,
    target: str,
    *,
    done: Effect,
    failed: Effect | None = None,
    region: str = "",
    phases: Sequence[tuple[str, float]] = (("working", 1.0),),
    error: Problem | None = None,
    error_phase: str = "",
    extra_us: int = 0,
) -> LongRunning:
    """Accept an operation: draw its duration, decide its end, schedule its effect.

    `phases` are names with their share of the duration; with `error` the operation fails at the
    end of `error_phase` (default: the last one). `extra_us` is added to the drawn duration. The
    fault rule of the call, if any, has the last word. Call it only when nothing else can fail.
    """
    world = call.world
    attempt = world.attempt(kind, target)
    length_us = world.duration_us(kind, target, attempt) + extra_us
    hang = False
    match call.fault:
        case {"kind": "lro_fail"} as fault:
            error = Problem(200, fault["code"], fault.get("message", fault["code"]))
            error_phase = fault.get("at_phase", "")
        case {"kind": "delay"} as fault:
            length_us = int(length_us * fault.get("factor", 1) + fault.get("add", 0) * SECOND)
        case {"kind": "hang"}:
            hang = True
    ends = _ends(world.now_us, length_us, phases)
    due_us = world.now_us + length_us
    if error is not None and error_phase:
        due_us = next((end for name, end in ends if name == error_phase), due_us)
    operation = LongRunning(
        id=world.guid("operation", kind, target, attempt),
        kind=kind,
        target=target,
        region=region,
        principal=call.principal.object_id,
        accepted_us=world.now_us,
        due_us=NEVER if hang else due_us,
        phases=ends,
        error=error,
    )
    call.notes["operation"] = operation.id
    world.operations[operation.id] = operation
    world.active.setdefault(target.lower(), []).append(operation)
    if not hang:
        world.at(due_us, lambda: _end(world, operation, done, failed))
    return operation


def cancel(world: World, operation: LongRunning) -> None:
    """End an operation because another one took its place; its effect will not happen."""
    if not operation.ended:
        operation.error = Problem(409, "OperationPreempted", "The operation was preempted by a later operation.")
        operation.due_us = world.now_us
        _finish(world, operation)


def running_on(world: World, target: str, *kinds: str) -> list[LongRunning]:
    """List the operations under way on a target, oldest first."""
    under_way = world.active.get(target.lower(), [])
    return [each for each in under_way if not kinds or each.kind in kinds]


def _finish(world: World, operation: LongRunning) -> None:
    operation.ended = True
    key = operation.target.lower()
    rest = [each for each in world.active.get(key, []) if each is not operation]
    if rest:
        world.active[key] = rest
    else:
        world.active.pop(key, None)


def _end(world: World, operation: LongRunning, done: Effect, failed: Effect | None) -> None:
    if operation.ended:
        return
    _finish(world, operation)
    if operation.error is None:
        done(operation)
    elif failed is not None:
        failed(operation)


def _ends(start_us: int, length_us: int, phases: Sequence[tuple[str, float]]) -> list[tuple[str, int]]:
    total = sum(share for _, share in phases)
    ends, so_far = [], 0.0
    for name, share in phases:
        so_far += share
        ends.append((name, start_us + int(length_us * so_far / total)))
    return ends
