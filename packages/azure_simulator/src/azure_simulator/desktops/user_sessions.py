"""User sessions on session hosts; `POST /_sim/desktops/sessions` lets a user sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.resources import Resource
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import iso_z
from azure_simulator.desktops.bodies import paged
from azure_simulator.desktops.host_pools import HOST_POOLS
from azure_simulator.desktops.provider import DESKTOPS, SDK

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

TYPE = "Microsoft.DesktopVirtualization/hostPools/sessionHosts/userSessions"
USER_SESSIONS = ResourceType(
    name=TYPE,
    provider=DESKTOPS,
    params=("pool", "host", "session"),
    models=BodyModels(SDK, actions={"sendMessage": "SendMessage"}),
)
OPERATIONS, CONTROL = Operations(USER_SESSIONS), Routes("sim")
OPERATIONS.reads(get="userSession.get")


@OPERATIONS.operation("userSession.listPool", "GET", f"{HOST_POOLS.one}/userSessions", action=f"{TYPE}/read")
def list_pool_sessions(call: Call) -> Answer:
    """List the sessions of a pool; `$filter` knows `userPrincipalName eq` and `sessionState eq`."""
    pool = call.need(call.path.rpartition("/")[0])
    below = [each for each in call.world.resources.under(pool.id) if each.type == TYPE]
    return paged(call, [each.body for each in below if _keeps(call, each.body)])


@OPERATIONS.list_group("userSession.list")
def list_sessions(call: Call) -> Answer:
    """List the sessions of a host."""
    call.need(call.path.rpartition("/")[0])
    return paged(call, [each.body for each in call.world.resources.collection(call.path)])


def _keeps(call: Call, body: Json) -> bool:
    name, _, value = call.query.get("$filter", "").partition(" eq ")
    return not name or str(body["properties"].get(name.strip(), "")).lower() == value.strip(" '").lower()


@OPERATIONS.delete("userSession.delete")
def delete_session(call: Call) -> Answer:
    """Log a user off."""
    session = call.world.resources.remove(call.path)
    if session is None:
        return Answer(status=204)
    _count(call, session)
    return Answer()


@OPERATIONS.post("userSession.disconnect", "disconnect")
def disconnect(call: Call) -> Answer:
    """Disconnect a session; it goes on without its user."""
    call.need(call.path.rpartition("/")[0]).set(call.now_us, sessionState="Disconnected")
    return Answer()


@OPERATIONS.post("userSession.send", "sendMessage")
def send_message(call: Call) -> Answer:
    """Keep a message for the user where `_sim/state` shows it."""
    session, body = call.need(call.path.rpartition("/")[0]), call.object()
    text = {"at": iso_z(call.now_us), "title": body.get("messageTitle"), "body": body.get("messageBody")}
    session.facts = {**session.facts, "messages": [*session.facts.get("messages", []), text]}
    return Answer()


def _count(call: Call, session: Resource) -> None:
    host = call.world.resources.get(session.id.rpartition("/userSessions/")[0])
    if host is not None:
        host.set(call.now_us, sessions=len(call.world.resources.collection(f"{host.id}/userSessions")))


@CONTROL.operation("sim.sessions", "POST", "/_sim/desktops/sessions", anonymous=True)
def sign_in(call: Call) -> Answer:
    """Let a user sign in: {"sessionHost": id, "userPrincipalName", "sessionState"}."""
    body = call.object()
    host = call.need(str(body.get("sessionHost", "")))
    number = call.world.attempt("session", host.id)
    path = f"{host.id}/userSessions/{number + 1}"
    properties = {
        "objectId": call.world.guid("session", path),
        "userPrincipalName": str(body.get("userPrincipalName", "")),
        "activeDirectoryUserName": body.get("activeDirectoryUserName", ""),
        "applicationType": "Desktop",
        "sessionState": body.get("sessionState", "Active"),
        "createTime": iso_z(call.now_us),
    }
    name = "/".join([*host.body["name"].split("/"), str(number + 1)])
    shown = {"id": path, "name": name, "type": TYPE, "properties": properties}
    session = call.world.resources.add(Resource(path, TYPE, shown, call.now_us))
    _count(call, session)
    return Answer(shown, 201)
