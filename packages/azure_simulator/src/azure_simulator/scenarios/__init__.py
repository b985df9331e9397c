"""Failure scenarios: settings, fault rules and events, in one YAML file each (docs/notes.md 6).

`GET /_sim/scenarios` lists them, `POST /_sim/scenarios/{number or name}` activates one in addition to what is active,
`DELETE /_sim/scenarios` undoes everything that they changed. The body of the POST may have values for the
placeholders of the file: `{"subscription": ..., ...}`. With a subscription the rules apply to it alone.

A file `23-subnet-full.yaml` has

* `number`, `about` (what happens, one sentence), `needs` (the feature of an application that it tests);
* `setting`: what the application should have created before it starts, in that application's own terms;
* `config`, `faults`, `events` (`core.world`, `core.faults`, `scenarios.events`);
* `expect`: `says` (the expected outcome, one sentence), and outcomes that a test runner can check.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.routing import Routes
from azure_simulator.scenarios import events

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud

FOLDER = Path(__file__).parent
STATE = "scenarios"


def names() -> list[str]:
    """List the scenarios in the order of their numbers."""
    return sorted((path.stem for path in FOLDER.glob("*.yaml")), key=lambda name: int(name.partition("-")[0]))


def load(name_or_number: str) -> Json:
    """Read a scenario by number, by name, or by both; `KeyError` if there is none."""
    for name in names():
        if name_or_number in {name, *name.split("-", 1)}:
            found: Json = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
            return {"name": name, **found}
    raise KeyError(name_or_number)


def merge_patch(now: Json, before: Json) -> Json:
    """Return the JSON merge patch that turns one object into another."""
    patch: Json = {key: None for key in now if key not in before}
    for key, value in before.items():
        current = now.get(key)
        if isinstance(current, dict) and isinstance(value, dict):
            patch[key] = merge_patch(current, value)
        elif current != value:
            patch[key] = value
    return patch


def activate(cloud: Cloud, call: Call, scenario: Json, values: dict[str, str]) -> None:
    """Activate a scenario with values for its placeholders."""
    world, active = call.world, call.world.state(STATE)
    content = events.filled({key: scenario[key] for key in ("config", "faults") if key in scenario}, values)
    scheduled = events.filled(scenario.get("events", []), values, events.WORDS_OF_REQUEST)
    active.setdefault("before", world.config)
    world.configure(content.get("config", {}))
    scope = {"subscription": values["subscription"]} if "subscription" in values else {}
    for number, rule in enumerate(content.get("faults", [])):
        named = {"id": f"{scenario['name']}-{number}", **rule, "match": {**scope, **rule.get("match", {})}}
        active.setdefault("rules", []).append(cloud.faults.add(named, call.now_us).id)
    for number, event in enumerate(scheduled):
        when = event.get("when", {})
        if "after" in when:
            when = {"after": {**scope, **when["after"]}}
        named = {"id": f"{scenario['name']}-event-{number}", **event, "when": when}
        active.setdefault("events", []).append(events.add(cloud, world, named).id)


def deactivate(cloud: Cloud, call: Call) -> None:
    """Undo the settings, rules and events of the active scenarios; their effects stay."""
    world, active = call.world, call.world.state(STATE)
    for rule in active.get("rules", []):
        cloud.faults.remove(rule)
    for event in active.get("events", []):
        events.events(world).pop(event, None)
    if "before" in active:
        world.configure(merge_patch(world.config, active["before"]))
    active.clear()


def install(cloud: Cloud) -> None:
    """Serve the scenarios."""
    events.install(cloud)
    cloud.state(STATE, dict)
    routes = Routes("sim")

    @routes.operation("sim.scenarios", "GET", "/_sim/scenarios", anonymous=True)
    def show(call: Call) -> Answer:
        """List the scenarios."""
        del call
        return Answer({name: {key: load(name)[key] for key in ("number", "about", "needs")} for name in names()})

    @routes.operation("sim.scenario", "POST", "/_sim/scenarios/{name}", anonymous=True)
    def post(call: Call) -> Answer:
        """Activate a scenario, by number or by name; the body may have values for its placeholders."""
        try:
            scenario = load(call.param("name"))
        except KeyError as unknown:
            raise Problem(404, "NotFound", f"scenarios: {', '.join(names())}") from unknown
        activate(cloud, call, scenario, {key: str(value) for key, value in (call.body or {}).items()})
        return Answer(scenario)

    @routes.operation("sim.scenarios.delete", "DELETE", "/_sim/scenarios", anonymous=True)
    def delete(call: Call) -> Answer:
        """Undo the settings, faults and events of the active scenarios."""
        deactivate(cloud, call)
        return Answer(call.world.config)

    cloud.add(routes)
