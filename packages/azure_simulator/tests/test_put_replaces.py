"""A PUT replaces what a resource had: what it leaves out goes; what is refused, or fails later, leaves nothing."""

import pytest

from packages.azure_simulator.tests.bodies import REGION, vm_body
from packages.azure_simulator.tests.in_process import NETWORK, VMS, InProcessCloud, open_cloud
from packages.azure_simulator.tests.test_accepted_is_shown import (
    COMPUTE,
    TYPES,
    VALID,
    VERSION,
    at,
    fold,
    prepared,
    with_value,
)
from packages.azure_simulator.tests.test_recorded import DEFINITION

BUDGET = ("properties", "extensionsTimeBudget")


def kept_machine() -> InProcessCloud:
    """Make a machine with a property that its handler makes nothing of."""
    app = prepared()
    app.request("PUT", f"{VMS}/new", with_value(VALID["Microsoft.Compute/virtualMachines"][1], BUDGET, "PT15M"))
    return app


def test_what_is_kept_survives_a_refusal() -> None:
    app, path = kept_machine(), f"{VMS}/new"
    app.advance(7200)
    refused = {"properties": {"extensionsTimeBudget": "PT30M", "priority": "Spot"}}
    for method, body in (("PATCH", refused), ("PUT", {"location": REGION, **refused})):
        assert app.error(method, path, body) == (409, "PropertyChangeNotAllowed")
        assert at(app.request("GET", path), BUDGET) == "PT15M"


def omissions() -> list[tuple[str, tuple[str, ...], object, object]]:
    """Yield type, path, another value and the usual value of properties that a PUT may leave out."""
    other = {
        "networkAccessPolicy": "DenyAll",
        "publicNetworkAccess": "Disabled",
        "dataAccessAuthMode": "AzureActiveDirectory",
        "maxShares": 2,
        "tier": "P40",
        "availabilityPolicy": {"actionOnDiskDelay": "AutomaticReattach"},
        "extensionsTimeBudget": "PT15M",
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
        "resiliencyProfile": {"zoneMovement": {"isEnabled": True}},
        "scheduledEventsPolicy": {"userInitiatedReboot": {"automaticallyApprove": True}},
        "scheduledEventsProfile": {"osImageNotificationProfile": {"enable": True}},
        "endOfLifeDate": "2030-01-01T00:00:00Z",
        "replicaCount": 3,
        "targetExtendedLocations": [{"name": "edge"}],
    }
    return [
        (kind.name, tuple(path.split(".")), other.get(path.rpartition(".")[2], True), usual)
        for kind in TYPES.values()
        for path, usual in kind.omitted.items()
    ]


@pytest.mark.parametrize(("name", "path", "value", "usual"), omissions())
def test_what_a_put_leaves_out_is_as_usual_again(
    name: str, path: tuple[str, ...], value: object, usual: object
) -> None:
    app = prepared()
    at_path, body = VALID[name]
    if path[-1] in {"tier", "burstingEnabled"}:
        body = with_value({**body, "sku": {"name": "Premium_LRS"}}, ("properties", "diskSizeGB"), 1024)
    app.request("PUT", at_path, body)
    app.advance(7200)
    without = at(app.request("GET", at_path), path)
    app.request("PUT", at_path, with_value(body, path, value))
    app.advance(7200)
    app.request("PATCH", at_path, {"tags": {"a": "b"}})
    app.advance(7200)
    assert fold(at(app.request("GET", at_path), path)) == fold(value)
    app.request("PUT", at_path, body)
    app.advance(7200)
    assert at(app.request("GET", at_path), path) == without
    assert usual in (None, without)


def test_what_a_put_leaves_out_is_what_the_provider_had_there() -> None:
    app, path = kept_machine(), f"{VMS}/new"
    body = VALID["Microsoft.Compute/virtualMachines"][1]
    steps = ("properties", "osProfile", "requireGuestProvisionSignal")
    app.advance(7200)
    assert at(app.request("GET", path), steps) is True
    for value, shown in ((False, False), (None, True)):
        app.request("PUT", path, body if value is None else with_value(body, steps, value))
        app.advance(7200)
        assert at(app.request("GET", path), steps) is shown


def test_what_can_never_change_stays_with_a_put_that_leaves_it_out() -> None:
    app, path = prepared(), f"{VMS}/new"
    plan = {"name": "plan", "publisher": "p", "product": "o"}
    identifier = {"publisher": "p", "offer": "o", "sku": "bought"}
    definition = {**DEFINITION, "hyperVGeneration": "V2", "identifier": identifier, "purchasePlan": plan}
    image = f"{COMPUTE}/galleries/gallery/images/bought"
    app.request("PUT", image, {"location": REGION, "properties": definition})
    app.request("PUT", f"{image}/versions/1.0.0", {"location": REGION, "properties": VERSION})
    app.advance(7200)
    body = vm_body(f"{NETWORK}/networkInterfaces/free", image={"id": image})
    del body["properties"]["securityProfile"]
    assert app.error("PUT", path, body) == (400, "VMMarketplaceInvalidInput")
    app.request("PUT", path, {**body, "plan": plan})
    app.advance(7200)
    app.request("PUT", path, body)
    app.advance(7200)
    assert app.request("GET", path)["plan"] == plan


def test_a_put_while_the_machine_is_being_made_changes_nothing() -> None:
    app = open_cloud("real")
    subnet = app.create_network()
    app.create_machine("vm", subnet)
    body = vm_body(f"{NETWORK}/networkInterfaces/vm-nic", size="Standard_D4s_v5")
    app.request("PUT", f"{VMS}/vm", with_value(body, BUDGET, "PT15M"))
    app.advance(7200)
    shown = app.request("GET", f"{VMS}/vm")["properties"]
    assert (shown["hardwareProfile"]["vmSize"], "extensionsTimeBudget" in shown) == ("Standard_D2s_v5", False)
    app.request("PATCH", f"{VMS}/vm", {"properties": {"hardwareProfile": {"vmSize": "Standard_D8s_v5"}}})
    app.advance(7200)
    assert app.request("GET", f"{VMS}/vm")["properties"]["hardwareProfile"]["vmSize"] == "Standard_D8s_v5"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_that_fails_leaves_a_disk_as_it_was(method: str) -> None:
    app = prepared()
    path, body = VALID["Microsoft.Compute/disks"]
    steps = ("properties", "availabilityPolicy", "actionOnDiskDelay")
    app.request("PUT", path, with_value(body, steps, "None"))
    app.advance(7200)
    before = app.request("GET", path)["properties"]
    app.sim("POST", "faults", {"match": {"op": "disk.*"}, "do": {"kind": "lro_fail", "code": "InternalServerError"}})
    change = with_value({"properties": {}}, steps, "AutomaticReattach")
    app.request(method, path, change if method == "PATCH" else with_value(body, steps, "AutomaticReattach"))
    app.advance(7200)
    assert app.request("GET", path)["properties"] == before
