"""Requests by id are answered from an index: none of a machine's requests scans all resources."""

from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, VMS, InProcessCloud, open_cloud

ROLE = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
SCRIPT = {"location": REGION, "properties": {"source": {"script": "# step: one\nWrite-Output 1"}}}
ENTRA = {
    "location": REGION,
    "properties": {
        "publisher": "Microsoft.Azure.ActiveDirectory",
        "type": "AADLoginForWindows",
        "typeHandlerVersion": "2.0",
        "settings": {},
    },
}
FEW = frozenset({"microsoft.authorization/locks", "microsoft.authorization/policyassignments"})
"""Types there are a handful of."""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> InProcessCloud:
    """A cloud with a machine, whose store refuses to list a whole type."""
    found = open_cloud()
    found.create_machine("cpc-0", found.create_network())
    found.sim("POST", "config", {"anyPrincipalExists": True})
    store = found.cloud.world.resources
    everything = store.of_type

    def refuse(kind: str) -> list[Any]:
        assert kind.lower() in FEW, f"all {kind} are looked at"
        return everything(kind)

    monkeypatch.setattr(store, "of_type", refuse)
    return found


def life(subnet: str) -> list[tuple[str, str, Any]]:
    """List the requests of a machine from its interface to its end."""
    vm, nic = f"{VMS}/cpc-1", f"{NETWORK}/networkInterfaces/cpc-1-nic"
    role = f"{vm}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001"
    grant = {"properties": {"roleDefinitionId": ROLE, "principalId": "0f7c2222-1111-4111-8111-111111111111"}}
    return [
        ("PUT", nic, nic_body(subnet)),
        ("PUT", vm, vm_body(nic)),
        ("GET", f"{vm}/instanceView", None),
        ("PUT", f"{vm}/extensions/AADLogin", ENTRA),
        ("PUT", f"{vm}/runCommands/steps", SCRIPT),
        ("GET", f"{vm}/runCommands/steps?$expand=instanceView", None),
        ("PUT", role, grant),
        ("GET", f"{vm}/providers/Microsoft.Authorization/roleAssignments", None),
        ("PATCH", vm, {"tags": {"a": "b"}}),
        ("POST", f"{vm}/deallocate", None),
        ("PATCH", vm, {"properties": {"hardwareProfile": {"vmSize": "Standard_D4s_v5"}}}),
        ("POST", f"{vm}/start", None),
        ("GET", nic, None),
        ("GET", subnet, None),
        ("GET", f"{SUB}/providers/Microsoft.Network/locations/{REGION}/usages", None),
        ("GET", f"{SUB}/providers/Microsoft.Compute/locations/{REGION}/usages", None),
        ("GET", f"{GROUP}/providers/Microsoft.Compute/disks/none", None),
        ("DELETE", vm, None),
        ("DELETE", nic, None),
        ("DELETE", GROUP, None),
    ]


def test_a_machine_lives_and_goes_without_a_look_at_the_others(app: InProcessCloud) -> None:
    subnet = f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"
    statuses = {f"{method} {path}": app.send(method, path, body).status for method, path, body in life(subnet)}
    refused = {request for request, status in statuses.items() if status >= 400}
    assert refused == {f"GET {GROUP}/providers/Microsoft.Compute/disks/none"}
