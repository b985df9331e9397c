"""The broker: brings a user who signs in to a session host, or tells why it cannot.

A sign-in needs rights (`entitlements`), a published desktop, and a host (`balancing`). A user's own session is found
again wherever it is, on a drained host too. When no host has room and the pool starts machines on connect, one is
started and the sign-in waits for it. Every sign-in is kept with its outcome, its reason and how long it waited.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from azure_simulator.core.times import SECOND, iso_z
from azure_simulator.desktops import agents, balancing, entitlements, session_hosts, sessions

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

STATE = "broker"
PATIENCE_S = 600
"""Seconds that a client waits for a machine that starts; a guess."""
REFUSED = frozenset({"UserUnknown", "AccountDisabled", "NotAssigned", "NotAllowedOnMachine"})
"""Reasons that are the user's rights: no fault of the service."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A user's visit: to sign in, to stay (`None`: until told otherwise), to leave in some way, to try again."""

    user: str
    pool_id: str
    asked_us: int
    stay_us: int | None = None
    leaves_by: str = "signOut"
    retries: int = 0
    retry_us: int = 60 * SECOND


@dataclass(slots=True)
class Broker:
    """Every sign-in, and the visits that wait for a machine, by pool."""

    sign_ins: list[Json] = field(default_factory=list)
    waiting: dict[str, list[tuple[Visit, Json]]] = field(default_factory=dict)


def broker(world: World) -> Broker:
    """Return the broker's records."""
    found: Broker = world.state(STATE)
    return found


def sign_in(world: World, visit: Visit) -> Json:
    """Let a user sign in; give the record of it, whose outcome may still be `waiting`."""
    pool = world.resources.get(visit.pool_id)
    record: Json = {"at": iso_z(world.now_us), "user": visit.user, "pool": visit.pool_id, "outcome": "", "reason": ""}
    broker(world).sign_ins.append(record)
    reason = "PoolUnknown" if pool is None else _refusal(world, pool, visit.user)
    if pool is None or reason:
        return _failed(world, visit, record, reason)
    return _connect(world, pool, visit, record)


def _refusal(world: World, pool: Resource, name: str) -> str:
    """Return the reason why a user gets no desktop of a pool; empty when they do."""
    user = entitlements.user_of(world, pool.id, name)
    if user is None:
        return "UserUnknown"
    if not user.get("accountEnabled", True):
        return "AccountDisabled"
    groups = [world.resources.get(each) for each in pool.properties["applicationGroupReferences"]]
    desktops = [each for each in groups if each and each.properties["applicationGroupType"] == "Desktop"]
    shown = [each for each in desktops if each.properties.get("workspaceArmPath")]
    if not shown:
        return "NotPublished"
    mine = any(entitlements.holds(world, user, each.id, entitlements.USES_DESKTOPS) for each in shown)
    return "" if mine else "NotAssigned"


def _connect(world: World, pool: Resource, visit: Visit, record: Json) -> Json:
    """Connect a user to their session, also on a hibernated machine; else to a host."""
    for session in sessions.of_user(world, pool.id, visit.user):
        host = sessions.host_of(world, session)
        if host is not None and balancing.usable(world, host):
            sessions.resume(world, session, visit.user)
            return _connected(world, visit, record, host, session, "reconnected")
    choice = balancing.choose(world, pool, visit.user)
    if choice.host is not None:
        return _admit(world, pool, choice.host, visit, record)
    reason = choice.why
    wakes = bool(pool.properties.get("startVMOnConnect"))
    if wakes and not choice.waking and choice.asleep:
        reason = _start(world, choice.asleep[0])
    elif wakes and choice.waking:
        reason = ""
    if reason:
        return _failed(world, visit, record, reason)
    record["outcome"] = "waiting"
    broker(world).waiting.setdefault(pool.id.lower(), []).append((visit, record))
    world.at(world.now_us + PATIENCE_S * SECOND, lambda: _gave_up(world, pool.id, visit, record))
    return record


def _start(world: World, host: Resource) -> str:
    """Start the machine of a host; give the reason why that cannot be, or nothing."""
    vm_id = str(host.properties["resourceId"])
    if not entitlements.may_start(world, vm_id):
        return "MayNotStartMachine"
    answers: list[str] = []
    world.publish("start_machine", vm_id=vm_id, answers=answers)
    return "".join(answers)


def _admit(world: World, pool: Resource, host: Resource, visit: Visit, record: Json) -> Json:
    vm, user = agents.machine_of(world, host), entitlements.user_of(world, pool.id, visit.user)
    entra = vm is not None and vm.facts.get("join") == "entra"
    if (
        vm is None
        or user is None
        or (entra and not entitlements.holds(world, user, vm.id, entitlements.SIGNS_IN_TO_MACHINES))
    ):
        return _failed(world, visit, record, "NotAllowedOnMachine")
    if pool.properties["hostPoolType"] == "Personal":
        session_hosts.assign(world, host, visit.user)
    session = sessions.begin(world, host, visit.user)
    return _connected(world, visit, record, host, session, "signedIn")


def _connected(world: World, visit: Visit, record: Json, host: Resource, session: Resource, outcome: str) -> Json:
    waited_s = (world.now_us - visit.asked_us) / SECOND
    record |= {"outcome": outcome, "reason": "", "host": host.name, "session": session.id, "waitedSeconds": waited_s}
    if visit.stay_us is not None:
        turn = session.facts["visit"] = world.attempt("visit", session.id)
        world.at(world.now_us + visit.stay_us, lambda: _visit_over(world, session, turn, visit.leaves_by))
    return record


def _visit_over(world: World, session: Resource, turn: int, how: str) -> None:
    if world.resources.get(session.id) is session and session.facts.get("visit") == turn:
        depart(world, session, how)


def depart(world: World, session: Resource, how: str) -> None:
    """Let the user of a session go: `signOut`, `disconnect`, or away from the keyboard (`idle`)."""
    if how == "signOut":
        sessions.end(world, session, "signedOut")
    elif how == "disconnect":
        sessions.disconnect(world, session)
    else:
        sessions.leave(world, session)


def _failed(world: World, visit: Visit, record: Json, reason: str) -> Json:
    waited_s = (world.now_us - visit.asked_us) / SECOND
    record |= {"outcome": "refused" if reason in REFUSED else "failed", "reason": reason, "waitedSeconds": waited_s}
    if visit.retries:
        again = replace(visit, retries=visit.retries - 1)
        world.at(world.now_us + visit.retry_us, lambda: _again(world, again))
    return record


def _again(world: World, visit: Visit) -> None:
    sign_in(world, visit)


def _gave_up(world: World, pool_id: str, visit: Visit, record: Json) -> None:
    waiting = broker(world).waiting.get(pool_id.lower(), [])
    rest = [each for each in waiting if each[1] is not record]
    if len(rest) < len(waiting):
        broker(world).waiting[pool_id.lower()] = rest
        _failed(world, visit, record, "MachineDidNotStart")


def host_status(world: World, host_id: str, before: str, status: str) -> None:
    """Serve the sign-ins that wait for a host that takes sessions now."""
    del before
    if status not in agents.TAKES_SESSIONS:
        return
    key = "/".join(host_id.split("/")[:9]).lower()
    pool = world.resources.get(key)
    for visit, record in broker(world).waiting.pop(key, []) if pool is not None else ():
        _connect(world, pool, visit, record)  # type: ignore[arg-type]


def failures(world: World) -> list[Json]:
    """List the sign-ins that failed though the user has the rights."""
    return [dict(each) for each in broker(world).sign_ins if each["outcome"] == "failed"]
