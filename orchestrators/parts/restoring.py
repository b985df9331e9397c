"""Restore points: making one of the disk, and going back to one."""

from __future__ import annotations

from contextlib import suppress

from orchestrators.parts.remote_action_run import RemoteActionRun
from orchestrators.parts.work import WorkFailedError
from shared.contracts.definitions import Json
from shared.contracts.machines import BEGIN_DEALLOCATE, DELETE_POLL, VM_POLL
from shared.contracts.remote_actions import (
    BEGIN_RESTORE_POINT,
    BEGIN_RESTORED_DISK,
    BEGIN_START,
    BEGIN_SWAP,
    DELETE_RESTORE_POINTS,
    RestorePointsOrder,
)
from shared.workflow import Steps


def create_restore_point(run: RemoteActionRun) -> Steps[Json]:
    """Copy the disk while the machine runs. Then delete the copies that are too old or too many."""
    order = run.order
    yield from run.begin("copy")
    try:
        yield from run.run_to_completion(BEGIN_RESTORE_POINT, order, VM_POLL)
    except WorkFailedError:
        with suppress(WorkFailedError):
            yield from _delete(run, (order.restore_point_id or "",))
        raise
    if order.obsolete:
        yield from run.begin("forget")
        with suppress(WorkFailedError):  # they stay in the record, and the next one removes them
            yield from _delete(run, order.obsolete)
    return {"cloudPcSnapshotId": order.restore_point_id}


def delete_restore_points(run: RemoteActionRun) -> Steps[Json]:
    """Delete the restore points that are too old."""
    yield from run.begin("forget")
    yield from _delete(run, run.order.obsolete)
    return {}


def _delete(run: RemoteActionRun, restore_point_ids: tuple[str, ...]) -> Steps[None]:
    obsolete = RestorePointsOrder(machine=run.order.machine, restore_point_ids=restore_point_ids)
    yield from run.wait(DELETE_RESTORE_POINTS, obsolete, DELETE_POLL)
    run.forgotten = restore_point_ids


def restore(run: RemoteActionRun) -> Steps[Json]:
    """Go back to a restore point: a disk is made of it, and replaces the one that the machine has.

    Until the swap nothing is lost: whatever fails before, the machine is started with the disk it had.
    """
    order = run.order
    yield from run.begin("stop")
    try:
        yield from run.run_to_completion(BEGIN_DEALLOCATE, order.machine, VM_POLL)
        yield from run.begin("makeDisk")
        yield from run.run_to_completion(BEGIN_RESTORED_DISK, order, VM_POLL)
        yield from run.begin("swap")
        yield from run.run_to_completion(BEGIN_SWAP, order, VM_POLL)
    except WorkFailedError:
        with suppress(WorkFailedError):
            yield from run.run_to_completion(BEGIN_START, order.machine, VM_POLL)
        with suppress(WorkFailedError):
            yield from _delete_disks(run, (order.new_disk,))
        raise
    yield from run.begin("start")
    yield from run.run_to_completion(BEGIN_START, order.machine, VM_POLL)
    yield from run.begin("answer")
    yield from run.wait_until_it_answers()
    yield from run.begin("removeDisk")
    with suppress(WorkFailedError):  # its name stays in the record, and the clean-up removes it
        yield from _delete_disks(run, order.disks)
        run.new_disk = order.new_disk
    return {"cloudPcSnapshotId": order.restore_point_id}


def _delete_disks(run: RemoteActionRun, disks: tuple[str, ...]) -> Steps[None]:
    obsolete = RestorePointsOrder(machine=run.order.machine, disks=disks)
    yield from run.wait(DELETE_RESTORE_POINTS, obsolete, DELETE_POLL)
