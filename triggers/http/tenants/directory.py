"""A tenant's directory: a search, the holders of roles, and Microsoft Graph's change notifications."""

from __future__ import annotations

import html
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field
from typing_extensions import TypedDict

from shared.dependencies import dependencies
from shared.domain.json_text import read_json
from shared.errors import InvalidError, LengthRequiredError, Problem, TooLargeError
from shared.services.directory.names import role_assignments, search_groups, search_users
from shared.services.tenants import directory_changes
from shared.workflow import Blueprint
from triggers.http.answers import http_response
from triggers.http.call import Call, Response, body_of, ok
from triggers.http.endpoints import endpoint
from triggers.http.json_schema import Json, unrestricted
from triggers.http.lists import top_of, whole_list
from triggers.http.openapi_metadata import Page, Text, returns
from triggers.http.permissions import uncounted_roles
from triggers.http.views.tenants import ROLE_ASSIGNMENT, ROLE_ASSIGNMENTS, role_assignment_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_MOST_CHARACTERS = 120
_QUERY = ("$search", "$top")
_USUAL, _MOST = 50, 100


class DirectoryGroupView(TypedDict):
    """A group of the directory. *assignable*: whether a policy may be assigned to it."""

    id: str
    displayName: str
    kind: str
    assignable: bool


class DirectoryUserView(TypedDict):
    """A user of the directory."""

    id: str
    displayName: str
    userPrincipalName: str
    accountEnabled: bool


class DirectoryGroupsView(TypedDict):
    """Groups, in the order of their names. *more*: whether there are others."""

    value: list[DirectoryGroupView]
    more: bool


class DirectoryUsersView(TypedDict):
    """Users, in the order of their names. *more*: whether there are others."""

    value: list[DirectoryUserView]
    more: bool


@bp.route(route="tenants/{tenant}/directory/groups", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/directory/read", returns=DirectoryGroupsView, query=_QUERY)
async def find_groups(call: Call) -> Response:
    """Find groups whose name begins with ``$search``."""
    found, more = await search_groups(call.context, _search(call), _top(call))
    views = [
        {"id": each.id, "displayName": each.display_name, "kind": each.kind, "assignable": each.assignable}
        for each in found
    ]
    return ok({"value": views, "more": more})


@bp.route(route="tenants/{tenant}/directory/users", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/directory/read", returns=DirectoryUsersView, query=_QUERY)
async def find_users(call: Call) -> Response:
    """Find users by ``$search``: the beginning of their display, given, family or principal name."""
    found, more = await search_users(call.context, _search(call), _top(call))
    views = [
        {
            "id": each.id,
            "displayName": each.display_name,
            "userPrincipalName": each.user_principal_name,
            "accountEnabled": each.account_enabled,
        }
        for each in found
    ]
    return ok({"value": views, "more": more})


def _search(call: Call) -> str:
    text = (call.query("$search") or "").strip().strip('"').strip()
    if len(text) > _MOST_CHARACTERS:
        raise InvalidError(Problem("$search", f"write at most {_MOST_CHARACTERS} characters"))
    return text


def _top(call: Call) -> int:
    return min(top_of(call), _MOST) if call.query("$top") else _USUAL


_MORE: dict[str, type[str]] = {"servicePrincipalId": str, "clientId": str, "manageUrl": str, "unknownBecause": str}


@bp.route(route="tenants/{tenant}/roleAssignments", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/roleAssignments/read", returns=Page(ROLE_ASSIGNMENT, more=_MORE), query=ROLE_ASSIGNMENTS)
async def list_role_assignments(call: Call) -> Response:
    """List who has which role in the tenant by its directory, with the page where an administrator of it gives roles.

    Members of groups have their group's roles. Who administers the whole service is listed in the provider's own
    directory only.
    """
    found = await role_assignments(call.context, uncounted_roles(call.tenant, call.deps.settings.provider_tenant_id))
    more = {
        "servicePrincipalId": found.service_principal_id,
        "clientId": found.client_id,
        "manageUrl": found.manage_url,
        "unknownBecause": found.unknown_because,
    }
    return await whole_list(call, ROLE_ASSIGNMENTS, [role_assignment_view(each) for each in found.assignments], more)


_ACCEPTED, _BAD, _NO_LENGTH, _TOO_LARGE = 202, 400, 411, 413


@unrestricted
class ChangeNotifications(TypedDict, total=False):
    """Graph's changeNotificationCollection."""

    value: Annotated[
        list[Annotated[Json, Field(description="Graph's changeNotification")]],
        Field(max_length=directory_changes.MOST_NOTIFICATIONS),
    ]


@bp.route(route="graph/notifications", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@returns(
    {200: Text(), 202: None, 400: None, 411: None, 413: None}, accepts=ChangeNotifications, query=("validationToken",)
)
async def receive_notifications(req: func.HttpRequest) -> func.HttpResponse:
    """Take Graph's notifications. The clientState proves who sends; anybody else learns nothing."""
    token = req.params.get("validationToken")
    if token is not None:  # the handshake: Graph wants its token back, and a browser must not run it
        return http_response(html.escape(token), kind="text/plain")
    try:
        notifications = _notifications(body_of(req))
    except LengthRequiredError:
        return http_response(status=_NO_LENGTH)
    except TooLargeError:
        return http_response(status=_TOO_LARGE)
    if notifications is None:
        return http_response(status=_BAD)
    if len(notifications) > directory_changes.MOST_NOTIFICATIONS:
        return http_response(status=_TOO_LARGE)
    await directory_changes.receive_notifications(dependencies(), notifications)
    return http_response(status=_ACCEPTED)


def _notifications(body: bytes) -> list[dict[str, Any]] | None:
    try:
        parsed = read_json(body.decode("utf-8"))
    except (ValueError, RecursionError, InvalidError):
        return None
    found = parsed.get("value") if isinstance(parsed, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None
