"""Bulk actions: their items and waves, and the estimated time that is left."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median_low
from typing import Any, TypeAlias

from pydantic import Field

from shared.domain.cloud_pcs.actions import BUILDS
from shared.domain.cloud_pcs.build import ORDER
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.estimates import EARLIEST, LATEST, EndRange, Estimates, end_range
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.filtering import Scalar
from shared.domain.networks.connection import JoinType
from shared.domain.operations.operation import Actor, Operation, OperationStatus
from shared.domain.values import Id, Value, Word

MOST_CLOUD_PCS = 5000
"""The limit of one bulk action, as in Windows 365 (docs/notes/windows365.md 1.6)."""

_MOST_NAMED = 1000
"""Most policies, licences or words in a selection."""

_LEAST_ENDED = 3
"""The failure rate counts from this many ended items."""


class BulkStatus(StrEnum):
    """Status of a bulk action."""

    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"  # it went through all of them; some may have failed
    STOPPED = "stopped"  # too many failed: the rest is skipped
    CANCELED = "canceled"


class ItemStatus(StrEnum):
    """Status of one Cloud PC in a bulk action."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"  # not possible; nothing was done
    SKIPPED = "skipped"  # it was never begun


OVER = frozenset({BulkStatus.SUCCEEDED, BulkStatus.STOPPED, BulkStatus.CANCELED})
_ENDED = frozenset({ItemStatus.SUCCEEDED, ItemStatus.FAILED, ItemStatus.REFUSED, ItemStatus.SKIPPED})


class Selection(Value):
    """Selection of Cloud PCs: each given property must hold, and one of its values is enough."""

    status: tuple[Status, ...] = Field((), max_length=_MOST_NAMED)
    provisioning_policy_ids: tuple[Id, ...] = Field((), max_length=_MOST_NAMED)
    service_plan_ids: tuple[Id, ...] = Field((), max_length=_MOST_NAMED)
    user_principal_names: tuple[Id, ...] = Field((), max_length=MOST_CLOUD_PCS)
    grace_causes: tuple[Word, ...] = Field((), max_length=_MOST_NAMED)
    removal_waits: bool | None = None
    regions: tuple[Word, ...] = Field((), max_length=_MOST_NAMED)
    on_premises_connection_ids: tuple[Id, ...] = Field((), max_length=_MOST_NAMED)
    error_codes: tuple[Word, ...] = Field((), max_length=_MOST_NAMED, description="of failed Cloud PCs")
    drifted: bool | None = Field(None, description="whether a rebuild by its policy of today would change its machine")
    where: str | None = Field(None, max_length=4000, description="a $filter of the list of Cloud PCs")
    search: str | None = Field(None, max_length=200, description="a $search of the list of Cloud PCs")

    def accepts(self, pc: CloudPc) -> bool:
        """Whether *pc* is meant, as far as its record tells: not by *drifted*, *where* and *search*."""
        snapshot, names = pc.current.snapshot, {name.casefold() for name in self.user_principal_names}
        conditions = (
            not self.status or pc.status in self.status,
            not self.provisioning_policy_ids
            or (snapshot is not None and snapshot.policy_id in self.provisioning_policy_ids),
            not self.service_plan_ids or pc.plan.id in self.service_plan_ids,
            not names or pc.user.user_principal_name.casefold() in names,
            not self.grace_causes or (pc.grace is not None and pc.grace.cause.value in self.grace_causes),
            self.removal_waits is None or self.removal_waits == (pc.removal is not None),
            not self.regions or pc.current.resources.region in self.regions,
            not self.on_premises_connection_ids
            or (snapshot is not None and snapshot.connection_id in self.on_premises_connection_ids),
            not self.error_codes or (pc.failure is not None and pc.failure.code in self.error_codes),
        )
        return all(conditions)


class BulkItem(Value):
    """One Cloud PC of a bulk action; *position* is its place in the order."""

    tenant_id: str
    bulk_id: str
    position: int
    cloud_pc_id: str
    user_principal_name: str
    status: ItemStatus = ItemStatus.PENDING
    operation_id: str | None = None
    message: str | None = None

    @property
    def id(self) -> str:
        """Its id: sorts by position."""
        return item_id(self.bulk_id, self.position)


def item_id(bulk_id: str, position: int) -> str:
    """Return the id of the item at *position*."""
    return f"{item_id_prefix(bulk_id)}{position:05d}"


def item_id_prefix(bulk_id: str) -> str:
    """Return the prefix of the ids of all items of a bulk action, and of no others."""
    return f"{bulk_id}."


class BulkAction(Value):
    """One action for many. *canary*: whether the first wave is one Cloud PC alone. *stop_at_failure_rate*: percent."""

    id: str
    tenant_id: str
    action: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    requested_by: Actor
    status: BulkStatus = BulkStatus.RUNNING
    reason: str | None = None
    total: int
    counts: dict[str, int] = Field(default_factory=dict)
    wave: int = 0
    max_concurrency: int = Field(ge=1, le=500)
    stop_at_failure_rate: int = Field(ge=0, le=100)
    canary: bool = True
    scheduled_during_maintenance_window: bool = False
    waits_until: datetime | None = None  # the next moment at which some of it may begin
    created_date_time: datetime
    last_modified_date_time: datetime

    @property
    def wave_size(self) -> int:
        """Size of the next wave: until the canary has ended, it alone."""
        return 1 if self.canary and not self.ended else self.max_concurrency

    @property
    def percent_complete(self) -> int:
        """Ended share, in percent."""
        return 100 if self.status in OVER or not self.total else self.ended * 100 // self.total

    @property
    def ended(self) -> int:
        """Number of its Cloud PCs have ended."""
        return sum(self.counts.get(status.value, 0) for status in _ENDED)

    @property
    def unsettled(self) -> bool:
        """Whether it is to be worked on: it runs, or is cancelled and its pending items are not skipped yet."""
        left = self.status is BulkStatus.CANCELED and ItemStatus.PENDING.value in self.counts
        return self.status is BulkStatus.RUNNING or left

    def with_items(self, items: Iterable[BulkItem], at: datetime) -> "BulkAction":
        """Return it with its items counted: stopped when too many have failed, ended when none is left."""
        counts = Counter(item.status for item in items)
        counted = self.but(counts=_non_zero(counts), last_modified_date_time=at)
        if self.status in OVER:
            return counted.but(counts=_non_zero(_skipped(counts)))
        ended, failed = sum(counts[status] for status in _ENDED), counts[ItemStatus.FAILED]
        alone = self.canary and ended == failed == 1
        if failed and (alone or (ended >= _LEAST_ENDED and failed * 100 > ended * self.stop_at_failure_rate)):
            reason = f"{failed} of {ended} have failed"
            return counted.but(status=BulkStatus.STOPPED, reason=reason, counts=_non_zero(_skipped(counts)))
        if not counts[ItemStatus.PENDING] and not counts[ItemStatus.RUNNING]:
            return counted.but(status=BulkStatus.SUCCEEDED)
        return counted


def _skipped(counts: Counter[ItemStatus]) -> Counter[ItemStatus]:
    """Return the counts of an ended bulk action: pending items count as skipped, even before that is written."""
    left: Counter[ItemStatus] = Counter(
        {status: count for status, count in counts.items() if status is not ItemStatus.PENDING}
    )
    left[ItemStatus.SKIPPED] += counts[ItemStatus.PENDING]
    return left


def _non_zero(counts: Counter[ItemStatus]) -> dict[str, int]:
    return {status.value: count for status, count in counts.items() if count}


Durations: TypeAlias = Mapping[str, Sequence[float]]
"""Durations of operations of each kind, in seconds, the shortest first."""

_ORDER = {step.value: step for step in ORDER}


def durations_of(entries: Iterable[Mapping[str, Scalar]]) -> Durations:
    """Return how long operations took that have succeeded. *entries*: of the list of operations."""
    found: dict[str, list[float]] = defaultdict(list)
    for entry in entries:
        if entry["status"] == OperationStatus.SUCCEEDED.value:
            begun, ended = (datetime.fromisoformat(str(entry[n])) for n in ("createdDateTime", "lastModifiedDateTime"))
            found[str(entry["kind"])].append((ended - begun).total_seconds())
    return {kind: sorted(lengths) for kind, lengths in found.items()}


def estimated_end(
    operation: Operation, durations: Durations, now: datetime, estimates: Estimates | None = None
) -> EndRange | None:
    """Return when an operation should end: never before *now*; None when nothing is known, or it has ended.

    It should take as long as those of its kind that took longer than this one has by now. *estimates*: of builds.
    """
    if operation.ended:
        return None
    spent = (now - operation.created_date_time).total_seconds()
    longer = [length for length in durations.get(operation.kind, ()) if length > spent]
    if longer:
        last = len(longer) - 1
        chosen = (longer[round(last * EARLIEST)], median_low(longer), longer[round(last * LATEST)])
        ends = (operation.created_date_time + timedelta(seconds=each) for each in chosen)
        return EndRange(**dict(zip(("earliest", "likely", "latest"), ends, strict=True)))
    return None if durations.get(operation.kind) else _usual_end(operation, now, estimates or Estimates())


def _usual_end(operation: Operation, now: datetime, estimates: Estimates) -> EndRange | None:
    """Return the expected end of a build by its step; None for other operations."""
    step = _ORDER.get(operation.open_step or "")
    if operation.kind not in BUILDS or step is None:
        return None
    started = next(each.started_at for each in operation.steps if each.name == step.value)
    return end_range(estimates.of(JoinType.AZURE_AD_JOIN, step).left, started or now, now)


def estimated_end_of_bulk(bulk: BulkAction, durations: Durations, now: datetime) -> datetime | None:
    """Return when a bulk action should end: never before *now*; None when it does not run or nothing is known.

    Its waves should take as long as those before; until one has ended, as long as others took with one Cloud PC.
    """
    if bulk.status is not BulkStatus.RUNNING:
        return None
    left = bulk.total - bulk.ended
    canary = 1 if bulk.canary and not bulk.ended else 0
    waves = canary + -(-(left - canary) // bulk.max_concurrency)
    if bulk.wave and bulk.ended:
        each = (bulk.last_modified_date_time - bulk.created_date_time).total_seconds() / bulk.wave
        end = bulk.last_modified_date_time + timedelta(seconds=each * waves)
    elif lengths := durations.get(bulk.action):
        end = bulk.created_date_time + timedelta(seconds=median_low(lengths) * (bulk.wave + waves))
    else:
        return None
    return end if end >= now else None
