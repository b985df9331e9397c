"""`/_sim`: look into the world, move its clock, break it. No token; loopback only.

GET  state?type=&filter=&view=   operations?status=   requests?path=&principal=&op=&since=&limit=
     stats   faults   buckets   invariants   config
POST reset {"begin": true}   seed {...}   faults {...} or [...]   config {...}
     buckets/close {"policy": "PutVM", "seconds": 300}   clock/advance {"seconds": 60}
DELETE faults
"""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from local.cloud.core.answers import Answer, Json, Problem
from local.cloud.core.planes import Plane
from local.cloud.core.requestlog import GRACE_S
from local.cloud.core.routing import Routes
from local.cloud.core.times import SECOND, OwnClock, iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cloud.core.calls import Call
    from local.cloud.core.cloud import Cloud
    from local.cloud.core.routing import Handler


class SimPlane(Plane):
    """The control plane."""

    name = "sim"
    prefixes = frozenset({"_sim"})


def install(cloud: Cloud) -> None:
    """Serve `/_sim`."""
    routes = Routes("sim")
    cloud.plane(SimPlane())
    cloud.seeder("config", lambda world, data: world.configure(data))
    cloud.seeder("principals", lambda world, data: world.principals.seed(data))
    cloud.seeder("faults", lambda world, data: cloud.faults.replace(data, world.now_us))
    cloud.on("configured", lambda world, changes: _configured(cloud, world.config, changes))
    cloud.invariant("beforeRetryAfter", lambda _: list(cloud.log.impatient))
    cloud.invariant("observed", lambda world: list(world.findings))
    _looking(cloud, routes)
    _changing(cloud, routes)
    cloud.add(routes)


def _configured(cloud: Cloud, config: Json, changes: Json) -> None:
    if "throttling" in changes:
        cloud.throttle.settings = config.get("throttling", {})
    if "retryAfterGraceSeconds" in changes:
        cloud.log.grace_us = int(config.get("retryAfterGraceSeconds", GRACE_S) * SECOND)
    if "strictPrincipals" in changes:
        cloud.world.principals.strict = bool(config.get("strictPrincipals"))


def _looking(cloud: Cloud, routes: Routes) -> None:
    def state(call: Call) -> Answer:
        return Answer(_state(cloud, call.query))

    def operations(call: Call) -> Answer:
        wanted = call.query.get("status", "").lower()
        now_us = call.now_us
        views = [each.view(now_us) for each in call.world.operations.values()]
        return Answer([v for v in views if not wanted or v["status"].lower() == wanted])

    def requests(call: Call) -> Answer:
        return Answer(_requests(cloud, call.query))

    def invariants(call: Call) -> Answer:
        found = [
            {"invariant": name, **finding} for name, check in cloud.invariants.items() for finding in check(call.world)
        ]
        return Answer({"clean": not found, "findings": found})

    simple = {
        "stats": lambda call: Answer({**cloud.log.stats(), "now": iso(call.now_us)}),
        "faults": lambda _: Answer([rule.view() for rule in cloud.faults.rules]),
        "buckets": lambda _: Answer(cloud.throttle.view()),
        "config": lambda call: Answer(call.world.config),
        "state": state,
        "operations": operations,
        "requests": requests,
        "invariants": invariants,
    }
    for name, handler in simple.items():
        routes.operation(f"sim.{name}", "GET", f"/_sim/{name}", anonymous=True)(handler)


def _state(cloud: Cloud, query: dict[str, str]) -> object:
    world = cloud.world
    if "view" in query:
        if query["view"] not in cloud.views:
            raise Problem(404, "NotFound", f"views: {', '.join(sorted(cloud.views))}")
        return cloud.views[query["view"]](world, query)
    if "type" not in query:
        next_due = world.next_due_us
        return {
            "now": iso(world.now_us),
            "nextEvent": iso(next_due) if next_due is not None else None,
            "types": world.resources.types(),
            "views": sorted(cloud.views),
        }
    wanted = query.get("filter", "*").lower()
    return [
        {"id": found.id, "version": found.version, "body": found.body, "facts": found.facts}
        for found in world.resources.of_type(query["type"])
        if fnmatchcase(found.name.lower(), wanted) or fnmatchcase(found.key, wanted)
    ]


def _requests(cloud: Cloud, query: dict[str, str]) -> list[Json]:
    path, op = query.get("path", "*").lower(), query.get("op", "*").lower()
    who, since = query.get("principal", "*").lower(), int(query.get("since", "0"))
    found = [
        entry
        for entry in cloud.log.ring
        if entry.seq > since
        and fnmatchcase(entry.path.lower(), path)
        and fnmatchcase(entry.op.lower(), op)
        and fnmatchcase(entry.principal.lower(), who)
    ]
    return [entry.view() for entry in found[-int(query.get("limit", "1000")) :]]


def _changing(cloud: Cloud, routes: Routes) -> None:
    _beginning(cloud, routes)
    _breaking(cloud, routes)

    @_post(routes, "config")
    def config(call: Call) -> Answer:
        call.world.configure(call.object())
        return Answer(call.world.config)

    @_post(routes, "clock/advance")
    def advance(call: Call) -> Answer:
        delta = timedelta(seconds=call.object()["seconds"])
        if isinstance(cloud.clock, OwnClock) or not cloud.replaying:  # a shared clock went there already
            cloud.clock.advance(delta)
            call.world.settle(cloud.clock.now_us())
        return Answer({"now": iso(call.world.now_us)})


def _beginning(cloud: Cloud, routes: Routes) -> None:
    @_post(routes, "reset", mutates=False)
    def reset(call: Call) -> Answer:
        cloud.reset(begin=bool((call.body or {}).get("begin", True)))
        return Answer({"now": iso(cloud.world.now_us)})

    @_post(routes, "seed")
    def seed(call: Call) -> Answer:
        data = call.object()
        unknown = sorted(set(data) - set(cloud.seeders))
        if unknown:
            raise Problem(400, "BadSeed", f"unknown keys {unknown}; known: {sorted(cloud.seeders)}")
        for key, seeder in cloud.seeders.items():
            if key in data:
                seeder(call.world, data[key])
        return Answer({"seeded": sorted(data)})


def _breaking(cloud: Cloud, routes: Routes) -> None:
    @_post(routes, "faults")
    def faults(call: Call) -> Answer:
        if isinstance(call.body, list):
            cloud.faults.replace(call.body, call.now_us)
        else:
            cloud.faults.add(call.object(), call.now_us)
        return Answer([rule.view() for rule in cloud.faults.rules])

    @_post(routes, "faults", method="DELETE")
    def no_faults(call: Call) -> Answer:
        cloud.faults.replace([], call.now_us)
        return Answer([])

    @_post(routes, "buckets/close")
    def close(call: Call) -> Answer:
        body = call.object()
        until_us = call.now_us + int(body["seconds"] * SECOND)
        return Answer({"closed": cloud.throttle.close(body["policy"], until_us)})


def _post(routes: Routes, path: str, *, mutates: bool = True, method: str = "POST") -> Callable[[Handler], Handler]:
    """Declare an operation that changes the world; its body may hold secrets to keep."""
    name = f"sim.{path.replace('/', '.')}.{method.lower()}"
    declare = routes.operation(name, method, f"/_sim/{path}", anonymous=True, sealed=False, mutates=mutates)

    def strictly(handler: Handler) -> Handler:
        def handle(call: Call) -> Answer:
            try:
                return handler(call)
            except (KeyError, TypeError, ValueError, AttributeError) as problem:
                text = f"{type(problem).__name__}: {problem}; see docs/cloud.md"
                raise Problem(400, "BadRequest", text) from problem

        return declare(handle)

    return strictly
