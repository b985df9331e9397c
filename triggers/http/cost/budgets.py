"""Budgets: an amount for each month, for a tenant, a policy or a Spot Group."""

from __future__ import annotations

import re

import azure.functions as func

from shared.domain.cost.budgets import BudgetSettings
from shared.errors import ConflictError, InvalidError, MismatchError, Problem, StaleError
from shared.services.cost.budgets import delete_budget, put_budget
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.lists import whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.cost import BUDGET, BUDGET_TO_PUT, BUDGETS, budget_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ID = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")


@bp.route(route="tenants/{tenant}/budgets", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/budgets/read", returns=Page(BUDGET), query=BUDGETS)
async def list_budgets(call: Call) -> Response:
    """List the budgets with their use: spent, forecast, the notices of this month, and the step of the brake."""
    found = call.deps.budgets.each(call.tenant.id)
    return await whole_list(call, BUDGETS, [budget_view(stored.value) async for stored in found])


@bp.route(route="tenants/{tenant}/budgets/{id}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/budgets/read", returns=BUDGET)
async def get_budget(call: Call) -> Response:
    """Show one budget."""
    stored = await call.deps.budgets.get(call.tenant.id, call.param("id"))
    return ok(budget_view(stored.value), etag=stored.etag)


@bp.route(route="tenants/{tenant}/budgets/{id}", methods=["PUT"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/budgets/write", accepts=BUDGET_TO_PUT, returns={200: BUDGET, 201: BUDGET})
async def set_budget(call: Call) -> Response:
    """Create a budget, or replace its settings."""
    settings, id_ = call.read(BudgetSettings), call.param("id")
    if _ID.fullmatch(id_) is None:
        raise InvalidError(Problem("id", "write small letters, digits and hyphens, such as all-desks"))
    there = await call.deps.budgets.find(call.tenant.id, id_)
    if there is None:
        if call.request.headers.get("if-match"):
            raise MismatchError("there is no such budget")
        try:
            stored = await put_budget(call.context, None, id_, settings)
        except ConflictError as error:
            raise StaleError("somebody else has just created the budget") from error
        return created(budget_view(stored.value), f"/api/tenants/{call.tenant.id}/budgets/{id_}", etag=stored.etag)
    call.match(there.etag)
    stored = await put_budget(call.context, there, id_, settings)
    return ok(budget_view(stored.value), etag=stored.etag)


@bp.route(route="tenants/{tenant}/budgets/{id}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/budgets/delete", returns={204: None})
async def remove_budget(call: Call) -> Response:
    """Delete a budget; its brake ends."""
    there = await call.deps.budgets.get(call.tenant.id, call.param("id"))
    call.match(there.etag)
    await delete_budget(call.context, there)
    return Response(204)
