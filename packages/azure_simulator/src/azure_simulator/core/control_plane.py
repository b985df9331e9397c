"""`/_sim`: views of the world. No token; loopback only. Changes are in `core.control_operations`.

GET  (index)   state?type=&filter=&view=   operations?status=&kind=&target=&limit=
     requests?path=&principal=&op=&status=&fault=&id=&since=&limit=
     stats   faults   buckets?policy=   invariants   config   settings   snapshots

A browser that asks for the index gets the page of `azure_simulator.pages`.
"""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.core import control_operations
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.requestlog import GRACE_S
from azure_simulator.core.requests import whole
from azure_simulator.core.routing import Routes
from azure_simulator.core.settings import NUMBER, Setting
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.requestlog import Entry

_MOST = "1000"


class SimPlane(Plane):
    """The control plane."""

    name = "sim"
    prefixes = frozenset({"_sim"})

    def perform(self, call: Call) -> Answer:
        """Refuse a body that an operation cannot read, for any error it raises."""
        try:
            return call.route.handler(call)
        except KeyError as problem:
            raise Problem(
                400, "BadRequest", f"The body needs the member {problem}; see docs/reference.md."
            ) from problem
        except (TypeError, ValueError, AttributeError, OverflowError) as problem:
            text = f"The body is not what this address reads: {problem}; see docs/reference.md."
            raise Problem(400, "BadRequest", text) from problem


def install(cloud: Cloud) -> None:
    """Serve `/_sim`."""
    routes = Routes("sim")
    cloud.plane(SimPlane())
    cloud.seeder("config", lambda _, data: cloud.configure(data))
    cloud.seeder("principals", lambda world, data: world.principals.seed(data))
    cloud.seeder("faults", lambda world, data: cloud.faults.replace(data, world.now_us))
    cloud.on("configured", lambda world, changes: _configured(cloud, world.config, changes))
    cloud.invariant("beforeRetryAfter", lambda _: list(cloud.log.early_requests))
    cloud.invariant("observed", lambda world: list(world.findings))
    cloud.setting("profile", str, "latencies: instant, fast, real or slow-day")
    cloud.setting("latency", {"*": dict}, "durations by kind: dist, and what it needs; seconds, not scaled")
    cloud.setting("throttling", {"*": (bool, *NUMBER)}, "buckets by policy, `enabled` for all; a part of their limit")
    cloud.setting("strictPrincipals", bool, "callers that were not seeded have no rights")
    cloud.setting("retryAfterGraceSeconds", NUMBER, "how long after a 429 requests on their way are forgiven")
    _declare_views(cloud, routes)
    control_operations.install(cloud, routes)
    cloud.add(routes)


def _configured(cloud: Cloud, config: Json, changes: Json) -> None:
    if "throttling" in changes:
        cloud.throttle.settings = config.get("throttling", {})
    if "retryAfterGraceSeconds" in changes:
        cloud.log.grace_us = int(config.get("retryAfterGraceSeconds", GRACE_S) * SECOND)
    if "strictPrincipals" in changes:
        cloud.world.principals.strict = bool(config.get("strictPrincipals"))


def _declare_views(cloud: Cloud, routes: Routes) -> None:
    views: dict[str, tuple[str, Callable[[Call], object]]] = {
        "stats": ("counts of requests, polls, refusals", lambda call: _stats(cloud, call)),
        "faults": ("fault rules and their hits", lambda _: [rule.view() for rule in cloud.faults.rules]),
        "buckets": ("token buckets with what they hold and give", lambda call: _buckets(cloud, call)),
        "config": ("the settings in force", lambda call: call.world.config),
        "settings": ("the settings there are", lambda _: {each.name: each.about for each in _settings(cloud)}),
        "snapshots": ("states that can be restored", lambda _: _snapshots(cloud)),
        "state": ("resources by type, or a service's view", lambda call: _state(cloud, call)),
        "operations": ("long-running operations", _operations),
        "requests": ("the last requests", lambda call: _requests(cloud, call)),
        "invariants": ("what must hold, and what breaks it", lambda _: check_invariants(cloud)),
    }
    for name, (about, show) in views.items():
        routes.operation(f"sim.{name}", "GET", f"/_sim/{name}", anonymous=True)(_shown(about, show))


def _shown(about: str, show: Callable[[Call], object]) -> Callable[[Call], Answer]:
    def handle(call: Call) -> Answer:
        return Answer(show(call))

    handle.__doc__ = about
    return handle


def _settings(cloud: Cloud) -> list[Setting]:
    return [cloud.settings[name] for name in sorted(cloud.settings)]


def _snapshots(cloud: Cloud) -> Json:
    return {name: iso(moment) for name, moment in cloud.journal.snapshots().items()}


def check_invariants(cloud: Cloud) -> Json:
    """Run every invariant."""
    found = [
        {"invariant": name, **finding} for name, check in cloud.invariants.items() for finding in check(cloud.world)
    ]
    return {"clean": not found, "findings": found}


def _stats(cloud: Cloud, call: Call) -> Json:
    polls: dict[str, Json] = defaultdict(lambda: {"operations": 0, "polls": 0, "early": 0, "most": 0})
    for operation in call.world.operations.values():
        row = polls[operation.kind]
        row["operations"] += 1
        row["polls"] += operation.polls
        row["early"] += operation.early_polls
        row["most"] = max(row["most"], operation.polls)
    buckets: dict[str, Json] = defaultdict(lambda: {"buckets": 0, "requests": 0, "refused": 0})
    for (policy, _), bucket in cloud.throttle.buckets.items():
        row = buckets[policy]
        row["buckets"] += 1
        row["requests"] += bucket.taken + bucket.refused
        row["refused"] += bucket.refused
    now = iso(call.now_us)
    return {**cloud.log.stats(), "byBucket": buckets, "pollsByOperation": polls, "now": now}


def _buckets(cloud: Cloud, call: Call) -> list[Json]:
    wanted = call.query.get("policy", "*")
    return [each for each in cloud.throttle.view(call.now_us) if fnmatchcase(each["policy"], wanted)]


def _operations(call: Call) -> list[Json]:
    wanted = call.query.get("status", "").lower()
    kind, target = call.query.get("kind", "*").lower(), call.query.get("target", "*").lower()
    found = [
        each
        for each in call.world.operations.values()
        if (not wanted or each.status().lower() == wanted)
        and fnmatchcase(each.kind.lower(), kind)
        and fnmatchcase(each.target.lower(), target)
    ]
    limit = _number(call, "limit", "0")
    return [each.view(call.now_us) for each in (found[-limit:] if limit else found)]


def _state(cloud: Cloud, call: Call) -> object:
    world, query = call.world, call.query
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


def _requests(cloud: Cloud, call: Call) -> list[Json]:
    query = {name: glob.lower() for name, glob in call.query.items()}
    since, limit = _number(call, "since", "0"), _number(call, "limit", _MOST)
    found = [entry for entry in cloud.log.ring if entry.seq > since and _matches(entry, query)]
    return [entry.view() for entry in found[-limit:]] if limit else []


def _matches(entry: Entry, query: dict[str, str]) -> bool:
    facts = {
        "path": entry.path,
        "op": entry.op,
        "principal": entry.principal,
        "fault": entry.notes.get("rule", ""),
        "status": str(entry.status),
        "id": entry.client_request_id,
    }
    return all(fnmatchcase(fact.lower(), query.get(name, "*")) for name, fact in facts.items())


def _number(call: Call, name: str, default: str) -> int:
    text = call.query.get(name, default)
    number = whole(text)
    if number is None:
        raise Problem(400, "BadRequest", f"{name} must be a whole number, not {text!r:.40}")
    return number
