"""Usage of a tenant: its Cloud PCs by status, its builds and its Spot Groups, hour by hour. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.operation import AuditEvent
from shared.domain.operations.overview import SpotCapacity
from shared.domain.usage import Average, Interval, Point, Total, UsagePoint

RECORDED = Interval.HOUR
"""The interval in which the usage of a tenant is recorded."""

TENANT = "tenant"
"""The subject of a tenant's own usage; no Spot Group has this id."""

TOOK = "tookInSeconds"
"""The property of an audit event that says how long a build took that has ended."""

_UP_TO = {"buildsUpTo15Minutes": 15, "buildsUpTo30Minutes": 30, "buildsUpTo60Minutes": 60, "buildsUpTo120Minutes": 120}
_LONGER = "buildsOver120Minutes"


class TenantUsage(UsagePoint):
    """Usage of a tenant in one interval: Cloud PCs by status at the end of its hours, and the builds that ended."""

    not_provisioned: Average = None
    pending_provision: Average = None
    provisioning: Average = None
    provisioned: Average = None
    provisioned_with_warnings: Average = None
    failed: Average = None
    in_grace_period: Average = None
    deprovisioning: Average = None
    restoring: Average = None
    resize_pending_license: Average = None
    resizing: Average = None
    builds_succeeded: Total = Field(None, description="builds of Cloud PCs that ended well")
    builds_failed: Total = Field(None, description="builds of Cloud PCs that were given up")
    builds_up_to15_minutes: Total = Field(None, description="builds that ended well within 15 minutes")
    builds_up_to30_minutes: Total = Field(None, description="those that took more than 15 minutes, and up to 30")
    builds_up_to60_minutes: Total = Field(None, description="those that took more than 30 minutes, and up to 60")
    builds_up_to120_minutes: Total = Field(None, description="those that took more than 60 minutes, and up to 120")
    builds_over120_minutes: Total = Field(None, description="those that took more than 120 minutes")
    spot_seats: Average = Field(None, description="seats of all Spot Groups: sessions, and free ones on open hosts")
    spot_sessions: Average = Field(None, description="sessions in all Spot Groups")
    spot_online_hosts: Average = Field(None, description="session hosts that take new sessions, in all Spot Groups")
    spot_built_hosts: Average = Field(None, description="session hosts of all Spot Groups")


def tenant_point(
    begin: datetime, statuses: Mapping[str, int], events: Iterable[AuditEvent], spot: SpotCapacity
) -> Point:
    """Return the point of the hour that began at *begin*.

    *statuses*: how many Cloud PCs there are in each now; *events*: the changes of statuses in the hour.
    """
    values = {status.value: statuses.get(status.value, 0) for status in Status} | _builds(events)
    values["spotSessions"] = spot.active_sessions + spot.disconnected_sessions
    values |= {"spotSeats": spot.seats, "spotOnlineHosts": spot.online_hosts, "spotBuiltHosts": spot.built_hosts}
    return Point(begin, values)


def _builds(events: Iterable[AuditEvent]) -> dict[str, int]:
    counted = Counter[str]()
    for event in events:
        after = event.after or {}
        if TOOK not in after:
            continue
        if after.get("status") == Status.FAILED.value:
            counted["buildsFailed"] += 1
        else:
            counted["buildsSucceeded"] += 1
            minutes = int(after[TOOK]) / 60
            counted[next((name for name, most in _UP_TO.items() if minutes <= most), _LONGER)] += 1
    return {name: counted[name] for name in ("buildsSucceeded", "buildsFailed", *_UP_TO, _LONGER)}
