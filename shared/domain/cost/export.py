"""Actual costs in an export of Cost Management: the files that count, and their rows about our machines. Pure.

A CSV file in the FOCUS schema, or of actual costs, with or without gzip. Sources:
https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/cost-usage-details-focus,
https://learn.microsoft.com/rest/api/cost-management/exports/create-or-update.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import isfinite

from shared.domain.cost.ledger import MachineKind
from shared.domain.owner import Owner, OwnerKind

LATE = timedelta(days=2)
"""Time until the costs of a day are whole: Azure says eight to 24 hours, and longer for single meters."""

_ENDINGS = (".csv", ".csv.gz")
_SPAN = re.compile(r"(\d{8})-(\d{8})")
_COLUMNS = {
    "day": ("chargeperiodstart", "date", "usagedatetime"),
    "cost": ("billedcost", "costinbillingcurrency", "cost", "pretaxcost"),
    "currency": ("billingcurrency", "billingcurrencycode", "currency"),
    "resource": ("resourceid", "instanceid"),
    "tags": ("tags",),
}
"""Names of the columns in lower case: of FOCUS first, then of actual costs in their several agreements."""

_KINDS = {OwnerKind.CLOUD_PC: MachineKind.CLOUD_PC, OwnerKind.SESSION_HOST: MachineKind.HOST}
_VM = "/providers/microsoft.compute/virtualmachines/"
_MOST = 1e9


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of an export. *written*: when it was last changed."""

    name: str
    written: datetime
    size: int


def files_of(files: Iterable[ExportFile], month: str) -> list[ExportFile]:
    """Return the parts of the newest run of an export for a month, such as 2026-11; none where there is no run.

    A run has a folder of its own, or replaces the files of the one before; above it is a folder with the first and the
    last day.
    """
    runs: dict[str, list[ExportFile]] = {}
    for each in files:
        folder, _, name = each.name.rpartition("/")
        spans = _SPAN.findall(folder) or _SPAN.findall(name)
        if name.lower().endswith(_ENDINGS) and any(first[:6] == month.replace("-", "") for first, _ in spans):
            runs.setdefault(folder, []).append(each)
    newest = max(runs.values(), key=lambda run: max(each.written for each in run), default=[])
    return sorted(newest, key=lambda each: each.name)


@dataclass(slots=True)
class BilledMachine:
    """The billed costs of a machine in a month, by day: of computing, and of everything else that has its tags."""

    kind: MachineKind
    machine: list[float] = field(default_factory=lambda: [0.0] * 31)
    rest: list[float] = field(default_factory=lambda: [0.0] * 31)


@dataclass(slots=True)
class Billed:
    """The rows of a month about the machines of a tenant. *skipped*: rows that cannot be read."""

    month: str
    known: Collection[str]
    machines: dict[str, BilledMachine] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    last: date | None = None
    rows: int = 0
    skipped: int = 0

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Add the rows of a file, the first of which names its columns. Raises: ValueError for another schema."""
        lines = iter(rows)
        places = _places(next(lines, ()))
        for line in lines:
            self.rows += 1
            try:
                self._add({name: line[place] for name, place in places.items()})
            except (ValueError, IndexError, RecursionError):
                self.skipped += 1

    def _add(self, row: Mapping[str, str]) -> None:
        day = _day(row["day"])
        if f"{day:%Y-%m}" != self.month:
            return
        self.last = max(self.last or day, day)
        if "deskwright:" not in row["tags"].lower():
            return
        owner = Owner.of_tags(_tags(row["tags"]))
        if owner is None or owner.kind not in _KINDS or owner.id not in self.known:
            return
        cost = float(row["cost"] or 0)
        if not isfinite(cost) or abs(cost) > _MOST:
            raise ValueError("no amount")
        self.currencies.add(row["currency"].strip().upper())
        billed = self.machines.setdefault(owner.id, BilledMachine(_KINDS[owner.kind]))
        (billed.machine if _VM in row["resource"].lower() else billed.rest)[day.day - 1] += cost


def whole_until(last: date | None, written: datetime) -> date | None:
    """Return the last day of which an export has all costs, or None if there is none."""
    return None if last is None else min(last, (written - LATE).date())


def _places(header: Sequence[str]) -> dict[str, int]:
    """Return the places of the columns. Raises: ValueError for a file that lacks any."""
    names = {name.strip().lower(): place for place, name in reversed(list(enumerate(header)))}
    found = {column: _place(names, known) for column, known in _COLUMNS.items()}
    missing = [column for column, place in found.items() if place is None]
    if missing:
        raise ValueError(f"the file has no column for {', '.join(missing)}: export FOCUS or actual costs as CSV")
    return {column: place for column, place in found.items() if place is not None}


def _place(names: Mapping[str, int], known: Iterable[str]) -> int | None:
    return next((names[name] for name in known if name in names), None)


def _day(text: str) -> date:
    """Return the day of a moment of FOCUS (2026-11-24T00:00Z) or of actual costs (11/24/2026)."""
    if "/" in text:
        return datetime.strptime(text[:10], "%m/%d/%Y").date()  # noqa: DTZ007 - a day
    return date.fromisoformat(text[:10])


def _tags(text: str) -> dict[str, str]:
    """Return tags, whose names Azure compares without case. Files of actual costs leave out the brackets."""
    found = json.loads(text if text.lstrip().startswith("{") else f"{{{text}}}")
    if not isinstance(found, dict):
        raise ValueError("no tags")  # noqa: TRY004 - as of any other text
    return {str(name).lower(): str(value) for name, value in found.items()}


def months_to_read(now: datetime) -> Iterator[str]:
    """Yield the months whose costs may still change: this one, and in its first ten days the one before."""
    if now.day <= 10:  # noqa: PLR2004
        yield f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
    yield f"{now:%Y-%m}"
