"""Dry runs of an assignment, an edit, a setting or a pause, by the planner itself. Nothing is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.clients.directory import assigned_groups, existing_groups
from shared.clients.pacing import retry_while_throttled
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.operations.pausing import ServiceState
from shared.domain.planning import planner
from shared.domain.planning.foresight import Foresight, foresight, machines_changed
from shared.domain.planning.plans import Observed, Plan
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import LicenceSource, Paused, Tenant
from shared.domain.values import Id, Value, Word, differing, distinct
from shared.domain.wizards.create_provisioning_policy import MOST_GROUPS, group_problems
from shared.errors import InvalidError, Problem
from shared.services.cost.forecasts import cost_change, placed
from shared.services.directory.licenses import refuse_unusable_sizes
from shared.services.directory.observing import KeptLine, observe_all
from shared.services.operations.action_context import ActionContext
from shared.services.policies.policies import assigned_to, drifted, edited_fields
from shared.services.policies.reconciling import rules_of, snapshots_of
from shared.services.spot.members import foresee_spot_edit, foresee_spot_pause
from shared.services.tenants.tenants import TenantChange, changed_tenant, planned_by
from shared.services.wizards.edits import edited_policy


class AssignForm(Value):
    """The groups to which a policy would be assigned; an empty list removes all assignments."""

    policy_id: Id
    group_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_GROUPS), AfterValidator(distinct)]


class PauseTarget(Value):
    """Target of a pause: a policy, a Spot Group, or the whole tenant if neither is named."""

    policy_id: Id | None = None
    spot_group_id: Id | None = None


class DryRunForm(Value):
    """A change whose consequences are forecast: exactly one of the five."""

    assign: AssignForm | None = None
    edit: Annotated[dict[Word, Any], Field(max_length=10)] | None = Field(
        None, description="the form of the wizard edit-provisioning-policy, by step"
    )
    settings: Annotated[dict[Word, Any], Field(max_length=100)] | None = Field(
        None, description="fields of TenantSettings; null: its default"
    )
    pause: PauseTarget | None = None
    spot_group: Annotated[dict[Word, Any], Field(max_length=10)] | None = Field(
        None, description="the form of the wizard edit-spot-group, by step"
    )


@dataclass(frozen=True, slots=True)
class _Configuration:
    """Configuration on which a plan is based. *policies*: all of them."""

    tenant: Tenant
    policies: Mapping[str, Policy]
    service: ServiceState

    @property
    def assigned(self) -> tuple[Policy, ...]:
        """The policies that are assigned to a group."""
        return tuple(policy for policy in self.policies.values() if policy.assignments)

    def with_policy(self, policy: Policy) -> "_Configuration":
        """Return it with one policy changed."""
        return replace(self, policies={**self.policies, policy.id: policy})


async def dry_run(context: ActionContext, form: DryRunForm) -> Foresight:
    """Return the consequences of a change. Raises: InvalidError, NotFoundError, and as the directory does."""
    deps, tenant = context.deps, context.tenant
    named = (form.assign, form.edit, form.settings, form.pause, form.spot_group)
    if sum(each is not None for each in named) != 1:
        raise InvalidError(Problem("", "name one change: assign, edit, settings, pause or spotGroup"))
    if form.spot_group is not None:
        return await foresee_spot_edit(context, form.spot_group)
    if form.pause is not None and form.pause.spot_group_id is not None:
        if form.pause.policy_id is not None:
            raise InvalidError(Problem("/pause/spotGroupId", "name a policy or a Spot Group, not both"))
        return await foresee_spot_pause(context, form.pause.spot_group_id)
    policies = {stored.value.id: stored.value async for stored in deps.policies.each(tenant.id)}
    now = _Configuration(tenant, policies, await deps.service_state.get())
    if form.assign is not None:
        return await _foresee(context, now, await _assigned(context, now, form.assign))
    if form.edit is not None:
        return await _edited(context, now, form.edit)
    if form.settings is not None:
        return await _set(context, now, form.settings)
    return await _foresee(context, now, await _paused(context, now, form.pause or PauseTarget()))


async def _assigned(context: ActionContext, now: _Configuration, form: AssignForm) -> _Configuration:
    policy = (await context.deps.policies.get(context.tenant.id, form.policy_id)).value
    known = {assignment.group_id for assignment in policy.assignments}
    new = tuple(group_id for group_id in form.group_ids if group_id not in known)
    if wrong := group_problems(new, await existing_groups(context.deps.graph(context.tenant), new)):
        places = {f"/groups/groupIds/{n}": f"/assign/groupIds/{form.group_ids.index(g)}" for n, g in enumerate(new)}
        raise InvalidError(*(Problem(places[each.pointer], each.message) for each in wrong))
    return now.with_policy(policy.but(assignments=assigned_to(policy, form.group_ids, context.now)))


async def _edited(context: ActionContext, now: _Configuration, form: Mapping[str, Any]) -> Foresight:
    try:
        stored, full = await edited_policy(context, form)
        fields = await edited_fields(context, full, stored.value)
    except InvalidError as error:
        raise InvalidError(*map(_below_edit, error.problems)) from error
    before, after = stored.value, stored.value.but(**fields)
    foreseen = await _foresee(context, now, now.with_policy(after))
    differ = await drifted(context, after)
    return foreseen.but(differ=differ, changed=_differences(before, after))


def _below_edit(problem: Problem) -> Problem:
    return Problem(f"/edit{problem.pointer}", problem.message)


async def _set(context: ActionContext, now: _Configuration, settings: dict[str, Any]) -> Foresight:
    after = changed_tenant(now.tenant, TenantChange(settings=settings))
    await refuse_unusable_sizes(context, now.tenant, after)
    foreseen = await _foresee(context, now, replace(now, tenant=after))
    return foreseen.but(changed=_differences(now.tenant.settings, after.settings))


async def _paused(context: ActionContext, now: _Configuration, target: PauseTarget) -> _Configuration:
    paused = Paused(by=context.actor.name, at=context.now)
    if target.policy_id is None:
        return replace(now, tenant=now.tenant.but(paused=now.tenant.paused or paused))
    policy = (await context.deps.policies.get(context.tenant.id, target.policy_id)).value
    return now.with_policy(policy.but(paused=policy.paused or paused))


def _differences(before: Value, after: Value) -> tuple[str, ...]:
    return tuple(differing(before.to_json(), after.to_json()))


async def _foresee(context: ActionContext, now: _Configuration, then: _Configuration) -> Foresight:
    """Return the difference between the plans of two configurations; one reading of the directory does for most."""
    records = tuple([stored.value async for stored in context.deps.cloud_pcs.each(context.tenant.id)])
    seats = LicenceSource.SEATS in {each.tenant.settings.licence_source for each in (now, then)}
    if seats or planned_by(now.tenant.settings) != planned_by(then.tenant.settings):
        seen_now = await _observed(context, now.tenant, now.assigned, records)
        seen_then = await _observed(context, then.tenant, then.assigned, records)
    else:
        seen_now = seen_then = await _observed(context, now.tenant, (*now.assigned, *then.assigned), records)
    plan_now, plan_then = await _plan(context, now, seen_now), await _plan(context, then, seen_then)
    added, removed = machines_changed(plan_now, plan_then, records)
    cost = await cost_change(context, await placed(context, added), await placed(context, removed))
    found = foresight(plan_now, plan_then, records, complete=seen_now.complete and seen_then.complete)
    return found.but(monthly_cost=cost)


async def _observed(
    context: ActionContext, tenant: Tenant, policies: Iterable[Policy], records: tuple[CloudPc, ...]
) -> Observed:
    line = KeptLine(context.deps, tenant.id, looks_at=context.now)
    directory, group_ids = context.deps.graph(tenant), sorted(assigned_groups(policies))
    return await retry_while_throttled(lambda: observe_all(directory, tenant.settings, group_ids, records, line))


async def _plan(context: ActionContext, by: _Configuration, observed: Observed) -> Plan:
    snapshots = await snapshots_of(context.deps, by.tenant, by.assigned)
    rules = rules_of(by.service, by.tenant, by.assigned)
    return planner.plan(observed, by.assigned, snapshots, tenant_id=by.tenant.id, at=context.now, rules=rules)
