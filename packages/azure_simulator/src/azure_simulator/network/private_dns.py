"""Private DNS zones, and their links to networks. No record is kept and no name is resolved.

Source: learn.microsoft.com/azure/templates/microsoft.network/privatednszones. They are global, below
`Microsoft.Network`, and have API versions of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import read
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.core.answers import Problem
from azure_simulator.core.latency import about
from azure_simulator.core.resources import Index
from azure_simulator.network.provider import NETWORK

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_ANY = Shape("any")
_VERSIONS = "2018-09-01 2020-01-01 2020-06-01 2024-06-01"
_ZONE, _LINK = "Microsoft.Network/privateDnsZones", "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
BY_ZONE = Index(_LINK, lambda found: found.key.rpartition("/virtualnetworklinks/")[0])
ZONES = ResourceType(
    name=_ZONE,
    provider=NETWORK,
    params=("zone",),
    anywhere=True,
    api_versions=_VERSIONS,
    models=BodyModels(written=written("PrivateZone", etag=TEXT, location=TEXT, tags=TAGS, properties=_ANY)),
    naming=NameRule(r"[A-Za-z0-9_]([\w-]*\w)?(\.[A-Za-z0-9_]([\w-]*\w)?)+"),
    latencies={"dns_zone.put": about(10, 30, 2), "dns_zone.delete": about(10, 30, 2)},
    limit=1000,
    used_by=(BY_ZONE,),
)
LINKS = ResourceType(
    name=_LINK,
    provider=NETWORK,
    params=("zone", "link"),
    anywhere=True,
    api_versions=_VERSIONS,
    models=BodyModels(written=written("VirtualNetworkLink", etag=TEXT, location=TEXT, tags=TAGS, properties=_ANY)),
    naming=NameRule(r"[^_\W]([\w\-.]{0,78}\w)?"),
    links={"properties.virtualNetwork.id": ("Microsoft.Network/virtualNetworks",)},
    latencies={"dns_link.put": about(10, 30, 2), "dns_link.delete": about(10, 30, 2)},
)
ZONE_OPERATIONS, LINK_OPERATIONS = Operations(ZONES), Operations(LINKS)
OPERATIONS = (ZONE_OPERATIONS, LINK_OPERATIONS)


def _check_link(call: Call) -> None:
    """Refuse a second link of a network to zones of one name, as two answers would contradict each other."""
    zone = call.need(call.path.rpartition("/virtualNetworkLinks/")[0])
    network = str(read(call.object(), "properties.virtualNetwork.id", "string")).lower()
    call.need(network)
    for each in call.world.resources.of_type(_LINK):
        same = str(each.properties["virtualNetwork"]["id"]).lower() == network
        if same and each.key != call.path.lower() and f"/privatednszones/{zone.name.lower()}/" in each.key:
            text = (
                "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link "
            )
            text += f"virtual network with '{zone.name}' and '{zone.name}' zones."
            raise Problem(400, "BadRequest", text)


def _link_state(call: Call, found: Resource | None) -> Json:
    del found
    return {**read(call.object(), "properties", "object"), "virtualNetworkLinkState": "Completed"}


plain_resources.serve(ZONE_OPERATIONS, "dns_zone", "dns_zones")
plain_resources.serve(LINK_OPERATIONS, "dns_link", "dns_links", Plain(check=_check_link, properties=_link_state))
