"""User-assigned identities: each has a principal in the directory, and a client id, which follow from its address."""

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
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

_PRINCIPAL = "servicePrincipal"


class ManagedIdentity(ResourceProvider):
    """Microsoft.ManagedIdentity."""

    namespace = "Microsoft.ManagedIdentity"
    api_versions = "2018-11-30 2023-01-31 2024-11-30"


def _forget(world: World, identity: Resource) -> None:
    managed_identities.keep(world, identity.id, None)
    tenant, principal = (str(identity.properties[name]) for name in ("tenantId", "principalId"))
    directory = directory_of(world)
    if directory.get(_PRINCIPAL, tenant, principal) is not None:
        directory.remove(_PRINCIPAL, tenant, principal)


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
    tenant, principal, client = (str(identity.properties[name]) for name in ("tenantId", "principalId", "clientId"))
    managed_identities.keep(call.world, identity.id, {"principalId": principal})
    directory = directory_of(call.world)
    if directory.tenant(tenant) is None or directory.get(_PRINCIPAL, tenant, principal) is not None:
        return
    made = registrations.service_principal(principal, client, identity.name, call.now_us)
    names = {"servicePrincipalType": "ManagedIdentity", "alternativeNames": ["isExplicit=True", identity.id]}
    own = {"_managed_identity": True, "_resource_id": identity.id}
    directory.put(_PRINCIPAL, tenant, principal, {**made, **names, **own})


plain_resources.serve(OPERATIONS, "user_identity", "user_identities", Plain(properties=_properties, stored=_stored))
