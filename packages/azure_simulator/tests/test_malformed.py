"""Whatever a body holds, the answer is Azure's: never a crash, and a refusal changes nothing."""

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, VMS, InProcessCloud, open_cloud

COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
SUBNET = f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"
ROLE = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
INNER = {"name": "c", "properties": {"subnet": {"id": SUBNET}}}
INLINE = {
    "networkApiVersion": "2020-11-01",
    "networkInterfaceConfigurations": [{"name": "i", "properties": {"ipConfigurations": [INNER]}}],
}


def extension(publisher: str, kind: str, **settings: Any) -> dict[str, Any]:
    properties = {"publisher": publisher, "type": kind, "typeHandlerVersion": "1.0", "settings": settings}
    return {"location": REGION, "properties": {**properties, "protectedSettings": {"Password": "x"}}}


Request = tuple[str, str, dict[str, Any]]


def requests() -> list[Request]:
    """Return a good request of every kind that takes a body."""
    return [*for_machines(), *for_networks(), *for_galleries()]


def for_machines() -> list[Request]:
    inline = vm_body("unused")
    inline["properties"]["networkProfile"] = INLINE
    command = {"source": {"script": "# step: one"}, "parameters": [{"name": "a", "value": "b"}]}
    dsc = {"configurationFunction": "x\\AddSessionHost", "properties": {"hostPoolName": "pool"}}
    return [
        ("PUT", f"{VMS}/new", vm_body(f"{NETWORK}/networkInterfaces/free")),
        ("PUT", f"{VMS}/inline", inline),
        ("PUT", f"{VMS}/vm", vm_body(f"{NETWORK}/networkInterfaces/vm-nic")),
        ("PATCH", f"{VMS}/vm", {"tags": {"a": "b"}, "properties": {"hardwareProfile": {"vmSize": "Standard_D4s_v5"}}}),
        (
            "PUT",
            f"{VMS}/vm/extensions/a",
            extension("Microsoft.Azure.ActiveDirectory", "AADLoginForWindows", mdmId="x"),
        ),
        (
            "PUT",
            f"{VMS}/vm/extensions/d",
            extension("Microsoft.Compute", "JsonADDomainExtension", Name="n", User="u", OUPath="o"),
        ),
        ("PUT", f"{VMS}/vm/extensions/s", extension("Microsoft.Powershell", "DSC", **dsc)),
        ("PUT", f"{VMS}/vm/runCommands/r", {"location": REGION, "properties": command}),
        ("POST", f"{VMS}/vm/runCommand", {"commandId": "RunPowerShellScript", "script": ["# step: one"]}),
    ]


def for_networks() -> list[Request]:
    subnet = {"addressPrefix": "10.21.0.0/24"}
    space = {"addressPrefixes": ["10.21.0.0/16"]}
    dns = {"dhcpOptions": {"dnsServers": ["10.0.0.4"]}}
    vnet = {"addressSpace": space, "subnets": [{"name": "s", "properties": subnet}], **dns}
    return [
        ("PUT", f"{NETWORK}/virtualNetworks/other", {"location": REGION, "properties": vnet}),
        ("PUT", f"{NETWORK}/virtualNetworks/vnet/subnets/more", {"properties": {"addressPrefix": "10.20.8.0/24"}}),
        ("PUT", f"{NETWORK}/networkInterfaces/other", nic_body(SUBNET)),
        ("PUT", f"{NETWORK}/natGateways/n", {"location": REGION, "properties": {"publicIpAddresses": []}}),
        ("PUT", f"{NETWORK}/networkSecurityGroups/n", {"location": REGION, "properties": {"securityRules": []}}),
    ]


def for_galleries() -> list[Request]:
    targets = [{"name": REGION, "regionalReplicaCount": 1}]
    source = {"source": {"virtualMachineId": f"{VMS}/master"}}
    identifier = {"publisher": "p", "offer": "o", "sku": "s"}
    definition = {"osType": "Windows", "osState": "Generalized", "identifier": identifier, "features": [{"name": "a"}]}
    return [
        ("PUT", f"{COMPUTE}/galleries/other", {"location": REGION, "properties": {"description": "x"}}),
        ("PUT", f"{COMPUTE}/galleries/g/images/other", {"location": REGION, "properties": definition}),
        (
            "PUT",
            f"{COMPUTE}/galleries/g/images/i/versions/1.0.0",
            {
                "location": REGION,
                "properties": {"publishingProfile": {"targetRegions": targets}, "storageProfile": source},
            },
        ),
        ("PUT", GROUP, {"location": REGION, "tags": {"a": "b"}}),
        (
            "PUT",
            f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/7c0e1f5a-2f0c-4f9e-9b2e-0123456789ab",
            {"properties": {"roleDefinitionId": ROLE, "principalId": "0f7c2222-1111-4111-8111-111111111111"}},
        ),
    ]


def prepared() -> InProcessCloud:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", {"anyPrincipalExists": True, "throttling": {"enabled": False}})
    app.request("PUT", f"{NETWORK}/networkInterfaces/free", nic_body(subnet))
    for name in ("vm", "master"):
        assert app.create_machine(name, subnet).status == 201
    app.send("POST", f"{VMS}/master/deallocate")
    app.send("POST", f"{VMS}/master/generalize")
    app.request("PUT", f"{COMPUTE}/galleries/g", {"location": REGION})
    identifier = {"publisher": "x", "offer": "y", "sku": "z"}
    features = [{"name": "SecurityType", "value": "TrustedLaunch"}]
    body = {"osType": "Windows", "osState": "Generalized", "identifier": identifier, "features": features}
    app.request("PUT", f"{COMPUTE}/galleries/g/images/i", {"location": REGION, "properties": body})
    return app


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths of all values in a body."""
    found = [path] if path else []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        found += places(child, (*path, key))
    return found


def broken(body: Any, path: tuple[Any, ...], junk: Any) -> Any:
    changed = copy.deepcopy(body)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = junk
    return changed


def state(app: InProcessCloud) -> Any:
    world = app.cloud.world
    kinds = world.resources.types()
    versions = {r.id: r.version for kind in kinds for r in world.resources.of_type(kind)}
    used = {key: dict(pool.used) for key, pool in world.state("addresses").items()}
    return versions, used, len(world.operations), app.sim("GET", "state?view=capacity")


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1, 1.5, True, "", "x", "/", [], [None], ["x"], [[]], {}, {"a": None}, {"id": 7}]
)


@settings(max_examples=4 * settings().max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_broken_body_is_refused_or_accepted_and_never_applied_in_part(data: st.DataObject) -> None:
    app = shared()
    method, path, body = data.draw(st.sampled_from(requests()))
    where = data.draw(st.sampled_from(places(body)))
    junk = data.draw(JUNK)
    before = state(app)
    reply = app.send(method, path, broken(body, where, junk))
    if reply.status >= 400:
        assert reply.status < 500
        assert state(app) == before
    else:
        _apps.clear()


_apps: list[InProcessCloud] = []


def shared() -> InProcessCloud:
    """Return a prepared cloud that nothing was done to."""
    if not _apps:
        app = prepared()
        app.sim("GET", "state")
        _apps.append(app)
    return _apps[0]


def test_all_valid_requests_are_accepted() -> None:
    for method, path, body in requests():
        if "/extensions/d" in path or "/extensions/s" in path:
            continue
        reply = prepared().send(method, path, body)
        assert reply.status < 400, (path, reply.body)
