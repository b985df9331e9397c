"""The cloud: rooms plug in, requests go through, the journal keeps what was accepted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cloud.core.answers import Answer, Json, Problem
from local.cloud.core.authentication import Authenticator, RefusedTokenError
from local.cloud.core.calls import Call
from local.cloud.core.faults import Faults, Rule, hit
from local.cloud.core.principals import Principal
from local.cloud.core.replay import entry_of, replay
from local.cloud.core.requestlog import RequestLog
from local.cloud.core.requests import Reply, Request
from local.cloud.core.routing import Route, Router, Routes
from local.cloud.core.secrets import Sealer
from local.cloud.core.throttling import Throttle
from local.cloud.core.times import SECOND, iso
from local.cloud.core.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cloud.core.journal import Journal
    from local.cloud.core.planes import Plane
    from local.cloud.core.throttling import Charge
    from local.cloud.core.times import Clock
    from local.cloud.entra.keys import Keys

    Invariant = Callable[[World], list[Json]]
    Seeder = Callable[[World, Any], None]
    View = Callable[[World, dict[str, str]], object]

NOBODY = Principal("", "nobody", "", (), ())


@dataclass(frozen=True, slots=True)
class Options:
    """How a cloud is: its random seed, its latency profile, the data it begins with."""

    seed: int = 0
    profile: str = "fast"
    begin_with: Json | None = None


class Cloud:
    """Everything but the sockets. Install the rooms, `open`, then `handle` requests."""

    def __init__(self, clock: Clock, keys: Keys, options: Options, journal: Journal | None = None) -> None:
        self.clock = clock
        self.keys = keys
        self.options = options
        self.journal = journal
        self.router = Router()
        self.planes: dict[str, Plane] = {}
        self.faults = Faults()
        self.throttle = Throttle()
        self.log = RequestLog()
        self.seeders: dict[str, Seeder] = {}
        self.invariants: dict[str, Invariant] = {}
        self.views: dict[str, View] = {}
        self._by_prefix: dict[str, Plane] = {}
        self._listeners: dict[str, list[Callable[..., None]]] = {}
        self._kinds: dict[str, Json] = {}
        self._shelves: dict[str, Callable[[], Any]] = {}
        self._authenticator = Authenticator(keys.read)
        self._asked: dict[tuple[str, str], int] = {}
        self.replaying = False
        self.world: World

    # -- what rooms plug in ---------------------------------------------------------------

    def plane(self, plane: Plane) -> None:
        """Serve a plane."""
        self.planes[plane.name] = plane
        for prefix in plane.prefixes or {""}:
            self._by_prefix[prefix] = plane

    def add(self, routes: Routes) -> None:
        """Serve the operations of a room."""
        for route in routes.found:
            self.router.add(route)

    def on(self, event: str, listener: Callable[..., None]) -> None:
        """Call `listener(world, **payload)` whenever somebody publishes the event."""
        self._listeners.setdefault(event, []).append(listener)

    def latencies(self, kinds: dict[str, Json]) -> None:
        """Say how long kinds of operations take on a real day."""
        self._kinds.update(kinds)

    def shelf(self, name: str, make: Callable[[], Any]) -> None:
        """Keep state for a room in the world: `world.shelf(name)`, made anew by a reset."""
        self._shelves[name] = make

    def seeder(self, key: str, seed: Seeder) -> None:
        """Let a room read its top-level key of the seed data."""
        self.seeders[key] = seed

    def invariant(self, name: str, check: Invariant) -> None:
        """Add a check of `_sim/invariants`; it gives findings, none when all is well."""
        if name in self.invariants:
            raise ValueError(f"two rooms check {name}")
        self.invariants[name] = check

    def view(self, name: str, show: View) -> None:
        """Add `GET _sim/state?view=name`."""
        self.views[name] = show

    # -- life -----------------------------------------------------------------------------

    def open(self) -> None:
        """Make the world: from the journal if it has something, else from the first data."""
        self.world = self._fresh()
        entries = self.journal.read(self._terms()) if self.journal else []
        if entries:
            self.replaying = True
            replay(self, entries)
            self.replaying = False
        elif self.options.begin_with:
            self.seed(self.options.begin_with)

    def _terms(self) -> Json:
        return {"seed": self.options.seed, "profile": self.options.profile}

    def reset(self, *, begin: bool) -> None:
        """Forget everything; `begin` seeds the first data again."""
        if self.journal:
            self.journal.clear()
        self.world = self._fresh()
        self.faults, self.throttle, self.log = Faults(), Throttle(), RequestLog()
        self._asked.clear()
        if begin and self.options.begin_with:
            self.seed(self.options.begin_with)

    def seed(self, data: Json) -> None:
        """Seed data as a journalled request to ourselves."""
        body = json.dumps(data).encode()
        reply = self.handle(Request("POST", "/_sim/seed", body=body))
        if reply.status >= 400:  # noqa: PLR2004 - the range of errors
            raise ValueError(f"the seed data is refused: {reply.body.decode()}")

    def _fresh(self) -> World:
        sealer = self.journal.sealer if self.journal else Sealer.fresh()
        world = World(
            clock=self.clock,
            seed=self.options.seed,
            profile=self.options.profile,
            sealer=sealer,
            kinds=self._kinds,
            listeners=self._listeners,
            shelves=self._shelves,
        )
        world.settle(self.clock.now_us())
        return world

    # -- one request ----------------------------------------------------------------------

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        self.world.settle(self.clock.now_us())
        first = request.path.lstrip("/").partition("/")[0].lower()
        plane = self._by_prefix.get(first) or self._by_prefix[""]
        call: Call | None = None
        rule: Rule | None = None
        charges: list[Charge] = []
        try:
            call = self._call(request, plane)
            rule = self._fault(call, plane)
            early = _before(call.fault)
            if early is not None:
                return self._sent(request, call, plane, early, [], rule)
            charges = self._charge(call, plane)
            answer = self._perform(call, rule)
        except Problem as problem:
            answer = plane.render(problem)
        return self._sent(request, call, plane, answer, charges, rule)

    def _call(self, request: Request, plane: Plane) -> Call:
        route, params, known = self.router.find(request.method, request.path)
        if route is None or route.plane != plane.name:
            self._authenticated(request, plane, None)
            raise plane.unknown(request, path_known=known)
        claims = self._authenticated(request, plane, route)
        body = request.parsed()
        call = Call(
            world=self.world,
            route=route,
            method=request.method,
            path=request.path.rstrip("/"),
            params=params,
            query=request.query,
            headers=request.headers,
            body=self.world.sealer.redact(body) if route.sealed and body is not None else body,
            base=request.base,
            principal=self.world.principals.find(claims) if claims else NOBODY,
            claims=claims,
        )
        if route.action and not call.principal.may(route.action, call.path):
            raise plane.forbidden(call)
        plane.check(call)
        return call

    def _authenticated(self, request: Request, plane: Plane, route: Route | None) -> Json:
        if (route is not None and route.anonymous) or not plane.audiences:
            return {}
        try:
            return self._authenticator.claims(request.headers.get("authorization", ""), plane)
        except RefusedTokenError as problem:
            raise plane.unauthenticated(request, str(problem), self.world) from problem

    def _fault(self, call: Call, plane: Plane) -> Rule | None:
        if not self.faults.rules or plane.name == "sim":
            return None
        key = (call.route.name, call.path.lower())
        self._asked[key] = self._asked.get(key, 0) + 1
        facts = {
            "op": call.route.name,
            "plane": plane.name,
            "method": call.method,
            "path": call.path,
            "principal": call.principal.name or call.principal.object_id,
            "attempt": self._asked[key],
            **plane.facts(call),
        }
        chosen = self.faults.choose(facts, self.world.now_us, self.world.rng)
        if chosen is None:
            return None
        call.fault = chosen[1]
        if chosen[1]["kind"] == "token_401":
            request = Request(call.method, call.path, headers=call.headers)
            raise plane.unauthenticated(request, "expired", self.world)
        return chosen[0]

    def _charge(self, call: Call, plane: Plane) -> list[Charge]:
        charges = list(plane.charges(call))
        call.notes["remaining"] = self.throttle.remaining
        now_us, who = self.world.now_us, call.principal.object_id
        for charge in charges:
            self.log.came(who, charge.policy, charge.key, now_us, call.path)
        refusal = self.throttle.take(charges, now_us)
        if refusal is not None:
            charge = refusal.charge
            call.notes["throttled"] = charge.policy
            problem = plane.throttled(call, refusal)
            # a caller who was not told how long to wait cannot come back too early
            wait_s = refusal.retry_after_s if "Retry-After" in problem.headers else 0
            self.log.refused(who, charge.policy, charge.key, now_us, wait_s)
            raise problem
        return charges

    def _perform(self, call: Call, rule: Rule | None) -> Answer:
        answer = call.route.handler(call)
        self.log.early_polls += bool(call.notes.get("early"))
        if call.route.mutates and answer.status < 400:  # noqa: PLR2004 - the range of errors
            if call.method == "PUT":
                self.log.saw_put(call.path, call.body)
            if self.journal is not None:
                entry = entry_of(call, rule.id if rule else "")
                self.journal.append(entry, encrypt=not call.route.sealed)
        if call.fault and call.fault["kind"] == "stale_read" and call.method == "GET":
            return _stale(call, answer)
        return answer

    def repeat(self, call: Call, rule_id: str) -> None:
        """Perform a journalled request again; its answer went out long ago."""
        rule = self.faults.find(rule_id)
        if rule is not None:
            hit(rule, call.path)
        call.route.handler(call)

    def _sent(
        self,
        request: Request,
        call: Call | None,
        plane: Plane,
        answer: Answer,
        charges: list[Charge],
        rule: Rule | None,
    ) -> Reply:
        body = answer.body
        if body is None:
            data = b""
        elif isinstance(body, bytes):
            data = body
        else:
            data = json.dumps(body, separators=(",", ":")).encode()
        headers = dict(answer.headers)
        if data:
            headers["Content-Type"] = answer.content_type
        if call is not None:
            headers |= plane.headers(call, charges, answer)
        reply = Reply(answer.status, headers, data)
        _after(reply, call)
        if plane.name != "sim":
            self.log.add({**self._entry(request, call, plane, reply, rule), "buckets": _names(charges)})
        return reply

    def _entry(self, request: Request, call: Call | None, plane: Plane, reply: Reply, rule: Rule | None) -> Json:
        headers = request.headers
        return {
            "at": iso(self.world.now_us),
            "atUs": self.world.now_us,
            "method": request.method,
            "path": request.path,
            "plane": plane.name,
            "op": call.route.name if call else "?",
            "status": reply.status,
            "principal": call.principal.name or call.principal.object_id if call else "?",
            "clientRequestId": headers.get("x-ms-client-request-id", ""),
            "retryAfter": reply.headers.get("Retry-After", ""),
            "throttled": call.notes.get("throttled", "") if call else "",
            "operation": call.notes.get("operation", "") if call else "",
            "fault": rule.id if rule else "",
            "dropped": reply.drop,
        }


def _names(charges: list[Charge]) -> list[str]:
    return [f"{charge.policy} {charge.key}" for charge in charges]


def _before(fault: Json | None) -> Answer | None:
    """Give the answer of a fault that keeps the request from being performed."""
    if fault is None:
        return None
    kind = fault["kind"]
    if kind == "http":
        code = fault.get("code", "InternalServerError")
        body = {"error": {"code": code, "message": fault.get("message", code)}}
        headers = {name: str(value) for name, value in fault.get("headers", {}).items()}
        return Answer(fault.get("body", body), int(fault.get("status", 500)), headers)
    if kind == "malformed_body":
        html = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
        return Answer(html, int(fault.get("status", 502)), content_type="text/html")
    return Answer(status=503) if kind in {"drop_before", "timeout"} else None


def _after(reply: Reply, call: Call | None) -> None:
    fault = call.fault if call else None
    if call is None or fault is None:
        return
    kind = fault["kind"]
    reply.drop = kind in {"drop_before", "drop_after", "timeout"}
    if kind == "timeout":
        reply.hold_s = float(fault.get("seconds", 30))
    if kind == "delay" and "operation" not in call.notes:
        reply.hold_us = int(fault.get("add", 0) * SECOND)


def _stale(call: Call, answer: Answer) -> Answer:
    resource = call.world.resources.get(call.path)
    if resource is None or not isinstance(answer.body, dict):
        return answer
    at_us = call.now_us - int((call.fault or {}).get("lag", 0) * SECOND)
    return Answer(resource.as_of(at_us), answer.status, answer.headers)
