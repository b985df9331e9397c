"""Usage reports, and the provider's overview of all tenants."""

from __future__ import annotations

from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.operations.overview import OpenDecisions, SpotCapacity, TenantOverview, building
from shared.domain.operations.usage import TenantUsage
from shared.domain.spot.engine.usage import SpotUsage
from shared.domain.tenants.tenant import Tenant
from shared.domain.usage import UsagePoint, series_of
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of

PERIOD = ("startDateTime", "endDateTime", "interval")
"""The parameters of a report: its period, as in calendar views of Graph, and the interval of its points."""


def _report(name: str, model: type[UsagePoint]) -> Collection:
    numbers = " ".join(("recordedMinutes", *series_of(model)))
    kinds = kinds_of(moments="intervalStartDateTime", numbers=numbers)
    return Collection(name=name, kinds=kinds, key=("intervalStartDateTime",), own=PERIOD)


SPOT_USAGE = _report("spotGroups/usage", SpotUsage)
TENANT_USAGE = _report("reports/usage", TenantUsage)
OVERVIEWS = Collection(
    name="cloudPcsOverview",
    kinds=kinds_of(
        *("id", "displayName"),
        moments="lastRefreshedDateTime",
        numbers="total provisioned building failed waiting",
    ),
    searched=("id", "displayName"),
)


class TenantOverviewView(TypedDict):
    """A tenant on the provider's board. *total*: Cloud PCs in all statuses, also before they are built.

    *provisioned*: with and without warnings. *waiting*: how many decisions wait for a person, of all kinds.
    """

    id: str
    displayName: str
    lastRefreshedDateTime: Timestamp | None
    total: int
    provisioned: int
    building: int
    failed: int
    waiting: int
    statuses: dict[str, int]
    decisions: Annotated[Json, DumpOf(OpenDecisions)]
    spot: Annotated[Json, DumpOf(SpotCapacity)]


def usage_view(point: UsagePoint) -> Json:
    """Return a point of a report; whole numbers have no decimal point."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in point.to_json().items()
    }


def tenant_overview_view(tenant: Tenant, overview: TenantOverview | None) -> TenantOverviewView:
    """Return a tenant with its overview, which a new tenant has not."""
    statuses = overview.statuses if overview else {}
    decisions = overview.decisions if overview else OpenDecisions()
    spot = overview.spot if overview else SpotCapacity()
    return {
        "id": tenant.id,
        "displayName": tenant.display_name,
        "lastRefreshedDateTime": timestamp(overview.last_refreshed_date_time) if overview else None,
        "total": sum(statuses.values()),
        "provisioned": statuses.get("provisioned", 0) + statuses.get("provisionedWithWarnings", 0),
        "building": building(statuses),
        "failed": statuses.get("failed", 0),
        "waiting": decisions.total,
        "statuses": dict(statuses),
        "decisions": decisions.to_json(),
        "spot": spot.to_json(),
    }
