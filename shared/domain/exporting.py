"""What an export of the tables consists of: a folder a day, parts of JSON lines, a manifest written last. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from shared.domain.values import Value

FORMAT = 1
"""Of the manifest and the parts; a restore reads no newer one."""

CONTAINER = "exports"
"""The blob container of exports."""

MANIFEST = "manifest.json"

EXPORTED = (
    "tenants",
    "service",
    "sites",
    "connections",
    "images",
    "imagesets",
    "imageversions",
    "policies",
    "usersettings",
    "spotgroups",
    "spotmembers",
    "spotformermembers",
    "spotstates",
    "spotdecisions",
    "sessionhosts",
    "releases",
    "cloudpcs",
    "timeline",
    "operations",
    "bulkactions",
    "bulkitems",
    "audit",
    "orphans",
    "orphanscans",
    "computernames",
    "idempotency",
    "firstseen",
    "watches",
    "changes",
    "requests",
    "due",
)
"""The tables of an export, in the order in which they are read: records first, due rows last."""

LEFT_OUT = {
    "intents": "what is being carried out at this very moment; what it comes to is in the records",
    "pacing": "rate limits are learned anew, and tickets of another day would keep callers waiting",
    "restores": "says which export is being restored into this account",
}
"""The tables of the service that are not exported, and why."""


class Part(Value):
    """Some rows of one table: a blob of JSON lines. *schemas*: how many rows have which schema version."""

    name: str
    rows: int
    sha256: str
    schemas: dict[str, int]


class Manifest(Value):
    """All of an export: where there is one, the export is complete. *tables*: the parts of each, in their order."""

    format: int = FORMAT
    day: date
    exported_at: datetime
    tables: dict[str, tuple[Part, ...]]

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return sum(part.rows for parts in self.tables.values() for part in parts)


def part_name(day: date, table: str, number: int) -> str:
    """Return the name of the blob of a part; parts sort as they were written."""
    return f"{day.isoformat()}/{table}/{number:06d}.jsonl"


def manifest_name(day: date) -> str:
    """Return the name of the blob of a day's manifest."""
    return f"{day.isoformat()}/{MANIFEST}"


def expired(folders: list[str], today: date, kept: timedelta) -> list[str]:
    """Return those of *folders* that hold an export older than *kept*; folders of no day are left alone."""
    days = {folder: day for folder in folders if (day := _day(folder)) is not None}
    return [folder for folder, day in days.items() if day < today - kept]


def _day(folder: str) -> date | None:
    try:
        return date.fromisoformat(folder)
    except ValueError:
        return None
