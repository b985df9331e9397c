"""`/_sim`: change the world, move its clock, inject faults.

POST reset {"begin": true}   seed {...}   faults {...} or [...]   config {...} (also PATCH)
     buckets/close {"policy": "PutVM", "seconds": 300}
     clock/advance {"seconds": 60} or {"until": "idle", "atMostSeconds": 86400}
     snapshot {"name"}   restore {"name"}
DELETE faults
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.settings import NUMBER
from azure_simulator.core.times import SECOND, OwnClock, iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.core.cloud import Cloud
from azure_simulator.core.routing import Routes

LONGEST_S = 10 * 366 * 86_400
IDLE_WITHIN_S = 7 * 86_400


def install(cloud: Cloud, routes: Routes) -> None:
    """Declare the operations that change the world."""
    _declare_config(cloud, routes)
    _declare_reset_and_seed(cloud, routes)
    _declare_snapshots(cloud, routes)
    _declare_faults(cloud, routes)
    _declare_clock(cloud, routes)


def _declare_config(cloud: Cloud, routes: Routes) -> None:
    for method in ("POST", "PATCH"):

        @_post(routes, "config", method=method)
        def config(call: Call) -> Answer:
            """Merge settings (a JSON merge patch: null removes one)."""
            cloud.configure(call.object())
            return Answer(call.world.config)


def _declare_reset_and_seed(cloud: Cloud, routes: Routes) -> None:
    @_post(routes, "reset", mutates=False)
    def reset(call: Call) -> Answer:
        """Forget everything; `begin` false leaves out the first data."""
        begin = (call.object() if call.body is not None else {}).get("begin", True)
        if not isinstance(begin, bool):
            raise Problem(400, "BadRequest", f"begin must be true or false, not {begin!r:.40}")
        cloud.reset(begin=begin)
        return Answer({"now": iso(cloud.world.now_us)})

    @_post(routes, "seed")
    def seed(call: Call) -> Answer:
        """Add data, as the seed file holds it."""
        data = call.object()
        unknown = sorted(set(data) - set(cloud.seeders))
        if unknown:
            raise Problem(400, "BadSeed", f"unknown keys {unknown}; known: {sorted(cloud.seeders)}")
        begun = False
        try:
            for key, seeder in cloud.seeders.items():
                if key in data:
                    seeder(call.world, data[key])
                    begun = True
        except Exception:
            if begun and not cloud.replaying:  # all of it or nothing
                cloud.replay_journal()
            raise
        return Answer({"seeded": sorted(data)})


def _declare_snapshots(cloud: Cloud, routes: Routes) -> None:
    @_post(routes, "snapshot", mutates=False)
    def snapshot(call: Call) -> Answer:
        """Give the present state a name."""
        name = _name(call)
        cloud.snapshot(name)
        return Answer({"name": name, "now": iso(call.now_us)}, 201)

    @_post(routes, "restore", mutates=False)
    def restore(call: Call) -> Answer:
        """Bring a named state back; a clock that others share stays where it is."""
        name, known = _name(call), cloud.journal.snapshots()
        if name not in known:
            raise Problem(404, "NotFound", f"no snapshot {name}; there are: {', '.join(sorted(known)) or 'none'}")
        cloud.restore(name)
        return Answer({"name": name, "now": iso(cloud.world.now_us)})


def _declare_faults(cloud: Cloud, routes: Routes) -> None:
    @_post(routes, "faults")
    def faults(call: Call) -> Answer:
        """Put a fault rule in force behind the others, or (a list) replace all."""
        if isinstance(call.body, list):
            cloud.faults.replace(call.body, call.now_us)
        else:
            cloud.faults.add(call.object(), call.now_us)
        return Answer([rule.view() for rule in cloud.faults.rules])

    @_post(routes, "faults", method="DELETE")
    def no_faults(call: Call) -> Answer:
        """Put no fault rule in force."""
        cloud.faults.replace([], call.now_us)
        return Answer([])

    @_post(routes, "buckets/close")
    def close(call: Call) -> Answer:
        """Refuse requests that draw on some buckets, for a while."""
        body = call.object()
        seconds = _seconds(body, "seconds")
        if not isinstance(body["policy"], str):
            raise Problem(400, "BadRequest", "policy must be a text such as PutVM*")
        return Answer({"closed": cloud.throttle.close(body["policy"], call.now_us + int(seconds * SECOND))})


def _declare_clock(cloud: Cloud, routes: Routes) -> None:
    @_post(routes, "clock/advance")
    def advance(call: Call) -> Answer:
        """Move the clock by `seconds`, or `until` `idle`: nothing is due within `atMostSeconds`."""
        body = call.object()
        if not cloud.replaying or isinstance(cloud.clock, OwnClock):  # a shared clock went there already
            if body.get("until") == "idle":
                _until_idle(cloud, _seconds({"atMostSeconds": IDLE_WITHIN_S, **body}, "atMostSeconds"))
            elif "until" in body:
                raise Problem(400, "BadRequest", f"until can only be 'idle', not {body['until']!r:.40}")
            else:
                _move(cloud, int(_seconds(body, "seconds") * SECOND))
        due = call.world.next_due_us
        next_event = None if due is None else iso(due)
        return Answer({"now": iso(call.world.now_us), "idle": due is None, "nextEvent": next_event})


def _until_idle(cloud: Cloud, most_s: float) -> None:
    """Move from event to event. A shared clock that another process drives goes as far as is known now."""
    world = cloud.world
    end_us = world.now_us + int(most_s * SECOND)
    while (due_us := world.last_due_us) is not None and world.now_us < min(due_us, end_us):
        before_us = world.now_us
        _move(cloud, min(due_us, end_us) - before_us)
        if world.now_us - before_us < min(due_us, end_us) - before_us:
            return


def _move(cloud: Cloud, delta_us: int) -> None:
    cloud.clock.advance(timedelta(microseconds=delta_us))
    cloud.world.settle(cloud.clock.now_us())


def _seconds(body: Json, name: str) -> float:
    value = body.get(name)
    if not isinstance(value, NUMBER) or isinstance(value, bool) or not 0 <= value <= LONGEST_S:
        raise Problem(400, "BadRequest", f"{name} must be a number from 0 to {LONGEST_S}, not {value!r:.40}")
    return float(value)


def _name(call: Call) -> str:
    name = call.object().get("name")
    if not isinstance(name, str) or not name:
        raise Problem(400, "BadRequest", f"name must be a text, not {name!r:.40}")
    return name


def _post(routes: Routes, path: str, *, mutates: bool = True, method: str = "POST") -> Callable[[Handler], Handler]:
    """Declare an operation that changes the world; its body may hold secrets that must stay readable."""
    name = f"sim.{path.replace('/', '.')}.{method.lower()}"
    return routes.operation(name, method, f"/_sim/{path}", anonymous=True, redacted=False, mutates=mutates)
