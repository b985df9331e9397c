"""Usage reports, and the provider's overview of all tenants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.day import FleetUse, PolicyDay, TimedStretch, UseState
from shared.domain.cloud_pcs.use import CloudPcUse
from shared.domain.filtering import Scalar
from shared.domain.operations.overview import OpenDecisions, SpotCapacity, TenantOverview, building
from shared.domain.operations.usage import TenantUsage
from shared.domain.power.state import PowerActor
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


_OF_DAYS = ("startDateTime", "endDateTime")
_COUNTED = "recordedMinutes minutesOn minutesActive minutesDisconnected connections"
CLOUD_PC_DAYS = Collection(
    name="cloudPCs/usage",
    kinds=kinds_of(moments="intervalStartDateTime", numbers=_COUNTED),
    key=("intervalStartDateTime",),
    own=_OF_DAYS,
)
CLOUD_PC_USE = Collection(
    name="reports/cloudPcUse",
    kinds=kinds_of(
        *("id", "userPrincipalName", "managedDeviceName", "servicePlanName", "provisioningPolicyName", "status"),
        moments="lastActiveTime",
        numbers=f"{_COUNTED} totalUsageInHour daysSinceLastSignIn",
        flags="neverSignedIn",
    ),
    searched=("userPrincipalName", "managedDeviceName"),
    own=_OF_DAYS,
)

USAGE_TIMELINE = Collection(
    name="cloudPCs/usageTimeline",
    kinds=kinds_of(
        "state", "changedBy", "reason", moments="intervalStartDateTime intervalEndDateTime", numbers="minutes"
    ),
    key=("intervalStartDateTime",),
    own=_OF_DAYS,
)
FLEET_USE = Collection(
    name="reports/fleetUse",
    kinds=kinds_of(moments="intervalStartDateTime", numbers="recorded on inUse disconnected couldBeOff off"),
    key=("intervalStartDateTime",),
    own=(*_OF_DAYS, "provisioningPolicyId"),
)
POLICY_USE = Collection(
    name="reports/policyUse",
    kinds=kinds_of(
        *("provisioningPolicyId", "provisioningPolicyName"),
        moments="intervalStartDateTime",
        numbers=f"cloudPCs {_COUNTED} minutesCouldBeOff",
    ),
    searched=("provisioningPolicyName",),
    key=("provisioningPolicyId", "intervalStartDateTime"),
    own=_OF_DAYS,
)


class UsageStretchView(TypedDict):
    """A time in which a Cloud PC was in one state. *on*: nobody was signed in.

    *changedBy*, *reason*: the cause of the latest change of its power; None while nobody has ever switched it.
    """

    intervalStartDateTime: Timestamp
    intervalEndDateTime: Timestamp
    minutes: int
    state: UseState
    changedBy: PowerActor | None
    reason: str | None


class FleetUseView(TypedDict):
    """Mean number of Cloud PCs in each state in a quarter of an hour.

    *recorded*: of which there is a reading. *couldBeOff*: on, and nobody was active.
    """

    intervalStartDateTime: Timestamp
    recorded: float
    on: float
    inUse: float
    disconnected: float
    couldBeOff: float
    off: float


class CloudPcMinutes(TypedDict):
    """Use of a Cloud PC in a period. *minutesOn*: in which Azure bills computing, of the hours that are over.

    *recordedMinutes*: how many minutes of the period its sessions were observed.
    """

    recordedMinutes: int
    minutesOn: int
    minutesActive: int
    minutesDisconnected: int
    connections: int


class CloudPcDayView(CloudPcMinutes, TypedDict):
    """Use of a Cloud PC on one day of UTC."""

    intervalStartDateTime: Timestamp


class PolicyUseView(CloudPcMinutes, TypedDict):
    """Use of the Cloud PCs of a policy on one day of UTC; those that are gone have no policy.

    *cloudPCs*: how many there is a reading of. *minutesCouldBeOff*: on, and nobody was active.
    """

    provisioningPolicyId: str | None
    provisioningPolicyName: str | None
    intervalStartDateTime: Timestamp
    cloudPCs: int
    minutesCouldBeOff: int


class CloudPcUseView(CloudPcMinutes, TypedDict):
    """A Cloud PC with its use in a period, by the names of Graph's report of remote connections.

    *neverSignedIn*: no session of it was ever seen. *daysSinceLastSignIn*: None then.
    """

    id: str
    userPrincipalName: str
    managedDeviceName: str | None
    servicePlanName: str
    provisioningPolicyName: str | None
    status: str
    totalUsageInHour: float
    daysSinceLastSignIn: int | None
    neverSignedIn: bool
    lastActiveTime: Timestamp | None


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


def _counts(use: CloudPcUse, minutes_on: int) -> CloudPcMinutes:
    return {
        "recordedMinutes": use.recorded_minutes,
        "minutesOn": minutes_on,
        "minutesActive": use.minutes_active,
        "minutesDisconnected": use.minutes_disconnected,
        "connections": use.connections,
    }


def cloud_pc_day_view(day: date, use: CloudPcUse, minutes_on: int) -> CloudPcDayView:
    """Return the use of a Cloud PC on one day."""
    return {"intervalStartDateTime": timestamp(datetime.combine(day, time(), UTC)), **_counts(use, minutes_on)}


def stretch_view(timed: TimedStretch) -> UsageStretchView:
    """Return a stretch of the day of a Cloud PC."""
    return {
        "intervalStartDateTime": timestamp(timed.start),
        "intervalEndDateTime": timestamp(timed.end),
        "minutes": round((timed.end - timed.start) / timedelta(minutes=1)),
        "state": timed.stretch.state,
        "changedBy": timed.stretch.changed_by,
        "reason": timed.stretch.reason or None,
    }


def fleet_use_view(use: FleetUse) -> FleetUseView:
    """Return the use of a fleet in one interval."""
    return {
        "intervalStartDateTime": timestamp(use.interval_start_date_time),
        "recorded": use.recorded,
        "on": use.on,
        "inUse": use.in_use,
        "disconnected": use.disconnected,
        "couldBeOff": use.could_be_off,
        "off": use.off,
    }


def policy_use_view(of_day: PolicyDay) -> PolicyUseView:
    """Return the use of a policy on one day."""
    return {
        "provisioningPolicyId": of_day.provisioning_policy_id or None,
        "provisioningPolicyName": of_day.provisioning_policy_name,
        "intervalStartDateTime": timestamp(datetime.combine(of_day.day, time(), UTC)),
        "cloudPCs": of_day.cloud_pcs,
        "minutesCouldBeOff": of_day.minutes_could_be_off,
        "recordedMinutes": of_day.recorded_minutes,
        "minutesOn": of_day.minutes_on,
        "minutesActive": of_day.minutes_active,
        "minutesDisconnected": of_day.minutes_disconnected,
        "connections": of_day.connections,
    }


def cloud_pc_use_view(entry: Mapping[str, Scalar], use: CloudPcUse, minutes_on: int, now: datetime) -> CloudPcUseView:
    """Return a Cloud PC with its use in a period. *entry*: as lists of Cloud PCs have it."""
    last = use.read_at if use.seen.active else use.last_logoff or use.last_login
    return {
        "id": str(entry["id"]),
        "userPrincipalName": str(entry["userPrincipalName"]),
        "managedDeviceName": _text(entry["managedDeviceName"]),
        "servicePlanName": str(entry["servicePlanName"]),
        "provisioningPolicyName": _text(entry["provisioningPolicyName"]),
        "status": str(entry["status"]),
        "totalUsageInHour": round(use.minutes_active / 60, 2),
        "daysSinceLastSignIn": (now - use.last_login).days if use.last_login else None,
        "neverSignedIn": use.last_login is None,
        "lastActiveTime": timestamp(last),
        **_counts(use, minutes_on),
    }


def _text(value: Scalar) -> str | None:
    return None if value is None else str(value)


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
