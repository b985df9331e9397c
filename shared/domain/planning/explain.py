"""Why a user has, will have, or lacks each Cloud PC. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from shared.domain import naming
from shared.domain.cloud_pcs.build import TITLES, Build, Failure
from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc, User
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.cloud_pcs.user_setting import UserSetting, assigned_in
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.planning.drift import Drift, TenantPolicies
from shared.domain.planning.entitlements import Entitlement, winner
from shared.domain.policies.policy import Policy
from shared.domain.values import Value, amount


class TargetingPolicy(Value):
    """A policy that targets the user, through which group, since when."""

    policy_id: str
    policy_name: str
    group_id: str
    group_name: str
    assigned_at: datetime
    wins: bool


class AppliedSetting(Value):
    """User settings that are assigned to a group of the user, with group and time. *applies*: whether they count."""

    user_setting_id: str
    user_setting_name: str
    group_id: str
    group_name: str
    assigned_at: datetime
    applies: bool


class ExplainedCloudPc(Value):
    """One licence, or a Cloud PC without a licence, and its state."""

    cloud_pc_id: str | None = None  # None: there is no record yet
    service_plan_name: str
    licensed: bool
    status: Status | None = None
    policy_name: str | None = None  # that it was built from; it stays, whichever policy wins today
    drift: Drift | None = None  # what a rebuild by that policy would change of its machine
    error: Failure | None = None
    because: str
    missing: tuple[str, ...] = ()  # in its grace period: everything that has to come back for it to stay


class Explanation(Value):
    """The whole answer: *verdict* in one sentence, then its reasons.

    *user_settings*: those of the user, the one that says what they may do with their Cloud PCs first.
    """

    user: User
    verdict: str
    policies: tuple[TargetingPolicy, ...]
    cloud_pcs: tuple[ExplainedCloudPc, ...]
    user_settings: tuple[AppliedSetting, ...] = ()


def explain(
    entitlement: Entitlement,
    today: TenantPolicies,
    cloud_pcs: Iterable[CloudPc],
    group_names: Mapping[str, str],
    *,
    tenant_id: str,
) -> Explanation:
    """Explain one user. *entitlement*: all their Cloud PC licences and all assigned groups they are in."""
    claims = _claims(entitlement, tuple(today.policies.values()), group_names)
    records = {pc.id: pc for pc in cloud_pcs if pc.user.id == entitlement.user.id}
    claimed = {plan_id: pc.id for pc in records.values() for plan_id in pc.claims}
    licensed = {
        claimed.get(plan.id) or naming.new_cloud_pc_id(tenant_id, entitlement.user.id, plan.id, records): plan
        for plan in entitlement.plans
    }
    found: list[tuple[str, ServicePlan | None]] = [*licensed.items()]
    found += [(pc_id, None) for pc_id in records if pc_id not in licensed]
    explained = [_one(pc_id, plan, records.get(pc_id), entitlement.user, claims, today) for pc_id, plan in found]
    explained = [each.but(because=f"{each.because} {_lacks(each)}") if each.missing else each for each in explained]
    return Explanation(
        user=entitlement.user,
        verdict=_verdict(entitlement, claims, explained),
        policies=tuple(claims),
        cloud_pcs=tuple(explained),
    )


def _claims(entitlement: Entitlement, policies: tuple[Policy, ...], names: Mapping[str, str]) -> list[TargetingPolicy]:
    first = winner(policies, entitlement.group_ids)
    found = sorted(
        (assignment.assigned_at, policy.id, policy.display_name, assignment.group_id)
        for policy in policies
        for assignment in policy.assignments
        if assignment.group_id in entitlement.group_ids
    )
    return [
        TargetingPolicy(
            policy_id=policy_id,
            policy_name=name,
            group_id=group_id,
            group_name=names.get(group_id, group_id),
            assigned_at=assigned_at,
            wins=first is not None and policy_id == first.id,
        )
        for assigned_at, policy_id, name, group_id in found
    ]


def applied_settings(
    settings: Iterable[UserSetting], group_ids: frozenset[str], names: Mapping[str, str]
) -> tuple[AppliedSetting, ...]:
    """Return the settings that are assigned to a group of a user in *group_ids*, in the order in which they count."""
    found = assigned_in(settings, group_ids)
    return tuple(
        AppliedSetting(
            user_setting_id=setting.id,
            user_setting_name=setting.display_name,
            group_id=assignment.group_id,
            group_name=names.get(assignment.group_id, assignment.group_id),
            assigned_at=assignment.assigned_at,
            applies=setting.id == found[0][0].id,
        )
        for setting, assignment in found
    )


def _one(
    pc_id: str,
    plan: ServicePlan | None,
    record: CloudPc | None,
    user: User,
    claims: list[TargetingPolicy],
    today: TenantPolicies,
) -> ExplainedCloudPc:
    shown = record.plan if record else plan
    return ExplainedCloudPc(
        cloud_pc_id=pc_id if record else None,
        service_plan_name=shown.display_name if shown else "",
        licensed=plan is not None,
        status=record.status if record else None,
        policy_name=today.policy_name(record) if record else None,
        drift=today.drift(record) if record else None,
        error=record.failure if record else None,
        because=_because(plan, record, user, claims),
        missing=_missing(plan, record, user, claims, today),
    )


def _missing(
    plan: ServicePlan | None, record: CloudPc | None, user: User, claims: list[TargetingPolicy], today: TenantPolicies
) -> tuple[str, ...]:
    """Return everything that a Cloud PC in its grace period lacks to stay; nothing for any other."""
    if record is None or record.status is not Status.IN_GRACE_PERIOD:
        return ()
    own = record.current.snapshot
    lacks = {
        f"the licence {record.plan.display_name}": plan is None,
        f"a group of policy {today.policy_name(record)}": own is not None
        and own.policy_id not in {claim.policy_id for claim in claims},
        "an account that is enabled": today.settings.disabled_account_starts_grace and not user.account_enabled,
    }
    return tuple(what for what, is_missing in lacks.items() if is_missing)


def _because(plan: ServicePlan | None, record: CloudPc | None, user: User, claims: list[TargetingPolicy]) -> str:
    if record is None or record.status is Status.NOT_PROVISIONED:
        return _lacking(record, user, claims)
    words = standing(record)
    if plan is None and record.status is not Status.IN_GRACE_PERIOD:
        return f"{words} Its licence is gone."
    if record.removal and record.status is not Status.DEPROVISIONING:
        return (
            f"{words} Its removal (because {record.removal.cause.words}) waits to be confirmed: {record.removal.why}."
        )
    return words


def _lacks(explained: ExplainedCloudPc) -> str:
    return f"Missing: {' and '.join(explained.missing)}."


def _lacking(record: CloudPc | None, user: User, claims: list[TargetingPolicy]) -> str:
    if not user.account_enabled:
        return "The user's account is disabled."
    if not claims:
        return "The licence is there, but no provisioning policy is assigned to a group the user is in."
    if record is None:
        return f"Licence and policy {claims[0].policy_name} meet; the next reconcile creates it."
    return f"Policy {claims[0].policy_name} targets the user; provisioning is about to start."


def standing(record: CloudPc) -> str:
    """Return the state of a Cloud PC in one sentence."""
    build, error = record.current, record.current.last_error
    words = {
        Status.NOT_PROVISIONED: f"Not provisioned: {build.reason or 'no reason is recorded'}.",
        Status.PENDING_PROVISION: f"Waiting: {build.reason or WAITING_TO_START}.",
        Status.PROVISIONING: f"Being provisioned, attempt {build.attempt}{_resumed(build)}.",
        Status.FAILED: f"Failed: {error.code}, {error.message}" if error else "Failed.",
        Status.PROVISIONED_WITH_WARNINGS: f"Ready, with warnings: {', '.join(w.step for w in build.warnings)}.",
        Status.IN_GRACE_PERIOD: _in_grace(record),
        Status.RESIZE_PENDING_LICENSE: _waiting_for_licence(record),
        Status.RESIZING: f"Being resized to {(record.swap or record).plan.display_name}.",
        Status.RESTORING: "Being restored: its disk goes back to a restore point.",
        Status.DEPROVISIONING: f"Being removed: {build.reason or 'nobody is entitled to it any more'}.",
    }
    current = f"{words.get(record.status, 'Ready.')}{_waits(record)}{_larger_for_a_time(record)}"
    return f"{current} {_replacement(record.replacement)}" if record.replacement else current


def _waits(record: CloudPc) -> str:
    """Return the sentence about an act that is held back, its start and its next attempt; empty without one."""
    held = record.held_back
    return f" {held.sentence}" if held else ""


def _larger_for_a_time(record: CloudPc) -> str:
    """Return the sentence about a temporary size; empty without one."""
    size = record.current.temporary_size
    if size is None:
        return ""
    waits = f"; it waits: {size.waits}" if size.waits else ""
    until = f"until {size.until:%Y-%m-%d %H:%M} UTC, and that of {record.plan.display_name} again after it"
    return f" It has the hardware of {size.plan.display_name} {until}{waits}."


def _replacement(build: Build) -> str:
    if not build.unfinished:
        return f"Another machine of it is removed: {build.reason or 'it is cleaned up'}."
    step = TITLES[build.step] if build.step else "it begins"
    return f"Another machine is being built to take the place of this one: {build.reason or step}."


def _resumed(build: Build) -> str:
    return f", resumed at {build.resumed_at.value} with the machine that was there" if build.resumed_at else ""


def _waiting_for_licence(record: CloudPc) -> str:
    if record.swap is None:
        return "Waiting for the licence of its new size."
    named, until = record.swap.plan.display_name, record.swap.until
    return f"Waiting for the licence {named} to be resized, until {until:%Y-%m-%d %H:%M} UTC; it is usable meanwhile."


def _in_grace(record: CloudPc) -> str:
    grace = record.grace
    if grace is None:
        return "In its grace period."
    until = "which is held" if grace.held_at else f"until {grace.ends_at:%Y-%m-%d %H:%M} UTC"
    why = f"In its grace period, {until}, because {grace.cause.words}."
    return f"{why} It stays if licence and policy are both back by then."


def _verdict(entitlement: Entitlement, claims: list[TargetingPolicy], explained: list[ExplainedCloudPc]) -> str:
    name = entitlement.user.user_principal_name
    in_grace = [each for each in explained if each.status is Status.IN_GRACE_PERIOD]
    if in_grace:
        missing = dict.fromkeys(what for each in in_grace for what in each.missing)
        why = f" Missing: {' and '.join(missing)}." if missing else " Nothing is missing any more: it ends soon."
        there = sum(each.status in WORKING for each in explained)
        return f"{name} has {amount(there, 'Cloud PC')}, {len(in_grace)} of them in the grace period.{why}"
    if not entitlement.user.account_enabled:
        there = sum(each.status not in {None, Status.NOT_PROVISIONED} for each in explained)
        keeps = f"{name} has {amount(there, 'Cloud PC')} and cannot sign in" if there else f"{name} gets no Cloud PC"
        return f"{keeps}: the account is disabled. No new one is built."
    if not entitlement.plans and not explained:
        because = "is in an assigned group, but has no Cloud PC licence" if claims else "has no Cloud PC licence"
        return f"{name} lacks a Cloud PC: {because}."
    ready = sum(each.status in WORKING for each in explained)
    if not claims and not ready:
        return f"{name} lacks a Cloud PC: no provisioning policy is assigned to a group the user is in."
    by = f" by policy {claims[0].policy_name}, which was assigned first" if claims else ""
    return f"{name} has {ready} of {amount(len(explained), 'Cloud PC')}{by}."
