"""People and groups of the directory for whoever looks at them: their names beside ids, and a search of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta

from shared.caching import TtlCache
from shared.clients.throttling import retry_while_throttled
from shared.domain.tenants.directory import DirectoryUser, Group
from shared.errors import NotFoundError, RefusedError, UnavailableError
from shared.services.action_context import ActionContext

MOST_FOUND = 50
"""Of a search; who looks for more writes more of the name."""

_MOST_ASKED = 100
"""Names that one request asks the directory for; the next one asks for more."""

_NAMES: TtlCache[str] = TtlCache(timedelta(minutes=10))
"""The names of groups, empty for one that is gone."""

_AWAY: TtlCache[bool] = TtlCache(timedelta(seconds=30))
"""The tenants whose directory has just not answered."""

_log = logging.getLogger("deskwright.services")


async def group_names(context: ActionContext, group_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the display names of groups by id; one that is not known is left out.

    A directory that is away hides no list.
    """
    deps, tenant_id = context.deps, context.tenant.id
    wanted = dict.fromkeys(group_ids)
    unknown = [each for each in wanted if _NAMES.get(deps, (tenant_id, each)) is None][:_MOST_ASKED]
    if unknown and not _AWAY.get(deps, tenant_id):
        try:
            await asyncio.gather(*(_read(context, each) for each in unknown))
        except (UnavailableError, RefusedError) as error:
            _AWAY.put(deps, tenant_id, True)
            _log.warning("names of groups of %s could not be read: %s", tenant_id, error)
    return {each: name for each in wanted if (name := _NAMES.get(deps, (tenant_id, each)))}


async def _read(context: ActionContext, group_id: str) -> None:
    graph = context.deps.graph(context.tenant)
    try:
        name = (await retry_while_throttled(lambda: graph.group(group_id))).display_name
    except NotFoundError:
        name = ""
    _NAMES.put(context.deps, (context.tenant.id, group_id), name)


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
