"""The caller's own mail preferences."""

from __future__ import annotations

import azure.functions as func

from shared.domain.notices.personal import PersonalNotices, PersonalNoticesEdit
from shared.domain.tenants.tenant import Tenant
from shared.services.notices.choosing import choose, is_mailed, own_choice, own_tenants
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.views.notices import PersonalNoticesView, personal_notices_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="me/notices", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readNotices", returns=PersonalNoticesView)
async def get_own_notices(call: Call) -> Response:
    """Show the caller's mail preferences, and the types of events that they may leave out."""
    tenants = await own_tenants(call.deps, call.caller.directory_id)
    return await _response(call, tenants, await own_choice(call.deps, tenants, call.caller.actor.id))


@bp.route(route="me/notices", methods=["PATCH"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/updateNotices", accepts=PersonalNoticesEdit, returns=PersonalNoticesView)
async def change_own_notices(call: Call) -> Response:
    """Change the caller's mail preferences: types that are left out, and quiet hours."""
    edit = call.read(PersonalNoticesEdit)
    tenants = await own_tenants(call.deps, call.caller.directory_id)
    return await _response(call, tenants, await choose(call.context, tenants, call.caller.actor.id, edit))


async def _response(call: Call, tenants: list[Tenant], choice: PersonalNotices) -> Response:
    return ok(personal_notices_view(choice, mailed=await is_mailed(call.deps, tenants)))
