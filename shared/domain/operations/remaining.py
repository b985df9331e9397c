"""Estimated end of an operation or a bulk action, from others of its kind. Pure; feeds screens, never a decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median_low
from typing import TypeAlias

from shared.domain.cloud_pcs.steps import ORDER, seconds_left
from shared.domain.filtering import Scalar
from shared.domain.networks.connection import JoinType
from shared.domain.operations.bulk import BulkAction, BulkStatus
from shared.domain.operations.operation import Operation, OperationStatus

Durations: TypeAlias = Mapping[str, Sequence[float]]
"""Durations of operations of each kind, in seconds, the shortest first."""

_BUILDS = frozenset({"retry", "reprovision"})
_ORDER = {step.value: step for step in ORDER}


def durations_of(entries: Iterable[Mapping[str, Scalar]]) -> Durations:
    """Return how long operations took that have succeeded. *entries*: of the list of operations."""
    found: dict[str, list[float]] = defaultdict(list)
    for entry in entries:
        if entry["status"] == OperationStatus.SUCCEEDED.value:
            begun, ended = (datetime.fromisoformat(str(entry[n])) for n in ("createdDateTime", "lastModifiedDateTime"))
            found[str(entry["kind"])].append((ended - begun).total_seconds())
    return {kind: sorted(lengths) for kind, lengths in found.items()}


def estimated_end(operation: Operation, durations: Durations, now: datetime) -> datetime | None:
    """Return when an operation should end: never before *now*; None when nothing is known, or it has ended.

    Of those of its kind that took longer than this one has by now, it should take the median.
    """
    if operation.ended:
        return None
    spent = (now - operation.created_date_time).total_seconds()
    longer = [length for length in durations.get(operation.kind, ()) if length > spent]
    if longer:
        return operation.created_date_time + timedelta(seconds=median_low(longer))
    return None if durations.get(operation.kind) else _usual_end(operation, now)


def _usual_end(operation: Operation, now: datetime) -> datetime | None:
    """Return when a build should end by the usual duration of its steps; of others none is known."""
    step = _ORDER.get(operation.open_step or "")
    if operation.kind not in _BUILDS or step is None:
        return None
    started = next(each.started_at for each in operation.steps if each.name == step.value)
    spent = (now - started).total_seconds() if started else 0.0
    return now + timedelta(seconds=seconds_left(step, JoinType.AZURE_AD_JOIN, spent))


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
