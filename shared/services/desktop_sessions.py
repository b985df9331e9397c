"""The sessions on the hosts of a Spot Group: listing them, telling their users, signing them off; opening a host."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any

from shared.clients.arm import ResourceId, as_content, parse_id
from shared.contracts.refusals import MissingError
from shared.dependencies import Dependencies
from shared.domain.spot.host import SessionHost
from shared.domain.spot.sessions import DesktopSession, Notice
from shared.errors import ConflictError


async def sessions_of(deps: Dependencies, host: SessionHost) -> list[DesktopSession]:
    """Return the sessions of a host; none where it is not registered."""
    pool, name = _place(host)
    if pool is None:
        return []
    sessions = deps.desktops(pool.subscription_id).user_sessions
    try:
        found = [each async for each in sessions.list(pool.resource_group, pool.name, name)]
    except MissingError:
        return []
    return [_session(host, each) for each in found]


async def sessions_by_host(
    deps: Dependencies, hosts: Sequence[SessionHost]
) -> list[tuple[SessionHost, list[DesktopSession]]]:
    """Return each host of a group with its sessions: Azure is asked once for a pool, and not for each host of it."""
    places = [_place(host) for host in hosts]
    found: dict[tuple[ResourceId, str], list[Any]] = {}
    for pool in {pool for pool, _ in places if pool is not None}:
        for session in await _sessions_in(deps, pool):
            found.setdefault((pool, _host_named_in(session)), []).append(session)
    return [
        (host, [_session(host, each) for each in found.get((pool, name.casefold()), ())] if pool is not None else [])
        for host, (pool, name) in zip(hosts, places, strict=True)
    ]


async def _sessions_in(deps: Dependencies, pool: ResourceId) -> list[Any]:
    """Return the SDK's sessions of a pool; none where there is no such pool."""
    sessions = deps.desktops(pool.subscription_id).user_sessions
    try:
        return [each async for each in sessions.list_by_host_pool(pool.resource_group, pool.name)]
    except MissingError:
        return []


def _host_named_in(session: Any) -> str:  # noqa: ANN401 - the SDK's UserSession
    """Return the name of the session host that a session is on, in lower case."""
    return str(session.id).split("/")[-3].casefold()


async def tell_users(deps: Dependencies, host: SessionHost, sessions: Iterable[DesktopSession], notice: Notice) -> int:
    """Show a message in sessions of a host; return in how many. Who has signed out meanwhile is passed over."""
    pool, name = _place(host)
    if pool is None:
        return 0
    there, told = deps.desktops(pool.subscription_id).user_sessions, 0
    for session in sessions:
        body = as_content({"messageTitle": notice.title, "messageBody": notice.body})
        try:
            await there.send_message(pool.resource_group, pool.name, name, session.number, send_message=body)
        except MissingError:
            continue
        told += 1
    return told


async def sign_off_session(deps: Dependencies, host: SessionHost, session: DesktopSession) -> None:
    """Sign off one session; done where it is over."""
    pool, name = _place(host)
    if pool is None:
        return
    sessions = deps.desktops(pool.subscription_id).user_sessions
    try:
        await sessions.delete(pool.resource_group, pool.name, name, session.number, force=True)
    except MissingError:
        return


async def sign_off_users(deps: Dependencies, pool: ResourceId, names: Collection[str], notice: Notice) -> int:
    """Tell these users (principal names in lower case) of a pool, and sign them off at once; return of how many."""
    sessions, ended = deps.desktops(pool.subscription_id).user_sessions, 0
    body = {"messageTitle": notice.title, "messageBody": notice.body}
    for each in await _sessions_in(deps, pool):
        if (each.user_principal_name or "").casefold() not in names:
            continue
        _, _, host, _, number = str(each.id).rsplit("/", 4)
        place = (pool.resource_group, pool.name, host, number)
        with suppress(MissingError):  # they have signed out meanwhile
            await sessions.send_message(*place, send_message=as_content(body))
            await sessions.delete(*place, force=True)
            ended += 1
    return ended


async def set_open(deps: Dependencies, host: SessionHost, *, is_open: bool) -> None:
    """Let a host have new sessions, or drain it. Raises: ConflictError where it is not registered."""
    pool, name = _place(host)
    if pool is None:
        raise ConflictError("the host is not in its pool yet")
    hosts = deps.desktops(pool.subscription_id).session_hosts
    change = as_content({"properties": {"allowNewSession": is_open}})
    await hosts.update(pool.resource_group, pool.name, name, session_host=change)


def _place(host: SessionHost) -> tuple[ResourceId | None, str]:
    resources = host.resources
    if not resources.host_pool_id or not resources.session_host:
        return None, ""
    return parse_id(resources.host_pool_id), resources.session_host


def _session(host: SessionHost, found: Any) -> DesktopSession:  # noqa: ANN401 - the SDK's UserSession
    number = str(found.id).rpartition("/")[2]
    return DesktopSession(
        id=f"{host.id}-{number}",
        number=number,
        session_host_id=host.id,
        user_principal_name=found.user_principal_name or "",
        state=str(getattr(found.session_state, "value", found.session_state) or "Unknown"),
        began=found.create_time,
    )
