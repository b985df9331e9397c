"""Restore points: making one of the disk, and going back to one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from orchestrators.remote_action_run import Acting, ActionFailedError
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


def create_restore_point(acting: Acting) -> Steps[dict[str, Any]]:
    """Copy the disk; the machine goes on. Then the copies go whose time is over, or that are too many."""
    order = acting.order
    yield from acting.begin("copy")
    try:
        yield from acting.run_to_completion(BEGIN_RESTORE_POINT, order, VM_POLL)
    except ActionFailedError:
        with suppress(ActionFailedError):
            yield from _forget(acting, (order.restore_point_id or "",))
        raise
    if order.obsolete:
        yield from acting.begin("forget")
        with suppress(ActionFailedError):  # they stay in the record, and the next one removes them
            yield from _forget(acting, order.obsolete)
    return {"cloudPcSnapshotId": order.restore_point_id}


def delete_restore_points(acting: Acting) -> Steps[dict[str, Any]]:
    """Remove the restore points whose time is over."""
    yield from acting.begin("forget")
    yield from _forget(acting, acting.order.obsolete)
    return {}


def _forget(acting: Acting, restore_point_ids: tuple[str, ...]) -> Steps[None]:
    going = RestorePointsOrder(machine=acting.order.machine, restore_point_ids=restore_point_ids)
    yield from acting.wait(DELETE_RESTORE_POINTS, going, DELETE_POLL)
    acting.forgotten = restore_point_ids


def restore(acting: Acting) -> Steps[dict[str, Any]]:
    """Go back to a restore point: a disk is made of it, and put in the place of the one that the machine has.

    Until the swap nothing is lost: whatever fails before, the machine is started with the disk it had.
    """
    order = acting.order
    yield from acting.begin("stop")
    try:
        yield from acting.run_to_completion(BEGIN_DEALLOCATE, order.machine, VM_POLL)
        yield from acting.begin("makeDisk")
        yield from acting.run_to_completion(BEGIN_RESTORED_DISK, order, VM_POLL)
        yield from acting.begin("swap")
        yield from acting.run_to_completion(BEGIN_SWAP, order, VM_POLL)
    except ActionFailedError:
        with suppress(ActionFailedError):
            yield from acting.run_to_completion(BEGIN_START, order.machine, VM_POLL)
        with suppress(ActionFailedError):
            yield from _remove(acting, (order.new_disk,))
        raise
    yield from acting.begin("start")
    yield from acting.run_to_completion(BEGIN_START, order.machine, VM_POLL)
    yield from acting.begin("answer")
    yield from acting.wait_until_it_answers()
    yield from acting.begin("removeDisk")
    with suppress(ActionFailedError):  # its name stays in the record, and the clean-up removes it
        yield from _remove(acting, order.disks)
        acting.new_disk = order.new_disk
    return {"cloudPcSnapshotId": order.restore_point_id}


def _remove(acting: Acting, disks: tuple[str, ...]) -> Steps[None]:
    going = RestorePointsOrder(machine=acting.order.machine, disks=disks)
    yield from acting.wait(DELETE_RESTORE_POINTS, going, DELETE_POLL)
