"""The users who would lose something by lists of everybody: each is asked about before it counts.

A list proves who is a member or has a licence, never who is not, and a directory may answer a part of it without an
error. A plan that takes nothing from anybody asks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import BUILT, Status
from shared.domain.destroying import Act
from shared.domain.planning.entitlements import Entitlement, person, plans_of
from shared.domain.planning.plans import Observed, Plan
from shared.domain.tenants.tenant import LicenceSource, TenantSettings
from shared.services.fresh_readings import accounts, memberships
from shared.services.holding_back import ASK_AGAIN, hold_back
from shared.services.observing import Directory, licences_of
from shared.storage.due import read_once

MOST_ASKED = 200
"""About how many users one plan asks; each of the others is read by itself some minutes later."""

HELD_ACTS = frozenset({Act.BEGIN_GRACE.value, Act.CANCEL.value})
"""Acts that wait because of a plan, named as in records."""

_WAITS = ("grace", "cancel", "removals", "delete")
_SILENT = "the directory did not say whether its user is still entitled to it"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A plan with the second answers; *waits*: by which of its actions something waits for one, by Cloud PC (id)."""

    plan: Plan
    waits: Mapping[str, str] = field(default_factory=dict)


async def confirmed(
    directory: Directory,
    settings: TenantSettings,
    group_ids: list[str],
    observed: Observed,
    known: Mapping[str, CloudPc],
    planned: Callable[[Observed], Plan],
) -> Confirmed:
    """Return the plan that *planned* makes of *observed*, with the losses of users confirmed by asking the directory.

    A user without an answer, or beyond the number that may be asked about, keeps everything. Where the removal brake
    stops more removals than can be asked about, they wait for a person, unasked. Raises: ThrottledError.
    """
    plan = planned(observed)
    losses = plan.losses(known)
    if not losses:
        return Confirmed(plan)
    users = {known[pc_id].user.id for pc_id in losses}
    braked = {known[pc_id].user.id for pc_id, action in losses.items() if action == "removals"}
    doubtful = sorted(users if len(users) <= MOST_ASKED else users - braked)
    there = await memberships(directory, doubtful[:MOST_ASKED], group_ids)
    read = await accounts(directory, there)
    listed = {each.user.id: each for each in observed.entitlements}
    if settings.licence_source is LicenceSource.SEATS:  # the seat of who is in no list is not known
        held = {user_id: listed[user_id].plans for user_id in read if user_id in listed}
        answered = {user_id for user_id in read if user_id in listed or not (there[user_id] and read[user_id])}
    else:
        licences = await licences_of(directory, settings, observed.everything)
        held = {user.id: plans_of(user, licences.plans, licences.skus) for user in read.values() if user}
        answered = set(read)
    silent = set(doubtful) - answered
    by_answers = (
        Entitlement(user=person(user), plans=held[user_id], group_ids=there[user_id], certain=observed.complete)
        for user_id, user in read.items()
        if user is not None and user_id in answered and user_id in held
    )
    kept = _kept((pc for pc in known.values() if pc.user.id in silent), listed)
    others = (each for each in observed.entitlements if each.user.id not in doubtful)
    gone = {user_id for user_id, user in read.items() if user is None}
    seen = observed.but(entitlements=(*others, *by_answers, *kept), gone=observed.gone | gone)
    return Confirmed(
        planned(seen), {pc_id: action for pc_id, action in losses.items() if known[pc_id].user.id in silent}
    )


def _kept(records: Iterable[CloudPc], listed: Mapping[str, Entitlement]) -> list[Entitlement]:
    """Return the entitlements of users without an answer, so that everything they have stays with them."""
    kept = []
    for user_id, theirs in groupby(sorted(records, key=lambda pc: pc.user.id), key=lambda pc: pc.user.id):
        pcs = list(theirs)
        before = listed.get(user_id, Entitlement(user=pcs[0].user))
        plans = {plan.id: plan for plan in before.plans}
        for pc in pcs:
            plans[pc.plan.id] = pc.plan
            if pc.swap is not None and pc.status is not Status.RESIZE_PENDING_LICENSE:  # else its resize would begin
                plans[pc.swap.plan.id] = pc.swap.plan
        kept.append(before.but(plans=tuple(plans.values()), certain=False))
    return kept


async def let_wait(deps: Dependencies, waits: Mapping[str, str], known: Mapping[str, CloudPc]) -> None:
    """Promise another reading of the users without an answer, each alone; their Cloud PCs show that they wait."""
    pcs = {pc_id: known[pc_id] for pc_id in waits}
    await deps.due.put_all([read_once(pc, deps.clock.now() + ASK_AGAIN) for pc in pcs.values()])
    for pc_id, pc in pcs.items():
        if waits[pc_id] in _WAITS:
            await hold_back(deps, pc, Act.BEGIN_GRACE if pc.status in BUILT else Act.CANCEL, _SILENT)
