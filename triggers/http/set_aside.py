"""The due rows that are set aside, in all tenants: the failed work, since when, and why."""

from __future__ import annotations

import azure.functions as func

from shared.workflow import Blueprint
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.lists import whole_list
from triggers.http.response_shapes import Page
from triggers.http.views.set_aside import SET_ASIDE, SetAsideView, set_aside_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="setAside", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/read", returns=Page(SetAsideView), query=SET_ASIDE)
async def list_set_aside(call: Call) -> Response:
    """List the work of all tenants that was due and could not be done; each is tried again every hour."""
    rows = sorted(await call.deps.due.aside.all(), key=lambda row: (row.since, row.id))
    return await whole_list(call, SET_ASIDE, map(set_aside_view, rows))
