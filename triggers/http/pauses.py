"""Pausing and resuming a policy, a tenant, or the service: no new build, no removal; running work ends."""

from __future__ import annotations

from typing import Annotated

import azure.functions as func
from pydantic import AfterValidator, Field

from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import Tenant
from shared.domain.texts import one_line
from shared.domain.values import Value
from shared.services import pausing
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import with_operation
from triggers.http.policies import shown as shown_policy
from triggers.http.views.policies import POLICY
from triggers.http.views.tenants import ServiceStateView, service_state_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


class PauseForm(Value):
    """Why it is paused; Cloud PCs that wait for it show the reason."""

    reason: Annotated[str, Field(max_length=500), AfterValidator(one_line)] = ""


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/pause", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/pause", accepts=PauseForm, optional=True, returns=POLICY)
async def pause_policy(call: Call) -> Response:
    """Let a policy begin no build and no removal."""
    reason = _reason(call)
    return ok(shown_policy(call, await pausing.pause_policy(call.context, await _policy(call), reason)))


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/provisioningPolicies/resume", returns=POLICY)
async def resume_policy(call: Call, client: DurableClient) -> Response:
    """Let a policy act again; waiting work begins."""
    policy, operation = await pausing.resume_policy(call.context, client, await _policy(call))
    return with_operation(ok(shown_policy(call, policy)), operation)


@bp.route(route="tenants/{tenant}/pause", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/pause", accepts=PauseForm, optional=True, returns=Tenant)
async def pause_tenant(call: Call) -> Response:
    """Let a whole tenant begin no build and no removal."""
    reason = _reason(call)
    call.match(call.stored_tenant.etag)
    return ok((await pausing.pause_tenant(call.context, reason)).to_json())


@bp.route(route="tenants/{tenant}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/tenants/resume", returns=Tenant)
async def resume_tenant(call: Call, client: DurableClient) -> Response:
    """Let a tenant act again; waiting work begins."""
    call.match(call.stored_tenant.etag)
    tenant, operation = await pausing.resume_tenant(call.context, client)
    return with_operation(ok(tenant.to_json()), operation)


@bp.route(route="pause", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/read", returns=ServiceStateView)
async def get_pause(call: Call) -> Response:
    """Show whether the service is paused for all tenants."""
    return ok(service_state_view(await call.deps.service_state.get()))


@bp.route(route="pause", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/pause", accepts=PauseForm, optional=True, returns=ServiceStateView)
async def pause_service(call: Call) -> Response:
    """Let the service begin no build and no removal, in no tenant."""
    reason = _reason(call)
    return ok(service_state_view(await pausing.pause_service(call.context, reason)))


@bp.route(route="resume", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/resume", returns=ServiceStateView)
async def resume_service(call: Call) -> Response:
    """Let the service act again; the sweep begins waiting work, tenant by tenant."""
    return ok(service_state_view(await pausing.resume_service(call.context)))


def _reason(call: Call) -> str:
    return call.read(PauseForm, call.json_if_any()).reason


async def _policy(call: Call) -> Stored[Policy]:
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored
