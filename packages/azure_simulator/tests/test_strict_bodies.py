"""Contents of bodies: read from the SDK's models, refused in each provider's words."""

import json
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud, prepared_once

SUBNET = f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"
NIC = f"{NETWORK}/networkInterfaces/free"
POOL = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/pool"
PERSONAL = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}


@prepared_once
def prepared() -> InProcessCloud:
    """A cloud with a machine, for requests that change nothing."""
    app = open_cloud()
    assert app.create_machine("cpc-1", app.create_network()).status == 201
    app.request("PUT", NIC, nic_body(SUBNET))
    app.request("PUT", POOL, {"location": REGION, "properties": PERSONAL})
    return app


def refusal(method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    reply = prepared().send(method, path, body)
    return reply.status, json.loads(reply.body)["error"]


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Copy a body with one value at a dotted path."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    *outer, last = path.split(".")
    at = copy
    for step in outer:
        at = at.setdefault(step, {})
    at[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("nothing", 1, "InvalidRequestContent"),
        ("tags", [], "InvalidRequestContent"),
        ("zones", "1", "InvalidRequestContent"),
        ("location", 7, "InvalidRequestContent"),
        ("properties.nothing", 1, "BadRequest"),
        ("properties.osProfile.windowsConfiguration.nothing", True, "BadRequest"),
        ("properties.osProfile.windowsConfiguration.provisionVMAgent", "yes", "BadRequest"),
        ("properties.storageProfile.osDisk.diskSizeGB", 1.5, "BadRequest"),
        ("properties.storageProfile.osDisk.diskSizeGB", True, "BadRequest"),
        ("properties.storageProfile.osDisk.deleteOption", "Perhaps", "BadRequest"),
        ("properties.securityProfile.securityType", "Sometimes", "BadRequest"),
        ("properties.evictionPolicy", 1, "BadRequest"),
    ],
)
def test_a_machine_s_member_is_refused_by_name(path: str, value: Any, code: str) -> None:
    status, error = refusal("PUT", f"{VMS}/new", changed(vm_body(NIC), path, value))
    assert (status, error["code"], error["target"]) == (400, code, path)
    assert path in error["message"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties.nothing", 1),
        ("properties.enableIPForwarding", "no"),
        ("properties.ipConfigurations", [{"name": "c", "properties": {"privateIPAllocationMethod": "Sometimes"}}]),
    ],
)
def test_the_network_puts_the_reason_into_details(path: str, value: Any) -> None:
    status, error = refusal("PUT", f"{NETWORK}/networkInterfaces/new", changed(nic_body(SUBNET), path, value))
    assert (status, error["code"], error["message"]) == (400, "InvalidRequestFormat", "Cannot parse the request.")
    assert error["details"][0]["code"] == "InvalidJson"
    assert path in error["details"][0]["message"]


def test_a_required_member_is_missed_by_a_put_and_not_by_a_patch() -> None:
    profile = {"osDisk": {"deleteOption": "Delete"}, "imageReference": None}
    status, error = refusal("PUT", f"{VMS}/new", changed(vm_body(NIC), "properties.storageProfile", profile))
    assert (status, error["code"], error["target"]) == (400, "InvalidParameter", "storageProfile.osDisk.createOption")
    app = open_cloud()
    assert app.create_machine("cpc-1", app.create_network()).status == 201
    app.request("PATCH", f"{VMS}/cpc-1", {"properties": {"storageProfile": {"osDisk": {"deleteOption": "Detach"}}}})


def test_an_action_has_a_body_of_its_own() -> None:
    run = f"{VMS}/cpc-1/runCommand"
    assert refusal("POST", run, {"script": ["x"]})[1]["message"] == "Required parameter 'commandId' is missing (null)."
    assert refusal("POST", run, {"commandId": "RunPowerShellScript", "script": "x"})[0] == 400
    assert refusal("POST", run, {"commandId": "RunPowerShellScript", "more": 1})[1]["code"] == "InvalidRequestContent"


def test_names_and_values_are_matched_in_any_case_and_shown_as_documented() -> None:
    app = open_cloud()
    subnet = app.create_network()
    body = vm_body(app.request("PUT", NIC, nic_body(subnet))["id"])
    body["identity"] = {"Type": "systemassigned"}
    body["properties"]["OSProfile"] = body["properties"].pop("osProfile")
    body["properties"]["storageProfile"]["osDisk"]["createOption"] = "fromimage"
    made = app.request("PUT", f"{VMS}/cpc-1", body)
    assert made["identity"]["type"] == "SystemAssigned"
    assert made["properties"]["osProfile"]["computerName"] == "CPC-ABC123"
    assert made["properties"]["storageProfile"]["osDisk"]["createOption"] == "FromImage"


def settled(node: Any) -> Any:
    """Leave out the ETags, which every write changes."""
    if isinstance(node, list):
        return [settled(each) for each in node]
    return {key: settled(each) for key, each in node.items() if key != "etag"} if isinstance(node, dict) else node


@pytest.mark.parametrize("path", [f"{VMS}/cpc-1", NIC, f"{NETWORK}/virtualNetworks/vnet", SUBNET, POOL, GROUP])
def test_what_is_read_can_be_written_back(path: str) -> None:
    app = prepared()
    before = app.request("GET", path)
    app.request("PUT", path, before)
    after = app.request("GET", path)
    assert settled(after) == settled(before)


@pytest.mark.parametrize(
    ("path", "member", "value", "answer"),
    [
        (f"{VMS}/cpc-1", "properties.vmId", "another", (409, "PropertyChangeNotAllowed")),
        (f"{VMS}/cpc-1", "name", "cpc-2", (400, "MismatchingResourceName")),
        (f"{VMS}/cpc-1", "id", f"{VMS}/cpc-2", (400, "MismatchingResourceId")),
        (f"{VMS}/cpc-1", "type", "Microsoft.Compute/disks", (400, "MismatchingResourceType")),
        (f"{VMS}/cpc-1", "location", "northeurope", (409, "InvalidResourceLocation")),
        (f"{VMS}/new", "location", "atlantis", (400, "LocationNotAvailableForResourceType")),
        (f"{VMS}/new", "location", "", (400, "LocationRequired")),
        (f"{VMS}/cpc-1", "properties.osProfile.computerName", "OTHER", (409, "PropertyChangeNotAllowed")),
    ],
)
def test_what_azure_keeps_is_not_set_by_others(path: str, member: str, value: str, answer: tuple[int, str]) -> None:
    status, error = refusal("PUT", path, changed(vm_body(NIC), member, value))
    assert (status, error["code"]) == answer


def test_a_state_that_has_passed_since_is_no_change() -> None:
    body = {**vm_body(f"{NETWORK}/networkInterfaces/cpc-1-nic", tags={"deskwright:cloudpc": "cpc-1"}), "etag": '"0"'}
    body["properties"]["provisioningState"] = "Creating"
    made = prepared().request("PUT", f"{VMS}/cpc-1", body)
    assert made["properties"]["provisioningState"] != "Creating"


@pytest.mark.parametrize(("value", "shown"), [({"a": None}, '{"a": null}'), (True, "true")])
def test_a_wrong_value_is_shown_as_it_came(value: Any, shown: str) -> None:
    error = refusal("PUT", f"{VMS}/new", changed(vm_body(NIC), "properties.osProfile.computerName", value))[1]
    assert f'Error converting value "{shown}"' in error["message"]
