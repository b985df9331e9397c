"""The warm pools of a policy: set, as a whole."""

from collections.abc import Collection, Mapping, Sequence

from pydantic import Field

from shared.domain import naming
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.operations.operation import ResourceType
from shared.domain.policies.policy import Policy
from shared.domain.policies.warm_pool import PoolSize, WarmPool, pool_problem
from shared.domain.pools.plan import new_record
from shared.domain.values import Id, Value
from shared.errors import InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import replacement
from shared.services.pools.places import places_of
from shared.services.tenants.licenses import licenses
from shared.storage.due import DueKind
from shared.storage.repository import Stored


class PoolForm(PoolSize):
    """The pool of one plan of the policy, in one region."""

    service_plan_id: Id = Field(title="Service plan", description="Id of a licence of the tenant.")


class PoolsForm(Value):
    """The pools of a policy, which replace its present ones: those left out are drained."""

    pools: tuple[PoolForm, ...] = Field(max_length=20)


async def set_pools(context: ActionContext, stored: Stored[Policy], form: PoolsForm) -> Stored[Policy]:
    """Set the pools of a policy; failures are forgotten, so that building begins again.

    Raises: InvalidError, StaleError.
    """
    deps, policy = context.deps, stored.value
    plans, places = await licenses(context), await places_of(deps, context.tenant, policy)
    template = policy.configuration.decided(context.tenant.settings).naming_template
    if problems := _problems(form, plans, template, places.regions):
        raise InvalidError(*problems)
    pools = tuple(
        WarmPool(plan=plans[each.service_plan_id], **{name: getattr(each, name) for name in PoolSize.model_fields})
        for each in form.pools
    )
    after = policy if pools == policy.pools else policy.but(pools=pools, last_modified_date_time=context.now)
    keys = [pool.key(policy.id) for pool in pools]
    for key in keys:
        await deps.pools.save_all([Stored(new_record(policy.tenant_id, key), "*")])
    for gone in {pool.key(policy.id) for pool in policy.pools}.difference(keys):
        await deps.pools.remove(policy.tenant_id, naming.pool_id(policy.tenant_id, *gone))

    async def promise() -> None:
        await deps.due.put(DueKind.POOL, context.now, policy.tenant_id, policy.id)

    write = replacement(stored, after, deps.policies.replace)
    return await make_change(context, Resource(ResourceType.POLICY, policy.id), write, promise=promise)


def _problems(
    form: PoolsForm, plans: Mapping[str, ServicePlan], naming_template: str, regions: Collection[str]
) -> Sequence[Problem]:
    found, seen = list[Problem](), set[tuple[str, str | None]]()
    for number, pool in enumerate(form.pools):
        place = f"/pools/{number}"
        if pool.service_plan_id not in plans:
            found.append(
                Problem(
                    f"{place}/servicePlanId",
                    "write a licence of a Cloud PC that the tenant has: it has no such licence",
                )
            )
        elif (pool.service_plan_id, pool.region) in seen:
            found.append(Problem(f"{place}/servicePlanId", "named twice"))
        if pool.minimum > pool.maximum:
            found.append(Problem(f"{place}/minimum", "more than the maximum"))
        if pool.schedule is not None:
            found += [Problem(f"{place}/schedule/{at}", message) for at, message in pool.schedule.problems()]
        if pool.keeps_any and (why := pool_problem(pool, naming_template, regions)) is not None:
            found.append(Problem(place, why))
        seen.add((pool.service_plan_id, pool.region))
    return found
