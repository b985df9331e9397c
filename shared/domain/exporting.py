"""Parts of an export of the tables: a folder, parts of JSON lines, a manifest written last. Pure.

There is one export for each interval, named for its begin: that of a day is ``2026-11-21``, others have the hour too,
``2026-11-21T13``.
"""

import re
from datetime import UTC, date, datetime, timedelta

from shared.domain.values import Value

FORMAT = 1
"""Version of the format of the manifest and the parts; a restore reads no newer one."""

CONTAINER = "exports"
"""The blob container of exports."""

MANIFEST = "manifest.json"

_FIRST = datetime(2020, 1, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_PART = re.compile(r"[a-z]+/\d{6,}\.jsonl")
_OF_DAY, _OF_HOUR = "%Y-%m-%d", "%Y-%m-%dT%H"

EXPORTED = (
    "tenants",
    "service",
    "sites",
    "connections",
    "images",
    "imagesets",
    "imageversions",
    "policies",
    "imagerings",
    "usersettings",
    "roledefinitions",
    "accessgrants",
    "powerschedules",
    "maintenancewindows",
    "scripts",
    "scriptversions",
    "alertrules",
    "alertrecords",
    "healthsettings",
    "ratecards",
    "budgets",
    "reclaimrules",
    "reclaimcases",
    "retailprices",
    "spotgroups",
    "spotmembers",
    "spotformermembers",
    "spotstates",
    "spotdecisions",
    "sessionhosts",
    "releases",
    "cloudpcs",
    "deletedcloudpcs",
    "cloudpcpower",
    "timeline",
    "usage",
    "costledger",
    "operations",
    "bulkactions",
    "bulkitems",
    "audit",
    "orphans",
    "orphanscans",
    "computernames",
    "noticeendpoints",
    "noticestates",
    "personalnotices",
    "noticeevents",
    "deliveries",
    "idempotency",
    "firstseen",
    "watches",
    "changes",
    "requests",
    "due",
)
"""The tables of an export, in the order in which they are read: records first, due rows last."""

LEFT_OUT = {
    "latestwrites": "says to pages that are open what has changed; in another account they are opened anew",
    "buildtimes": "durations of builds are learned anew, and estimates are those of other tenants until then",
    "intents": "what is being carried out at this very moment; what it comes to is in the records",
    "pools": "failures of warm pools are counted anew; their members are left out, because somebody may have got one",
    "pacing": "rate limits are learned anew, and tickets of another day would keep callers waiting",
    "overviews": "recorded anew within a quarter of an hour",
    "healthreports": "everything is checked anew within an hour",
    "actualcosts": "read anew from the export of Cost Management that a tenant names",
    "stalledwork": "findings of the health page that end within a day",
    "serviceprices": "read anew from Azure when somebody asks",
    "serviceuse": "of the service in its own account; another one counts its own",
    "purges": "old rows are looked for from the beginning, in the next night",
    "timerticks": "timers of the service that is restored have not run yet",
    "restores": "says which export is being restored into this account",
}
"""The tables of the service that are not exported, and why."""


class ExportPart(Value):
    """Some rows of one table: a blob of JSON lines. *schemas*: how many rows have which schema version."""

    name: str
    rows: int
    sha256: str
    schemas: dict[str, int]


class Manifest(Value):
    """All of an export: where there is one, the export is complete. *tables*: the parts of each, in their order.

    *hour*: at which its interval began; None: it is the one of the day.
    """

    format: int = FORMAT
    day: date
    hour: int | None = None
    exported_at: datetime
    tables: dict[str, tuple[ExportPart, ...]]

    @property
    def name(self) -> str:
        """The folder of the export."""
        return self.day.isoformat() if self.hour is None else f"{self.day.isoformat()}T{self.hour:02}"

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(part.rows for parts in self.tables.values() for part in parts)


def export_name(now: datetime, every: timedelta) -> str:
    """Return the name of the export of the interval that *now* is in. A day's begins at one o'clock: it is the night's.

    Intervals that divide a day begin at the same hours every day.
    """
    begin = now.astimezone(UTC) - (now - _FIRST) % every
    return f"{begin:%Y-%m-%d}" if every == _DAY else f"{begin:%Y-%m-%dT%H}"


def begin_of(name: str) -> datetime:
    """Return the start of an export's interval, midnight for a daily one. Raises: ValueError for an invalid name."""
    begin = datetime.strptime(name, _OF_HOUR if "T" in name else _OF_DAY).replace(tzinfo=UTC)
    if name not in {begin.strftime(_OF_HOUR), begin.strftime(_OF_DAY)}:
        message = f"no name of an export: {name}"
        raise ValueError(message)
    return begin


def part_name(export: str, table: str, number: int) -> str:
    """Return the name of a part's blob; sorted by name, parts are in the order of writing."""
    return f"{export}/{table}/{number:06d}.jsonl"


def manifest_name(export: str) -> str:
    """Return the name of the blob of the manifest of an export."""
    return f"{export}/{MANIFEST}"


def expired(folders: list[str], now: datetime, kept: timedelta) -> list[str]:
    """Return the folders with an export older than *kept*; folders without an export are left alone."""
    begins = {folder: begin for folder in folders if (begin := _begin(folder)) is not None}
    return [folder for folder, begin in begins.items() if begin.date() < now.astimezone(UTC).date() - kept]


def several_of_a_day(folders: list[str], now: datetime, kept: timedelta) -> list[list[str]]:
    """Return the exports of each day longer ago than *kept* that has several, earliest first: one of them is enough."""
    days: dict[date, list[tuple[datetime, str]]] = {}
    for folder in folders:
        if (begin := _begin(folder)) is not None and begin.date() < now.astimezone(UTC).date() - kept:
            days.setdefault(begin.date(), []).append((begin, folder))
    return [[folder for _, folder in sorted(of_day)] for _, of_day in sorted(days.items()) if len(of_day) > 1]


def is_of_export(blob: str) -> bool:
    """Whether a blob in the folder of an export is its manifest or a part."""
    folder, _, name = blob.partition("/")
    return _begin(folder) is not None and (name == MANIFEST or _PART.fullmatch(name) is not None)


def _begin(folder: str) -> datetime | None:
    try:
        return begin_of(folder)
    except ValueError:
        return None
