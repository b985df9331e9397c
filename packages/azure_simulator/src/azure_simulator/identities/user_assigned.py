"""User-assigned identities: each has a principal and a client id that follow from its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import managed_identities, plain_resources
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.providers import ResourceProvider
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.core.latency import about

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World


class ManagedIdentity(ResourceProvider):
    """Microsoft.ManagedIdentity."""

    namespace = "Microsoft.ManagedIdentity"
    api_versions = "2018-11-30 2023-01-31 2024-11-30"


def _forget(world: World, identity: Resource) -> None:
    managed_identities.keep(world, identity.id, None)


IDENTITIES = ResourceType(
    name="Microsoft.ManagedIdentity/userAssignedIdentities",
    provider=ManagedIdentity(),
    params=("identity",),
    models=BodyModels(written=written("Identity", location=TEXT, tags=TAGS, properties=Shape("any"))),
    naming=NameRule(r"[A-Za-z0-9][\w-]{2,127}"),
    latencies={"user_identity.put": about(2, 5, 1), "user_identity.delete": about(2, 5, 1)},
    removed=_forget,
)
OPERATIONS = Operations(IDENTITIES)


def _properties(call: Call, found: Resource | None) -> Json:
    del found
    identity = managed_identities.shown(call.world, call.path, {"type": "SystemAssigned"}) or {}
    return {
        "tenantId": identity["tenantId"],
        "principalId": identity["principalId"],
        "clientId": call.world.guid("client", call.path),
    }


def _stored(call: Call, identity: Resource) -> None:
    managed_identities.keep(call.world, identity.id, {"principalId": identity.properties["principalId"]})


plain_resources.serve(OPERATIONS, "user_identity", "user_identities", Plain(properties=_properties, stored=_stored))
