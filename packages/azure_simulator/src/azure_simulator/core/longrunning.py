"""Long-running operations: their outcome is decided when they are accepted, and shown when it is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Json, Problem
from azure_simulator.core.operations import LongRunning
from azure_simulator.core.times import NEVER, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

    Effect = Callable[[LongRunning], None]


@dataclass(frozen=True, slots=True)
class Course:
    """Planned course of an operation.

    `phases` are names with their share of the duration; with `error` the operation fails at the
    end of `error_phase` (default: the last one). `extra_us` is added to the drawn duration.
    """

    done: Effect
    failed: Effect | None = None
    phases: Sequence[tuple[str, float]] = (("working", 1.0),)
    error: Problem | None = None
    error_phase: str = ""
    extra_us: int = 0


def begin(call: Call, kind: str, target: str, course: Course, *, region: str = "", timing: str = "") -> LongRunning:
    """Accept an operation: draw its duration, decide its end, schedule its effect.

    `timing` names another kind whose duration counts. The fault rule of the call, if any, has the
    last word. Call it only when nothing else can fail.
    """
    world = call.world
    attempt = world.attempt(kind, target)
    drawn_us = world.duration_us(timing or kind, target, attempt) + course.extra_us
    course, length_us, hangs = _faulted(course, drawn_us, call.fault or {})
    ends = _ends(world.now_us, length_us, course.phases)
    due_us = world.now_us + length_us
    if course.error is not None and course.error_phase:
        due_us = next((end for name, end in ends if name == course.error_phase), due_us)
    operation = LongRunning(
        id=world.guid("operation", kind, target, attempt),
        kind=kind,
        target=target,
        region=region,
        principal=call.principal.object_id,
        accepted_us=world.now_us,
        due_us=NEVER if hangs else due_us,
        phases=ends,
        error=course.error,
    )
    call.notes["operation"] = operation.id
    world.operations[operation.id] = operation
    world.active.setdefault(target.lower(), []).append(operation)
    if not hangs:
        world.at(due_us, lambda: _end(world, operation, course))
    return operation


def _faulted(course: Course, length_us: int, fault: Json) -> tuple[Course, int, bool]:
    kind = fault.get("kind")
    if kind == "lro_fail":
        error = Problem(200, str(fault["code"]), str(fault.get("message", fault["code"])))
        course = replace(course, error=error, error_phase=fault.get("at_phase", ""))
    if kind == "partial" and "code" in fault and "status" not in fault:
        error = Problem(200, str(fault["code"]), str(fault.get("message", fault["code"])))
        course = replace(course, error=error, failed=course.done)
    if kind == "delay":
        length_us = int(length_us * fault.get("factor", 1) + fault.get("add", 0) * SECOND)
    return course, length_us, kind == "hang"


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


def _end(world: World, operation: LongRunning, course: Course) -> None:
    if operation.ended:
        return
    _finish(world, operation)
    if operation.error is None:
        course.done(operation)
    elif course.failed is not None:
        course.failed(operation)


def _ends(start_us: int, length_us: int, phases: Sequence[tuple[str, float]]) -> list[tuple[str, int]]:
    total = sum(share for _, share in phases)
    ends, so_far = [], 0.0
    for name, share in phases:
        so_far += share
        ends.append((name, start_us + int(length_us * so_far / total)))
    return ends
