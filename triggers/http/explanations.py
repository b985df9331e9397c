"""Explain: why a user has, will have, or lacks each Cloud PC."""

from __future__ import annotations

import azure.functions as func

from shared.clients.directory import assigned_groups, existing_groups
from shared.domain.explain import Explanation, explain
from shared.errors import InvalidError, Problem
from shared.services.licences import licensed_user
from shared.workflow import Blueprint
from triggers.http.endpoints import Answer, Call, endpoint, ok
from triggers.http.today import read_today

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/explain", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/explanations/read", returns=Explanation, query=("user",))
async def explain_user(call: Call) -> Answer:
    """Explain the user named by ``user``: principal name or id."""
    named = call.query("user")
    if not named:
        raise InvalidError(Problem("user", "required: a user principal name or an id"))
    deps, tenant = call.deps, call.tenant
    graph = deps.graph(tenant)
    today = await read_today(call)
    entitled = await licensed_user(call, named, assigned_groups(today.policies.values()))
    groups = await existing_groups(graph, sorted(entitled.group_ids))
    records = [stored.value for stored in await deps.cloud_pcs.of_user(tenant.id, entitled.user.id)]
    names = {group.id: group.display_name for group in groups}
    return ok(explain(entitled, today, records, names, tenant_id=tenant.id).to_json())
