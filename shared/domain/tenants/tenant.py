"""A tenant: one customer's directory, subscription and rules, and its sites."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.domain.machines.restore_points import Frequency
from shared.domain.machines.service_plan import NAMED_BY, ServicePlanRules
from shared.domain.naming import naming_template_problem, tenant_resource_group
from shared.domain.values import Label, Value, distinct

_WIDEST, _NARROWEST = 8, 24


def _template(value: str) -> str:
    if wrong := naming_template_problem(value):
        raise ValueError(wrong)
    return value


def _group_name(value: str) -> str:
    """Refuse joiners, which pydantic's patterns take for parts of words and Azure's do not."""
    if not re.fullmatch(r"[-\w.()]+", value):
        raise ValueError(
            "write 1 to 90 letters, digits, hyphens, underscores, brackets and full stops, none of these last"
        )
    return value


def _private_network(value: str) -> str:
    try:
        network = IPv4Network(value)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise ValueError("write an IPv4 network in CIDR form with no host bits, such as 10.20.0.0/16") from error
    if not network.is_private or not _WIDEST <= network.prefixlen <= _NARROWEST:
        raise ValueError(f"must be a private network of /{_WIDEST} to /{_NARROWEST}")
    return value


Region = Annotated[str, Field(pattern=r"^[a-z0-9]{2,40}$", max_length=40)]
Guid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", max_length=36)]
FurtherSubscriptions = Annotated[
    tuple[Guid, ...],
    Field(
        max_length=50, description="where Cloud PCs in hosted networks are built too: one subscription is not enough"
    ),
    AfterValidator(distinct),
]
"""Further subscriptions of the same directory, as the tenant's own."""
ResourceGroupName = Annotated[
    str, Field(pattern=r"^[-\w.()]{0,89}[-\w()]$", max_length=90), AfterValidator(_group_name)
]
AddressSpace = Annotated[str, Field(max_length=18), AfterValidator(_private_network)]
TenantId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$", max_length=32)]
SiteId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$", max_length=32)]
Zone = Annotated[str, Field(pattern=r"^[1-9]$", max_length=1)]


ImageName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,120}$", max_length=121)]
SeatPlan = Annotated[str, Field(min_length=1, max_length=100)]
Seats = Annotated[int, Field(ge=0, le=1_000_000)]


SpotLicenseType = Literal["pooled", "personal", "personalDedicated"]
SpotLicenses = Annotated[
    dict[SpotLicenseType, Annotated[int, Field(ge=0, le=1_000_000)]],
    Field(
        max_length=3,
        description="licences of Spot Groups by type; a type that is left out has no limit",
        json_schema_extra={NAMED_BY: "Type"},
    ),
]


class LicenceSource(StrEnum):
    """Source of the licences of a tenant's users."""

    GRAPH_SKU = "graphSku"  # as Microsoft Graph reports them
    SEATS = "seats"  # counted here per service plan, handed out to who was seen first


LATELY = timedelta(hours=1)
"""Time for which a removal counts for the removal brake."""

_ALWAYS_FREE = 2
"""So few removals stop no small fleet, unless *count* says less."""


class ProviderAccess(StrEnum):
    """Access of the provider's administrators to a customer's tenant."""

    STANDING = "standing"  # to every customer's tenant, all the time
    ON_CONSENT = "onConsent"  # by support access alone, which has an end and the customer's consent


class RemovalBrake(Value):
    """More removals than both of these within an hour are not made without confirmation.

    Of a small fleet *count* would be nearly all: there it is half, and at least two (docs/decisions/0087).
    """

    count: int = Field(
        10,
        ge=0,
        le=1_000_000,
        title="Removals",
        description="Within an hour. Of fewer than twice as many: half of them, and at least two.",
    )
    percent: int = Field(
        20,
        ge=0,
        le=100,
        title="Percent",
        description="How much of the tenant's Cloud PCs may be removed within an hour.",
    )

    def stops(self, removals: int, *, of: int) -> bool:
        """Whether this many removals within an hour need a confirmation. *of*: the number of Cloud PCs before."""
        return removals > min(self.count, max(_ALWAYS_FREE, of // 2)) and removals * 100 > of * self.percent

    @property
    def never_stops(self) -> int:
        """Number of removals that never need a confirmation, for any number of Cloud PCs."""
        return min(self.count, _ALWAYS_FREE)


class TenantSettings(Value):
    """The rules a tenant may change; the defaults are Windows 365's where it has any."""

    grace_period_in_hours: int = Field(
        168,
        ge=1,
        le=8760,
        title="Grace period (hours)",
        description="How long a Cloud PC stays usable after its licence or group is gone; a policy may say otherwise.",
    )
    attempts: int = Field(
        3, ge=1, le=10, title="Attempts", description="How often a build is tried before it is failed."
    )
    restore_point_frequency_in_hours: Frequency | None = Field(
        None, title="Restore points every (hours)", description="Leave it empty to make restore points by hand only."
    )
    resize_wait_in_hours: int = Field(
        48, ge=1, le=720, title="Wait of a resize (hours)", description="How long a resize waits for its licence."
    )
    keep_awake_max_hours: int = Field(
        8, ge=1, le=72, title="Keep awake at most (hours)", description="For so long somebody may keep a Cloud PC on."
    )
    session_warning_in_minutes: int = Field(
        5,
        ge=0,
        le=60,
        title="Warn in the session (minutes)",
        description="So long before a restart, a resize, a rebuild or a removal its active user is warned; 0: never.",
    )
    clean_up_delay_in_hours: int = Field(
        3,
        ge=0,
        le=168,
        title="Delay of the clean-up (hours)",
        description="After a final failure, or of a replaced machine.",
    )
    deleted_cloud_pcs_kept_in_days: int = Field(
        0,
        ge=0,
        le=90,
        title="Keep deleted Cloud PCs (days)",
        description="Their disks are copied before they are removed; 0 removes them without a copy.",
    )
    hybrid_join_wait_in_minutes: int = Field(
        90,
        ge=5,
        le=600,
        title="Wait for a hybrid join (minutes)",
        description="How long a build waits for the device in Entra ID.",
    )
    enrollment_wait_in_minutes: int = Field(
        60,
        ge=5,
        le=600,
        title="Wait for the enrolment (minutes)",
        description="How long a build waits for the device in Intune.",
    )
    parking_limit_in_hours: int = Field(
        24,
        ge=1,
        le=720,
        title="Parking limit (hours)",
        description="How long a build waits for capacity or quota before it is failed.",
    )
    directory_catch_up_in_minutes: int = Field(
        30,
        ge=5,
        le=10_080,
        title="Read the directory every (minutes)",
        description="How often the directory is read even if it reports no change.",
    )
    connection_recheck_in_hours: int = Field(
        6, ge=1, le=168, title="Health checks every (hours)", description="How often connections in use are checked."
    )
    orphan_scan_in_hours: int = Field(
        24,
        ge=1,
        le=720,
        title="Look for orphans every (hours)",
        description="Resources that belong to nothing any more.",
    )
    remove_orphans: bool = Field(
        False,
        title="Remove orphans",
        description="Resources that certainly belong to nobody are removed without asking.",
    )
    remove_security_groups: bool = Field(
        False,
        title="Remove unused security groups",
        description="Network security groups of hosted networks, too, once nothing is in them.",
    )
    unused_kept_in_hours: int = Field(
        168,
        ge=1,
        le=8760,
        title="Keep unused resources (hours)",
        description="Hosted networks, galleries and host pools that nothing uses.",
    )
    notices_enabled: bool = Field(
        True, title="Send notices", description="Off: nothing is sent, and what happens waits for up to seven days."
    )
    disabled_account_starts_grace: bool = Field(
        default=False,
        description="users whose account is disabled lose their Cloud PCs, as without a licence",
        title="Disabled accounts lose their Cloud PCs",
    )
    removal_brake: RemovalBrake = Field(
        default_factory=RemovalBrake,
        title="Removal brake",
        description="More removals within an hour than both wait for confirmation.",
    )
    naming_template: Annotated[str, Field(max_length=100), AfterValidator(_template)] = Field(
        "CPC-%USERNAME:4%-%RAND:5%",
        title="Naming template",
        description="Names of computers whose policy has no template of its own.",
    )
    licence_source: LicenceSource = Field(
        LicenceSource.GRAPH_SKU,
        title="Source of licences",
        description="Whether licences are read from Microsoft or counted here.",
    )
    sign_in_rights_per_subscription: int = Field(
        3800, ge=2, le=4000, title="Role assignments per subscription", description="How many are used for signing in."
    )
    recommended_images: Annotated[tuple[ImageName, ...], AfterValidator(distinct)] = Field(
        (),
        max_length=50,
        description="marketplace images, as offer-sku, that image sets recommend; empty: the newest supported Windows",
        title="Recommended images",
    )
    seats: dict[SeatPlan, Seats] = Field(
        default_factory=dict,
        max_length=500,
        title="Seats",
        json_schema_extra={NAMED_BY: "Licence (part number)"},
        description="How many users may have each service plan, by part number, where licences are counted here.",
    )
    service_plans: ServicePlanRules = Field(
        default_factory=dict,
        title="Service plans",
        description="Hardware that is added to the known plans, or replaces it, by part number.",
    )

    provider_access: ProviderAccess = Field(
        ProviderAccess.STANDING,
        title="Access of the provider",
        description="On consent: its people come in by support access alone. An administrator of the tenant sets it.",
    )
    default_site_id: SiteId | None = Field(
        None,
        title="Default site",
        description="Of new connections and device images that name none, where there is more than one site.",
    )

    @property
    def clean_up_delay(self) -> timedelta:
        """Time between a final failure and the clean-up of its leftovers."""
        return timedelta(hours=self.clean_up_delay_in_hours)

    @property
    def parking_limit(self) -> timedelta:
        """Longest time for which a Cloud PC waits for capacity or quota before it fails."""
        return timedelta(hours=self.parking_limit_in_hours)

    @property
    def restore_point_every(self) -> timedelta | None:
        """Interval of the restore points of each Cloud PC, or None if they are made by hand only."""
        hours = self.restore_point_frequency_in_hours
        return timedelta(hours=hours) if hours else None

    @property
    def orphan_scan(self) -> timedelta:
        """Time between a scan for orphans and the next one."""
        return timedelta(hours=self.orphan_scan_in_hours)

    @property
    def unused_kept(self) -> timedelta:
        """Time for which unused hosted networks, galleries and host pools stay."""
        return timedelta(hours=self.unused_kept_in_hours)

    @property
    def connection_recheck(self) -> timedelta:
        """Interval of a connection's health checks."""
        return timedelta(hours=self.connection_recheck_in_hours)


class Paused(Value):
    """A pause of new builds and removals: its author, beginning and reason."""

    by: str
    at: datetime
    reason: str = Field("", max_length=500)


class Tenant(Value):
    """One customer. *id* is the slug used in every address; it never changes."""

    id: TenantId = Field(title="Id", description="Stands in every address and never changes.")
    display_name: Label = Field(title="Name", description="The customer's name, as administrators see it.")
    entra_tenant_id: Guid = Field(title="Directory", description="The id of the customer's Entra ID tenant.")
    subscription_id: Guid = Field(title="Subscription", description="Where the tenant's resources are made.")
    further_subscription_ids: FurtherSubscriptions = Field((), title="Further subscriptions")
    spot_licenses: SpotLicenses = Field(default_factory=dict, title="Spot licences")
    settings: TenantSettings = Field(
        default_factory=TenantSettings, title="Settings", description="The rules of the tenant."
    )
    paused: Paused | None = None

    @property
    def resource_group(self) -> str:
        """The resource group of resources that belong to the tenant and to no site: its desktop host pools."""
        return tenant_resource_group(self.id)


class Site(Value):
    """A place machines may be built: an Azure region with its fall-backs, and the hosted network's addresses."""

    id: SiteId = Field(title="Id", description="Stands in addresses and never changes.")
    tenant_id: str
    display_name: Label = Field(title="Name", description="The site's name, as administrators see it.")
    region: Region = Field(title="Region", description="The Azure region that is tried first.")
    fallback_regions: Annotated[tuple[Region, ...], Field(max_length=20), AfterValidator(distinct)] = Field(
        (), title="Fall-back regions", description="Tried in this order."
    )
    zones: Annotated[tuple[Zone, ...], Field(max_length=9), AfterValidator(distinct)] = Field(
        (), title="Zones", description="The zones to use. Leave it empty to use any zone."
    )
    resource_group: ResourceGroupName = Field(title="Resource group", description="Where the machines are made.")
    address_space: AddressSpace = Field(
        "10.20.0.0/16", description="CIDR; each region takes its own slice", title="Address space"
    )

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in the order in which they are tried."""
        return (self.region, *self.fallback_regions)
