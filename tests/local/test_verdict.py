"""A verdict passes what came as expected, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from local.verdict import EXPECTED, Evidence, judge

FAILURE = {"code": "AllocationFailed", "message": "no capacity in zone 1"}
ENTRIES = [
    {"attempt": 1, "step": "createVm", "outcome": "failed", "error": FAILURE, "note": None},
    {"attempt": 2, "step": "createVm", "outcome": None, "error": None, "note": "Waiting for quota"},
]
MACHINE = {"body": {"zones": ["2"], "location": "westeurope", "properties": {"hardwareProfile": {"vmSize": "D2"}}}}
FOUND = Evidence(
    cloud_pcs=[{"id": "pc-1", "status": "provisioned", "statusDetail": None}],
    entries=ENTRIES,
    waited=frozenset(),
    passed=frozenset({"inGracePeriod"}),
    parts={"machines": [MACHINE], "interfaces": [{}], "disks": [{}]},
    findings=[],
    requests=[{"op": "vm.create", "status": 409, "code": "Conflict", "method": "PUT", "path": "/x"}],
    operations=[{"error": {"code": "AllocationFailed"}}, {"error": None}],
    rules={"lost": 2},
    events=[{"id": "e", "when": {}, "seen": 1, "happened": "now", "cameTo": [{"status": 202}]}],
    asked=[{"error": {"code": "RefusedHere", "message": "it keeps its size"}}, {"error": None}],
)
BROKER = {
    "signIns": {"signedIn": 12, "failed": 1},
    "waitedSeconds": {"most": 90.0},
    "reasons": {"AllHostsFull": 1},
    "lost": [{"id": "s"}],
    "hosts": {"Available": 2},
}
OF_HOSTS = replace(
    FOUND, cloud_pcs=[], desktops=BROKER, spot={"group": "available", "release": "failed", "version": None, "hosts": 1}
)
FAILED_PC = {"id": "pc-2", "status": "failed", "statusDetail": None}


def failures(expect: dict[str, Any], found: Evidence = FOUND) -> list[str]:
    return [check.text for check in judge(expect, found) if not check.good]


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("end", "provisioned", "failed"),
        ("end", {"provisioned": 1}, {"provisioned": 1, "failed": 1}),
        ("attempts", 2, 1),
        ("attempts", [1, 2], [3, 4]),
        ("passed", ["inGracePeriod"], ["deprovisioning"]),
        ("parked", "quota", "subnet"),
        ("failedSteps", ["createVm"], []),
        ("codes", ["AllocationFailed"], ["SubnetIsFull"]),
        ("messages", ["ZONE 1"], ["zone 3"]),
        ("seen", ["Conflict", "AllocationFailed"], ["SubnetIsFull"]),
        ("hits", {"lost": 2}, {"lost": 3}),
        ("requests", [{"op": "vm.*", "status": 409, "atLeast": 1}], [{"op": "vm.*", "atMost": 0}]),
        ("machines", {"zones": ["1", "2"], "sizes": ["D2"]}, {"zones": ["1"]}),
    ],
    ids=str,
)
def test_each_expectation_can_pass_and_fail(key: str, good: Any, bad: Any) -> None:
    assert key in EXPECTED
    assert failures({key: good}) == []
    assert len(failures({key: bad})) == 1


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("group", "available", "parked"),
        ("release", "failed", "succeeded"),
        ("version", None, "available"),
        ("signIns", {"signedIn": 12, "failed": 1}, {"failed": 0}),
        ("signIns", {"mostWaitedSeconds": 90}, {"mostWaitedSeconds": 89}),
        ("lost", 1, 0),
        ("hosts", {"Available": 2}, {"Available": 3}),
    ],
    ids=str,
)
def test_each_end_of_virtual_desktops_can_pass_and_fail(key: str, good: Any, bad: Any) -> None:
    assert key in EXPECTED
    assert failures({key: good}, OF_HOSTS) == []
    assert len(failures({key: bad}, OF_HOSTS)) == 1


def test_every_host_has_one_machine_and_nothing_else_is_there() -> None:
    assert len(failures({}, replace(OF_HOSTS, spot={"hosts": 2}))) == 1
    assert len(failures({}, replace(OF_HOSTS, findings=[{"id": "orphan"}]))) == 1


def test_nothing_may_lie_about() -> None:
    twins = replace(FOUND, parts={**FOUND.parts, "machines": [MACHINE, MACHINE]})
    assert len(failures({}, twins)) == 1
    assert failures({"left": "machines"}, replace(twins, cloud_pcs=[*FOUND.cloud_pcs, FAILED_PC])) == []


def test_a_finding_counts_unless_it_waits_for_a_clean_up_of_a_failed_cloud_pc() -> None:
    found = replace(FOUND, cloud_pcs=[*FOUND.cloud_pcs, FAILED_PC], findings=[{"id": "cpc-pc-2-nic"}])
    assert failures({"left": "interfaces"}, found) == []
    assert len(failures({"left": "interfaces"}, replace(found, findings=[{"id": "cpc-pc-1-nic"}]))) == 1
    assert len(failures({}, replace(FOUND, findings=[{"id": "cpc-pc-2-nic"}]))) == 1


@pytest.mark.parametrize(
    "event",
    [{"happened": None, "cameTo": []}, {"happened": "now", "cameTo": [{"status": 409, "error": {"code": "NicInUse"}}]}],
    ids=["never", "refused"],
)
def test_what_somebody_else_was_to_do_must_have_been_done(event: dict[str, Any]) -> None:
    assert len(failures({}, replace(FOUND, events=[{"id": "e", "when": {}, "seen": 0, **event}]))) == 1
