"""The lower bound that the makespan is measured against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.bounds import Delays, Records, bound, delays

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/cpc-1"
QUICK = Delays(create=100, join=50, enrol=60, configure=20, register=70)
SLOW = Delays(create=110, join=60, enrol=600, configure=30, register=80)


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


def microseconds(seconds: float) -> int:
    return int((BEGAN + timedelta(seconds=seconds)).timestamp() * 1e6)


def operation(target: str, accepted: float, due: float) -> dict[str, Any]:
    return {"target": target, "accepted": at(accepted), "due": at(due)}


def call(op: str, bucket: str = "writes sub", method: str = "PUT", path: str = "") -> dict[str, Any]:
    return {"op": op, "method": method, "path": path, "buckets": [bucket]}


def bucket(capacity: float, per_second: float) -> dict[str, Any]:
    return {"policy": "writes", "key": "sub", "capacity": capacity, "perSecond": per_second}


def records(created: float = 10) -> Records:
    return Records(
        operations=[
            operation(VM, created, created + 100),
            operation(f"{VM}/extensions/AADLoginForWindows", 200, 290),
            operation(f"{VM}/runCommands/configuration", 700, 740),
            operation(f"{VM}/extensions/Microsoft.PowerShell.DSC", 800, 980),
        ],
        machines=[
            {
                "id": VM,
                "body": {"properties": {"osProfile": {"computerName": "CPC-1"}}},
                "facts": {"agentFromUs": microseconds(created + 120)},
            }
        ],
        session_hosts=[
            {"body": {"properties": {"resourceId": VM.lower()}}, "facts": {"statusUs": microseconds(1100)}},
        ],
        devices=[{"displayName": "CPC-1", "registrationDateTime": at(290)}],
        managed_devices=[{"deviceName": "CPC-1", "enrolledDateTime": at(650)}],
    )


def test_what_the_cloud_imposed_is_read_from_its_records_and_not_from_when_we_looked() -> None:
    assert delays(records(), BEGAN) == [Delays(create=120, join=90, enrol=360, configure=40, register=300)]


def test_machines_of_before_do_not_count() -> None:
    assert delays(records(created=-10), BEGAN) == []


def test_without_limits_the_slowest_machine_binds() -> None:
    found = bound([QUICK, SLOW], [], [])
    assert (found.seconds, found.by) == (880, "the slowest machine")


def test_a_limit_binds_between_the_least_before_its_first_call_and_the_least_after_its_last() -> None:
    # 1,010 joins: everybody has at least 100 s before their own, and the quickest 200 s of work after it.
    joins = [call("extension.put", path=f"{VM}/extensions/AADLoginForWindows")] * 1010
    found = bound([QUICK, SLOW], joins, [bucket(10, 1)])
    assert (found.seconds, found.by) == (100 + 1000 + 200, "1010 calls on writes")


def test_the_worst_run_of_stages_counts() -> None:
    # The few calls at the end would only add time before; the many at the beginning bind by themselves.
    calls = [call("vm.create")] * 1000 + [call("role.put")]
    assert bound([QUICK], calls, [bucket(0, 1)]).seconds == pytest.approx(1000 + 300)


def test_looking_more_often_does_not_make_the_bound_kinder() -> None:
    looks = [call("vm.create", method="GET")] * 100_000
    assert bound([QUICK], looks, [bucket(1, 1)]).seconds == 300
