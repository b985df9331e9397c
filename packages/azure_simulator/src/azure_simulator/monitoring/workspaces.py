"""Log Analytics workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.providers import ResourceProvider
from azure_simulator.arm.reading import read
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.arm.value_rules import between, one_of
from azure_simulator.core.latency import about

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_SKUS = ("PerGB2018", "CapacityReservation", "LACluster", "Free", "Standalone", "PerNode", "Standard", "Premium")
_RETENTION_DAYS = (4, 730)


class OperationalInsights(ResourceProvider):
    """Microsoft.OperationalInsights."""

    namespace = "Microsoft.OperationalInsights"
    api_versions = "2022-10-01 2023-09-01 2025-02-01 2025-07-01"


WORKSPACES = ResourceType(
    name="Microsoft.OperationalInsights/workspaces",
    provider=OperationalInsights(),
    params=("workspace",),
    models=BodyModels(written=written("Workspace", location=TEXT, tags=TAGS, properties=Shape("any"))),
    naming=NameRule(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]"),
    values={
        "properties.retentionInDays": between(*_RETENTION_DAYS),
        "properties.sku.name": one_of(_SKUS),
    },
    latencies={"workspace.log.put": about(10, 30, 3), "workspace.log.delete": about(5, 15, 1)},
)
OPERATIONS = Operations(WORKSPACES)


def _properties(call: Call, found: Resource | None) -> Json:
    del found
    given = read(call.object(), "properties", "object", {})
    return {"retentionInDays": 30, **given, "customerId": call.world.guid("workspace", call.path)}


plain_resources.serve(OPERATIONS, "workspace.log", "workspaces.log", Plain(properties=_properties))
