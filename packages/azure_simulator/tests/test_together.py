"""Rules across the members of one body: each rule that is declared, and those that look at other resources."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure_simulator.arm.together_rules import Together
from azure_simulator.network.security_groups import SECURITY_GROUPS
from azure_simulator.network.security_rules import SECURITY_RULES

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import (
    GROUP,
    NETWORK,
    SUB,
    VMS,
    InProcessCloud,
    open_cloud,
    prepared_once,
)

COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
DESKTOPS = f"{GROUP}/providers/Microsoft.DesktopVirtualization"
NSG = f"{NETWORK}/networkSecurityGroups/nsg"
VNET = f"{NETWORK}/virtualNetworks/vnet"
RULE = {
    "protocol": "Tcp",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "443",
    "access": "Allow",
    "priority": 100,
    "direction": "Inbound",
}
ENDS = ("sourceAddressPrefix", "sourcePortRange", "destinationAddressPrefix", "destinationPortRange")


@prepared_once
def prepared() -> InProcessCloud:
    app = open_cloud()
    app.create_network()
    app.request("PUT", f"{VNET}/subnets/two", {"properties": {"addressPrefix": "10.20.64.0/24"}})
    app.request("PUT", NSG, {"location": REGION, "properties": {}})
    app.advance(60)
    app.request("PUT", f"{NETWORK}/networkInterfaces/free", nic_body(f"{VNET}/subnets/cpc"))
    disk = {"location": REGION, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 64}}
    app.request("PUT", f"{COMPUTE}/disks/disk", disk)
    app.advance(60)
    return app


def error(app: InProcessCloud, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
    """Send a request and return its status, with code and message where it is refused."""
    reply = app.send(method, path, body)
    if reply.status < 400:
        return reply.status, "", ""
    found = json.loads(reply.body)["error"]
    return reply.status, found["code"], found["message"]


def without(body: Any, path: str, empty: Any) -> Iterator[Any]:
    """Yield the body with nothing at a path of members, and with something empty there."""
    *outer, last = path.split(".")
    for value in (None, empty):
        copy = json.loads(json.dumps(body))
        at = copy
        for step in outer:
            at = at[int(step)] if step.isdigit() else at[step]
        if value is None:
            del at[last]
        else:
            at[last] = value
        yield copy


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    ("path", "body", "member", "id_"),
    [
        (
            NSG,
            {"location": REGION, "properties": {"securityRules": [{"name": "r", "properties": RULE}]}},
            "properties.securityRules.0.properties",
            f"{NSG}/securityRules/r",
        ),
        (f"{NSG}/securityRules/r", {"properties": RULE}, "properties", f"{NSG}/securityRules/r"),
    ],
)
def test_a_rule_has_ports_and_addresses_at_both_ends(path: str, body: Any, member: str, id_: str, end: str) -> None:
    for mutated in without(body, f"{member}.{end}", ""):
        status, code, message = error(prepared(), "PUT", path, mutated)
        assert (status, code) == (400, "SecurityRuleParametersMissing")
        assert id_ in message
    assert error(prepared(), "PUT", path, body)[0] in {200, 201}


def test_a_list_of_ports_is_enough() -> None:
    several = {**RULE, "destinationPortRanges": ["80", "443"]}
    del several["destinationPortRange"]
    assert error(prepared(), "PUT", f"{NSG}/securityRules/r", {"properties": several})[0] == 201


def test_each_end_of_a_rule_is_declared_once_for_groups_and_for_rules() -> None:
    both: list[tuple[Together, ...]] = [SECURITY_GROUPS.together, SECURITY_RULES.together]
    assert [len(each) for each in both] == [len(ENDS)] * 2


def test_configurations_of_an_interface_are_in_one_subnet() -> None:
    entries: list[dict[str, Any]] = [
        {"name": name, "properties": {"subnet": {"id": f"{VNET}/subnets/{name}"}}} for name in ("cpc", "two")
    ]
    entries[0]["properties"]["primary"] = True
    body = {"location": REGION, "properties": {"ipConfigurations": entries}}
    found = error(prepared(), "PUT", f"{NETWORK}/networkInterfaces/new", body)
    assert found[:2] == (400, "IpConfigurationsOnSameNicCannotUseDifferentSubnets")
    entries[1]["properties"]["subnet"] = {"id": f"{VNET}/SUBNETS/CPC"}
    assert error(prepared(), "PUT", f"{NETWORK}/networkInterfaces/new", body)[0] == 201


@pytest.mark.parametrize("kind", ["UserAssigned", "SystemAssigned, UserAssigned", "systemassigned, userassigned"])
@pytest.mark.parametrize("more", [{}, {"userAssignedIdentities": {}}, {"userAssignedIdentities": None}])
def test_an_identity_that_is_assigned_by_users_names_some(kind: str, more: dict[str, Any]) -> None:
    body = {**vm_body(f"{NETWORK}/networkInterfaces/free"), "identity": {"type": kind, **more}}
    assert error(prepared(), "PUT", f"{VMS}/new", body)[:2] == (400, "MissingIdentityIds")


def test_scopes_of_a_role_may_leave_out_their_first_slash() -> None:
    path = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/11111111-1111-4111-8111-111111111111"
    rights = {"roleName": "Reader of desks", "permissions": [{"actions": ["*/read"]}]}
    made = prepared().request("PUT", path, {"properties": {**rights, "assignableScopes": [SUB.lstrip("/")]}})
    assert made["properties"]["assignableScopes"] == [SUB]
    found = error(prepared(), "PUT", path, {"properties": {**rights, "assignableScopes": ["nowhere/x"]}})
    assert found[:2] == (400, "InvalidParameter")


def test_notes_of_a_lock_have_512_characters_at_most() -> None:
    path = f"{NSG}/providers/Microsoft.Authorization/locks/lock"
    body = {"properties": {"level": "CanNotDelete", "notes": "x" * 513}}
    assert error(prepared(), "PUT", path, body)[:2] == (400, "InvalidParameter")
    body["properties"]["notes"] = "x" * 512
    assert error(prepared(), "PUT", path, body)[0] == 201


@pytest.mark.parametrize("query", ["", "?force=true"])
def test_a_host_pool_with_application_groups_is_not_deleted(query: str) -> None:
    app, pool = prepared(), f"{DESKTOPS}/hostPools/pool"
    kind = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}
    app.request("PUT", pool, {"location": REGION, "properties": kind})
    group = {"location": REGION, "properties": {"hostPoolArmPath": pool, "applicationGroupType": "Desktop"}}
    app.request("PUT", f"{DESKTOPS}/applicationGroups/desks", group)
    status, code, message = error(app, "DELETE", f"{pool}{query}")
    assert (status, code) == (400, "400")
    assert "could not be deleted because it still has ApplicationGroups associated with it" in message


def test_a_snapshot_does_not_shrink() -> None:
    app, path = prepared(), f"{COMPUTE}/snapshots/snapshot"
    source = {"createOption": "Copy", "sourceResourceId": f"{COMPUTE}/disks/disk"}
    app.request("PUT", path, {"location": REGION, "properties": {"creationData": source}})
    app.advance(60)
    smaller = {"location": REGION, "properties": {"creationData": source, "diskSizeGB": 32}}
    assert error(app, "PUT", path, smaller)[:2] == (400, "InvalidParameter")
    assert error(app, "PATCH", path, {"properties": {"diskSizeGB": 32}})[:2] == (400, "InvalidParameter")
    assert error(app, "PATCH", path, {"properties": {"diskSizeGB": 64}})[0] == 202


def test_a_run_command_may_be_empty() -> None:
    """Azure takes it (the recording test_run_command_v2 of Azure/azure-cli)."""
    app = open_cloud()
    assert app.create_machine("cpc-1", app.create_network()).status == 201
    app.advance(600)
    body = {"location": REGION, "properties": {"source": {}, "asyncExecution": False}}
    assert app.request("PUT", f"{VMS}/cpc-1/runCommands/run", body)["properties"]["source"] == {}
