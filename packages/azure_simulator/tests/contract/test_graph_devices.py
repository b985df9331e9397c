"""Devices and Intune records as documented, and how joins make them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.graph.enrollment.intune import ZEROS

from packages.azure_simulator.tests.contract.running import DIRECTORY, Running, running

pytestmark = pytest.mark.simulator
MANAGED = "/deviceManagement/managedDevices"


@pytest.fixture
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running(certificates, monkeypatch) as found:
        yield found


def join(cloud: Running, name: str, *, mdm: bool = True) -> str:
    vm_id = cloud.add_machine(name)
    cloud.cloud.world.publish("entra_joined", vm_id=vm_id, computer_name=name, mdm=mdm, vm_uuid="u")
    return vm_id


def objections(cloud: Running, vm_id: str, name: str) -> list[str]:
    answers: list[str] = []
    cloud.cloud.world.publish("ask_entra_name", computer_name=name, vm_id=vm_id, answers=answers)
    return answers


async def device(cloud: Running, name: str) -> dict[str, Any]:
    found = (await cloud.graph(f"/devices?$filter=displayName eq '{name}'")).body["value"]
    assert len(found) == 1
    return dict(found[0])


async def managed(cloud: Running, name: str) -> list[dict[str, Any]]:
    return await cloud.pages(f"{MANAGED}?$filter=deviceName eq '{name}'")


async def test_an_entra_join_registers_a_device_at_once(cloud: Running) -> None:
    join(cloud, "CPC-0001")
    found = await device(cloud, "CPC-0001")
    assert (found["trustType"], found["accountEnabled"]) == ("AzureAd", True)
    assert found["id"] != found["deviceId"]
    by_device_id = await cloud.graph(f"/devices(deviceId='{found['deviceId']}')")
    assert by_device_id.body["id"] == found["id"]


async def test_intune_learns_of_the_device_later(cloud: Running) -> None:
    join(cloud, "CPC-0002")
    assert await managed(cloud, "CPC-0002") == []
    cloud.advance(3_600)
    record = (await managed(cloud, "CPC-0002"))[0]
    found = await device(cloud, "CPC-0002")
    assert (record["azureADDeviceId"], found["isManaged"]) == (found["deviceId"], True)
    by_device = await cloud.pages(f"{MANAGED}?$filter=azureADDeviceId eq '{found['deviceId']}'")
    assert [each["id"] for each in by_device] == [record["id"]]


async def test_without_mdm_intune_never_learns(cloud: Running) -> None:
    join(cloud, "CPC-0003", mdm=False)
    cloud.advance(86_000)
    assert await managed(cloud, "CPC-0003") == []


@pytest.mark.parametrize(("how", "records"), [("never", 0), ("twice", 2)])
async def test_enrolment_can_fail_to_come_or_come_twice(cloud: Running, how: str, records: int) -> None:
    await cloud.sim("config", {"graph": {"enrolments": {"cpc-bad*": how}}})
    join(cloud, "CPC-BAD1")
    join(cloud, "CPC-GOOD")
    cloud.advance(7_200)
    assert len(await managed(cloud, "CPC-BAD1")) == records
    assert len(await managed(cloud, "CPC-GOOD")) == 1


async def test_the_record_can_come_with_zeros_first(cloud: Running) -> None:
    await cloud.sim("config", {"graph": {"enrolment": "zerosFirst"}, "latency": {"intune.enrol": {"value": 60}}})
    join(cloud, "CPC-0004")
    cloud.advance(61)
    assert (await managed(cloud, "CPC-0004"))[0]["azureADDeviceId"] == ZEROS
    cloud.advance(7_200)
    found = await device(cloud, "CPC-0004")
    assert (await managed(cloud, "CPC-0004"))[0]["azureADDeviceId"] == found["deviceId"]


async def test_the_name_of_a_device_is_in_use_until_it_is_deleted(cloud: Running) -> None:
    # learn.microsoft.com/entra/identity/devices/howto-vm-sign-in-azure-ad-windows: hostname duplication
    vm_id = join(cloud, "CPC-0005")
    assert objections(cloud, vm_id, "CPC-0005") == []
    cloud.remove_machine(vm_id, "CPC-0005")
    again = cloud.add_machine("CPC-0005", generation=2)
    assert "hostnames already exists" in objections(cloud, again, "CPC-0005")[0]
    found = await device(cloud, "CPC-0005")
    assert (await cloud.graph(f"/devices/{found['id']}", "DELETE")).status == 204
    assert objections(cloud, again, "CPC-0005") == []


async def test_devices_outlive_their_machine_and_are_found_as_orphans(cloud: Running) -> None:
    vm_id = join(cloud, "CPC-0006")
    cloud.advance(3_600)
    assert await cloud.findings(*DIRECTORY) == []
    cloud.remove_machine(vm_id, "CPC-0006")
    kinds = sorted(each["kind"] for each in await cloud.findings(*DIRECTORY))
    assert kinds == ["device", "managedDevice"]
    record, found = (await managed(cloud, "CPC-0006"))[0], await device(cloud, "CPC-0006")
    assert (await cloud.graph(f"{MANAGED}/{record['id']}", "DELETE")).status == 204
    assert (await cloud.graph(f"/devices/{found['id']}", "DELETE")).status == 204
    assert await cloud.findings(*DIRECTORY) == []


async def test_a_hybrid_device_appears_with_the_next_synchronisation(cloud: Running) -> None:
    # learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-sync-feature-scheduler: every 30 minutes
    vm_id = cloud.add_machine("CPC-0007")
    joined = {"domain": "corp.contoso.example", "ou": "OU=CloudPC"}
    cloud.cloud.world.publish("domain_joined", vm_id=vm_id, computer_name="CPC-0007", **joined)
    assert (await cloud.graph("/devices?$filter=displayName eq 'CPC-0007'")).body["value"] == []
    cloud.advance(30 * 60)
    assert (await device(cloud, "CPC-0007"))["trustType"] == "ServerAd"


async def test_a_hybrid_device_is_enrolled_only_when_its_machine_was_told_to(cloud: Running) -> None:
    # learn.microsoft.com/windows/client-management/enroll-a-windows-10-device-automatically-using-group-policy
    vm_id, world = cloud.add_machine("CPC-0070"), cloud.cloud.world
    joined = {"domain": "corp.contoso.example", "ou": "OU=CloudPC"}
    world.publish("domain_joined", vm_id=vm_id, computer_name="CPC-0070", **joined)
    answers: list[str] = []
    world.publish("ask_enrollment", vm_id=vm_id, answers=answers)
    assert answers  # it has no device yet
    cloud.advance(3 * 60 * 60)
    assert await managed(cloud, "CPC-0070") == []
    for _ in range(2):
        world.publish("device_enrolled", vm_id=vm_id)
    cloud.advance(60 * 60)
    assert [each["deviceEnrollmentType"] for each in await managed(cloud, "CPC-0070")] == [
        "windowsAzureADJoinUsingDeviceAuth"
    ]


async def test_active_directory_has_the_last_word_on_a_hybrid_device(cloud: Running) -> None:
    vm_id = cloud.add_machine("CPC-0008")
    joined = {"domain": "corp.contoso.example", "ou": "OU=CloudPC"}
    cloud.cloud.world.publish("domain_joined", vm_id=vm_id, computer_name="CPC-0008", **joined)
    cloud.advance(30 * 60)
    found = await device(cloud, "CPC-0008")
    await cloud.graph(f"/devices/{found['id']}", "PATCH", json={"accountEnabled": False})
    assert (await device(cloud, "CPC-0008"))["accountEnabled"] is False
    cloud.advance(30 * 60)
    assert (await device(cloud, "CPC-0008"))["accountEnabled"] is True


async def test_a_device_takes_extension_attributes_and_can_be_disabled(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/device-update, example 2
    join(cloud, "CPC-0009")
    found = await device(cloud, "CPC-0009")
    for body in ({"extensionAttributes": {"extensionAttribute1": "Policy A"}}, {"accountEnabled": False}):
        assert (await cloud.graph(f"/devices/{found['id']}", "PATCH", json=body)).status == 204
    changed = await device(cloud, "CPC-0009")
    assert changed["accountEnabled"] is False
    assert changed["extensionAttributes"]["extensionAttribute1"] == "Policy A"


async def test_the_enrolment_profile_name_belongs_to_intune(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/resources/device: "Intune sets this property"; managedDevice: read-only
    join(cloud, "CPC-0010")
    cloud.advance(3_600)
    found, record = await device(cloud, "CPC-0010"), (await managed(cloud, "CPC-0010"))[0]
    body = {"enrollmentProfileName": "Policy A"}
    assert (await cloud.graph(f"/devices/{found['id']}", "PATCH", json=body)).status == 403
    assert (await cloud.graph(f"{MANAGED}/{record['id']}", "PATCH", json=body)).status == 400


async def test_the_primary_user_is_set_by_reference_in_beta_only(cloud: Running) -> None:
    join(cloud, "CPC-0011")
    cloud.advance(3_600)
    record = (await managed(cloud, "CPC-0011"))[0]
    user = (await cloud.graph("/users/user01@contoso.example")).body["id"]
    path = f"{MANAGED}('{record['id']}')/users"
    body = {"@odata.id": f"https://graph.microsoft.com/beta/users/{user}"}
    assert (await cloud.graph(f"/v1.0{path}/$ref", "POST", json=body)).status == 400
    assert (await cloud.graph(f"/beta{path}/$ref", "POST", json=body)).status == 204
    assert [each["id"] for each in (await cloud.graph(f"/beta{path}")).body["value"]] == [user]
    assert (await cloud.graph(f"{MANAGED}/{record['id']}")).body["userPrincipalName"] == "user01@contoso.example"


async def test_a_retired_device_leaves_when_it_checks_in(cloud: Running) -> None:
    join(cloud, "CPC-0012")
    cloud.advance(3_600)
    record = (await managed(cloud, "CPC-0012"))[0]
    assert (await cloud.graph(f"{MANAGED}/{record['id']}/retire", "POST")).status == 204
    assert (await managed(cloud, "CPC-0012"))[0]["managementState"] == "retirePending"
    cloud.advance(40_000)
    assert await managed(cloud, "CPC-0012") == []


async def test_intune_writes_are_two_hundred_in_twenty_seconds(cloud: Running) -> None:
    # learn.microsoft.com/graph/throttling-limits#intune-service-limits; the 429 may lack Retry-After
    await cloud.sim("config", {"graph": {"silentThrottleShare": 1}})
    join(cloud, "CPC-0013")
    cloud.advance(3_600)
    record = (await managed(cloud, "CPC-0013"))[0]
    path = f"{MANAGED}/{record['id']}"
    answers = [await cloud.graph(path, "PATCH", json={"notes": str(number)}) for number in range(201)]
    assert {each.status for each in answers[:200]} == {200}
    assert (answers[200].status, "Retry-After" in answers[200].headers) == (429, False)
    cloud.advance(1)
    assert (await cloud.graph(path, "PATCH", json={"notes": "later"})).status == 200
    checks = (await cloud.call("GET", "/_sim/invariants")).body["findings"]
    assert [each for each in checks if each["invariant"] == "beforeRetryAfter"] == []


async def test_two_live_machines_of_one_name_break_an_invariant(cloud: Running) -> None:
    join(cloud, "CPC-0014")
    other = cloud.add_machine("another")
    cloud.cloud.world.publish("entra_joined", vm_id=other, computer_name="CPC-0014", mdm=False, vm_uuid="v")
    assert [(each["invariant"], each["devices"]) for each in await cloud.findings(*DIRECTORY)] == [("sameNames", 2)]
