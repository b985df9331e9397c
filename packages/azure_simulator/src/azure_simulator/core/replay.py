"""From an accepted request to a journal entry and back, and the notes between them.

A note holds what no accepted request holds: `attempt` (a request that fault rules were matched with, and the
rule that hit), `refused` (a 429 and the bucket it came from), `earlyRequest` (a request before its
Retry-After), `begun` (a reset that left nothing), `restore` (a snapshot is in force again).
`r` is the real time: a clock of the cloud's own goes on from there after a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from azure_simulator.core.answers import Problem
from azure_simulator.core.calls import Call
from azure_simulator.core.faults import hit
from azure_simulator.core.journal import JournalError
from azure_simulator.core.times import OwnClock, system_now_us

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from azure_simulator.core.answers import Json
    from azure_simulator.core.faults import Faults
    from azure_simulator.core.planes import Plane
    from azure_simulator.core.requestlog import RequestLog
    from azure_simulator.core.routing import Router
    from azure_simulator.core.throttling import Throttle
    from azure_simulator.core.times import Clock
    from azure_simulator.core.world import World


class Replayed(Protocol):
    """The parts of a `Cloud` that a replay uses."""

    clock: Clock
    world: World
    router: Router
    log: RequestLog
    faults: Faults
    throttle: Throttle
    attempts: Counter[tuple[str, str]]
    planes: dict[str, Plane]


_KEPT_HEADERS = ("if-match", "if-none-match", "x-identity-header")


def entry_of(call: Call, at_us: int) -> Json:
    """Describe a request accepted at a moment; `body` has its secrets hashed unless the route keeps them."""
    return {
        "t": at_us,
        "r": system_now_us(),
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "base": call.base,
        "headers": {name: call.headers[name] for name in _KEPT_HEADERS if name in call.headers},
        "claims": call.claims,
        "body": call.body,
        "fault": call.fault,
    }


def note_of(kind: str, at_us: int, details: Json) -> Json:
    """Return the note of an event that is no request; `note` comes first, the journal looks for it there."""
    return {"note": kind, "t": at_us, "r": system_now_us(), **details}


def replay(cloud: Replayed, entries: Iterable[Json]) -> int:
    """Perform entries at their moments and give their number.

    A clock of the cloud's own stands at each entry's moment meanwhile; then it goes on as if it had
    never stopped. Raises `JournalError` for an entry that this cloud does not accept.
    """
    clock = cloud.clock if isinstance(cloud.clock, OwnClock) else None
    number, last_real_us = 0, 0
    for number, entry in enumerate(entries, 1):  # noqa: B007 - the last one is the answer
        if clock is not None:
            clock.hold(entry["t"])
        cloud.world.settle(entry["t"])
        if "note" in entry:
            _note(cloud, entry)
        else:
            _request(cloud, entry)
        last_real_us = entry.get("r", last_real_us)
    if clock is not None and number:
        clock.go(system_now_us() - last_real_us if last_real_us else 0)
    return number


def _request(cloud: Replayed, entry: Json) -> None:
    what = f"{entry['method']} {entry['path']}"
    route, params, _ = cloud.router.find(entry["method"], entry["path"])
    if route is None:
        raise JournalError(f"the journal holds {what}: unknown")
    call = Call(
        world=cloud.world,
        route=route,
        method=entry["method"],
        path=entry["path"],
        params=params,
        query=entry["query"],
        headers=entry["headers"],
        body=entry["body"],
        base=entry["base"],
        principal=cloud.world.principals.find(entry["claims"]),
        claims=entry["claims"],
        fault=entry["fault"],
    )
    try:
        cloud.planes[route.plane].perform(call)
    except Problem as problem:
        raise JournalError(f"the journal holds {what}, which is refused now: {problem}") from problem
    if call.method == "PUT":
        cloud.log.count_put(call.path, call.body)


def _note(cloud: Replayed, note: Json) -> None:
    kind = note["note"]
    if kind == "attempt":
        cloud.attempts[note["op"], note["path"].lower()] += 1
        rule = cloud.faults.find(note["rule"]) if note["rule"] else None
        if rule is not None:
            rule.seen += 1
            hit(rule, note["path"])
    elif kind == "refused":
        cloud.throttle.empty(note["policy"], note["key"], note["bucket"], note["t"])
        cloud.log.note_refusal(note["who"], note["policy"], note["key"], note["t"], note["wait"])
    elif kind == "earlyRequest":
        cloud.log.early_requests.append(note["finding"])
