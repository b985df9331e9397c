"""A GET shows the properties that a PUT was accepted with: for each writable property of each resource type.

The properties are those of the SDK's models. Each is sent with a plausible value in an otherwise valid body; a refusal
is as good as keeping it, and what Azure never shows is declared as `unshown`.
"""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from azure_simulator.arm.registry import registry
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.arm.sdk_models import Member, Shape

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud, prepared_once
from packages.azure_simulator.tests.test_deployed_services import DEPLOYED
from packages.azure_simulator.tests.test_recorded import DEFINITION, DESKTOPS, DISK, NEW, POOL, RULE, VNET

COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
GALLERY, POOLS = f"{COMPUTE}/galleries/gallery", f"{POOL.rpartition('/')[0]}"
BASTION_SUBNET, BASTION_ADDRESS = f"{VNET}/subnets/AzureBastionSubnet", f"{NETWORK}/publicIPAddresses/way-in"
WAY_IN = {"subnet": {"id": BASTION_SUBNET}, "publicIPAddress": {"id": BASTION_ADDRESS}}
VERSION: dict[str, Any] = {"storageProfile": {"source": {"id": f"{COMPUTE}/images/source"}}}
VALID: dict[str, tuple[str, dict[str, Any]]] = {
    "Microsoft.Compute/virtualMachines": (f"{VMS}/new", vm_body(f"{NETWORK}/networkInterfaces/free")),
    "Microsoft.Compute/virtualMachines/extensions": (
        f"{VMS}/vm/extensions/new",
        {
            "location": REGION,
            "properties": {"publisher": "Microsoft.Compute", "type": "BGInfo", "typeHandlerVersion": "2.1"},
        },
    ),
    "Microsoft.Compute/virtualMachines/runCommands": (
        f"{VMS}/vm/runCommands/new",
        {"location": REGION, "properties": {"source": {"script": "# step: one"}}},
    ),
    "Microsoft.Compute/disks": (f"{COMPUTE}/disks/new", NEW[DISK]),
    "Microsoft.Compute/snapshots": (f"{COMPUTE}/snapshots/new", NEW[f"{COMPUTE}/snapshots/snapshot"]),
    "Microsoft.Compute/images": (
        f"{COMPUTE}/images/new",
        {"location": REGION, "properties": {"sourceVirtualMachine": {"id": f"{VMS}/general"}}},
    ),
    "Microsoft.Compute/galleries": (f"{COMPUTE}/galleries/new", {"location": REGION}),
    "Microsoft.Compute/galleries/images": (
        f"{GALLERY}/images/new",
        {
            "location": REGION,
            "properties": {**DEFINITION, "identifier": {"publisher": "p", "offer": "o", "sku": "new"}},
        },
    ),
    "Microsoft.Compute/galleries/images/versions": (
        f"{GALLERY}/images/image/versions/1.0.0",
        {"location": REGION, "properties": VERSION},
    ),
    "Microsoft.Compute/capacityReservationGroups": (f"{COMPUTE}/capacityReservationGroups/new", {"location": REGION}),
    "Microsoft.Compute/capacityReservationGroups/capacityReservations": (
        f"{COMPUTE}/capacityReservationGroups/group/capacityReservations/new",
        {"location": REGION, "sku": {"name": "Standard_D2s_v5", "capacity": 1}},
    ),
    "Microsoft.Network/virtualNetworks": (f"{NETWORK}/virtualNetworks/new", NEW[VNET]),
    "Microsoft.Network/virtualNetworks/subnets": (
        f"{VNET}/subnets/new",
        {"properties": {"addressPrefix": "10.20.8.0/24"}},
    ),
    "Microsoft.Network/networkInterfaces": (f"{NETWORK}/networkInterfaces/new", nic_body(f"{VNET}/subnets/cpc")),
    "Microsoft.Network/networkSecurityGroups": (f"{NETWORK}/networkSecurityGroups/new", {"location": REGION}),
    "Microsoft.Network/networkSecurityGroups/securityRules": (
        f"{NETWORK}/networkSecurityGroups/nsg/securityRules/new",
        {"properties": {**RULE, "priority": 300}},
    ),
    "Microsoft.Network/publicIPAddresses": (
        f"{NETWORK}/publicIPAddresses/new",
        {"location": REGION, "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}},
    ),
    "Microsoft.Network/natGateways": (
        f"{NETWORK}/natGateways/new",
        {"location": REGION, "sku": {"name": "Standard"}, "properties": {}},
    ),
    "Microsoft.Network/routeTables": (f"{NETWORK}/routeTables/new", {"location": REGION, "properties": {}}),
    "Microsoft.Network/bastionHosts": (
        f"{NETWORK}/bastionHosts/new",
        {
            "location": REGION,
            "sku": {"name": "Standard"},
            "properties": {"ipConfigurations": [{"name": "way-in", "properties": WAY_IN}]},
        },
    ),
    "Microsoft.DesktopVirtualization/hostPools": (f"{POOLS}/new", {"location": REGION, "properties": DESKTOPS}),
    "Microsoft.DesktopVirtualization/applicationGroups": (
        f"{POOLS.replace('hostPools', 'applicationGroups')}/new",
        {"location": REGION, "properties": {"hostPoolArmPath": POOL, "applicationGroupType": "Desktop"}},
    ),
    "Microsoft.DesktopVirtualization/workspaces": (
        f"{POOLS.replace('hostPools', 'workspaces')}/new",
        {"location": REGION, "properties": {}},
    ),
    "Microsoft.DesktopVirtualization/scalingPlans": (
        f"{POOLS.replace('hostPools', 'scalingPlans')}/new",
        {"location": REGION, "properties": {"timeZone": "UTC", "hostPoolType": "Personal"}},
    ),
}
"""Type -> a path where there is none yet, and a body that is accepted there."""
ELSEWHERE = {
    "Microsoft.Authorization/locks": "test_groups.py",
    "Microsoft.Authorization/policyAssignments": "test_policies.py",
    "Microsoft.Authorization/policyDefinitions": "test_policies.py",
    "Microsoft.Authorization/roleAssignments": "test_roles.py",
    "Microsoft.Authorization/roleDefinitions": "test_permissions.py",
    "Microsoft.DesktopVirtualization/applicationGroups/desktops": "comes with its group",
    "Microsoft.DesktopVirtualization/hostPools/sessionHosts": "registers itself",
    "Microsoft.DesktopVirtualization/hostPools/sessionHosts/userSessions": "comes with its user",
    "Microsoft.Network/privateDnsZones": "test_private_endpoints.py",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": "test_private_endpoints.py",
    "Microsoft.Network/privateEndpoints": "test_private_endpoints.py",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": "test_private_endpoints.py",
    "Microsoft.Resources/deployments": "test_deployments.py",
    "Microsoft.Storage/storageAccounts": "test_storage.py",
    "Microsoft.Web/serverfarms": "test_sites.py",
    "Microsoft.Web/sites": "test_sites.py",
    "Microsoft.Resources/resourceGroups": "test_groups.py",
    **dict.fromkeys(DEPLOYED, "test_deployed_services.py"),
}
"""Types without a PUT of the SDK's, and where their bodies are tested."""
DEPTH = 6
"""So many members below each other are looked at."""


@prepared_once
def prepared() -> InProcessCloud:
    """Make everything that bodies refer to, once; tests go back to it."""
    app = open_cloud()
    app.sim("POST", "config", {"throttling": {"enabled": False}})
    for path, body in NEW.items():
        app.request("PUT", path, body)
    app.request("PUT", f"{NETWORK}/networkInterfaces/free", nic_body(f"{VNET}/subnets/cpc"))
    app.request("PUT", BASTION_SUBNET, {"properties": {"addressPrefix": "10.20.16.0/26"}})
    app.request("PUT", BASTION_ADDRESS, VALID["Microsoft.Network/publicIPAddresses"][1])
    app.request("PUT", f"{COMPUTE}/capacityReservationGroups/group", {"location": REGION})
    assert app.create_machine("vm", f"{VNET}/subnets/cpc").status == 201
    nic = app.request("PUT", f"{NETWORK}/networkInterfaces/general-nic", nic_body(f"{VNET}/subnets/cpc"))
    body = vm_body(nic["id"])
    del body["properties"]["securityProfile"]
    app.request("PUT", f"{VMS}/general", body)
    app.advance(3600)
    app.request("POST", f"{VMS}/general/deallocate")
    app.advance(600)
    app.request("POST", f"{VMS}/general/generalize")
    app.request("PUT", f"{COMPUTE}/images/source", VALID["Microsoft.Compute/images"][1])
    app.advance(600)
    return app


def properties(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """List the writable properties of a shape that hold a value; `[]` is the only row of a list."""
    for member in shape.members.values():
        if not member.read_only and len(path) < DEPTH:
            yield from _leaves(member, (*path, member.name))


def _leaves(member: Member, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Shape]]:
    shape = member.shape
    if shape.kind == "array" and shape.items is not None:
        shape, path = shape.items, (*path, "[]")
    if shape.kind == "object":
        yield from properties(shape, path)
    elif shape.kind != "any":
        yield path, shape


def values(shape: Shape, name: str) -> list[Any]:
    """Return plausible values of a shape."""
    if shape.choices:
        return list(shape.choices.values())[:4]
    if shape.kind == "string":
        texts = {"date-time": "2027-01-01T00:00:00Z", "duration": "PT5M", "byte": "YWJj"}
        return [texts.get(shape.written) or (f"{VNET}/subnets/cpc" if name.lower() == "id" else "text")]
    plain: dict[str, list[Any]] = {"boolean": [True, False], "integer": [2], "number": [2.5], "map": [{"a": "b"}]}
    return plain[shape.kind]


def with_value(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """Copy a body with a value at a path; rows that are there already get it."""
    if not path:
        return value
    if path[0] == "[]":
        rows = body if isinstance(body, list) and body else [{}]
        return [with_value(rows[0], path[1:], value), *rows[1:]]
    made = dict(body) if isinstance(body, dict) else {}
    made[path[0]] = with_value(made.get(path[0]), path[1:], value)
    return made


def at(body: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if step == "[]":
            body = body[0] if isinstance(body, list) and body else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


def fold(value: Any) -> Any:
    if isinstance(value, list):
        return [fold(each) for each in value]
    return value.replace(" ", "").lower().removesuffix("z") if isinstance(value, str) else value


TYPES = {each.name: each for each in registry(open_cloud().cloud.world) if each.models.put}
HIDDEN_WHEN_OFF = {"properties.enableVmProtection"}
"""Recorded: github.com/Azure/azure-cli, network/test_network_vnet."""


def test_every_type_is_looked_at() -> None:
    names = {each.name for each in registry(open_cloud().cloud.world)}
    assert names == VALID.keys() | ELSEWHERE.keys()


def unkept(app: InProcessCloud, kind: ResourceType) -> Iterator[str]:
    """Send each property with each of its values; list those that were accepted and are not shown."""
    path, body = VALID[kind.name]
    shape = kind.models.request("PUT")
    assert shape is not None
    accepted = 0
    for steps, leaf in properties(shape):
        name = ".".join(step for step in steps if step != "[]")
        if any(name == each or name.startswith(f"{each}.") for each in kind.unshown):
            continue
        for value in values(leaf, steps[-1] if steps[-1] != "[]" else ""):
            reply = app.send("PUT", path, with_value(copy.deepcopy(body), steps, value))
            assert reply.status < 500, (name, reply.body)
            if reply.status >= 400:
                continue
            accepted += 1
            app.advance(7200)
            shown = at(app.request("GET", path), steps)
            prepared()  # a refusal changes nothing (test_malformed.py)
            is_hidden = value is False and shown is None and name in HIDDEN_WHEN_OFF
            if fold(shown) != fold(value) and not is_hidden:
                yield f"{'.'.join(steps)}: {value!r} is shown as {shown!r}"
    assert accepted > 0


@pytest.mark.parametrize("name", sorted(VALID))
def test_what_is_accepted_is_shown(name: str) -> None:
    texts = list(unkept(prepared(), TYPES[name]))
    assert not texts, "\n".join(texts)


@pytest.mark.parametrize(
    ("name", "path", "values"),
    [
        ("Microsoft.Compute/virtualMachines", ("properties", "extensionsTimeBudget"), ("PT15M", "PT30M")),
        ("Microsoft.Compute/galleries", ("properties", "sharingProfile"), ({"permissions": "Groups"},) * 2),
        ("Microsoft.Compute/galleries/images", ("properties", "endOfLifeDate"), ("2027-01-01", "2028-01-01")),
        ("Microsoft.Compute/virtualMachines/runCommands", ("tags",), ({"a": "b"}, {"a": "c"})),
        ("Microsoft.DesktopVirtualization/workspaces", ("properties", "friendlyName"), ("a", "b")),
    ],
)
def test_what_changes_is_shown_until_it_changes_again(
    name: str, path: tuple[str, ...], values: tuple[Any, ...]
) -> None:
    app = prepared()
    at_path, body = VALID[name]
    for method, value in zip(("PUT", "PATCH"), values, strict=True):
        sent = with_value(copy.deepcopy(body) if method == "PUT" else {}, path, value)
        reply = app.send(method, at_path, sent)
        assert reply.status < 400, reply.body
        app.advance(7200)
        assert fold(at(app.request("GET", at_path), path)) in (fold(value), fold(f"{value}T00:00:00Z"))


@pytest.mark.parametrize(
    ("name", "change", "refused"),
    [
        ("Microsoft.Network/publicIPAddresses", {"zones": ["1"]}, (400, "ResourceAvailabilityZonesCannotBeModified")),
        ("Microsoft.Network/natGateways", {"zones": ["1"]}, (400, "ResourceAvailabilityZonesCannotBeModified")),
        (
            "Microsoft.Network/publicIPAddresses",
            {"properties": {"publicIPAddressVersion": "IPv6", "publicIPAllocationMethod": "Static"}},
            (409, "PropertyChangeNotAllowed"),
        ),
        (
            "Microsoft.Compute/images",
            {"properties": {"sourceVirtualMachine": {"id": f"{VMS}/vm"}}},
            (409, "PropertyChangeNotAllowed"),
        ),
    ],
)
def test_what_is_fixed_when_it_is_made_is_refused(name: str, change: dict[str, Any], refused: tuple[int, str]) -> None:
    app = prepared()
    path, body = VALID[name]
    app.request("PUT", path, body)
    app.advance(600)
    assert app.error("PUT", path, {**body, **change}) == refused


def test_an_address_of_the_sku_basic_has_no_zone() -> None:
    body = {"location": REGION, "sku": {"name": "Basic"}, "zones": ["1"], "properties": {}}
    path = f"{NETWORK}/publicIPAddresses/basic"
    assert prepared().error("PUT", path, body) == (400, "ZonesNotAllowedInBasicSkuResource")


def test_a_reference_to_a_type_that_is_not_simulated_is_named_so() -> None:
    path, body = VALID["Microsoft.Compute/virtualMachines"]
    encryption = ("properties", "storageProfile", "osDisk", "managedDisk", "diskEncryptionSet")
    for steps, kind in ((encryption, "diskEncryptionSets"), (("properties", "host"), "hostGroups/g/hosts")):
        wanted = with_value(body, steps, {"id": f"{COMPUTE}/{kind}/x"})
        assert prepared().error("PUT", path, wanted) == (400, "NotSupportedBySimulator")


def test_an_interface_of_a_machine_is_an_interface() -> None:
    path, _ = VALID["Microsoft.Compute/virtualMachines"]
    assert prepared().error("PUT", path, vm_body(f"{VNET}/subnets/cpc")) == (400, "InvalidResourceReference")
