"""Comparison of the records with Azure: machines that are gone, and shared things that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TypeVar

from shared.contracts.definitions import Activity
from shared.contracts.inventory import (
    ADOPT,
    ASK_FOR_MACHINES,
    COMPARE_RESOURCE_GROUP,
    FIND_MISSING,
    RECORD_GONE,
    Adoptions,
    AdoptOrder,
    AskOrder,
    GoneOrder,
    MissingFound,
    ResourceGroup,
    ResourceGroupScanOrder,
    ScanOrder,
)
from shared.contracts.outcomes import Refused
from shared.domain.cloud_pcs.adopting import UnknownMachine, several_claim
from shared.domain.cloud_pcs.orphans import Looked, Missing
from shared.domain.operations.machines_gone import ASKED_AGAIN_AFTER, KnownMachine
from shared.domain.values import Value
from shared.workflow import CallFailedError, Context, Steps, call, pause

Order = TypeVar("Order", bound=Value)
Ok = TypeVar("Ok")
Refusal = TypeVar("Refusal")
Item = TypeVar("Item")

_AT_ONCE = 20
"""The number of machines that one call asks Azure for."""

SHARED_AREA = "shared"
"""Name of the shared resources in the list of areas."""


def compare(
    ctx: Context, tenant_id: str, groups: Iterable[ResourceGroup]
) -> Steps[tuple[list[KnownMachine], Adoptions]]:
    """Compare each resource group with the records: adopt the machines that no record knows.

    Return the machines that records know and no list has, and what came of the adoptions. A group that does not answer
    has neither, and nothing without a record is judged then.
    """
    orders = [
        ResourceGroupScanOrder(
            tenant_id=tenant_id, subscription_id=each.subscription_id, resource_group=each.resource_group
        )
        for each in groups
    ]
    outcomes = yield from _answers(ctx, COMPARE_RESOURCE_GROUP, orders)
    answered = [each for each in outcomes if not isinstance(each, Refused)]
    unknown = [machine for each in answered for machine in each.unknown]
    adoptions = yield from _adopt(ctx, tenant_id, unknown)
    absent = [machine for each in answered for machine in each.absent]
    return absent, adoptions.but(complete=len(answered) == len(orders))


def _answers(
    ctx: Context, activity: Activity[Order, Ok, Refusal], orders: Iterable[Order]
) -> Steps[list[Ok | Refusal]]:
    """Call *activity* for each order, one after the other; return the outcomes of the calls that did not fail."""
    found: list[Ok | Refusal] = []
    for order in orders:
        with suppress(CallFailedError):
            found.append((yield from call(ctx, activity, order)))
    return found


def _adopt(ctx: Context, tenant_id: str, unknown: Iterable[UnknownMachine]) -> Steps[Adoptions]:
    """Adopt the machines one after the other; leave a subject with several machines to an administrator."""
    claims: dict[str, list[UnknownMachine]] = {}
    for machine in unknown:
        claims.setdefault(machine.subject_id, []).append(machine)
    declined: dict[str, str] = {}
    conflicts, waiting = list[str](), list[str]()
    for subject_id, (machine, *others) in claims.items():
        if others:
            declined[subject_id] = several_claim((machine, *others))
            conflicts.append(subject_id)
            continue
        try:
            tried = yield from call(ctx, ADOPT, AdoptOrder(tenant_id=tenant_id, seen=machine))
        except CallFailedError:
            waiting.append(subject_id)
            continue
        if isinstance(tried, Refused):
            waiting.append(subject_id)
        elif tried.why_not is not None:
            declined[subject_id] = tried.why_not
            conflicts += [subject_id] if tried.in_use and machine.of_host else []
    return Adoptions(declined=declined, conflicts=tuple(conflicts), waiting=tuple(waiting))


def record_what_is_gone(ctx: Context, tenant_id: str, absent: Sequence[KnownMachine]) -> Steps[int]:
    """Ask for each machine twice with a wait in between; record the machines that are gone, and return their number.

    What is not answered changes nothing: the next scan asks again.
    """
    asking = (AskOrder(tenant_id=tenant_id, machines=part) for part in _parts(absent))
    answers = yield from _answers(ctx, ASK_FOR_MACHINES, asking)
    first = [answer for asked in answers for answer in asked.answers if answer.gone]
    if not first:
        return 0
    yield from pause(ctx, ASKED_AGAIN_AFTER)
    again = (GoneOrder(tenant_id=tenant_id, first=part) for part in _parts(first))
    recorded = yield from _answers(ctx, RECORD_GONE, again)
    return sum(len(each.subject_ids) for each in recorded)


def _parts(of: Sequence[Item]) -> Iterable[tuple[Item, ...]]:
    return (tuple(of[start : start + _AT_ONCE]) for start in range(0, len(of), _AT_ONCE))


def find_what_is_missing(ctx: Context, order: ScanOrder) -> Steps[tuple[Looked, tuple[Missing, ...]]]:
    """Return shared resources that records need and that do not exist, and the line of the scan for this check."""
    try:
        outcome = yield from call(ctx, FIND_MISSING, order)
    except CallFailedError as error:
        return Looked(area=SHARED_AREA, problem=error.reason), ()
    match outcome:
        case MissingFound(missing=missing, problem=problem):
            return Looked(area=SHARED_AREA, problem=problem), missing
        case Refused(code=code, message=message):
            return Looked(area=SHARED_AREA, problem=f"{code}: {message}"), ()
