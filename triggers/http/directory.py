"""A search of the tenant's directory, for forms in which somebody names a group or a user."""

from __future__ import annotations

import azure.functions as func
from typing_extensions import TypedDict

from shared.errors import InvalidError, Problem
from shared.services.directory_names import search_groups, search_users
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.paging import top_of

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
