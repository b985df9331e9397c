"""Wizards of sites and tenants; fields that an edit omits stay."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.domain.tenants.tenant import (
    AddressSpace,
    FurtherSubscriptions,
    Guid,
    Region,
    ResourceGroupName,
    Site,
    SiteId,
    SpotLicenses,
    Tenant,
    TenantId,
    TenantSettings,
    Zone,
)
from shared.domain.values import Id, Label, Value, distinct
from shared.domain.wizards.fields import Form
from shared.domain.wizards.forms import REVIEW, Wizard, WizardStep
from shared.errors import Problem

_Regions = Annotated[tuple[Region, ...], Field(max_length=20), AfterValidator(distinct)]
_Zones = Annotated[tuple[Zone, ...], Field(max_length=9), AfterValidator(distinct)]
_PLACE = ("region", "fallbackRegions", "zones")


class SiteNameStep(Value):
    """The site's id in addresses, and its name."""

    id: SiteId = Field(title="Id", description="Stands in addresses and never changes.")
    display_name: Label = Field(title="Name", description="The site's name, as administrators see it.")


class PlaceStep(Value):
    """Region and zones in which machines are built."""

    region: Region = Field(title="Region", description="The Azure region that is tried first.")
    fallback_regions: _Regions = Field((), title="Fall-back regions", description="Tried in this order.")
    zones: _Zones = Field((), title="Zones", description="The zones to use. Leave it empty to use any zone.")


class SiteNetworkStep(Value):
    """Resource group and network of the site."""

    resource_group: ResourceGroupName = Field(title="Resource group", description="Where the machines are made.")
    address_space: AddressSpace = Field(
        "10.20.0.0/16", title="Address space", description="CIDR; each region takes its own slice."
    )


class SelectSiteStep(Value):
    """The site to edit."""

    site_id: Id = Field(title="Site", description="The site to change.")


class EditSiteNameStep(Value):
    """The site's name."""

    display_name: Label | None = Field(None, title="Name", description="The site's name, as administrators see it.")


class TenantNameStep(Value):
    """The customer's name."""

    display_name: Label | None = Field(None, title="Name", description="The customer's name, as administrators see it.")


class NewTenantStep(Value):
    """The tenant's id in every address, and the customer's name."""

    id: TenantId = Field(title="Id", description="Stands in every address and never changes.")
    display_name: Label = Field(title="Name", description="The customer's name, as administrators see it.")


class DirectoryStep(Value):
    """The customer's directory, and where the tenant's resources are made."""

    entra_tenant_id: Guid = Field(title="Directory", description="The id of the customer's Entra ID tenant.")
    subscription_id: Guid = Field(title="Subscription", description="Where the tenant's resources are made.")
    further_subscription_ids: FurtherSubscriptions = Field(
        (), title="Further subscriptions", description="Where Cloud PCs in hosted networks are built too."
    )


class SpotLicencesStep(Value):
    """Number of the tenant's licences of Spot Groups."""

    spot_licenses: SpotLicenses = Field(
        default_factory=dict,
        title="Spot licences",
        description="How many Spot Groups may use, by type. A type without a number has no limit.",
    )


class LicencesStep(Value):
    """Settings that only the provider changes."""

    spot_licenses: SpotLicenses | None = Field(
        None,
        title="Spot licences",
        description="How many Spot Groups may use, by type. A type without a number has no limit.",
    )
    further_subscription_ids: FurtherSubscriptions | None = Field(
        None, title="Further subscriptions", description="Where Cloud PCs in hosted networks are built too."
    )


CREATE_SITE = Wizard(
    "create-site",
    "Create Site",
    (
        WizardStep("name", "Site Name", SiteNameStep),
        WizardStep("place", "Regions", PlaceStep, "Fall-back regions are tried where the first has no capacity."),
        WizardStep("network", "Resource Group and Addresses", SiteNetworkStep),
        WizardStep(REVIEW, "Review and Save Site"),
    ),
)
EDIT_SITE = Wizard(
    "edit-site",
    "Edit Site",
    (
        WizardStep("site", "Select Site", SelectSiteStep),
        WizardStep("name", "Site Name", EditSiteNameStep),
        WizardStep("place", "Regions", PlaceStep, "The first region stays while the site is in use.", optional=True),
        WizardStep(
            "network", "Resource Group and Addresses", SiteNetworkStep, "Stay while it is in use.", optional=True
        ),
        WizardStep(REVIEW, "Review and Save Site"),
    ),
)
CREATE_TENANT = Wizard(
    "create-tenant",
    "Create Tenant",
    (
        WizardStep("name", "Name", NewTenantStep),
        WizardStep("directory", "Directory and Subscriptions", DirectoryStep),
        WizardStep("settings", "Settings", TenantSettings),
        WizardStep("licences", "Licences", SpotLicencesStep),
        WizardStep(REVIEW, "Review and Save Tenant", hint="Its licensed users are listed at once."),
    ),
)
EDIT_TENANT = Wizard(
    "edit-tenant",
    "Edit Tenant",
    (
        WizardStep("name", "Name", TenantNameStep),
        WizardStep("settings", "Settings", TenantSettings, "What is left out stays; null is the default."),
        WizardStep("licences", "Licences and Subscriptions", LicencesStep, "Only the provider may change these."),
        WizardStep(REVIEW, "Review and Save Tenant"),
    ),
)


def site_values(site: Site) -> Form:
    """Return the present values of a site."""
    values = site.to_json()
    return {
        "name": {"displayName": site.display_name},
        "place": {name: values[name] for name in _PLACE},
        "network": {"resourceGroup": site.resource_group, "addressSpace": site.address_space},
    }


def tenant_values(tenant: Tenant) -> Form:
    """Return the present values of a tenant."""
    return {
        "name": {"displayName": tenant.display_name},
        "settings": tenant.settings.to_json(),
        "licences": {
            "spotLicenses": dict(tenant.spot_licenses),
            "furtherSubscriptionIds": list(tenant.further_subscription_ids),
        },
    }


def of_site_form(problem: Problem) -> Problem:
    """Return a problem of a site (as a pointer into the site) as one of the wizard's form."""
    field = problem.pointer.strip("/").partition("/")[0]
    step = "place" if field in _PLACE else "network" if field in {"resourceGroup", "addressSpace"} else "name"
    return Problem(f"/{step}{problem.pointer}", problem.message, step)


def tenant_change(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a change of the tenant to which a form comes."""
    name, licences = form.get("name"), form.get("licences")
    change: dict[str, Any] = {"settings": form["settings"]} if "settings" in form else {}
    for fields in (name, licences):
        change |= fields if isinstance(fields, Mapping) else {}
    return change
