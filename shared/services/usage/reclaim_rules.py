"""The reclaim rules of policies, their cases, and the dry-run report of idle Cloud PCs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.reclaim import (
    FRESH,
    Judged,
    ReclaimCase,
    ReclaimMode,
    ReclaimRule,
    ReclaimRuleSettings,
    ReclaimState,
    judge,
)
from shared.domain.cloud_pcs.use import USES, CloudPcUse
from shared.domain.destroying import Unanswered
from shared.domain.operations.operation import AuditEvent, ResourceType
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import PowerActor
from shared.errors import ConflictError, InvalidError, NotFoundError, Problem
from shared.services.directory.fresh_readings import asked
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import change, deletion, insertion, replacement
from shared.storage.due import DueKind
from shared.storage.repository import Stored

_NOT_SIMULATED = "save the rule with simulate first, and read its report: reports/idleCloudPcs"
Days = Mapping[str, Sequence[tuple[date, CloudPcUse]]]
"""The use of Cloud PCs day by day, by their ids."""


async def put_rule(
    context: ActionContext, before: Stored[ReclaimRule] | None, policy_id: str, settings: ReclaimRuleSettings
) -> Stored[ReclaimRule]:
    """Add the rule of a policy, or replace its settings. Raises: InvalidError, ConflictError, StaleError.

    A rule begins as a simulation; only one that was checked may do more.
    """
    deps, tenant_id = context.deps, context.tenant.id
    if await deps.policies.find(tenant_id, policy_id) is None:
        raise NotFoundError(f"there is no policy {policy_id}")
    if settings.mode is not ReclaimMode.SIMULATE and (before is None or before.value.checked_at is None):
        raise InvalidError(Problem("/mode", _NOT_SIMULATED))
    most = deps.settings.usage_kept_in_days - 1
    if settings.idle_days > most:
        raise InvalidError(Problem("/idleDays", f"use is kept for {most + 1} days: write at most {most}"))
    if settings.leave_group_id is not None:
        await _refuse_unknown_group(context, settings.leave_group_id)
    rule = ReclaimRule(id=policy_id, tenant_id=tenant_id, **dict(settings))
    if before is None:
        write = insertion(context, deps.reclaim_rules, rule, rule.id)
    else:
        kept = before.value.but(**dict(settings), held_back=None, confirmed_by=None)
        write = replacement(before, kept, deps.reclaim_rules.replace)
    return await make_change(context, Resource(ResourceType.RECLAIM_RULE, policy_id), write)


async def _refuse_unknown_group(context: ActionContext, group_id: str) -> None:
    found = await asked(context.deps.graph(context.tenant).group(group_id))
    if found is None:
        raise InvalidError(Problem("/leaveGroupId", "there is no such group in the directory"))
    if isinstance(found, Unanswered):
        raise ConflictError(f"the group could not be read: {found.why}")


async def delete_rule(context: ActionContext, stored: Stored[ReclaimRule]) -> None:
    """Delete a rule with its cases; no machine is kept off by it any more. Raises: StaleError."""
    deps, rule = context.deps, stored.value
    await make_change(context, Resource(ResourceType.RECLAIM_RULE, rule.id), deletion(stored, deps.reclaim_rules))
    for case in await cases_of(deps, rule.tenant_id, rule.id):
        await end_case(deps, case.value, "the rule was deleted", context.now)


async def confirm_proposals(context: ActionContext, policy_id: str) -> ReclaimRule:
    """Let the proposals go on that the removal brake holds back. Raises: ConflictError if none are held back."""
    deps, tenant_id = context.deps, context.tenant.id
    before = (await deps.reclaim_rules.get(tenant_id, policy_id)).value

    def edit(rule: ReclaimRule) -> ReclaimRule | None:
        if rule.confirmed_by:
            return None
        if rule.held_back is None:
            raise ConflictError("no proposals of the rule are held back")
        return rule.but(confirmed_by=context.actor.name, checked_at=None, held_back=None)

    write = change(before, edit, partial(deps.reclaim_rules.change, tenant_id, policy_id))
    return await make_change(context, Resource(ResourceType.RECLAIM_RULE, policy_id), write)


async def dismiss_case(context: ActionContext, cloud_pc_id: str) -> ReclaimCase:
    """Keep an idle Cloud PC until its user signs in: no more notices and no proposal; a stop by the rule ends."""
    deps, tenant_id = context.deps, context.tenant.id
    before = (await deps.reclaim_cases.get(tenant_id, cloud_pc_id)).value

    def edit(case: ReclaimCase) -> ReclaimCase | None:
        if case.state is ReclaimState.DISMISSED:
            return None
        return case.but(
            state=ReclaimState.DISMISSED,
            dismissed_by=context.actor.name,
            stopped=False,
            waits=None,
            last_modified_date_time=context.now,
        )

    write = change(before, edit, partial(deps.reclaim_cases.change, tenant_id, cloud_pc_id))
    after = await make_change(context, Resource(ResourceType.RECLAIM_CASE, cloud_pc_id), write)
    if before.stopped:
        await release(deps, before, context.now)
    return after


async def delete_reclaims_of_tenant(deps: Dependencies, tenant_id: str) -> None:
    """Remove the rules and cases of a tenant."""
    async for case in deps.reclaim_cases.each(tenant_id):
        await deps.reclaim_cases.remove(tenant_id, case.value.id)
    async for rule in deps.reclaim_rules.each(tenant_id):
        await deps.reclaim_rules.remove(tenant_id, rule.value.id)


@dataclass(frozen=True, slots=True)
class IdleRow:
    """A row of the dry-run report. *rule*: by which it is judged; *case*: the open case, or None."""

    pc: CloudPc
    rule: ReclaimRuleSettings
    judged: Judged
    case: ReclaimCase | None


async def idle_report(
    deps: Dependencies, tenant_id: str, now: datetime, usual: ReclaimRuleSettings | None = None
) -> list[IdleRow]:
    """Return the judgement of each Cloud PC by the rule of its policy; nothing happens.

    *usual*: the settings for policies without a rule, None to leave these out. The leave list is not asked.
    """
    rules = {each.value.id: each.value async for each in deps.reclaim_rules.each(tenant_id)}
    cases = {each.value.id: each.value async for each in deps.reclaim_cases.each(tenant_id)}
    days = await kept_days(deps, tenant_id, now)
    rows = []
    async for stored in deps.cloud_pcs.each(tenant_id):
        pc = stored.value
        settings = rules.get(pc.current.policy_id or "", usual)
        if settings is not None and pc.status is not Status.NOT_PROVISIONED:
            rows.append(IdleRow(pc, settings, judge(pc, days.get(pc.id, ()), settings, now), cases.get(pc.id)))
    return rows


async def release(deps: Dependencies, case: ReclaimCase, now: datetime) -> None:
    """End the hold of a rule; the next look lets the schedule decide."""

    def edit(power: CloudPcPower) -> CloudPcPower | None:
        mine = power.hold is not None and power.hold.actor is PowerActor.IDLE
        return power.but(hold=None) if mine else None

    if await deps.cloud_pc_powers.find(case.tenant_id, case.id) is not None:
        await deps.cloud_pc_powers.change(case.tenant_id, case.id, edit)
        await deps.due.put(DueKind.POWER, now, case.tenant_id, case.id)


async def end_case(deps: Dependencies, case: ReclaimCase, why: str, now: datetime) -> None:
    """End a case: its event first, so that a crash repeats it."""
    await note_case(deps, case, "end", {"reason": why}, now)
    if case.stopped:
        await release(deps, case, now)
    await deps.reclaim_cases.remove(case.tenant_id, case.id)


async def note_case(
    deps: Dependencies, case: ReclaimCase, verb: str, about: Mapping[str, object], now: datetime
) -> None:
    """Write an event of a case to the audit log, once for each verb and day of a notice."""
    resource = (ResourceType.RECLAIM_CASE.value, case.id)
    after = {"provisioningPolicyId": case.policy_id, "userPrincipalName": case.user_principal_name, **about}
    run = f"{case.noticed_at.isoformat()}/{verb}/{about.get('day', '')}"
    await deps.audit.append(AuditEvent.of_service(case.tenant_id, resource, verb, after, at=now, run=run))


async def cases_of(deps: Dependencies, tenant_id: str, policy_id: str) -> list[Stored[ReclaimCase]]:
    """Return the open cases of a rule."""
    return [each async for each in deps.reclaim_cases.each(tenant_id) if each.value.policy_id == policy_id]


async def kept_days(deps: Dependencies, tenant_id: str, now: datetime) -> Days:
    """Return the kept use of each Cloud PC, day by day."""
    found: dict[str, list[tuple[date, CloudPcUse]]] = defaultdict(list)
    first = (now - timedelta(days=deps.settings.usage_kept_in_days) - FRESH).date()
    for row in await deps.usage.by_cloud_pc(tenant_id, USES, first, now.date()):
        for pc_id, use in USES.values(row.value).items():
            found[pc_id].append((row.value.day, use))
    return found
