"""Actions that the caller may do on a Cloud PC, Spot Group, session host or image version; why others are refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import azure.functions as func
from typing_extensions import TypedDict

from shared.errors import ForbiddenError, UnavailableError
from shared.services.actions.supported_actions import (
    SupportedAction,
    group_actions,
    host_actions,
    supported_actions,
    version_actions,
)
from shared.services.spot.image_versions import version_of
from shared.services.spot.session_hosts import host_of
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE
from triggers.http.json_schema import DumpOf, Json

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


class SupportedActionsView(TypedDict):
    """Each action, and whether it is possible now."""

    value: list[Annotated[Json, DumpOf(SupportedAction)]]


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/supportedActions", methods=["GET"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/read", returns=SupportedActionsView, reach=scopes.CLOUD_PC)
async def get_supported_actions(call: Call, client: DurableClient) -> Response:
    """Show for each action whether the caller may do it with a Cloud PC now, and why not."""
    stored = await call.deps.cloud_pcs.get(call.tenant.id, call.param("id"))
    return _response(call, await supported_actions(call.context, client, stored.value))


@bp.route(route=f"{BASE}/spotGroups/{{id}}/hosts/{{host}}/supportedActions", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sessionHosts/read", graph=True, returns=SupportedActionsView, reach=scopes.SPOT_GROUP)
async def get_supported_host_actions(call: Call) -> Response:
    """Show for each action whether the caller may do it with a session host now, and why not."""
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    return _response(call, host_actions((await host_of(call.context, group, call.param("host"))).value))


@bp.route(route=f"{BASE}/spotGroups/{{id}}/supportedActions", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/spotGroups/read", graph=True, returns=SupportedActionsView, reach=scopes.SPOT_GROUP)
async def get_supported_group_actions(call: Call) -> Response:
    """Show for each action whether the caller may do it with a Spot Group and its release now, and why not."""
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    return _response(call, await group_actions(call.context, group))


@bp.route(route=f"{BASE}/imageSets/{{id}}/versions/{{number}}/supportedActions", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/imageVersions/read", graph=True, returns=SupportedActionsView)
async def get_supported_version_actions(call: Call) -> Response:
    """Show for each action whether the caller may do it with an image version now, and why not."""
    version = (await version_of(call.context, call.param("id"), call.param("number"))).value
    return _response(call, await version_actions(call.context, version))


def _response(call: Call, actions: Iterable[SupportedAction]) -> Response:
    return ok({"value": [_allowed(call, each).to_json() for each in actions]})


def _allowed(call: Call, action: SupportedAction) -> SupportedAction:
    """Return the action as far as the roles of the caller allow it."""
    try:
        call.authorize(action.permission)
    except (ForbiddenError, UnavailableError) as why:
        return action.but(possible=False, reason=str(why))
    return action
