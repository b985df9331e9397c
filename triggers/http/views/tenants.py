"""Tenants with their sites, the pause of the whole service, and whether it works."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.policies.pausing import ServiceState
from shared.domain.tenants.tenant import Paused, Site, Tenant
from triggers.http.json_schema import DumpOf, Json
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Without

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
