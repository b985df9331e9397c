"""The sessions on the hosts of a Spot Group: listing them, telling their users, signing them off; opening a host."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.clients.arm import ResourceId, as_content, parse_id
from shared.contracts.outcomes import DeclinedError, MissingError
from shared.dependencies import Dependencies
from shared.domain.notices.texts import LOST_PLACE, spot_notice
from shared.domain.spot.groups.members import Rights, SpotMember
from shared.domain.spot.groups.settings import CapacitySettings
from shared.domain.spot.groups.signing_off import OpenSession, SigningOff, last_look, sign_off_step
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.hosts.sessions import DesktopSession, Notice, SessionNames
from shared.domain.tenants.directory import count_from
from shared.errors import ConflictError, ThrottledError, UnavailableError

_log = logging.getLogger("deskwright.services")

DISCONNECTED = "Disconnected"

_AGAIN = timedelta(minutes=2)
"""Time until the end of a session is requested again if Azure has not ended it."""


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
        for session in await sessions_in(deps, pool):
            found.setdefault((pool, host_named_in(session)), []).append(session)
    return [
        (host, [_session(host, each) for each in found.get((pool, name.casefold()), ())] if pool is not None else [])
        for host, (pool, name) in zip(hosts, places, strict=True)
    ]


async def sessions_in(deps: Dependencies, pool: ResourceId) -> list[Any]:
    """Return the SDK's sessions of a pool; none where there is no such pool."""
    sessions = deps.desktops(pool.subscription_id).user_sessions
    try:
        return [each async for each in sessions.list_by_host_pool(pool.resource_group, pool.name)]
    except MissingError:
        return []


def host_named_in(session: Any) -> str:  # noqa: ANN401 - the SDK's UserSession
    """Return the name of the session host that a session is on, in lower case."""
    return str(session.id).split("/")[-3].casefold()


async def tell_users(deps: Dependencies, host: SessionHost, sessions: Iterable[DesktopSession], notice: Notice) -> int:
    """Show a message in sessions of a host; return in how many. Who has signed out meanwhile is passed over."""
    pool, name = _place(host)
    if pool is None:
        return 0
    told = 0
    for session in sessions:
        told += await tell_session(deps, pool, name, session.number, notice)
    return told


async def tell_session(deps: Dependencies, pool: ResourceId, host: str, number: str, notice: Notice) -> bool:
    """Show a message in one session; return False where it is over."""
    body = as_content({"messageTitle": notice.title, "messageBody": notice.body})
    sessions = deps.desktops(pool.subscription_id).user_sessions
    try:
        await sessions.send_message(pool.resource_group, pool.name, host, number, send_message=body)
    except MissingError:  # they have signed out meanwhile
        return False
    return True


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


async def end_sessions(
    deps: Dependencies,
    pool: ResourceId,
    users: Sequence[SpotMember],
    names: SessionNames,
    holders: Callable[[Sequence[str]], Awaitable[Mapping[str, str]]],
    settings: CapacitySettings,
) -> tuple[dict[str, SigningOff | None], int]:
    """Continue to end the users' sessions in a pool: notify them, or sign them off when the notice is over.

    Return what is to be kept of each by the member's id (None: they have no session any more, and can begin none), and
    how many sessions may be theirs and are left alone. The roles of *users* who have rights were just taken. *holders*:
    asks the directory who has principal names now. It is asked about each name that is one of the users', or nobody's
    as far as we know. A session that may be somebody else's is never ended. What Azure refuses for one session is tried
    again later, and holds up no other.
    """
    at, there = deps.clock.now(), await sessions_in(deps, pool)
    wanted = {user.user_id for user in users}
    notice = spot_notice(LOST_PLACE, settings.notice_in_minutes, settings.notice_locale)
    shown = {each.user_principal_name or "" for each in there}
    doubtful = [each for each in sorted(shown) if not names.candidates(each) or names.candidates(each) & wanted]
    for name, user_id in (await holders(doubtful)).items():
        names.note(name, user_id)
    of_user, left = dict[str, dict[str, Any]](), 0
    for each in there:
        name = each.user_principal_name or ""
        if (owner := names.owner(name)) in wanted:
            of_user.setdefault(str(owner), {})[_key(each)] = each
        else:
            left += not names.candidates(name) or bool(names.candidates(name) & wanted)
    found = {}
    for user in users:
        sessions = of_user.get(user.user_id, {})
        open_now = [OpenSession(key=key, active=state_of(each) != DISCONNECTED) for key, each in sessions.items()]
        taken = None if user.rights is Rights.NONE else count_from(at)
        step = sign_off_step(open_now, user.signing_off, at, settings.notice, roles_end=taken)
        untold = await _failing(deps, pool, [sessions[key] for key in step.tell], notice)
        open_still = await _failing(deps, pool, [sessions[key] for key in step.end], None)
        rest = step.then and step.then.but(told=tuple(each for each in step.then.told if each not in untold))
        if rest is not None and step.end:
            rest = rest.but(at=at + _AGAIN) if open_still else last_look(rest.roles_end, at)
        found[user.id] = rest
    return found, left


async def _failing(deps: Dependencies, pool: ResourceId, sessions: Iterable[Any], notice: Notice | None) -> set[str]:
    """Show *notice* in sessions, or end them if it is None; return the keys of the sessions for which Azure failed."""
    there, failing = deps.desktops(pool.subscription_id).user_sessions, set()
    for each in sessions:
        _, _, host, _, number = str(each.id).rsplit("/", 4)
        try:
            if notice is None:
                await there.delete(pool.resource_group, pool.name, host, number, force=True)
            else:
                await tell_session(deps, pool, host, number, notice)
        except MissingError:  # they have signed out meanwhile
            continue
        except ThrottledError:
            raise
        except (DeclinedError, UnavailableError) as error:
            _log.warning("a session of pool %s could not be told or ended: %s", pool.name, type(error).__name__)
            failing.add(_key(each))
    return failing


def _key(session: Any) -> str:  # noqa: ANN401 - the SDK's UserSession
    began: datetime | None = session.create_time
    _, _, host, _, number = str(session.id).casefold().rsplit("/", 4)
    return f"{host}/{number}/{began.isoformat() if began else ''}"


def state_of(session: Any) -> str:  # noqa: ANN401 - as above
    """Return the state of a session, by the names of Azure Virtual Desktop."""
    return str(getattr(session.session_state, "value", session.session_state) or "Unknown")


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
        state=state_of(found),
        began=found.create_time,
    )
