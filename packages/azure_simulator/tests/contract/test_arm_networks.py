"""Networks through azure-mgmt-network."""

from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, TAGS, nic_body
from packages.azure_simulator.tests.contract.azure import Azure, failure
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION, Running


async def test_a_network_comes_with_its_subnets(azure: Azure) -> None:
    subnet = await azure.make_subnet("10.20.0.0/24")
    vnet = await azure.network.virtual_networks.get(azure.group, "vnet")
    assert (vnet.provisioning_state, [each.id for each in vnet.subnets]) == ("Succeeded", [subnet])
    assert vnet.etag


async def test_five_addresses_of_a_subnet_are_azures_own(azure: Azure) -> None:
    subnet = await azure.make_subnet("10.20.0.0/29")
    addresses = [(await azure.make_nic(subnet, f"nic-{n}")).ip_configurations[0].private_ip_address for n in range(3)]
    assert addresses == ["10.20.0.4", "10.20.0.5", "10.20.0.6"]
    begin = azure.network.network_interfaces.begin_create_or_update
    error = await failure(begin(azure.group, "nic-4", nic_body(subnet)))
    assert (error.status, error.code) == (400, "SubnetIsFull")
    usage = [each async for each in azure.network.virtual_networks.list_usage(azure.group, "vnet")]
    assert (usage[0].current_value, usage[0].limit) == (3.0, 3.0)


async def test_an_address_is_free_again_after_its_interface(azure: Azure) -> None:
    subnet = await azure.make_subnet("10.20.0.0/29")
    nics = azure.network.network_interfaces
    for n in range(3):
        await azure.make_nic(subnet, f"nic-{n}")
    await (await nics.begin_delete(azure.group, "nic-1")).result()
    again = await azure.make_nic(subnet, "nic-4")
    assert again.ip_configurations[0].private_ip_address == "10.20.0.5"


async def test_an_updated_interface_keeps_its_address(azure: Azure) -> None:
    subnet = await azure.make_subnet()
    first = await azure.make_nic(subnet)
    second = await azure.make_nic(subnet, tags={**TAGS, "more": "x"})
    addresses = {nic.ip_configurations[0].private_ip_address for nic in (first, second)}
    assert addresses == {"10.20.0.4"}


async def test_address_availability_names_others(azure: Azure) -> None:
    await azure.make_nic(await azure.make_subnet())
    check = azure.network.virtual_networks.check_ip_address_availability
    free = await check(azure.group, "vnet", ip_address="10.20.0.9")
    taken = await check(azure.group, "vnet", ip_address="10.20.0.4")
    assert (free.available, taken.available) == (True, False)
    assert "10.20.0.5" in taken.available_ip_addresses


async def test_an_interface_in_use_cannot_be_deleted(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    error = await failure(azure.network.network_interfaces.begin_delete(azure.group, "cpc-1-nic"))
    assert error.code == "NicInUse"


async def test_a_subnet_in_use_cannot_be_deleted(azure: Azure) -> None:
    await azure.make_nic(await azure.make_subnet())
    error = await failure(azure.network.subnets.begin_delete(azure.group, "vnet", "cpc"))
    assert (error.status, error.code) == (400, "InUseSubnetCannotBeDeleted")
    error = await failure(azure.network.virtual_networks.begin_delete(azure.group, "vnet"))
    assert error.code == "InUseSubnetCannotBeDeleted"


async def test_parallel_subnet_writes_meet_the_lock_of_their_network(azure: Azure, simulated: Running) -> None:
    await azure.make_subnet()
    await simulated.sim("config", {"latency": {"subnet.put": {"dist": "fixed", "value": 5}}})
    begin = azure.network.subnets.begin_create_or_update
    bodies: list[Any] = [{"properties": {"addressPrefix": f"10.20.{n}.0/24"}} for n in (1, 2)]
    await begin(azure.group, "vnet", "one", bodies[0], polling=False)
    error = await failure(begin(azure.group, "vnet", "two", bodies[1]))
    assert (error.status, error.code) == (429, "RetryableError")
    simulated.advance(6)
    await simulated.sim("config", {"latency": {"subnet.put": None}})
    await (await begin(azure.group, "vnet", "two", bodies[1])).result()


@pytest.mark.parametrize(
    ("prefixes", "code"),
    [
        (["10.99.0.0/24"], "NetcfgInvalidSubnet"),
        (["10.20.0.0/24", "10.20.0.128/25"], "NetcfgSubnetRangesOverlap"),
        (["10.20.0.0/33"], "InvalidAddressPrefixFormat"),
        (["10.20.0.0/30"], "InvalidParameter"),
    ],
)
async def test_wrong_subnets_are_refused(azure: Azure, prefixes: list[str], code: str) -> None:
    subnets = [{"name": f"s{n}", "properties": {"addressPrefix": p}} for n, p in enumerate(prefixes)]
    space = {"addressPrefixes": ["10.20.0.0/16"]}
    body: Any = {"location": REGION, "properties": {"addressSpace": space, "subnets": subnets}}
    error = await failure(azure.network.virtual_networks.begin_create_or_update(azure.group, "vnet", body))
    assert (error.status, error.code) == (400, code)


async def test_a_missing_right_on_the_subnet_is_a_linked_failure(azure: Azure, simulated: Running) -> None:
    subnet = await azure.make_subnet()
    answer = await simulated.call("GET", "/_sim/requests?limit=1")
    name = answer.body[-1]["principal"]
    known = simulated.cloud.world.principals.all()
    me = next(each.object_id for each in known if name in {each.name, each.object_id})
    denied = {"action": "Microsoft.Network/virtualNetworks/subnets/join/action", "scope": "*/subnets/cpc"}
    await simulated.sim("seed", {"principals": [{"id": me, "name": name, "denied": [denied]}]})
    error = await failure(azure.network.network_interfaces.begin_create_or_update(azure.group, "nic", nic_body(subnet)))
    assert (error.status, error.code) == (403, "LinkedAuthorizationFailed")


DENY = {
    "name": "deny-in",
    "properties": {
        "protocol": "*",
        "access": "Deny",
        "direction": "Inbound",
        "priority": 100,
        "sourceAddressPrefix": "Internet",
        "destinationAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
    },
}


async def test_a_gateway_a_security_group_and_an_address_serve_a_subnet(azure: Azure) -> None:
    net, standard = azure.network, {"location": REGION, "sku": {"name": "Standard"}}
    nsg_body: Any = {"location": REGION, "properties": {"securityRules": [DENY]}}
    nsg = await (await net.network_security_groups.begin_create_or_update(azure.group, "nsg", nsg_body)).result()
    ip_body: Any = {**standard, "properties": {"publicIPAllocationMethod": "Static"}}
    ip = await (await net.public_ip_addresses.begin_create_or_update(azure.group, "ip", ip_body)).result()
    nat_body: Any = {**standard, "properties": {"publicIpAddresses": [{"id": ip.id}]}}
    nat = await (await net.nat_gateways.begin_create_or_update(azure.group, "nat", nat_body)).result()
    inner = {"addressPrefix": "10.20.0.0/24", "networkSecurityGroup": {"id": nsg.id}, "natGateway": {"id": nat.id}}
    space = {"addressPrefixes": ["10.20.0.0/16"]}
    body: Any = {
        "location": REGION,
        "properties": {"addressSpace": space, "subnets": [{"name": "cpc", "properties": inner}]},
    }
    await (await net.virtual_networks.begin_create_or_update(azure.group, "vnet", body)).result()
    subnet = await net.subnets.get(azure.group, "vnet", "cpc")
    assert (subnet.network_security_group.id, subnet.nat_gateway.id) == (nsg.id, nat.id)
    error = await failure(net.nat_gateways.begin_delete(azure.group, "nat"))
    assert error.code.startswith("InUse")


async def test_usages_count_interfaces(azure: Azure) -> None:
    await azure.make_nic(await azure.make_subnet())
    usages = {u.name.value: u.current_value async for u in azure.network.usages.list(REGION)}
    assert usages["NetworkInterfaces"] == 1


async def test_a_missing_group_is_named(azure: Azure) -> None:
    subnet = f"/subscriptions/{SUBSCRIPTION}/x/y/subnets/z"
    begin = azure.network.network_interfaces.begin_create_or_update
    error = await failure(begin("no-such-group", "nic", nic_body(subnet)))
    assert (error.status, error.code) == (404, "ResourceGroupNotFound")
