"""Replacing the machine of a Cloud PC: a new one is built beside it, takes its place, and the old one goes. Pure.

A build writes down what it does in the record of its Cloud PC. That of a machine beside it does so in ``beside``, and
sees that as if it were the Cloud PC: ``build_of`` and ``with_build`` go there and back.
"""

from __future__ import annotations

from datetime import datetime

from shared.domain import naming
from shared.domain.cloud_pc import TURN, Beside, CloudPc, Failure, Resources, Warn
from shared.domain.lifecycle import Event, Status
from shared.domain.policy import Snapshot

REPLACEABLE = frozenset({Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS})
_SHARED = tuple(Beside.model_fields)


def build_of(pc: CloudPc, generation: int) -> CloudPc:
    """Return the Cloud PC as its build of *generation* sees it: what is built beside it stands in its place.

    What is built to take the place of a machine that goes as well, because its user has lost it, sees that it is over.
    """
    beside = pc.beside
    if beside is None or beside.generation != generation or pc.generation == generation:
        return pc
    seen = pc.but(**{name: getattr(beside, name) for name in _SHARED}, beside=None, action=None)
    over = beside.being_built and pc.status not in REPLACEABLE
    return seen.but(status=Status.NOT_PROVISIONED) if over else seen


def with_build(pc: CloudPc, build: CloudPc) -> CloudPc:
    """Return *pc* with what has become of a build of it. One that goes, and of which nothing is left, is forgotten."""
    if build.generation == pc.generation:
        return build
    beside = Beside(**{name: getattr(build, name) for name in _SHARED})
    gone = not beside.being_built and beside.resources.computer_name is None
    at = max(pc.last_modified_date_time, build.last_modified_date_time)
    return pc.but(beside=None if gone else beside, last_modified_date_time=at)


def builds_of(pc: CloudPc) -> tuple[CloudPc, ...]:
    """Return the Cloud PC as each of its builds sees it: its own, and what is beside it."""
    return (pc, build_of(pc, pc.beside.generation)) if pc.beside else (pc,)


def slot_of_build(pc: CloudPc) -> naming.Slot:
    """Return the slot in which the Cloud PC's own machine is, or is built: never that of the one beside it."""
    if pc.beside is not None:
        return naming.other_slot(pc.beside.resources.slot or "a")
    return pc.resources.slot or "a"


def begin_replacement(
    pc: CloudPc, snapshot: Snapshot, group_id: str | None, operation_id: str, at: datetime
) -> CloudPc:
    """Return *pc* with the build of a machine beside its own planned; what remains there is cleaned up by it first."""
    remains = pc.beside.resources if pc.beside else Resources(slot=naming.other_slot(slot_of_build(pc)))
    beside = Beside(
        generation=pc.next_generation,
        reason=TURN,
        snapshot=snapshot,
        group_id=group_id,
        resources=remains,
        operation_id=operation_id,
        last_modified_date_time=at,
        restore_points=pc.beside.restore_points if pc.beside else (),
        disks=pc.beside.disks if pc.beside else (),
    )
    return pc.but(beside=beside, builds=beside.generation, last_modified_date_time=at)


def replaced(
    pc: CloudPc, resources: Resources, warnings: tuple[Warn, ...], *, at: datetime, clean_up_at: datetime
) -> CloudPc:
    """Return *pc* with the machine beside it in the place of its own, which goes.

    The user has the new one by now: so it is whatever has become of the Cloud PC meanwhile.
    """
    new = pc.beside
    if new is None or not new.being_built:
        return pc
    old = Beside(
        generation=pc.generation,
        attempt=pc.attempt,
        status=Status.FAILED,
        reason="another machine has taken its place",
        snapshot=pc.snapshot,
        resources=pc.resources.but(joined_at=None),
        clean_up_at=clean_up_at,
        restore_points=pc.restore_points,
        disks=pc.disks,
        last_modified_date_time=at,
    )
    after = pc.but(
        generation=new.generation,
        attempt=new.attempt,
        snapshot=new.snapshot,
        group_id=new.group_id,
        resources=new.resources.with_found(resources),
        warnings=warnings,
        operation_id=new.operation_id,
        provisioned_date_time=at,
        restore_points=(),
        disks=(),
        beside=old,
        last_modified_date_time=at,
    )
    event = Event.REPLACED_WITH_WARNINGS if warnings else Event.REPLACED
    return after.after(event, at=at) if pc.status in REPLACEABLE else after


def abandoned(pc: CloudPc, failure: Failure, *, at: datetime, clean_up_at: datetime) -> CloudPc:
    """Return *pc* with the build beside it given up: what it made goes, the Cloud PC keeps its own machine."""
    if pc.beside is None or not pc.beside.being_built:
        return pc
    if pc.beside.resources.computer_name is None:
        return pc.but(beside=None, last_modified_date_time=at)
    gone = pc.beside.but(
        status=Status.FAILED,
        last_error=failure,
        reason=failure.message,
        clean_up_at=clean_up_at,
        parked_since=None,
        last_modified_date_time=at,
    )
    return pc.but(beside=gone, last_modified_date_time=at)
