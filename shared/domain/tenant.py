"""A tenant: one customer's directory, subscription and rules, and its sites."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from shared.domain.values import Value


class LicenceSource(StrEnum):
    """Where the licences of a tenant's users come from."""

    GRAPH_SKU = "graphSku"  # as Microsoft Graph reports them
    SEATS = "seats"  # counted here per service plan, handed out by join order


class RemovalBrake(Value):
    """More removals than both of these in one reconcile are not made without confirmation."""

    count: int = Field(10, ge=0)
    percent: int = Field(20, ge=0, le=100)


class TenantSettings(Value):
    """The rules a tenant may change; the defaults are Windows 365's where it has any."""

    grace_period_in_hours: int = Field(168, ge=1, le=8760)
    attempts: int = Field(3, ge=1, le=10)
    clean_up_delay_in_hours: int = Field(3, ge=0, le=168)
    hybrid_join_wait_in_minutes: int = Field(90, ge=5, le=600)
    enrollment_wait_in_minutes: int = Field(60, ge=5, le=600)
    parking_limit_in_hours: int = Field(24, ge=1, le=720)
    connection_recheck_in_hours: int = Field(6, ge=1, le=168)
    removal_brake: RemovalBrake = RemovalBrake()
    naming_template: str = "CPC-%USERNAME:4%-%RAND:5%"
    licence_source: LicenceSource = LicenceSource.GRAPH_SKU
    seats: dict[str, int] = Field(default_factory=dict)

    @property
    def clean_up_delay(self) -> timedelta:
        """How long after a final failure its remains are cleaned up."""
        return timedelta(hours=self.clean_up_delay_in_hours)

    @property
    def parking_limit(self) -> timedelta:
        """How long a Cloud PC may wait for capacity or quota before it fails."""
        return timedelta(hours=self.parking_limit_in_hours)


class Tenant(Value):
    """One customer. *id* is the slug used in every address; it never changes."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$")
    display_name: str = Field(min_length=1, max_length=120)
    entra_tenant_id: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    subscription_id: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    settings: TenantSettings = TenantSettings()

    @property
    def resource_group(self) -> str:
        """The resource group of what belongs to the tenant and to no site: its desktop host pools."""
        return f"deskwright-{self.id}"


class Site(Value):
    """A place machines may be built: an Azure region with its fall-backs, and the hosted network's addresses."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$")
    tenant_id: str
    display_name: str = Field(min_length=1, max_length=120)
    region: str = Field(pattern=r"^[a-z0-9]+$")
    fallback_regions: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    resource_group: str = Field(min_length=1, max_length=90)
    address_space: str = Field("10.20.0.0/16", description="CIDR; each region takes its own slice")

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in the order in which they are tried."""
        return (self.region, *self.fallback_regions)
