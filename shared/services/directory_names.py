"""People and groups of the directory for whoever looks at them: their names beside ids, and a search of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta

from shared.caching import TtlCache
from shared.clients.throttling import retry_while_throttled
from shared.domain.tenants.directory import DirectoryUser, Group
from shared.errors import NotFoundError, RefusedError, UnavailableError
from shared.services.action_context import ActionContext

MOST_FOUND = 50
"""Most results of a search; a longer part of the name narrows it."""

_MOST_ASKED = 100
"""Names that one request asks the directory for; the next one asks for more."""

_NAMES: TtlCache[str] = TtlCache(timedelta(minutes=10))
"""The names of groups and of applications, empty for one that is gone."""

_AWAY: TtlCache[bool] = TtlCache(timedelta(seconds=30))
"""The tenants whose directory has just not answered, with the kind of the question."""

_log = logging.getLogger("deskwright.services")


async def group_names(context: ActionContext, group_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the display names of groups by id; unknown groups are left out.

    A directory that does not answer hides no list.
    """
    graph = context.deps.graph(context.tenant)

    async def name(group_id: str) -> str:
        return (await graph.group(group_id)).display_name

    return await _names(context, "groups", group_ids, name)


async def application_names(context: ActionContext, object_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the display names of service principals by object id; unknown ones are left out."""
    graph = context.deps.graph(context.tenant)
    return await _names(context, "applications", object_ids, graph.service_principal_name)


async def _names(
    context: ActionContext, kind: str, ids: Iterable[str], name_of: Callable[[str], Awaitable[str]]
) -> Mapping[str, str]:
    """Return the names of objects of the directory, kept for a while."""
    deps, tenant_id = context.deps, context.tenant.id
    wanted = dict.fromkeys(ids)
    unknown = [each for each in wanted if _NAMES.get(deps, (tenant_id, each)) is None][:_MOST_ASKED]

    async def read(object_id: str) -> None:
        try:
            name = await retry_while_throttled(lambda: name_of(object_id))
        except NotFoundError:
            name = ""
        _NAMES.put(deps, (tenant_id, object_id), name)

    if unknown and not _AWAY.get(deps, (tenant_id, kind)):
        try:
            await asyncio.gather(*map(read, unknown))
        except (UnavailableError, RefusedError) as error:
            _AWAY.put(deps, (tenant_id, kind), True)
            _log.warning("names of %s of %s could not be read: %s", kind, tenant_id, error)
    return {each: name for each in wanted if (name := _NAMES.get(deps, (tenant_id, each)))}


async def search_groups(context: ActionContext, search: str, most: int = MOST_FOUND) -> tuple[list[Group], bool]:
    """Return groups whose name begins with *search*, *most* at most, and whether there are more. Raises: as Graph."""
    graph = context.deps.graph(context.tenant)
    found = await retry_while_throttled(lambda: graph.groups(search, most + 1))
    for each in found:
        _NAMES.put(context.deps, (context.tenant.id, each.id), each.display_name)
    return found[:most], len(found) > most


async def search_users(context: ActionContext, search: str, most: int = MOST_FOUND) -> tuple[list[DirectoryUser], bool]:
    """Return users with a name that begins with *search*, and whether there are more. Raises: as Graph."""
    graph = context.deps.graph(context.tenant)
    found = await retry_while_throttled(lambda: graph.users(search, most + 1))
    return found[:most], len(found) > most
