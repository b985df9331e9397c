"""`/_sim/desktops`: users sign in and sign off, and read the broker's decisions.

POST signins {"user", "hostPool", "staySeconds", "leave"}   leave {"user", "hostPool", "how"}   days (see `days`)
     sessions {"sessionHost", "userPrincipalName", "sessionState"}: a session without the broker
GET  signins?outcome=&user=&reason=&limit=       `_sim/state?view=broker` counts
"""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.core.acting import perform
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.principals import Principal
from azure_simulator.core.requests import whole
from azure_simulator.core.routing import Routes
from azure_simulator.core.settings import NUMBER
from azure_simulator.core.times import SECOND
from azure_simulator.desktops import broker, days, entitlements, host_pools, sessions
from azure_simulator.desktops.provider import SESSION_HOST, USER_SESSION

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

CONTROL = Routes("sim")
SERVICE = Principal(entitlements.SERVICE_APP, "Azure Virtual Desktop")
_START = "2026-04-01"
_SHOWN = 100


def _pool(call: Call) -> Resource:
    wanted = str(call.object().get("hostPool", ""))
    found = call.world.resources.get(wanted) if "/" in wanted else None
    named = call.world.resources.find(host_pools.BY_NAME, wanted.lower())
    pool = found or (named[0] if len(named) == 1 else None)
    if pool is None or pool.type != host_pools.TYPE:
        raise Problem(404, "NotFound", f"there is no one host pool {wanted!r:.80}; name it by its id")
    return pool


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Problem(400, "BadRequest", f"{name} must be a text, not {value!r:.40}")
    return value


@CONTROL.operation("sim.signins.post", "POST", "/_sim/desktops/signins", anonymous=True)
def post_sign_in(call: Call) -> Answer:
    """Let a user sign in now."""
    body, pool = call.object(), _pool(call)
    stay, how = body.get("staySeconds"), body.get("leave", days.LEAVES[0])
    if (stay is not None and not (isinstance(stay, NUMBER) and stay >= 0)) or how not in days.LEAVES:
        raise Problem(400, "BadRequest", f"staySeconds is a number; leave is one of {', '.join(days.LEAVES)}")
    stay_us = None if stay is None else int(stay * SECOND)
    visit = broker.Visit(_text(body, "user"), pool.id, call.now_us, stay_us, how)
    return Answer(broker.sign_in(call.world, visit), 201)


@CONTROL.operation("sim.signins.leave", "POST", "/_sim/desktops/leave", anonymous=True)
def post_leave(call: Call) -> Answer:
    """Let a user sign out, disconnect or go away from the keyboard."""
    body, pool, how = call.object(), _pool(call), call.object().get("how", days.LEAVES[0])
    if how not in days.LEAVES:
        raise Problem(400, "BadRequest", f"how is one of {', '.join(days.LEAVES)}")
    found = sessions.of_user(call.world, pool.id, _text(body, "user"))
    for session in found:
        broker.depart(call.world, session, how)
    return Answer({"sessions": len(found)})


@CONTROL.operation("sim.days", "POST", "/_sim/desktops/days", anonymous=True)
def post_day(call: Call) -> Answer:
    """Let a scripted day begin."""
    try:
        return Answer(days.play(call.world, _pool(call), call.object()), 201)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise Problem(400, "BadRequest", f"{type(wrong).__name__}: {wrong}; see docs/reference.md") from wrong


@CONTROL.operation("sim.sessions", "POST", "/_sim/desktops/sessions", anonymous=True)
def post_session(call: Call) -> Answer:
    """Make a session on a host for any user: {"sessionHost": id, "userPrincipalName", "sessionState"}."""
    body = dict(call.object())
    host = call.need(str(body.pop("sessionHost", "")))
    if host.type != SESSION_HOST:
        raise Problem(400, "BadRequest", f"{host.id} is no session host")
    user = str(body.pop("userPrincipalName", ""))
    return Answer(sessions.begin(call.world, host, user, **body).body, 201)


@CONTROL.operation("sim.signins", "GET", "/_sim/desktops/signins", anonymous=True)
def show_sign_ins(call: Call) -> Answer:
    """List the sign-ins."""
    globs = {name: call.query.get(name, "*").lower() for name in ("outcome", "user", "reason", "pool")}
    limit = whole(call.query.get("limit", "1000")) or 0
    rows = broker.broker(call.world).sign_ins
    found = [each for each in rows if all(fnmatchcase(str(each[name]).lower(), globs[name]) for name in globs)]
    return Answer(found[-limit:] if limit else [])


def view(world: World, query: dict[str, str]) -> Json:
    """Count sign-ins, waiting times, sessions and messages, of one pool with `pool=`."""
    wanted = query.get("pool", "*").lower()
    rows = [each for each in broker.broker(world).sign_ins if fnmatchcase(each["pool"].lower(), wanted)]
    waited = sorted(each["waitedSeconds"] for each in rows if each["outcome"] in {"signedIn", "reconnected"})
    there = [each for each in world.resources.of_type(USER_SESSION) if _in(each, wanted)]
    log = sessions.ended(world)
    hosts = [each for each in world.resources.of_type(SESSION_HOST) if _in(each, wanted)]
    return {
        "signIns": Counter(each["outcome"] for each in rows),
        "reasons": Counter(each["reason"] for each in rows if each["reason"]),
        "waitedSeconds": {name: _at(waited, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("most", 1.0))},
        "sessions": Counter(each.properties["sessionState"] for each in there),
        "hosts": Counter(each.properties["status"] for each in hosts),
        "ended": log.causes,
        "lost": [each for each in log.lost if fnmatchcase(each["id"].lower(), f"{wanted}*")][-_SHOWN:],
        "messages": [each for each in log.messages if fnmatchcase(each["session"].lower(), f"{wanted}*")][-_SHOWN:],
    }


def _in(resource: Resource, wanted: str) -> bool:
    return fnmatchcase(sessions.pool_id(resource).lower(), wanted)


def _at(values: list[float], share: float) -> float:
    """Return the nearest-rank percentile; 0 of nothing."""
    return values[max(0, -(-int(share * 100) * len(values) // 100) - 1)] if values else 0.0


def install(cloud: Cloud) -> None:
    """Serve the broker's control routes and views."""

    def start(world: World, vm_id: str, answers: list[str]) -> None:
        try:
            path = f"{vm_id}/start?api-version={_START}"
            perform(cloud, world, {"method": "POST", "path": path}, SERVICE)
        except Problem as refused:
            answers.append(f"StartRefused: {refused.code}")

    cloud.state(broker.STATE, broker.Broker)
    cloud.add(CONTROL)
    cloud.on("start_machine", start)
    cloud.on("session_host_status", broker.host_status)
    cloud.view("broker", view)
    cloud.invariant("signInsFailed", broker.failures)
