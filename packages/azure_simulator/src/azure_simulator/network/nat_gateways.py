"""NAT gateways: they hold public addresses, and subnets use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import Immutable, ResourceType
from azure_simulator.arm.value_rules import between
from azure_simulator.core.answers import Problem
from azure_simulator.core.latency import about
from azure_simulator.network import public_ip_addresses, subnets
from azure_simulator.network.provider import ADDRESS, NAMING, NETWORK, SDK, check_short_name, check_zones

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

NAT_GATEWAYS = ResourceType(
    name="Microsoft.Network/natGateways",
    provider=NETWORK,
    params=("nat",),
    models=BodyModels(SDK, "NatGateway", "TagsObject"),
    naming=NAMING,
    latencies={"nat.put": about(5, 12, 1), "nat.delete": about(10, 20, 1)},
    limit=1000,
    values={"properties.idleTimeoutInMinutes": between(4, 120)},
    immutable={"sku.name": Immutable("Standard")},
    links={f"properties.publicIpAddresses{version}[].id": ADDRESS for version in ("", "V6")},
    used_by=(subnets.BY_GATEWAY,),
    removed=lambda world, gateway: public_ip_addresses.release(world, gateway.id),
)
OPERATIONS = Operations(NAT_GATEWAYS)


def _addresses(call: Call) -> list[str]:
    return [read(each, "id", "string") for each in read(call.object(), "properties.publicIpAddresses", "array", [])]


def _check(call: Call) -> None:
    check_short_name(call.param("nat"))
    check_zones(call, call.world.resources.get(call.path))
    zones = read(call.object(), "zones", "array", [])
    if len(zones) > 1:
        text = (
            f"Resource {call.path} has {len(zones)} zones specified. Only one zone can be specified for this resource."
        )
        raise Problem(400, "ResourceCannotHaveMultipleZonesSpecified", text)
    for address_id in _addresses(call):
        public_ip_addresses.check_free(call, address_id, call.path)
        address = call.need(address_id)
        if address.body["sku"]["name"] == "Basic":
            raise invalid(
                "properties.publicIpAddresses", f"The address {address.id} of the sku Basic has no NAT gateway."
            )


def _allocate(call: Call, gateway: Resource) -> None:
    public_ip_addresses.release(call.world, gateway.id)
    for address_id in _addresses(call):
        public_ip_addresses.allocate(call.world, address_id, "natGateway", gateway.id)


plain_resources.serve(OPERATIONS, "nat", "natGateways", Plain(check=_check, stored=_allocate))
