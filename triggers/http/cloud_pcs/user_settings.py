"""User settings: Graph's userSettings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import azure.functions as func

from shared.domain.cloud_pcs.user_setting import UserSetting, UserSettingEdit, UserSettingForm
from shared.errors import InvalidError
from shared.services.directory.names import group_names
from shared.services.policies.user_settings import (
    assign_user_setting,
    create_user_setting,
    delete_user_setting,
    update_user_setting,
)
from shared.storage.repository import Stored
from shared.workflow import Blueprint
from triggers.http.bodies.cloud_pcs import user_setting_body
from triggers.http.bodies.declared import renamed
from triggers.http.bodies.policies import AssignBody, assigned_group_ids
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_changed, graph_created, graph_item, graph_whole_list, query_of
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.views.users import USER_SETTING, USER_SETTINGS, user_setting_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ONE = f"{BASE}/userSettings/{{id}}"


@bp.route(route=f"{BASE}/userSettings", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/userSettings/read", graph=True, returns=Page(USER_SETTING), query=USER_SETTINGS)
async def list_user_settings(call: Call) -> Response:
    """List the user settings."""
    settings = [stored.value async for stored in call.deps.user_settings.each(call.tenant.id)]
    names = await _names(call, settings)
    return await graph_whole_list(call, USER_SETTINGS, [user_setting_view(each, names) for each in settings])


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/userSettings/read", graph=True, returns=USER_SETTING, query=(*ONE, "$expand"))
async def get_user_setting(call: Call) -> Response:
    """Show user settings."""
    stored = await _read(call)
    names = await _names(call, [stored.value])
    return graph_item(call, USER_SETTINGS, user_setting_view(stored.value, names), stored.etag)


@bp.route(route=f"{BASE}/userSettings", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/userSettings/create", graph=True, accepts=UserSettingForm, returns={201: USER_SETTING})
async def add_user_setting(call: Call) -> Response:
    """Create user settings; they apply to nobody until they are assigned."""

    async def create() -> Response:
        stored = await create_user_setting(call.context, user_setting_body(UserSettingForm, call.json()))
        return graph_created(call, USER_SETTINGS, user_setting_view(stored.value), stored.etag)

    return await once(call, create)


@bp.route(route=_ONE, methods=["PATCH"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/userSettings/update",
    graph=True,
    accepts=UserSettingEdit,
    returns={200: USER_SETTING, 204: None},
)
async def change_user_setting(call: Call) -> Response:
    """Change the properties of user settings that the body names; they apply from the user's next request on."""
    stored = await _read(call)
    edit = user_setting_body(UserSettingEdit, call.json(), user_setting_view(stored.value))
    after = await update_user_setting(call.context, stored, edit)
    return graph_changed(call, USER_SETTINGS, user_setting_view(after.value), after.etag)


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/userSettings/delete", graph=True, returns={204: None})
async def remove_user_setting(call: Call) -> Response:
    """Delete user settings; the rights that they gave end."""
    await delete_user_setting(call.context, await _read(call))
    return Response(204)


@bp.route(route=f"{_ONE}/assign", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/userSettings/assign", graph=True, accepts=AssignBody, returns={204: None})
async def assign_user_settings(call: Call) -> Response:
    """Replace the groups to whose members user settings apply."""
    stored = await _read(call)
    group_ids = assigned_group_ids(call.json())
    try:
        await assign_user_setting(call.context, stored, group_ids)
    except InvalidError as error:
        pointers = {f"/groups/groupIds/{n}": f"/assignments/{n}/target/groupId" for n in range(len(group_ids))}
        raise renamed(error, pointers) from error
    return Response(204)


async def _names(call: Call, settings: Iterable[UserSetting]) -> Mapping[str, str]:
    """Return the names of the groups in the answer, or no names unless the query selects the assignments."""
    if "assignments" not in query_of(call, USER_SETTINGS).shown:
        return {}
    return await group_names(call.context, (a.group_id for each in settings for a in each.assignments))


async def _read(call: Call) -> Stored[UserSetting]:
    stored = await call.deps.user_settings.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored
