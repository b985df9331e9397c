"""Host-hours: from the order to create or start a machine until it is deallocated or gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.host_hours import HostHours, host_hours

BEGINS = datetime(2026, 3, 2, 8, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=10)
GROUP = "/subscriptions/s/resourceGroups/desks/"


def operation(kind: str, accepted: float, takes: float = 0.0, machine: str = "a", status: str = "Succeeded") -> Any:
    begun = BEGINS + timedelta(hours=accepted)
    due = begun + timedelta(hours=takes)
    return {
        "kind": kind,
        "target": f"{GROUP}providers/Microsoft.Compute/virtualMachines/{machine}",
        "status": status,
        "accepted": begun.isoformat(),
        "due": due.isoformat(),
    }


@pytest.mark.parametrize(
    ("operations", "used"),
    [
        ([operation("vm.create", 1), operation("vm.deallocate", 3, 0.5)], 2.5),
        ([operation("vm.create", -2), operation("vm.deallocate", 1)], 1.0),
        ([operation("vm.create", 9)], 1.0),
        ([operation("vm.create", 1), operation("vm.start", 2), operation("vm.delete", 4)], 3.0),
        ([operation("vm.create", 1), operation("vm.create", 1, machine="b"), operation("vm.delete", 2)], 10.0),
        ([operation("vm.create", 1, status="Failed")], 0.0),
        ([operation("vm.delete", 4), operation("vm.create", 1)], 3.0),
    ],
    ids=["to its end", "before the span", "still on", "on already", "two machines", "never made", "any order"],
)
def test_a_machine_costs_from_the_order_to_start_it_until_it_is_off(operations: list[Any], used: float) -> None:
    assert host_hours(operations, GROUP, 2, BEGINS, ENDS) == HostHours(used, 20.0)


def test_machines_elsewhere_do_not_count() -> None:
    assert host_hours([operation("vm.create", 1)], "/subscriptions/s/resourceGroups/other/", 1, BEGINS, ENDS).used == 0


def test_what_is_saved_is_told_in_percent() -> None:
    assert HostHours(25.0, 100.0).saved_percent == 75.0
    assert HostHours(0.0, 0.0).saved_percent == 0.0
