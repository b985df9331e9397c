"""Pausing and resuming a policy, a tenant, or the service: no new build, no removal; running work ends."""

from __future__ import annotations

from functools import partial

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.operations.pausing import ServiceState, pause_reason
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import Paused, Tenant
from shared.services.networks.connection_checks import promise_checks
from shared.services.operations.action_context import ActionContext
from shared.services.operations.comparing import stop_comparing
from shared.services.operations.intents import Promise, Resource, make_change
from shared.services.operations.writes import change
from shared.services.policies.reconciling import promise_reconcile, reconcile_for
from shared.storage.audit import EVERYWHERE
from shared.storage.repository import Stored
from shared.workflow import DurableClient


async def why_paused(deps: Dependencies, tenant: Tenant, pc: CloudPc) -> str | None:
    """Return why no work on *pc* may begin now, by its policy, tenant and service; None if it may."""
    policy = await deps.policies.find(tenant.id, pc.current.snapshot.policy_id) if pc.current.snapshot else None
    return pause_reason(await deps.service_state.get(), tenant, policy.value if policy else None)


async def pause_policy(context: ActionContext, stored: Stored[Policy], reason: str) -> Policy:
    """Let a policy begin no build and no removal."""
    return await _set_policy(context, stored, _paused(context, reason))


async def resume_policy(
    context: ActionContext, client: DurableClient, stored: Stored[Policy]
) -> tuple[Policy, Operation]:
    """Let a policy act again; waiting work begins. Return also the operation of the reconcile."""
    promise = partial(promise_reconcile, context.deps, context.tenant.id, context.now)
    after = await _set_policy(context, stored, None, promise)
    return after, await reconcile_for(context, client, after.id)


async def pause_tenant(context: ActionContext, reason: str) -> Tenant:
    """Let the context's tenant begin no build and no removal."""
    return await _set_tenant(context, _paused(context, reason))


async def resume_tenant(context: ActionContext, client: DurableClient) -> tuple[Tenant, Operation]:
    """Let the context's tenant act again; waiting work begins, compared after a restore or not."""

    async def promise() -> None:
        await stop_comparing(context.deps, context.tenant.id)
        await _promise_tenant(context, context.tenant.id)

    after = await _set_tenant(context, None, promise)
    return after, await reconcile_for(context, client, after.id)


async def pause_service(context: ActionContext, reason: str) -> ServiceState:
    """Let the service begin no build and no removal, in no tenant."""
    return await _set_service(context, _paused(context, reason))


async def resume_service(context: ActionContext) -> ServiceState:
    """Let the service act again; the sweep begins waiting work, tenant by tenant."""

    async def promise() -> None:
        async for stored in context.deps.tenants.each():
            if stored.value.paused is None:  # resuming a tenant requests a reconcile of its own
                await _promise_tenant(context, stored.value.id)

    return await _set_service(context, None, promise)


async def _promise_tenant(context: ActionContext, tenant_id: str) -> None:
    await promise_reconcile(context.deps, tenant_id, context.now)
    await promise_checks(context.deps, tenant_id, context.now)


def _paused(context: ActionContext, reason: str) -> Paused:
    return Paused(by=context.actor.name, at=context.now, reason=reason)


def _is_set(there: Paused | None, paused: Paused | None) -> bool:
    """Whether nothing changes: pausing twice with one reason, or resuming without a pause."""
    return there is None if paused is None else there is not None and there.reason == paused.reason


async def _set_policy(
    context: ActionContext, stored: Stored[Policy], paused: Paused | None, promise: Promise | None = None
) -> Policy:
    before = stored.value

    def edit(policy: Policy) -> Policy | None:
        if _is_set(policy.paused, paused):
            return None
        return policy.but(paused=paused, last_modified_date_time=context.now)

    apply_edit = partial(context.deps.policies.change, before.tenant_id, before.id, known=stored)
    resource = Resource(ResourceType.POLICY, before.id)
    return await make_change(context, resource, change(before, edit, apply_edit), promise=promise)


async def _set_tenant(context: ActionContext, paused: Paused | None, promise: Promise | None = None) -> Tenant:
    before = context.tenant

    def edit(tenant: Tenant) -> Tenant | None:
        return None if _is_set(tenant.paused, paused) else tenant.but(paused=paused)

    write = change(before, edit, partial(context.deps.tenants.change, before.id))
    return await make_change(context, Resource(ResourceType.TENANT, before.id), write, promise=promise)


async def _set_service(context: ActionContext, paused: Paused | None, promise: Promise | None = None) -> ServiceState:
    before = await context.deps.service_state.get()

    def edit(state: ServiceState) -> ServiceState | None:
        return None if _is_set(state.paused, paused) else state.but(paused=paused)

    write = change(before, edit, context.deps.service_state.change)
    return await make_change(context, Resource(ResourceType.SERVICE, EVERYWHERE), write, promise=promise)
