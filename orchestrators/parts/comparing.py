"""What the records know is compared with what is there: machines that are gone, and shared things that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.contracts.comparing import (
    ASK_FOR_MACHINES,
    COMPARE_RESOURCE_GROUP,
    FIND_MISSING,
    RECORD_GONE,
    AskOrder,
    GoneOrder,
    MissingFound,
)
from shared.contracts.orphans import ResourceGroup, ResourceGroupScanOrder, ScanOrder
from shared.contracts.outcomes import Refused
from shared.domain.cloud_pcs.machines_gone import ASKED_AGAIN_AFTER, Answer, KnownMachine
from shared.domain.cloud_pcs.orphans import Looked, Missing
from shared.workflow import CallFailedError, Context, Steps, call, pause

_AT_ONCE = 20
"""Machines that one call asks for."""

SHARED_AREA = "shared"
"""What the list of areas calls what machines share."""


def suspects(ctx: Context, tenant_id: str, groups: Iterable[ResourceGroup]) -> Steps[list[KnownMachine]]:
    """Return the machines that records know and that no list has; a group that does not answer has none."""
    found: list[KnownMachine] = []
    for each in groups:
        group = ResourceGroupScanOrder(
            tenant_id=tenant_id, subscription_id=each.subscription_id, resource_group=each.resource_group
        )
        try:
            outcome = yield from call(ctx, COMPARE_RESOURCE_GROUP, group)
        except CallFailedError:
            continue
        if not isinstance(outcome, Refused):
            found += outcome.absent
    return found


def record_what_is_gone(ctx: Context, tenant_id: str, absent: Sequence[KnownMachine]) -> Steps[int]:
    """Ask for each machine, wait, ask again, and record those that are gone; return how many.

    What is not answered changes nothing: the next scan asks again.
    """
    first: list[Answer] = []
    for start in range(0, len(absent), _AT_ONCE):
        order = AskOrder(tenant_id=tenant_id, machines=tuple(absent[start : start + _AT_ONCE]))
        try:
            asked = yield from call(ctx, ASK_FOR_MACHINES, order)
        except CallFailedError:
            continue
        first += [answer for answer in asked.answers if answer.gone]
    if not first:
        return 0
    yield from pause(ctx, ASKED_AGAIN_AFTER)
    count = 0
    for start in range(0, len(first), _AT_ONCE):
        again = GoneOrder(tenant_id=tenant_id, first=tuple(first[start : start + _AT_ONCE]))
        try:
            recorded = yield from call(ctx, RECORD_GONE, again)
        except CallFailedError:
            continue
        count += len(recorded.subject_ids)
    return count


def find_what_is_missing(ctx: Context, order: ScanOrder) -> Steps[tuple[Looked, tuple[Missing, ...]]]:
    """Return what machines share and is not there, with the line of the list for it."""
    try:
        outcome = yield from call(ctx, FIND_MISSING, order)
    except CallFailedError as error:
        return Looked(area=SHARED_AREA, problem=error.reason), ()
    match outcome:
        case MissingFound(missing=missing, problem=problem):
            return Looked(area=SHARED_AREA, problem=problem), missing
        case Refused(code=code, message=message):
            return Looked(area=SHARED_AREA, problem=f"{code}: {message}"), ()
