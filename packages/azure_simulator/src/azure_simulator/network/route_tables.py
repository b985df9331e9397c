"""Route tables: their routes are kept; no packet is routed. A subnet that uses one keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import read
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.latency import about
from azure_simulator.network import subnets
from azure_simulator.network.provider import NAMING, NETWORK, SDK, check_short_name

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

ROUTE_TABLES = ResourceType(
    name="Microsoft.Network/routeTables",
    provider=NETWORK,
    params=("table",),
    models=BodyModels(SDK, "RouteTable", "TagsObject"),
    naming=NAMING,
    latencies={"route_table.put": about(3, 8, 1), "route_table.delete": about(5, 12, 1)},
    limit=200,
    used_by=(subnets.BY_ROUTE_TABLE,),
)
OPERATIONS = Operations(ROUTE_TABLES)


def _check(call: Call) -> None:
    check_short_name(call.param("table"))


def _properties(call: Call, found: Resource | None) -> Json:
    del found
    return {"disableBgpRoutePropagation": False, "routes": [], **read(call.object(), "properties", "object", {})}


plain_resources.serve(
    OPERATIONS, "route_table", "route_tables", Plain(check=_check, properties=_properties, parts=("routes",))
)
