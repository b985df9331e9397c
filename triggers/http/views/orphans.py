"""Orphans, and the proof of the last scan for them."""

from datetime import datetime
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.orphans import Looked, Missing, Orphan, OrphanScan, OrphanType, dismissable
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of

ORPHANS = Collection(
    name="orphans",
    kinds=kinds_of(
        *("id", "type", "name", "resourceId", "cloudPcId", "sessionHostId", "spotGroupId", "why"),
        moments="since lastSeenAt removableFrom",
        flags="removable",
    ),
    searched=("name", "resourceId", "why"),
    own=("type", "cloudPcId"),
)


class OrphanView(TypedDict):
    """An orphan. *removable*: whether it may be removed now."""

    id: str
    type: OrphanType
    resourceId: str
    name: str
    cloudPcId: str | None
    sessionHostId: str | None
    spotGroupId: str | None
    since: Timestamp
    lastSeenAt: Timestamp
    why: str
    advice: str
    removable: bool
    removableFrom: Timestamp | None


class OrphanScanView(TypedDict):
    """The last scan. *complete*: whether everything could be looked at; *missing*: what machines share and is gone."""

    startedAt: Timestamp
    endedAt: Timestamp | None
    complete: bool
    lookedAt: list[Annotated[Json, DumpOf(Looked)]]
    missing: list[Annotated[Json, DumpOf(Missing)]]


def orphan_view(orphan: Orphan, now: datetime) -> OrphanView:
    """Return an orphan as it is *now*."""
    removable = orphan.removable_from is not None and orphan.removable_from <= now
    return {
        "id": orphan.id,
        "type": orphan.found.type,
        "resourceId": orphan.found.resource_id,
        "name": orphan.found.name,
        "cloudPcId": orphan.found.cloud_pc_id,
        "sessionHostId": orphan.found.session_host_id,
        "spotGroupId": orphan.found.spot_group_id,
        "since": timestamp(orphan.since),
        "lastSeenAt": timestamp(orphan.last_seen_at),
        "why": orphan.why,
        "advice": orphan.advice,
        "removable": removable or dismissable(orphan),
        "removableFrom": timestamp(orphan.removable_from),
    }


def orphan_scan_view(scan: OrphanScan) -> OrphanScanView:
    """Return the areas of a scan, and the missing resources that it found."""
    return {
        "startedAt": timestamp(scan.started_at),
        "endedAt": timestamp(scan.ended_at),
        "complete": scan.complete,
        "lookedAt": [each.to_json() for each in scan.looked_at],
        "missing": [each.to_json() for each in scan.missing],
    }
