"""Views of tenants, of the caller, and of the holders of roles."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.operations.operation import Actor
from shared.domain.operations.pausing import ServiceState
from shared.domain.tenants.directory import PrincipalType, RoleAssignment
from shared.domain.tenants.tenant import Paused, Site, Tenant
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity, Without

TENANT_TO_CREATE = Without(Tenant, ("paused",), "TenantToCreate")
SITE = Without(Site, ("tenantId",))
SITE_TO_PUT = Without(Site, ("tenantId", "id"), "SiteToPut")

TENANTS = Collection(
    name="tenants",
    kinds=kinds_of("id", "displayName", "entraTenantId", "subscriptionId", "paused/reason", moments="paused/at"),
    searched=("id", "displayName"),
)
SITES = Collection(
    name="sites",
    kinds=kinds_of("id", "displayName", "region", "resourceGroup", "addressSpace"),
    searched=("id", "displayName", "region"),
)


class ServiceStateView(TypedDict):
    """Whether the service is paused for all tenants."""

    paused: Annotated[Json, DumpOf(Paused)] | None


class HealthView(TypedDict):
    """Whether the service works."""

    status: Literal["healthy", "unhealthy"]


RoleTemplateView = TypedDict(
    "RoleTemplateView",
    {
        "$schema": str,
        "contentVersion": str,
        "metadata": Annotated[Json, Field(description="What the template is for")],
        "parameters": Annotated[Json, Field(description="The service principal that gets the role")],
        "resources": list[Annotated[Json, Field(description="A role definition, and its assignment")]],
        "outputs": Annotated[Json, Field(description="The id of the role")],
    },
)
"""An ARM template."""


def site_view(site: Site) -> Json:
    """Return a site; its tenant is in the address."""
    return SITE.dump(site)


def service_state_view(state: ServiceState) -> ServiceStateView:
    """Return the state of the service."""
    return {"paused": state.paused.to_json() if state.paused else None}


class OwnTenantView(TypedDict):
    """A tenant that the caller may see, and the roles that count there.

    *scopedVerbs*: permissions that count in scopes alone: for some of the tenant's policies, Spot Groups or sites.
    """

    id: str
    displayName: str
    roles: list[str]
    scopedVerbs: list[str]


class MeView(TypedDict):
    """The caller. *verbs*: permissions; *tenantsCut*: there are more tenants than are shown."""

    id: str
    name: str
    kind: Literal["itPro", "application"]
    directoryId: str
    roles: list[str]
    verbs: list[str]
    tenants: list[OwnTenantView]
    tenantsCut: bool


class ConfigurationView(TypedDict):
    """Configuration that a client needs before it has a token. *clientId*: None where nobody has registered one."""

    authority: str
    clientId: str | None
    scope: str
    version: str


def own_tenant_view(tenant: Tenant, roles: Iterable[str], scoped: Iterable[str]) -> OwnTenantView:
    """Return a tenant with the caller's roles there. *scoped*: permissions that count in scopes alone."""
    return {
        "id": tenant.id,
        "displayName": tenant.display_name,
        "roles": sorted(roles),
        "scopedVerbs": sorted(scoped),
    }


def me_view(
    actor: Actor,
    directory_id: str,
    tenants: Sequence[OwnTenantView],
    *,
    roles: Iterable[str],
    verbs: list[str],
    cut: bool,
) -> MeView:
    """Return the caller; *roles*: those that are valid for the provider or in a tenant."""
    return {
        "id": actor.id,
        "name": actor.name,
        "kind": "itPro" if actor.kind == "itPro" else "application",
        "directoryId": directory_id,
        "roles": sorted(roles),
        "verbs": verbs,
        "tenants": list(tenants),
        "tenantsCut": cut,
    }


ROLE_ASSIGNMENTS = Collection(
    name="roleAssignments",
    kinds=kinds_of("id", "role", "principalId", "principalType", "displayName", "userPrincipalName"),
    searched=("displayName", "userPrincipalName", "role"),
)


class RoleAssignmentView(TypedDict):
    """One holder of one role: a user, a group or an application of the tenant's directory."""

    id: str
    role: str
    principalId: str
    principalType: PrincipalType
    displayName: str
    userPrincipalName: str | None
    createdDateTime: Timestamp | None


ROLE_ASSIGNMENT = Entity(RoleAssignmentView)


def role_assignment_view(each: RoleAssignment) -> RoleAssignmentView:
    """Return an assignment."""
    return {
        "id": each.id,
        "role": each.role,
        "principalId": each.principal_id,
        "principalType": each.principal_type,
        "displayName": each.display_name,
        "userPrincipalName": each.user_principal_name,
        "createdDateTime": timestamp(each.created_date_time),
    }
