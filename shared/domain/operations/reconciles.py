"""Progress of a reconcile's operation: its steps, and the number of users for each planned action. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from shared.domain.operations.operation import Operation

STEPS: Mapping[str, str] = MappingProxyType({"plan": "Read the directory and plan", "start": "Start what was planned"})
"""The titles of the steps, in their order."""


def planning(operation: Operation, at: datetime) -> Operation:
    """Return it while the directory is read."""
    return operation.at_step("plan", STEPS, percent=0, at=at)


def planned(operation: Operation, counts: Mapping[str, int], users: int, at: datetime) -> Operation:
    """Return the operation with the plan for *users*: the number of Cloud PCs of each action.

    A reconcile that goes round again because somebody has requested another plans again: the counts add up.
    """
    before = (operation.result or {}).get("counts", {})
    together = {action: number + before.get(action, 0) for action, number in counts.items()}
    some = ", ".join(f"{action} {number}" for action, number in together.items() if number)
    return (
        operation.at_step("start", STEPS, percent=50, at=at)
        .noted("plan", f"for {users} users: {some or 'nothing changes'}")
        .but(result={"users": users, "counts": together})
    )


def reconciled(operation: Operation, at: datetime) -> Operation:
    """Return the operation as succeeded, with its plan."""
    return operation.succeeded(operation.result or {}, at)
