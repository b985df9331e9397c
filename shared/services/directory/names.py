"""People and groups of the directory for administrators: names, a search, and the holders of roles."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import timedelta

from shared.caching import TtlCache
from shared.clients.graph_directory import AppRoles, app_roles
from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import DeclinedError, UnansweredError
from shared.domain.tenants.directory import DirectoryUser, Group, PrincipalType, RoleAssignment
from shared.domain.values import Value
from shared.errors import NotFoundError, RefusedError, UnavailableError
from shared.services.operations.action_context import ActionContext

MOST_FOUND = 50
"""Most results of a search; a longer part of the name narrows it."""

_MOST_ASKED = 100
"""The most names that one request asks the directory for; later requests ask for further ones."""

_NAMES: TtlCache[str] = TtlCache(timedelta(minutes=10))
"""The names of objects of directories by tenant, kind of question and id; empty for deleted ones."""

_AWAY: TtlCache[bool] = TtlCache(timedelta(seconds=30))
"""The tenants whose directory did not answer within the last seconds, by kind of question."""

_GROUPS = "groups"

_log = logging.getLogger("deskwright.services")


async def group_names(context: ActionContext, group_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the display names of groups by id; unknown groups are left out.

    A directory that does not answer hides no list.
    """
    graph = context.deps.graph(context.tenant)

    async def name(group_id: str) -> str:
        return (await graph.group(group_id)).display_name

    return await _names(context, _GROUPS, group_ids, name)


async def application_names(context: ActionContext, object_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the display names of service principals by object id; unknown ones are left out."""
    graph = context.deps.graph(context.tenant)
    return await _names(context, "applications", object_ids, graph.service_principal_name)


async def principal_names(
    context: ActionContext, principal_ids: Iterable[str], group_ids: Collection[str]
) -> Mapping[str, str]:
    """Return the display names of users, groups and applications by object id; unknown ones are left out.

    *group_ids*: those that are groups.
    """
    graph = context.deps.graph(context.tenant)

    async def name(object_id: str) -> str:
        if object_id in group_ids:
            return (await graph.group(object_id)).display_name
        try:
            return _name_of(await graph.user(object_id))
        except NotFoundError:
            return await graph.service_principal_name(object_id)

    return await _names(context, "principals", principal_ids, name)


async def provider_names(context: ActionContext, user_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the display names of users of the provider's directory by object id; unknown ones are left out."""
    graph = context.deps.provider_graph()

    async def name(user_id: str) -> str:
        return _name_of(await graph.user(user_id))

    return await _names(context, "people of the provider", user_ids, name)


def _name_of(user: DirectoryUser) -> str:
    return user.display_name or user.user_principal_name


async def _names(
    context: ActionContext, kind: str, ids: Iterable[str], name_of: Callable[[str], Awaitable[str]]
) -> Mapping[str, str]:
    """Return the names of objects of the directory, kept for a while."""
    deps, tenant_id = context.deps, context.tenant.id
    wanted = dict.fromkeys(ids)
    unknown = [each for each in wanted if _NAMES.get(deps, (tenant_id, kind, each)) is None][:_MOST_ASKED]

    async def read(object_id: str) -> None:
        try:
            name = await retry_while_throttled(lambda: name_of(object_id))
        except NotFoundError:
            name = ""
        _NAMES.put(deps, (tenant_id, kind, object_id), name)

    if unknown and not _AWAY.get(deps, (tenant_id, kind)):
        try:
            await asyncio.gather(*map(read, unknown))
        except (UnavailableError, RefusedError) as error:
            _AWAY.put(deps, (tenant_id, kind), True)
            _log.warning("names of %s of %s could not be read: %s", kind, tenant_id, error)
    return {each: name for each in wanted if (name := _NAMES.get(deps, (tenant_id, kind, each)))}


async def search_groups(context: ActionContext, search: str, most: int = MOST_FOUND) -> tuple[list[Group], bool]:
    """Return groups whose name begins with *search*, *most* at most, and whether there are more. Raises: as Graph."""
    graph = context.deps.graph(context.tenant)
    found = await retry_while_throttled(lambda: graph.groups(search, most + 1))
    for each in found:
        _NAMES.put(context.deps, (context.tenant.id, _GROUPS, each.id), each.display_name)
    return found[:most], len(found) > most


async def search_users(context: ActionContext, search: str, most: int = MOST_FOUND) -> tuple[list[DirectoryUser], bool]:
    """Return users with a name that begins with *search*, and whether there are more. Raises: as Graph."""
    graph = context.deps.graph(context.tenant)
    found = await retry_while_throttled(lambda: graph.users(search, most + 1))
    return found[:most], len(found) > most


_PORTALS = {"login.microsoftonline.us": "entra.microsoft.us"}
_PORTAL = "entra.microsoft.com"
_USERS_AND_GROUPS = "Users"
_NOT_THERE = "the API is not in the directory of the tenant: nobody of it has signed in yet"


class RolesFound(Value):
    """All holders of roles. *service_principal_id*: of the API; *unknown_because*: why the directory was not read."""

    assignments: tuple[RoleAssignment, ...] = ()
    service_principal_id: str | None = None
    client_id: str
    manage_url: str | None = None
    unknown_because: str | None = None


async def role_assignments(context: ActionContext, uncounted: frozenset[str]) -> RolesFound:
    """Read who has which role of the API in the directory of a tenant. *uncounted*: roles that mean nothing there."""
    client_id = context.deps.settings.api_audience
    graph = context.deps.graph(context.tenant)
    try:
        found = await retry_while_throttled(lambda: app_roles(graph, client_id))
        if found is None:
            return RolesFound(client_id=client_id, unknown_because=_NOT_THERE)
        users = [str(each["principalId"]) for each in found.assignments if each["principalType"] == PrincipalType.USER]
        names = await retry_while_throttled(lambda: graph.users_by_id(sorted(set(users))))
    except (DeclinedError, RefusedError, UnansweredError, UnavailableError) as error:
        _log.warning("the roles of %s could not be read: %s", context.tenant.id, error)
        return RolesFound(client_id=client_id, unknown_because=f"the directory did not say it: {error}")
    principals = {user_id: user.user_principal_name for user_id, user in names.items()}
    return RolesFound(
        assignments=tuple(_assignments(found, principals, uncounted)),
        service_principal_id=found.principal_id,
        client_id=client_id,
        manage_url=_manage_url(context, found.principal_id),
    )


def _assignments(found: AppRoles, principals: dict[str, str], uncounted: frozenset[str]) -> list[RoleAssignment]:
    rows = [
        RoleAssignment(
            id=str(each["id"]),
            role=found.names[str(each["appRoleId"])],
            principal_id=str(each["principalId"]),
            principal_type=PrincipalType(str(each["principalType"])),
            display_name=str(each.get("principalDisplayName") or each["principalId"]),
            user_principal_name=principals.get(str(each["principalId"])),
            created_date_time=each.get("createdDateTime"),
        )
        for each in found.assignments
        if str(each["appRoleId"]) in found.names  # the others are assignments without a role
    ]
    return sorted(
        (each for each in rows if each.role not in uncounted),
        key=lambda each: (each.display_name.casefold(), each.role),
    )


def _manage_url(context: ActionContext, principal_id: str) -> str:
    """Return the page *Users and groups* of the application, where an administrator of the directory gives roles."""
    authority = context.deps.settings.authority_url.partition("://")[2].partition("/")[0]
    client_id = context.deps.settings.api_audience
    page = f"ManagedAppMenuBlade/~/{_USERS_AND_GROUPS}/objectId/{principal_id}/appId/{client_id}"
    return f"https://{_PORTALS.get(authority, _PORTAL)}/{context.tenant.entra_tenant_id}/#view/Microsoft_AAD_IAM/{page}"
