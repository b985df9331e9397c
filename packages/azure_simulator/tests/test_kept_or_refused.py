"""Properties of a request are kept and shown, or refused: ranges, duplicates, dependencies, not simulated."""

from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud
from packages.azure_simulator.tests.test_strict_bodies import changed

COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
DISK, SNAPSHOT = f"{COMPUTE}/disks/disk", f"{COMPUTE}/snapshots/snapshot"
EMPTY = {"diskSizeGB": 128, "creationData": {"createOption": "Empty"}}
ADDRESS, NAT = f"{NETWORK}/publicIPAddresses/address", f"{NETWORK}/natGateways/nat"
POOL = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/pool"
DESKTOPS = {"hostPoolType": "Pooled", "loadBalancerType": "BreadthFirst", "preferredAppGroupType": "Desktop"}
DEFINITION: dict[str, Any] = {"osType": "Windows", "osState": "Generalized"}
DEFINITION |= {"identifier": {"publisher": "p", "offer": "o", "sku": "s"}}
IMAGE = f"{COMPUTE}/galleries/g/images/i"
SET = f"{COMPUTE}/diskEncryptionSets/set"


def prepared() -> InProcessCloud:
    app = open_cloud()
    app.create_network()
    return app


def disk(sku: str = "Premium_LRS", **properties: Any) -> dict[str, Any]:
    return {"location": REGION, "sku": {"name": sku}, "properties": {**EMPTY, **properties}}


@pytest.mark.parametrize(
    "properties",
    [
        {"networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled"},
        {"tier": "P30"},
        {"maxShares": 2},
        {"burstingEnabled": True, "diskSizeGB": 1024},
        {"dataAccessAuthMode": "AzureActiveDirectory", "supportsHibernation": True},
        {"optimizedForFrequentAttach": True, "supportedCapabilities": {"acceleratedNetwork": True}},
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_a_disk_is_told_is_shown_and_stays(method: str, properties: dict[str, Any]) -> None:
    app = prepared()
    app.request("PUT", DISK, disk(**(properties if method == "PUT" else {})))
    if method == "PATCH":
        app.request("PATCH", DISK, {"properties": properties})
    app.request("PATCH", DISK, {"tags": {"a": "b"}})
    shown = app.request("GET", DISK)["properties"]
    assert {key: shown[key] for key in properties} == properties


def test_a_disk_of_another_size_has_its_own_tier_again() -> None:
    app = prepared()
    app.request("PUT", DISK, disk(tier="P30"))
    app.request("PATCH", DISK, {"properties": {"diskSizeGB": 512}})
    shown = app.request("GET", DISK)["properties"]
    assert (shown["tier"], shown["diskIOPSReadWrite"]) == ("P20", 2300)


def test_the_speed_of_an_ultra_disk_is_chosen() -> None:
    app = prepared()
    app.request("PUT", DISK, disk("UltraSSD_LRS", diskIOPSReadWrite=4000, diskMBpsReadWrite=200))
    app.request("PATCH", DISK, {"tags": {}})
    assert app.request("GET", DISK)["properties"]["diskIOPSReadWrite"] == 4000


def test_a_snapshot_keeps_who_may_read_it() -> None:
    app = prepared()
    app.request("PUT", DISK, disk())
    copy = {"creationData": {"createOption": "Copy", "sourceResourceId": DISK}, "networkAccessPolicy": "DenyAll"}
    app.request("PUT", SNAPSHOT, {"location": REGION, "properties": copy})
    app.request("PATCH", SNAPSHOT, {"properties": {"publicNetworkAccess": "Disabled"}})
    shown = app.request("GET", SNAPSHOT)["properties"]
    assert (shown["networkAccessPolicy"], shown["publicNetworkAccess"]) == ("DenyAll", "Disabled")


@pytest.mark.parametrize(
    "properties",
    [
        {"tier": "P6"},
        {"tier": "Q1"},
        {"maxShares": 16},
        {"diskIOPSReadWrite": 4000},
        {"networkAccessPolicy": "AllowPrivate"},
        {"encryption": {"type": "EncryptionAtRestWithCustomerKey"}},
    ],
)
def test_a_disk_that_makes_no_sense_is_refused(properties: dict[str, Any]) -> None:
    assert prepared().error("PUT", DISK, disk(**properties)) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("path", "properties", "more"),
    [
        (ADDRESS, {"idleTimeoutInMinutes": 3}, {}),
        (ADDRESS, {"idleTimeoutInMinutes": 31}, {}),
        (NAT, {"idleTimeoutInMinutes": 121}, {"sku": {"name": "Standard"}}),
        (POOL, {**DESKTOPS, "maxSessionLimit": 0}, {}),
        (f"{NETWORK}/virtualNetworks/v", {"addressSpace": {"addressPrefixes": ["10.0.0.0/8", "10.1.0.0/16"]}}, {}),
    ],
)
def test_a_number_or_prefix_out_of_place_is_refused(path: str, properties: Any, more: dict[str, Any]) -> None:
    body = {"location": REGION, "properties": properties, **more}
    assert prepared().error("PUT", path, body) == (400, "InvalidParameter")


def test_the_parts_of_a_version_are_32_bit_numbers() -> None:
    app = prepared()
    app.request("PUT", f"{COMPUTE}/galleries/g", {"location": REGION})
    app.request("PUT", IMAGE, {"location": REGION, "properties": DEFINITION})
    body = {"location": REGION, "properties": {"storageProfile": {"source": {"id": DISK}}}}
    assert app.error("PUT", f"{IMAGE}/versions/1.0.2147483648", body) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("path", "value", "refused"),
    [
        ("properties.evictionPolicy", "Delete", (409, "OperationNotAllowed")),
        ("properties.billingProfile", {"maxPrice": 1.5}, (409, "OperationNotAllowed")),
        ("properties.availabilitySet", {"id": f"{COMPUTE}/availabilitySets/a"}, (400, "NotSupportedBySimulator")),
        ("properties.osProfile.customData", "é", (400, "InvalidParameter")),
        (
            "properties.storageProfile.dataDisks",
            [{"lun": 64, "createOption": "Empty", "diskSizeGB": 4}],
            (400, "InvalidParameter"),
        ),
    ],
)
def test_a_machine_that_makes_no_sense_is_refused(path: str, value: Any, refused: tuple[int, str]) -> None:
    app = prepared()
    nic = app.request(
        "PUT", f"{NETWORK}/networkInterfaces/nic", nic_body(f"{NETWORK}/virtualNetworks/vnet/subnets/cpc")
    )
    assert app.error("PUT", f"{VMS}/vm", changed(vm_body(nic["id"]), path, value)) == refused


def test_an_interface_is_named_once_and_one_is_primary() -> None:
    app = prepared()
    subnet = f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"
    ids = [app.request("PUT", f"{NETWORK}/networkInterfaces/{name}", nic_body(subnet))["id"] for name in ("a", "b")]
    path = "properties.networkProfile.networkInterfaces"
    twice = changed(vm_body(ids[0]), path, [{"id": ids[0]}, {"id": ids[0].upper()}])
    assert app.error("PUT", f"{VMS}/vm", twice) == (400, "InvalidParameter")
    both = changed(vm_body(ids[0]), path, [{"id": each, "properties": {"primary": True}} for each in ids])
    assert app.error("PUT", f"{VMS}/vm", both) == (400, "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary")


def test_one_configuration_of_an_interface_is_primary() -> None:
    app = prepared()
    subnet = {"subnet": {"id": f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"}}
    rows: list[dict[str, Any]] = [{"name": name, "properties": {**subnet}} for name in ("a", "b")]
    body = {"location": REGION, "properties": {"ipConfigurations": rows}}
    shown = app.request("PUT", f"{NETWORK}/networkInterfaces/n", body)["properties"]["ipConfigurations"]
    assert [each["properties"]["primary"] for each in shown] == [True, False]
    for row in rows:
        row["properties"]["primary"] = True
    assert app.error("PUT", f"{NETWORK}/networkInterfaces/n", body) == (400, "InvalidParameter")


@pytest.mark.parametrize("option", ["Import", "Upload", "FromImage", "Restore"])
def test_a_way_to_make_a_disk_that_is_not_simulated_is_named_so(option: str) -> None:
    app = prepared()
    body = disk()
    body["properties"]["creationData"] = {"createOption": option}
    assert app.error("PUT", DISK, body) == (400, "NotSupportedBySimulator")
    assert app.error("PUT", SNAPSHOT, body) == (400, "NotSupportedBySimulator")


def test_a_key_set_that_is_not_simulated_is_named_so() -> None:
    keys = {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": SET}
    assert prepared().error("PUT", DISK, disk(encryption=keys)) == (400, "NotSupportedBySimulator")


def test_a_pool_stays_while_it_has_an_application_group() -> None:
    app = prepared()
    app.request("PUT", POOL, {"location": REGION, "properties": DESKTOPS})
    group = POOL.replace("hostPools/pool", "applicationGroups/group")
    of_pool = {"hostPoolArmPath": POOL.upper().replace("PROVIDERS", "providers"), "applicationGroupType": "Desktop"}
    app.request("PUT", group, {"location": REGION, "properties": of_pool})
    app.request("PUT", POOL, {"location": REGION, "properties": DESKTOPS})
    assert app.error("DELETE", POOL) == (400, "400")  # docs/notes.md 7.1
    assert app.error("DELETE", f"{POOL}?force=true") == (400, "400")
