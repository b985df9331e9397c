"""The life of user sessions: they begin, idle, disconnect and end, each end with its cause.

A session is lost when somebody else than its user ends it and nobody has told them: the machine stops, restarts or is
deleted, its session host is removed, or it is logged off. Telling is a message to the session in the hour before. The
limits that are set in Windows end a session too, which its user had agreed to; so does an eviction, which Azure does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.times import SECOND, iso_z
from azure_simulator.desktops import agents, entitlements, machine_policies
from azure_simulator.desktops.bodies import shown_id, shown_type, system_data
from azure_simulator.desktops.provider import USER_SESSION

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World

STATE = "sessions"
NOTICE_US = 3_600 * SECOND
_AGREED = frozenset({"signedOut", "timeLimit", "evicted"})


def _user_in_pool(session: Resource) -> tuple[str, str]:
    return pool_id(session).lower(), str(session.facts["user"])


BY_USER = Index(USER_SESSION, _user_in_pool)


def of_user(world: World, pool_id: str, name: str) -> list[Resource]:
    """List the sessions of a user in a pool, by the user's id and not by the names in the sessions."""
    return world.resources.find(BY_USER, (pool_id.lower(), entitlements.identity_of(world, pool_id, name)))


@dataclass(slots=True)
class Ended:
    """Ended sessions: lost sessions, number of ends by cause, and the messages that were sent."""

    lost: list[Json] = field(default_factory=list)
    causes: dict[str, int] = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)


def ended(world: World) -> Ended:
    """Return the sessions that have ended."""
    found: Ended = world.state(STATE)
    return found


def pool_id(session: Resource) -> str:
    """Return the id of the pool that a session (or a session host) is in."""
    return "/".join(session.id.split("/")[:9])


def host_of(world: World, session: Resource) -> Resource | None:
    """Return the session host of a session."""
    return world.resources.get(session.id.rpartition("/userSessions/")[0])


def begin(world: World, host: Resource, user: str, **given: object) -> Resource:
    """Let a user be signed in on a host.

    What is shown is the principal name with which they have signed in, also after they have got another one: the
    service knows users by their object ids, and keeps a name until its user connects again
    (jpwinsup.github.io/blog/2021/03/12/RemoteDesktopService/AVD/avd-rename-upn-on-personal-hostpool, by Microsoft's
    support). The `objectId` that is shown is the session's own ("internal use"), not its user's.
    """
    number = world.attempt("session", host.id) + 1
    path = f"{host.id}/userSessions/{number}"
    properties = {
        "objectId": world.guid("session", path),
        "userPrincipalName": user,
        "activeDirectoryUserName": given.get("activeDirectoryUserName", f"AzureAD\\{user.partition('@')[0]}"),
        "applicationType": "Desktop",
        "sessionState": given.get("sessionState", "Active"),
        "createTime": iso_z(world.now_us),
    }
    body = {
        "id": shown_id(path),
        "name": f"{host.body['name']}/{number}",
        "type": shown_type(USER_SESSION),
        "properties": properties,
        "systemData": {**system_data(iso_z(world.now_us)), "lastModifiedAt": None},  # recorded
    }
    facts = {"turn": 0, "awayUs": None, "user": entitlements.identity_of(world, pool_id(host), user)}
    session = world.resources.add(Resource(path, USER_SESSION, body, world.now_us, facts))
    _count(world, host)
    watch(world, session)
    return session


def resume(world: World, session: Resource, user: str) -> None:
    """Let the user of a session be back at it; from now on it shows their present principal name."""
    session.facts = {**session.facts, "awayUs": None}
    session.set(world.now_us, sessionState="Active", userPrincipalName=user)
    watch(world, session)


def leave(world: World, session: Resource) -> None:
    """Let the user of a session go away from the keyboard."""
    session.facts = {**session.facts, "awayUs": world.now_us}
    watch(world, session)


def disconnect(world: World, session: Resource) -> None:
    """Disconnect a session; it continues without its user."""
    session.set(world.now_us, sessionState="Disconnected")
    session.facts = {**session.facts, "disconnectedUs": world.now_us}
    watch(world, session)


def tell(world: World, session: Resource, title: object, text: object) -> None:
    """Show a message to the user of a session; it is seen while the session is active."""
    seen = session.properties["sessionState"] == "Active"
    message = {"at": iso_z(world.now_us), "title": title, "body": text}
    session.facts = {
        **session.facts,
        "messages": [*session.facts.get("messages", []), message],
        "toldUs": world.now_us,
    }
    about = {"session": session.id, "user": session.properties["userPrincipalName"], "seen": seen}
    ended(world).messages.append({**message, **about})


def end(world: World, session: Resource, cause: str) -> None:
    """End a session; note whether it was lost."""
    if world.resources.remove(session.id) is None:
        return
    log, told_us = ended(world), session.facts.get("toldUs")
    log.causes[cause] = log.causes.get(cause, 0) + 1
    told = told_us is not None and world.now_us - told_us <= NOTICE_US
    if cause not in _AGREED and not told:
        user = session.properties["userPrincipalName"]
        log.lost.append({"at": iso_z(world.now_us), "id": session.id, "user": user, "cause": cause})
    host = host_of(world, session)
    if host is not None:
        _count(world, host)


def _count(world: World, host: Resource) -> None:
    host.set(world.now_us, sessions=len(world.resources.collection(f"{host.id}/userSessions")))


def host_down(world: World, host_id: str, cause: str) -> None:
    """End the sessions of a host that has gone; hibernation disconnects them."""
    for session in world.resources.collection(f"{host_id}/userSessions"):
        if cause == "hibernated":
            disconnect(world, session)
        else:
            end(world, session, cause)


def policies_changed(world: World, vm_id: str) -> None:
    """Follow a change of the limits that are set in Windows."""
    for host in agents.hosts_of(world, vm_id):
        for session in world.resources.collection(f"{host.id}/userSessions"):
            watch(world, session)


def watch(world: World, session: Resource) -> None:
    """Wait for the limit that a session meets next, as Windows does; an earlier wait counts no more."""
    turn = session.facts["turn"] + 1
    session.facts = {**session.facts, "turn": turn}
    due_us = _limit_us(world, session)
    if due_us is not None:
        world.at(max(due_us, world.now_us), lambda: _limit_met(world, session, turn))


def _limit_us(world: World, session: Resource) -> int | None:
    """Return the moment at which a limit ends a session's state; `None` when none does."""
    host = host_of(world, session)
    vm = agents.machine_of(world, host) if host is not None else None
    active = session.properties["sessionState"] == "Active"
    since_us = session.facts.get("awayUs" if active else "disconnectedUs")
    limit_us = machine_policies.limit_us(vm, "MaxIdleTime" if active else "MaxDisconnectionTime")
    return since_us + limit_us if limit_us and since_us is not None else None


def _limit_met(world: World, session: Resource, turn: int) -> None:
    """Disconnect an idle session, end a disconnected one; not while its machine sleeps."""
    host = host_of(world, session)
    if world.resources.get(session.id) is not session or session.facts["turn"] != turn or host is None:
        return
    if host.properties["status"] == "Shutdown":
        return
    if session.properties["sessionState"] == "Active":
        disconnect(world, session)
    else:
        end(world, session, "timeLimit")


def lost(world: World) -> list[Json]:
    """List the sessions that were lost without notice."""
    return list(ended(world).lost)
