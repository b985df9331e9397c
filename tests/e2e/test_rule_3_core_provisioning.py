"""Product rule 3: core provisioning, in order; a failure is a failed attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.portal import Portal
from local.stack import Stack
from tests.e2e.identity import on_premises
from tests.e2e.office import MEDIUM, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]

STEPS = [
    "allocateCapacity",
    "createVm",
    "joinDirectory",
    "enrollInIntune",
    "assignPrimaryUser",
    "configureWindows",
    "assignUser",
]


def staffed(office: Office, **connection: object) -> str:
    upn = office.user(1, MEDIUM)
    office.policy("Everyone", office.connection(**connection), office.group("staff", upn))  # type: ignore[arg-type]
    return upn


@pytest.fixture(scope="module")
def built(stack: Stack, portal: Portal) -> Iterator[tuple[Office, dict[str, Any]]]:
    """An office in three zones, and its one Cloud PC."""
    office = Office(stack, portal, "built").open(zones=["1", "2", "3"])
    yield office, office.settled(staffed(office))
    portal.send("POST", f"{office.base}/pause", {"reason": "its tests are over"})


def test_the_steps_follow_one_another_and_each_has_its_times(built: tuple[Office, dict[str, Any]]) -> None:
    office, pc = built
    entries = office.timeline(pc["id"])["entries"]

    assert [entry["step"] for entry in entries] == STEPS
    assert all(entry["outcome"] == "succeeded" for entry in entries)
    ends = [entry["endedAt"] for entry in entries]
    assert ends == sorted(ends)


def test_the_machine_has_the_licences_hardware_and_the_users_name_on_it(built: tuple[Office, dict[str, Any]]) -> None:
    office, pc = built
    (vm,) = office.machines()
    body = vm["body"]["properties"]
    (device,) = office.devices(pc["managedDeviceName"])

    assert body["storageProfile"]["osDisk"]["diskSizeGB"] == 128
    assert vm["body"]["zones"][0] in {"1", "2", "3"}
    assert body["osProfile"]["computerName"] == pc["managedDeviceName"]
    assert device["deviceId"] == pc["aadDeviceId"]


def test_a_zone_without_room_is_left_for_the_next(open_office: OpenOffice) -> None:
    office = open_office(zones=["1", "2"])
    failure = {"kind": "lro_fail", "code": "ZonalAllocationFailed", "message": "no capacity in the zone"}
    office.break_cloud("vm.create", failure, max_hits=1)
    pc = office.settled(staffed(office))
    entries = office.timeline(pc["id"])["entries"]

    assert pc["status"] == "provisioned"
    assert {entry["attempt"] for entry in entries} == {1}
    assert len(office.machines()) == 1


def test_a_region_without_room_is_left_for_the_fall_back_on_a_hosted_network(open_office: OpenOffice) -> None:
    office = open_office(fallbackRegions=["northeurope"])
    match = {"op": "vm.create", "region": "westeurope", "path": f"*/subscriptions/{office.subscription}/*"}
    full = {"kind": "lro_fail", "code": "AllocationFailed", "message": "no capacity in the region"}
    office.stack.tell_cloud("faults", {"id": f"{office.name}-weu", "match": match, "do": full})
    pc = office.settled(staffed(office))

    assert (pc["status"], pc["deviceRegionName"]) == ("provisioned", "northeurope")
    assert [nic["body"]["location"] for nic in office.machines("Microsoft.Network/networkInterfaces")] == [
        "northeurope"
    ]


@pytest.mark.parametrize(
    ("op", "step"),
    [
        pytest.param("vm.create", "createVm", id="machine"),
        pytest.param("extension.put", "joinDirectory", id="join", marks=pytest.mark.long),
    ],
)
def test_a_failed_step_fails_the_attempt_and_the_next_attempt_heals_it(
    open_office: OpenOffice, op: str, step: str
) -> None:
    office = open_office()
    connection = office.connection()
    code = "VMExtensionProvisioningError" if op == "extension.put" else "InternalExecutionError"
    office.break_cloud(op, {"kind": "lro_fail", "code": code, "message": "broken once"}, max_hits=1)
    upn = office.user(1, MEDIUM)
    office.policy("Everyone", connection, office.group("staff", upn))
    pc = office.settled(upn)
    entries = office.timeline(pc["id"])["entries"]
    failed = [entry for entry in entries if entry["outcome"] == "failed"]

    assert pc["status"] == "provisioned"
    assert [entry["step"] for entry in failed] == [step]
    assert [entry["attempt"] for entry in entries if entry["step"] == "cleanUp"] == [2]
    assert len(office.machines()) == 1


def test_a_hybrid_cloud_pc_joins_the_domain_and_waits_for_entra(open_office: OpenOffice) -> None:
    office = open_office()
    upn = staffed(office, **on_premises(office.stack, office.subscription))
    pc = office.settled(upn)
    (device,) = office.devices(pc["managedDeviceName"])

    assert pc["status"] == "provisioned"
    assert device["trustType"] == "ServerAd"
    there = [each["body"]["name"] for each in office.machines("Microsoft.Compute/virtualMachines/extensions")]
    assert "JsonADDomainExtension" not in there  # it had the join password
