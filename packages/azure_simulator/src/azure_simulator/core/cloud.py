"""The cloud: services plug in, requests go through, the journal keeps the accepted ones."""

from __future__ import annotations

import gc
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.authentication import Authenticator, RefusedTokenError
from azure_simulator.core.calls import Call, Route
from azure_simulator.core.deferred import defer, unreachable
from azure_simulator.core.fault_effects import after, before, stale
from azure_simulator.core.faults import Faults, subscription_of
from azure_simulator.core.journal import Journal
from azure_simulator.core.principals import Principal
from azure_simulator.core.replay import entry_of, note_of, replay
from azure_simulator.core.requestlog import Entry, RequestLog
from azure_simulator.core.requests import Reply, Request, sendable
from azure_simulator.core.routing import Router, Routes
from azure_simulator.core.settings import Setting, check
from azure_simulator.core.throttling import Throttle
from azure_simulator.core.times import OwnClock
from azure_simulator.core.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.deferred import Handshake
    from azure_simulator.core.keys import Keys
    from azure_simulator.core.planes import Plane
    from azure_simulator.core.settings import Shape
    from azure_simulator.core.throttling import Charge
    from azure_simulator.core.times import Clock

    Invariant = Callable[[World], list[Json]]
    Seeder = Callable[[World, Any], None]
    View = Callable[[World, dict[str, str]], object]
    Witness = Callable[[Call, Answer], None]

ANONYMOUS = Principal("", "nobody", "", (), ())


@dataclass(slots=True)
class Case:
    """One request on its way through; `call` is there once route and caller are known."""

    request: Request
    plane: Plane
    begun_ns: int
    call: Call | None = None
    charges: list[Charge] = field(default_factory=list)

    def entry(self, at_us: int, reply: Reply) -> Entry:
        """Describe the answered request for the log."""
        request, call = self.request, self.call
        headers = request.headers
        return Entry(
            at_us=at_us,
            method=request.method,
            path=request.path,
            plane=self.plane.name,
            op=call.route.name if call else "?",
            status=reply.status,
            code=reply.code,
            principal=call.principal.name or call.principal.object_id if call else "?",
            directory=str(call.claims.get("tid", "")) if call else "",
            client_request_id=headers.get("x-ms-client-request-id") or headers.get("client-request-id", ""),
            retry_after=reply.headers.get("Retry-After", ""),
            took_us=(time.perf_counter_ns() - self.begun_ns) // 1000,
            charges=self.charges,
            notes=call.notes if call else {},
            dropped=reply.drop,
        )


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a cloud: its random seed, its latency profile, the data it begins with."""

    seed: int = 0
    profile: str = "fast"
    begin_with: Json | None = None


class Cloud:
    """Everything but the sockets. Install the services, `open`, then `handle` requests.

    `witnesses` see every answer of every cloud in the process.
    """

    witnesses: ClassVar[list[Witness]] = []

    def __init__(self, clock: Clock, keys: Keys, options: Options, journal: Journal | None = None) -> None:
        self.clock = clock
        self.keys = keys
        self.options = options
        self.journal = journal or Journal()
        self.router = Router()
        self.planes: dict[str, Plane] = {}
        self.faults = Faults()
        self.throttle = Throttle()
        self.log = RequestLog()
        self.seeders: dict[str, Seeder] = {}
        self.invariants: dict[str, Invariant] = {}
        self.views: dict[str, View] = {}
        self.settings: dict[str, Setting] = {}
        self.guards: dict[str, list[Callable[[Call], None]]] = {}
        self.routes: list[Route] = []
        self.attempts: Counter[tuple[str, str]] = Counter()
        self._by_prefix: dict[str, Plane] = {}
        self._listeners: dict[str, list[Callable[..., None]]] = {}
        self.durations: dict[str, Json] = {}
        self._states: dict[str, Callable[[], Any]] = {}
        self._authenticator = Authenticator(keys.read)
        self.replaying = False
        self.handshake: Handshake = unreachable
        self.world: World

    # -- what services plug in ------------------------------------------------------------

    def plane(self, plane: Plane) -> None:
        """Serve a plane."""
        self.planes[plane.name] = plane
        for prefix in plane.prefixes or {""}:
            self._by_prefix[prefix] = plane

    def add(self, routes: Routes) -> None:
        """Serve the operations of a service."""
        for route in routes.found:
            self.router.add(route)
        self.routes += routes.found

    def on(self, event: str, listener: Callable[..., None]) -> None:
        """Call `listener(world, **payload)` whenever the event is published."""
        self._listeners.setdefault(event, []).append(listener)

    def latencies(self, kinds: dict[str, Json]) -> None:
        """Define how long kinds of operations take on a real day."""
        self.durations.update(kinds)

    def state(self, name: str, make: Callable[[], Any]) -> None:
        """Keep state of a service in the world: `world.state(name)`, made anew by a reset."""
        self._states[name] = make

    def seeder(self, key: str, seed: Seeder) -> None:
        """Let a service read its key of the seed data."""
        self.seeders[key] = seed

    def invariant(self, name: str, check: Invariant) -> None:
        """Add a check of `_sim/invariants`; it gives findings, none when all is well."""
        if name in self.invariants:
            raise ValueError(f"two services check {name}")
        self.invariants[name] = check

    def view(self, name: str, show: View) -> None:
        """Add `GET _sim/state?view=name`."""
        self.views[name] = show

    def guard(self, plane: str, check: Callable[[Call], None]) -> None:
        """Let a service refuse callers of a plane, before their rights are checked."""
        self.guards.setdefault(plane, []).append(check)

    def setting(self, name: str, shape: Shape, about: str) -> None:
        """Declare a key of `world.config` that a service reads, its shape (`core.settings`), and its effect."""
        self.settings[name] = Setting(name, shape, about)

    # -- life -----------------------------------------------------------------------------

    def open(self) -> None:
        """Make the world: from the journal if it has something, else from the first data."""
        self.journal.open(self._terms())
        if not self.replay_journal():
            self.world.settle(self.clock.now_us())
            if self.options.begin_with:
                self.seed(self.options.begin_with)

    def replay_journal(self) -> int:
        """Make a new world from the journal; give the number of its entries in force."""
        self._reset()
        self.replaying = True
        gc.disable()  # it would search the growing world over and over
        try:
            found = replay(self, self.journal.entries())
        finally:
            gc.enable()
        self.replaying = False
        if found:
            self.world.settle(self.clock.now_us())
        return found

    def _terms(self) -> Json:
        return {"seed": self.options.seed, "profile": self.options.profile}

    def _reset(self) -> None:
        self.world = self._fresh()
        self.faults, self.throttle, self.log = Faults(), Throttle(), RequestLog()
        self.attempts.clear()

    def reset(self, *, begin: bool) -> None:
        """Forget everything; `begin` seeds the first data anew."""
        self.journal.clear()
        self._reset()
        self.world.settle(self.clock.now_us())
        if begin and self.options.begin_with:
            self.seed(self.options.begin_with)
        else:
            self.note("begun")

    def snapshot(self, name: str) -> None:
        """Give the present state a name; an earlier one of that name is lost."""
        self.note("snapshot", name=name)

    def restore(self, name: str) -> None:
        """Bring a named state back; `KeyError` when there is none.

        A clock of our own goes back to its moment. A shared one cannot: what has come due since then
        happens at once.
        """
        moment = self.journal.snapshots()[name]
        if not isinstance(self.clock, OwnClock):
            moment = self.world.now_us
        self.journal.restore(name, note_of("restore", moment, {"name": name}))
        self.replay_journal()

    def note(self, kind: str, **details: object) -> None:
        """Put an event into the journal that no accepted request holds (see `core.replay`)."""
        self.journal.append(note_of(kind, self.world.now_us, details))

    def configure(self, changes: Json) -> None:
        """Merge settings into `world.config`; raise a 400 `Problem` for an unknown one."""
        if not self.replaying:  # an older cloud may have known others
            check(changes, self.settings)
        self.world.configure(changes)

    def seed(self, data: Json) -> None:
        """Seed data as a journalled request to ourselves."""
        body = json.dumps(data).encode()
        reply = self.handle(Request("POST", "/_sim/seed", body=body))
        if reply.status >= 400:  # noqa: PLR2004 - the range of errors
            raise ValueError(f"the seed data is refused: {reply.body.decode()}")

    def _fresh(self) -> World:
        return World(
            clock=self.clock,
            seed=self.options.seed,
            profile=self.options.profile,
            protector=self.journal.protector,
            kinds=self.durations,
            listeners=self._listeners,
            states=self._states,
        )

    # -- one request ----------------------------------------------------------------------

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        begun_ns = time.perf_counter_ns()
        self.world.settle(self.clock.now_us())
        case = Case(request, plane := self._plane_of(request.path), begun_ns)
        try:
            call = case.call = self._call(request, plane)
            self._admit(call, request, plane)
            self._fault(call, plane)
            answer = before(call.fault)
            if answer is None:
                plane.check(call)
                self._charge(case, call, plane)
                answer = self._perform(call)
        except Problem as problem:
            answer = plane.render(problem)
        return self._sent(case, answer)

    def _plane_of(self, path: str) -> Plane:
        """Return the plane of a path by its first two segments, or its first one."""
        (first, second, *_), known = (*path.lstrip("/").lower().split("/"), ""), self._by_prefix
        return known.get(f"{first}/{second}") or known.get(first) or known[""]

    def _call(self, request: Request, plane: Plane) -> Call:
        """Find the route and the caller."""
        if self.journal.broken:
            raise Problem(503, "ServiceUnavailable", f"{self.journal.broken}; start the simulated cloud again.")
        route, params, known = self.router.find(request.method, request.path)
        if route is None or route.plane != plane.name:
            self._authenticated(request, plane, None)
            raise plane.unknown(request, path_known=known)
        claims = self._authenticated(request, plane, route)
        return Call(
            world=self.world,
            route=route,
            method=request.method,
            path=request.path.rstrip("/"),
            params=params,
            query=request.query,
            headers=request.headers,
            body=None,
            base=request.base,
            principal=self.world.principals.find(claims) if claims else ANONYMOUS,
            claims=claims,
        )

    def _admit(self, call: Call, request: Request, plane: Plane) -> None:
        """Read the body; refuse actions that the caller may not do."""
        for guard in self.guards.get(plane.name, ()):
            guard(call)
        body = plane.read(request)
        plane.inspect_secrets(call, body)
        call.body = self.world.protector.redact(body) if call.route.redacted and body is not None else body
        if call.route.action and not call.principal.may(call.action, call.path):
            raise plane.forbidden(call)

    def _authenticated(self, request: Request, plane: Plane, route: Route | None) -> Json:
        if (route is not None and route.anonymous) or not plane.audiences:
            return {}
        try:
            return self._authenticator.claims(request.headers.get("authorization", ""), plane)
        except RefusedTokenError as problem:
            raise plane.unauthenticated(request, str(problem), self.world) from problem

    def _fault(self, call: Call, plane: Plane) -> None:
        if not self.faults.rules or plane.name == "sim":
            return
        key = (call.route.name, call.path.lower())
        self.attempts[key] += 1
        facts = {
            "op": call.route.name,
            "plane": plane.name,
            "method": call.method,
            "path": call.path,
            "principal": call.principal.name or call.principal.object_id,
            "attempt": self.attempts[key],
            "subscription": subscription_of(call.path),
            **plane.facts(call),
        }
        chosen = self.faults.choose(facts, self.world.now_us, self.world.rng)
        self.note("attempt", op=call.route.name, path=call.path, rule=chosen[0].id if chosen else "")
        if chosen is None:
            return
        call.fault, call.notes["rule"] = chosen[1], chosen[0].id
        if chosen[1]["kind"] == "token_401":
            request = Request(call.method, call.path, headers=call.headers)
            raise plane.unauthenticated(request, "expired", self.world)

    def _charge(self, case: Case, call: Call, plane: Plane) -> None:
        case.charges = charges = list(plane.charges(call))
        call.notes |= {"charges": charges, "remaining": self.throttle.remaining}
        now_us, who = self.world.now_us, call.principal.object_id
        for charge in charges:
            finding = self.log.check_retry_after(who, charge.policy, charge.key, now_us, call.path)
            if finding is not None:
                self.note("earlyRequest", finding=finding)
        refusal = self.throttle.take(charges, now_us)
        if refusal is not None:
            charge = refusal.charge
            call.notes["throttled"] = charge.policy
            problem = plane.throttled(call, refusal)
            # without a Retry-After no request can come too early
            wait_s = refusal.retry_after_s if "Retry-After" in problem.headers else 0
            self.log.note_refusal(who, charge.policy, charge.key, now_us, wait_s)
            shape = self.throttle.shape(charge)
            self.note("refused", who=who, policy=charge.policy, key=charge.key, wait=wait_s, bucket=shape)
            case.charges = []
            raise problem

    def _perform(self, call: Call) -> Answer:
        at_us = call.now_us  # the handler may move the clock
        answer = self.planes[call.route.plane].perform(call)
        self.log.early_polls += bool(call.notes.get("early"))
        if call.route.mutates and answer.status < 400:  # noqa: PLR2004 - the range of errors
            if call.method == "PUT":
                self.log.count_put(call.path, call.body)
            self.journal.append(entry_of(call, at_us), encrypt=not call.route.redacted)
        if call.fault and call.fault["kind"] == "stale_read" and call.method == "GET":
            return stale(call, answer)
        return answer

    def _sent(self, case: Case, answer: Answer) -> Reply:
        call, plane = case.call, case.plane
        if answer.later is not None:
            return defer(answer.later, plane, partial(self._sent, case))
        answer = plane.identify(case.request, answer)
        if call is not None:
            for see in self.witnesses:
                see(call, answer)
        data, headers = answer.data(), dict(answer.headers)
        if data:
            headers["Content-Type"] = answer.content_type
        if call is not None:
            headers |= plane.headers(call, call.notes.get("charges", []), answer)
        reply = Reply(answer.status, {name: sendable(value) for name, value in headers.items()}, data)
        after(reply, call)
        if plane.name != "sim":
            entry = case.entry(self.world.now_us, reply)
            self.log.add(entry)
            self.world.publish("answered", op=entry.op, path=entry.path, status=entry.status, code=entry.code)
        return reply
