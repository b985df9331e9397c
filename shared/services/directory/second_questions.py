"""Second questions: an irreversible act is confirmed by another query first, and waits without an answer.

A list proves who is a member or has a licence, never who is not, and a directory may answer a part of it without an
error. A plan that takes nothing from anybody asks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from shared.contracts.builds import leftovers_of
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import MissingError
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import BUILT, Status
from shared.domain.destroying import Act, HeldBack, Unanswered, held_back
from shared.domain.operations.operation import AuditEvent
from shared.domain.planning import planner
from shared.domain.planning.entitlements import Entitlement, person, plans_of
from shared.domain.planning.plans import Observed, Plan, Rules
from shared.domain.pools.member import PoolMember
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.tenants.tenant import LicenceSource, TenantSettings
from shared.errors import RefusedError, UnavailableError
from shared.services.directory.fresh_readings import accounts, asked, contradicted, memberships, read_user
from shared.services.directory.observing import Directory, licences_of, observe
from shared.storage.due import read_once


class Claim(StrEnum):
    """Current claim of a user to a Cloud PC in the directory."""

    STANDS = "stands"  # licence, membership and account are as its policy asks
    GONE = "gone"


async def ask_for_claim(deps: Dependencies, pc: CloudPc) -> Claim | Unanswered:
    """Ask the directory about the user of *pc*: account, licences, and the groups of every policy they are in.

    The planner judges the answer, as in every reconcile. Raises: ThrottledError.
    """
    if isinstance(pc, PoolMember):
        return Claim.GONE  # it has no user
    tenant = (await deps.tenants.get(pc.tenant_id)).value
    policies = tuple([stored.value async for stored in deps.policies.each(tenant.id, assigned=True)])
    status = Status.FAILED if pc.status is Status.FAILED else Status.PROVISIONED
    kept = pc.but(status=status, removal=None, grace=None)
    observed = await asked(observe(deps, tenant, policies, (kept,), (pc.user.id,)))
    if not isinstance(observed, Observed):
        return observed or contradicted()
    if tenant.settings.licence_source is LicenceSource.SEATS:  # everybody was read: a list may lack somebody
        groups = {assignment.group_id for policy in policies for assignment in policy.assignments}
        seen = await read_user(deps.graph(tenant), pc.user.id, groups)
        if isinstance(seen, Unanswered):
            return seen
        listed = {each.user.id: each.group_ids for each in observed.entitlements}
        if not observed.complete or listed.get(pc.user.id, frozenset()) != seen.group_ids:
            return Unanswered(why="the directory did not answer about the user: its lists of members are partial")
        if seen.user is None or not seen.group_ids:
            return Claim.GONE
    rules = Rules(disabled_lose=tenant.settings.disabled_account_starts_grace)
    plan = planner.plan(observed, policies, {}, tenant_id=tenant.id, at=deps.clock.now(), rules=rules)
    lost = {each.id for each in (*plan.grace, *plan.cancel, *plan.removals, *plan.delete)}
    return Claim.GONE if pc.id in lost else Claim.STANDS


async def successor_is_there(deps: Dependencies, pc: CloudPc) -> bool | Unanswered:
    """Ask Azure whether the machine of *pc* exists, before its earlier machine is removed."""
    for order in leftovers_of(pc, pc.current):
        machine = order.machine()
        try:
            with on_behalf_of(pc.tenant_id, machine.region):
                vms = deps.compute(machine.subscription_id).virtual_machines
                await vms.get(machine.resource_group, machine.vm_name)
        except MissingError:
            return False
        except (UnavailableError, RefusedError):
            return Unanswered(why="Azure did not answer about the machine that took its place")
        return True
    return False


ASK_AGAIN = timedelta(minutes=10)
"""Time until an unanswered question is asked again."""


async def hold_back(deps: Dependencies, pc: CloudPc, act: Act, why: str, *, again: timedelta = ASK_AGAIN) -> datetime:
    """Record that *act* on *pc* waits, and why; return when to ask again. The audit log has when it began to wait.

    Write the due row first: a record that waits for nothing waits for ever.
    """
    at = deps.clock.now()
    next_at = at + again

    def edit(there: CloudPc) -> CloudPc | None:
        if (there.current.generation, there.status) != (pc.current.generation, pc.status):
            return None
        return there.but(held_back=held_back(there.held_back, act.value, why, at=at, next_at=next_at))

    after = await deps.machines.change(pc.tenant_id, pc.id, edit)
    await _note(deps, pc.tenant_id, ("cloudPC", pc.id), after.held_back, at)
    return next_at


async def hold_back_host(deps: Dependencies, host: SessionHost, act: Act, why: str) -> None:
    """Record that *act* on a host that is kept waits, and why: it is kept until it is asked about again."""
    at = deps.clock.now()
    next_at = at + ASK_AGAIN

    def edit(there: SessionHost) -> SessionHost | None:
        if there.kept_until is None or there.work is not None:
            return None
        return there.but(
            kept_until=next_at, held_back=held_back(there.held_back, act.value, why, at=at, next_at=next_at)
        )

    await note_host(deps, await deps.session_hosts.change(host.tenant_id, host.id, edit), at)


async def note_host(deps: Dependencies, host: SessionHost, at: datetime) -> None:
    """Write to the audit log that something about a host begins to wait now."""
    await _note(deps, host.tenant_id, ("sessionHost", host.id), host.held_back, at)


async def _note(
    deps: Dependencies, tenant_id: str, resource: tuple[str, str], waits: HeldBack | None, at: datetime
) -> None:
    """Write to the audit log that something begins to wait now."""
    if waits is None or waits.since != at:
        return
    after = {"act": waits.act, "why": waits.why}
    await deps.audit.append(AuditEvent.of_service(tenant_id, resource, "holdBack", after, at=at, run=at.isoformat()))


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
    kept = _kept_entitlements((pc for pc in known.values() if pc.user.id in silent), listed)
    others = (each for each in observed.entitlements if each.user.id not in doubtful)
    gone = {user_id for user_id, user in read.items() if user is None}
    seen = observed.but(entitlements=(*others, *by_answers, *kept), gone=observed.gone | gone)
    return Confirmed(
        planned(seen), {pc_id: action for pc_id, action in losses.items() if known[pc_id].user.id in silent}
    )


def _kept_entitlements(records: Iterable[CloudPc], listed: Mapping[str, Entitlement]) -> list[Entitlement]:
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
