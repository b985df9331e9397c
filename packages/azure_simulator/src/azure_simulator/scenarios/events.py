"""Events: acts of another actor, such as delete a network, stop a machine, remove a licence, use up a quota.

An event is `{"id", "when": {...}, "do": [{"method", "path", "body"}]}`. `when` is `{"at": 600}` (simulated seconds
after the event was added) or `{"after": {"op": "vm.create", "name": "*", "count": 2}}` (globs; the second accepted
request; `status` or `code` for one with another result). `path` is a glob too, `subscription` narrows as in a fault
rule. Without `when` it happens at once. Its actions are requests to the cloud's own routes with full rights.

In an action `{vm}` is the id of the machine that the request was about, `{machine}` its name, `{computer}` its name
in Windows, `{path}` the path. With `each: {"type", "subscription"}` the action runs once for each such resource,
whose id is `{each}`. An action that is refused is recorded with its error and is not tried again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from azure_simulator.core.acting import perform
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.faults import subscription_of
from azure_simulator.core.principals import Principal
from azure_simulator.core.requests import Request
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World

STATE = "events"
WORDS_OF_REQUEST = frozenset({"vm", "machine", "computer", "path", "each"})
"""Placeholders whose values are known only when the event happens."""
ACTOR = Principal("00000000-0000-4000-8000-00000000face", "somebody else")
_PLACE = re.compile(r"\{(\w+)\}")
_WATCHED = ("op", "name", "path", "subscription", "code")
_ACTION = frozenset({"method", "path", "body", "each"})
_REFUSED = 400


@dataclass(slots=True)
class Event:
    """Action of another actor. `seen` counts the requests that it waits for."""

    id: str
    when: Json
    do: list[Json]
    since_us: int
    seen: int = 0
    happened_us: int | None = None
    came_to: list[Json] = field(default_factory=list)

    def view(self) -> Json:
        """Describe the event for `GET /_sim/events`."""
        happened = iso(self.happened_us) if self.happened_us is not None else None
        shown = {"id": self.id, "when": self.when, "since": iso(self.since_us), "seen": self.seen}
        return {**shown, "happened": happened, "cameTo": self.came_to}

    def is_due(self, entry: Json) -> bool:
        """Count a request; return whether the event waits for it."""
        after: Json | None = self.when.get("after")
        if self.happened_us is not None or after is None or not _fits(after, entry):
            return False
        self.seen += 1
        return bool(self.seen == after.get("count", 1))


def events(world: World) -> dict[str, Event]:
    """Return the events by id."""
    found: dict[str, Event] = world.state(STATE)
    return found


def filled(value: object, known: Mapping[str, str], later: frozenset[str] = frozenset()) -> Any:  # noqa: ANN401 - JSON
    """Replace every placeholder `{word}`; words of `later` stay, an unknown one is a 400."""
    if isinstance(value, dict):
        return {filled(key, known, later): filled(each, known, later) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known, later) for each in value]
    if not isinstance(value, str):
        return value

    def word(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in known:
            return known[name]
        if name in later:
            return found.group(0)
        raise Problem(400, "BadRequest", f"no value for {{{name}}}; known: {', '.join(sorted(known)) or 'none'}")

    return _PLACE.sub(word, value)


def add(cloud: Cloud, world: World, entry: Json) -> Event:
    """Add an event, in place of one with its id; one without `when` happens at once."""
    if unknown := set(entry) - {"id", "when", "do"}:
        raise Problem(400, "BadEvent", f"unknown keys {sorted(unknown)}")
    when, do = entry.get("when", {}), entry.get("do", {})
    actions: list[Json] = do if isinstance(do, list) else [do]
    if not all(isinstance(action, dict) and {"method", "path"} <= set(action) <= _ACTION for action in actions):
        raise Problem(400, "BadEvent", f"do holds objects with {', '.join(sorted(_ACTION))}")
    if not isinstance(when, dict) or not _is_valid(when):
        raise Problem(
            400, "BadEvent", f"when is {{at: seconds}} or {{after: {{op, {', '.join(_WATCHED[1:])}, count}}}}"
        )
    event = Event(str(entry.get("id", f"event-{len(events(world))}")), when, actions, world.now_us)
    events(world)[event.id] = event
    if "after" not in when:
        due_us = world.now_us + int(when.get("at", 0) * SECOND)
        if due_us > world.now_us:
            world.at(due_us, lambda: _happen(cloud, world, event, {}))
        else:
            _happen(cloud, world, event, {})
    return event


def _is_valid(when: Json) -> bool:
    if set(when) == {"at"}:
        return isinstance(when["at"], int | float)
    after = when.get("after", {"op": "*"})
    known = {*_WATCHED, "count", "status"}
    return set(when) <= {"after"} and isinstance(after, dict) and "op" in after and set(after) <= known


def _fits(after: Json, entry: Json) -> bool:
    status = after.get("status")
    if entry["status"] != status if status is not None else entry["status"] >= _REFUSED and "code" not in after:
        return False
    facts = {
        **entry,
        "name": _machine(entry["path"]).rpartition("/")[2],
        "subscription": subscription_of(entry["path"]),
    }
    globs = {key: after[key] for key in _WATCHED if key in after and (facts[key] or key != "subscription")}
    return all(fnmatchcase(str(facts[key]).lower(), str(glob).lower()) for key, glob in globs.items())


def _machine(path: str) -> str:
    """Return the id of the machine that a path is about; the path if there is none."""
    found = re.match(r"(.*/virtualmachines/[^/]+)", path, re.IGNORECASE)
    return found.group(1) if found else path


def _happen(cloud: Cloud, world: World, event: Event, words: dict[str, str]) -> None:
    """Run the actions of an event, once; refusals are recorded."""
    if event.happened_us is not None or events(world).get(event.id) is not event:
        return
    event.happened_us = world.now_us
    for action, more in [(entry, each) for entry in event.do for each in _each(world, entry)]:
        try:
            request = filled(action, words | more)
            answer = perform(cloud, world, request, ACTOR)
            event.came_to.append({"path": request["path"], "status": answer.status})
        except Problem as problem:
            refusal = {"status": problem.status, "error": problem.error()}
            event.came_to.append({"path": action["path"], **refusal})


def _each(world: World, action: Json) -> list[dict[str, str]]:
    """Return the placeholders of each run of an action: one for every resource of a type, or one run."""
    if "each" not in action:
        return [{}]
    found = world.resources.of_type(action["each"]["type"])
    subscription = str(action["each"].get("subscription", "*")).lower()
    return [{"each": resource.id} for resource in found if fnmatchcase(subscription_of(resource.id), subscription)]


def _watch(cloud: Cloud, world: World, entry: Json) -> None:
    """Run the events that waited for this request.

    Each is a journalled request of the cloud to itself, because the counts of requests are not journalled.
    """
    for event in [each for each in events(world).values() if each.is_due(entry)]:
        vm = world.resources.get(_machine(entry["path"]))
        profile = vm.properties.get("osProfile", {}) if vm is not None else {}
        words = {"path": entry["path"], "vm": _machine(entry["path"]), "computer": str(profile.get("computerName", ""))}
        words["machine"] = words["vm"].rpartition("/")[2]
        cloud.handle(Request("POST", f"/_sim/events/{event.id}/happen", body=json.dumps(words).encode()))


def install(cloud: Cloud) -> None:
    """Serve the events."""
    routes = Routes("sim")
    cloud.state(STATE, dict)
    cloud.on("answered", lambda world, **entry: _watch(cloud, world, entry))

    @routes.operation("sim.events", "GET", "/_sim/events", anonymous=True)
    def show(call: Call) -> Answer:
        """List the events and their results."""
        return Answer([each.view() for each in events(call.world).values()])

    @routes.operation("sim.events.post", "POST", "/_sim/events", anonymous=True, redacted=False)
    def post(call: Call) -> Answer:
        """Add an event that happens now, at a time, or after a request."""
        return Answer(add(cloud, call.world, call.object()).view())

    @routes.operation("sim.events.happen", "POST", "/_sim/events/{id}/happen", anonymous=True)
    def happen(call: Call) -> Answer:
        """Run an event without waiting for its time."""
        event = events(call.world).get(call.param("id"))
        if event is None:
            raise Problem(404, "NotFound", f"events: {', '.join(events(call.world)) or 'none'}")
        words = {key: str(value) for key, value in (call.body or {}).items() if key in WORDS_OF_REQUEST}
        _happen(cloud, call.world, event, words)
        return Answer(event.view())

    cloud.add(routes)
