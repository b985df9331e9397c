"""User sessions as an administrator sees them: list, log off, disconnect, send a message.

Source: learn.microsoft.com/rest/api/desktopvirtualization/user-sessions; docs/notes.md 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.answers import Answer, Json
from azure_simulator.desktops import sessions
from azure_simulator.desktops.bodies import nulls, paged, refused, show
from azure_simulator.desktops.host_pools import HOST_POOLS
from azure_simulator.desktops.provider import DESKTOPS, SDK, USER_SESSION

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

USER_SESSIONS = ResourceType(
    name=USER_SESSION,
    provider=DESKTOPS,
    params=("pool", "host", "session"),
    models=BodyModels(SDK, shown="UserSession", actions={"sendMessage": "SendMessage"}),
)
OPERATIONS = Operations(USER_SESSIONS)
nulls(USER_SESSION, "", inside="activeDirectoryUserName")


@OPERATIONS.operation("userSession.listPool", "GET", f"{HOST_POOLS.one}/userSessions", action=f"{USER_SESSION}/read")
def list_pool_sessions(call: Call) -> Answer:
    """List the sessions of a pool; `$filter` knows `userPrincipalName eq` and `sessionState eq`."""
    pool = call.need(call.path.rpartition("/")[0])
    below = [each for each in call.world.resources.under(pool.id) if each.type == USER_SESSION]
    return paged(call, [{**show(each), "systemData": None} for each in below if _keeps(call, each.body)])


@OPERATIONS.list_group("userSession.list")
def list_sessions(call: Call) -> Answer:
    """List the sessions of a host."""
    host = call.path.rpartition("/")[0]
    if call.world.resources.get(host) is None:
        raise refused(call.world, 404, "SessionHost does not exist")
    return paged(call, [show(each) for each in call.world.resources.collection(call.path)])


def _keeps(call: Call, body: Json) -> bool:
    name, _, value = call.query.get("$filter", "").partition(" eq ")
    return not name or str(body["properties"].get(name.strip(), "")).lower() == value.strip(" '").lower()


def _needed(call: Call, path: str, text: str = "User session ID not found") -> Resource:
    session = call.world.resources.get(path)
    if session is None:
        raise refused(call.world, 404, text)
    return session


@OPERATIONS.get("userSession.get")
def get_session(call: Call) -> Answer:
    """Show a session."""
    return Answer(show(_needed(call, call.path, "User session does not exist")))


@OPERATIONS.delete("userSession.delete")
def delete_session(call: Call) -> Answer:
    """Log a user off (204, recorded); a session that is gone is a 404 (seen in issues of Azure/RDS-Templates)."""
    sessions.end(call.world, _needed(call, call.path), "loggedOff")
    return Answer(status=204)


@OPERATIONS.post("userSession.disconnect", "disconnect")
def disconnect(call: Call) -> Answer:
    """Disconnect a session; it continues without its user."""
    sessions.disconnect(call.world, _needed(call, call.path.rpartition("/")[0]))
    return Answer()


@OPERATIONS.post("userSession.send", "sendMessage")
def send_message(call: Call) -> Answer:
    """Show the user a message; `_sim/state?view=broker` lists them."""
    session, body = _needed(call, call.path.rpartition("/")[0]), call.object()
    sessions.tell(call.world, session, body.get("messageTitle"), body.get("messageBody"))
    return Answer()
