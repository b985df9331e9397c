"""Networks and what hangs on them: sync and aio alike."""

from functools import partial
from typing import Any

from packages.azure_simulator.tests.bodies import REGION, TAGS, nic_body
from packages.azure_simulator.tests.contract.sdk import Sdk, covers, refused

_VNET, _SUBNET, _NIC = "network.virtual_networks", "network.subnets", "network.network_interfaces"
STANDARD = {"location": REGION, "sku": {"name": "Standard"}}


@covers(
    *(f"{_VNET}.{verb}" for verb in ("begin_create_or_update", "get", "list", "list_usage", "begin_delete")),
    f"{_VNET}.check_ip_address_availability",
)
def test_a_network_lives_and_goes(sdk: Sdk) -> None:
    subnet, vnets = sdk.subnet(), sdk.network.virtual_networks
    shown = vnets.get(sdk.group, "vnet")
    assert (shown.provisioning_state, shown.subnets[0].id) == ("Succeeded", subnet)
    assert [each.name for each in vnets.list(sdk.group)] == ["vnet"]
    assert [each.limit for each in vnets.list_usage(sdk.group, "vnet")] == [251.0]
    assert vnets.check_ip_address_availability(sdk.group, "vnet", ip_address="10.20.0.9").available
    vnets.begin_delete(sdk.group, "vnet").result()
    assert vnets.begin_delete(sdk.group, "vnet").result() is None
    assert refused(lambda: vnets.get(sdk.group, "vnet")).code == "ResourceNotFound"


@covers(f"{_VNET}.begin_create_or_update")
def test_what_was_read_can_be_written_back(sdk: Sdk) -> None:
    sdk.nic()
    for name, each in (("vnet", sdk.network.virtual_networks), ("nic", sdk.network.network_interfaces)):
        shown = each.get(sdk.group, name)
        again = each.begin_create_or_update(sdk.group, name, shown).result()
        assert again.resource_guid == shown.resource_guid


@covers(*(f"{_SUBNET}.{verb}" for verb in ("begin_create_or_update", "get", "list", "begin_delete")))
def test_a_subnet_comes_later_and_goes(sdk: Sdk) -> None:
    sdk.subnet()
    subnets = sdk.network.subnets
    body: Any = {"properties": {"addressPrefix": "10.20.9.0/24"}}
    subnets.begin_create_or_update(sdk.group, "vnet", "more", body).result()
    assert subnets.get(sdk.group, "vnet", "more").address_prefix == "10.20.9.0/24"
    assert {each.name for each in subnets.list(sdk.group, "vnet")} == {"cpc", "more"}
    subnets.begin_delete(sdk.group, "vnet", "more").result()
    assert refused(lambda: subnets.get(sdk.group, "vnet", "more")).status == 404


@covers(
    *(f"{_NIC}.{verb}" for verb in ("begin_create_or_update", "get", "list", "begin_delete")), "network.usages.list"
)
def test_an_interface_lives_and_goes(sdk: Sdk) -> None:
    made, nics = sdk.nic(), sdk.network.network_interfaces
    assert nics.get(sdk.group, "nic").mac_address == made.mac_address
    assert [each.name for each in nics.list(sdk.group)] == ["nic"]
    assert "NetworkInterfaces" in {each.name.value for each in sdk.network.usages.list(REGION)}
    nics.begin_delete(sdk.group, "nic").result()
    assert refused(lambda: nics.get(sdk.group, "nic")).status == 404


@covers(
    *(
        f"network.{kind}.{verb}"
        for kind in ("network_security_groups", "public_ip_addresses", "nat_gateways")
        for verb in ("begin_create_or_update", "get", "list", "begin_delete")
    )
)
def test_plain_parts_live_and_go(sdk: Sdk) -> None:
    bodies: dict[str, Any] = {
        "network_security_groups": {"location": REGION, "properties": {"securityRules": []}},
        "public_ip_addresses": {**STANDARD, "properties": {"publicIPAllocationMethod": "Static"}},
        "nat_gateways": {**STANDARD, "properties": {"idleTimeoutInMinutes": 10}},
    }
    for kind, body in bodies.items():
        operations = getattr(sdk.network, kind)
        made = operations.begin_create_or_update(sdk.group, "part", body).result()
        assert (operations.get(sdk.group, "part").id, made.provisioning_state) == (made.id, "Succeeded")
        assert [each.name for each in operations.list(sdk.group)] == ["part"]
        operations.begin_delete(sdk.group, "part").result()
        assert refused(partial(operations.get, sdk.group, "part")).status == 404


@covers(
    *(
        f"network.bastion_hosts.{verb}"
        for verb in ("begin_create_or_update", "get", "list", "list_by_resource_group", "begin_update", "begin_delete")
    )
)
def test_a_bastion_lives_in_a_subnet_of_its_own_and_goes(sdk: Sdk) -> None:
    plain, bastions, addresses = sdk.subnet(), sdk.network.bastion_hosts, sdk.network.public_ip_addresses
    own = plain.replace("/subnets/cpc", "/subnets/AzureBastionSubnet")
    prefix: Any = {"properties": {"addressPrefix": "10.20.9.0/26"}}
    sdk.network.subnets.begin_create_or_update(sdk.group, "vnet", "AzureBastionSubnet", prefix).result()
    static: Any = {**STANDARD, "properties": {"publicIPAllocationMethod": "Static"}}
    public = addresses.begin_create_or_update(sdk.group, "way-in", static).result()

    def body(subnet: str) -> Any:
        inner = {"subnet": {"id": subnet}, "publicIPAddress": {"id": public.id}}
        return {**STANDARD, "properties": {"ipConfigurations": [{"name": "ip", "properties": inner}]}}

    assert refused(lambda: bastions.begin_create_or_update(sdk.group, "bastion", body(plain))).status == 400
    made = bastions.begin_create_or_update(sdk.group, "bastion", body(own)).result()
    assert made.provisioning_state == "Succeeded"
    assert bastions.get(sdk.group, "bastion").ip_configurations[0].subnet.id == own
    assert [each.name for each in bastions.list_by_resource_group(sdk.group)] == ["bastion"]
    assert "bastion" in {each.name for each in bastions.list()}
    assert bastions.begin_update(sdk.group, "bastion", {"tags": TAGS}).result().tags == TAGS
    assert refused(lambda: addresses.begin_delete(sdk.group, "way-in")).code == "PublicIPAddressCannotBeDeleted"
    assert refused(lambda: sdk.network.subnets.begin_delete(sdk.group, "vnet", "AzureBastionSubnet")).status == 400
    bastions.begin_delete(sdk.group, "bastion").result()
    sdk.network.subnets.begin_delete(sdk.group, "vnet", "AzureBastionSubnet").result()
    addresses.begin_delete(sdk.group, "way-in").result()


@covers(f"{_NIC}.begin_create_or_update")
def test_networks_word_their_refusals_in_details(sdk: Sdk) -> None:
    subnet, nics = sdk.subnet(), sdk.network.network_interfaces
    body = nic_body(subnet, TAGS)
    body["properties"]["nothing"] = 1
    path = f"{sdk.group_id}/providers/Microsoft.Network/networkInterfaces/nic"
    error = sdk.send("PUT", path, body).json()["error"]
    assert (error["code"], error["details"][0]["code"]) == ("InvalidRequestFormat", "InvalidJson")
    assert "Could not find member 'nothing'" in error["details"][0]["message"]
    missing: Any = nic_body(subnet + "-gone", TAGS)
    assert refused(lambda: nics.begin_create_or_update(sdk.group, "nic", missing)).code == "InvalidResourceReference"
    nics.begin_create_or_update(sdk.group, "nic", nic_body(subnet, TAGS)).result()


GROUPS = ("virtual_networks", "network_interfaces", "network_security_groups", "public_ip_addresses", "nat_gateways")


@covers(*(f"network.{kind}.{verb}" for kind in GROUPS for verb in ("update_tags", "list_all")))
def test_tags_change_alone_and_a_subscription_lists_all(sdk: Sdk) -> None:
    bodies: dict[str, Any] = {
        "virtual_networks": {"properties": {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}}},
        "network_interfaces": nic_body(sdk.subnet(vnet="other")),
        "network_security_groups": {},
        "public_ip_addresses": {"sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}},
        "nat_gateways": {"sku": {"name": "Standard"}},
    }
    for kind, body in bodies.items():
        operations = getattr(sdk.network, kind)
        made = operations.begin_create_or_update(sdk.group, "part", {"location": REGION, **body}).result()
        assert operations.update_tags(sdk.group, "part", {"tags": {"a": "b"}}).tags == {"a": "b"}
        assert made.id.lower() in [each.id.lower() for each in operations.list_all()]
