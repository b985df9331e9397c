"""Pausing and resuming a policy, a tenant, or everything: no new build, no removal; what runs runs to its end."""

from __future__ import annotations

import azure.functions as func
from pydantic import Field

from shared.domain.describing import maybe, whole
from shared.domain.graph.policies import policy_view
from shared.domain.graph.shapes import POLICY
from shared.domain.pausing import ServiceState
from shared.domain.policy import Policy
from shared.domain.tenant import Paused, Tenant
from shared.domain.values import Value
from shared.services.reconciling import promise_reconcile
from shared.storage.audit import EVERYWHERE
from shared.workflow import Blueprint, DurableClient
from triggers.http.connection_checks import promise_checks
from triggers.http.endpoints import Answer, Call, endpoint, ok
from triggers.http.graph import telling
from triggers.http.policies import reconciling

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_STATE = whole("serviceState", {"paused": maybe(Paused)})


class PauseForm(Value):
    """Why it is paused; Cloud PCs that wait for it show the reason."""

    reason: str = Field("", max_length=500)


class ResumeForm(Value):
    """Nothing is asked."""


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/pause", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/pause", accepts=PauseForm, optional=True, returns=POLICY)
async def pause_policy(call: Call) -> Answer:
    """Let a policy begin no build and no removal."""
    return await _set_policy(call, _paused(call))


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/provisioningPolicies/resume", accepts=ResumeForm, optional=True, returns=POLICY)
async def resume_policy(call: Call, client: DurableClient) -> Answer:
    """Let a policy act again; what has waited for it begins."""
    call.read(ResumeForm, call.json_if_any())
    await promise_reconcile(call.deps, call.tenant.id, call.now)
    answer = await _set_policy(call, None)
    return telling(answer, await reconciling(call, client, call.param("id")))


@bp.route(route="tenants/{tenant}/pause", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/pause", accepts=PauseForm, optional=True, returns=Tenant)
async def pause_tenant(call: Call) -> Answer:
    """Let a whole tenant begin no build and no removal."""
    return await _set_tenant(call, _paused(call))


@bp.route(route="tenants/{tenant}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/tenants/resume", accepts=ResumeForm, optional=True, returns=Tenant)
async def resume_tenant(call: Call, client: DurableClient) -> Answer:
    """Let a tenant act again; what has waited for it begins."""
    call.read(ResumeForm, call.json_if_any())
    await promise_reconcile(call.deps, call.tenant.id, call.now)
    await promise_checks(call.deps, call.tenant.id, call.now)
    answer = await _set_tenant(call, None)
    return telling(answer, await reconciling(call, client, call.tenant.id))


@bp.route(route="pause", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/read", returns=_STATE)
async def get_pause(call: Call) -> Answer:
    """Tell whether the service is paused for all tenants."""
    return ok(shown(await call.deps.service_state.get()))


@bp.route(route="pause", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/pause", accepts=PauseForm, optional=True, returns=_STATE)
async def pause_service(call: Call) -> Answer:
    """Let the service begin no build and no removal, in no tenant."""
    return await _set_service(call, _paused(call))


@bp.route(route="resume", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/resume", accepts=ResumeForm, optional=True, returns=_STATE)
async def resume_service(call: Call) -> Answer:
    """Let the service act again; the sweep begins what has waited, tenant by tenant."""
    call.read(ResumeForm, call.json_if_any())
    async for stored in call.deps.tenants.each():
        if stored.value.paused is None:  # whoever resumes it asks for a reconcile
            await promise_reconcile(call.deps, stored.value.id, call.now)
            await promise_checks(call.deps, stored.value.id, call.now)
    return await _set_service(call, None)


def shown(state: ServiceState) -> dict[str, object]:
    """Return the state of the service as JSON."""
    return {"paused": state.paused.to_json() if state.paused else None}


def _paused(call: Call) -> Paused:
    return Paused(by=call.caller.actor.name, at=call.now, reason=call.read(PauseForm, call.json_if_any()).reason)


def _again(there: Paused | None, paused: Paused | None) -> bool:
    """Return whether it stands so already: pausing twice with one reason, or resuming what is not paused."""
    return there is None if paused is None else there is not None and there.reason == paused.reason


async def _set_policy(call: Call, paused: Paused | None) -> Answer:
    policies, tenant = call.deps.policies, call.tenant
    stored = await policies.get(tenant.id, call.param("id"))
    call.match(stored.etag)
    before = stored.value

    def edit(policy: Policy) -> Policy | None:
        nonlocal before
        before = policy
        return None if _again(policy.paused, paused) else policy.but(paused=paused, last_modified_date_time=call.now)

    after = await policies.change(tenant.id, before.id, edit, known=stored)
    if after != before:
        await call.audit("provisioningPolicy", after.id, before=before, after=after)
    return ok(policy_view(after, tenant.settings.grace_period_in_hours))


async def _set_tenant(call: Call, paused: Paused | None) -> Answer:
    call.match(call.stored_tenant.etag)
    before = call.tenant

    def edit(tenant: Tenant) -> Tenant | None:
        nonlocal before
        before = tenant
        return None if _again(tenant.paused, paused) else tenant.but(paused=paused)

    after = await call.deps.tenants.change(before.id, edit)
    if after != before:
        await call.audit("tenant", after.id, before=before, after=after)
    return ok(after.to_json())


async def _set_service(call: Call, paused: Paused | None) -> Answer:
    before = ServiceState()

    def edit(state: ServiceState) -> ServiceState | None:
        nonlocal before
        before = state
        return None if _again(state.paused, paused) else state.but(paused=paused)

    after = await call.deps.service_state.change(edit)
    if after != before:
        await call.audit("service", EVERYWHERE, before=before, after=after)
    return ok(shown(after))
