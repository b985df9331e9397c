"""Bad days: settings, fault rules and what somebody else does, in one YAML file each (azure.md 6).

`GET /_sim/scenarios` lists them, `POST /_sim/scenarios/{number or name}` puts one in force on top of what
is there, `DELETE /_sim/scenarios` takes everything back that they brought. The body of the POST may
hold a cast: `{"subscription": ..., ...}` narrows the rules to a subscription, and is put in for the
`{words}` of the file.

A file `23-subnet-full.yaml` holds

* `number`, `about` (a sentence), `needs` (the feature of an application that it tries);
* `setting`: what the application should have made before it begins, in that application's own words;
* `config`, `faults`, `events` (`core.world`, `core.faults`, `scenarios.events`);
* `expect`: `says` (a sentence), and what whoever plays it can check.
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


def load(wanted: str) -> Json:
    """Read a scenario by number, by name, or by both; `KeyError` if there is none."""
    for name in names():
        if wanted in {name, *name.split("-", 1)}:
            found: Json = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
            return {"name": name, **found}
    raise KeyError(wanted)


def way_back(now: Json, before: Json) -> Json:
    """Give the merge patch that leads from one object to another."""
    patch: Json = {key: None for key in now if key not in before}
    for key, value in before.items():
        there = now.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            patch[key] = way_back(there, value)
        elif there != value:
            patch[key] = value
    return patch


def begin(cloud: Cloud, call: Call, scenario: Json, cast: dict[str, str]) -> None:
    """Put a scenario in force."""
    world, in_force = call.world, call.world.state(STATE)
    brought = events.filled({key: scenario[key] for key in ("config", "faults") if key in scenario}, cast)
    happenings = events.filled(scenario.get("events", []), cast, events.TOLD)
    in_force.setdefault("before", world.config)
    world.configure(brought.get("config", {}))
    scope = {"subscription": cast["subscription"]} if "subscription" in cast else {}
    for number, rule in enumerate(brought.get("faults", [])):
        named = {"id": f"{scenario['name']}-{number}", **rule, "match": {**scope, **rule.get("match", {})}}
        in_force.setdefault("rules", []).append(cloud.faults.add(named, call.now_us).id)
    for number, event in enumerate(happenings):
        when = event.get("when", {})
        if "after" in when:
            when = {"after": {**scope, **when["after"]}}
        named = {"id": f"{scenario['name']}-event-{number}", **event, "when": when}
        in_force.setdefault("events", []).append(events.add(cloud, world, named).id)


def end(cloud: Cloud, call: Call) -> None:
    """Take back what the scenarios in force brought; what came of it stays."""
    world, in_force = call.world, call.world.state(STATE)
    for rule in in_force.get("rules", []):
        cloud.faults.remove(rule)
    for event in in_force.get("events", []):
        events.events(world).pop(event, None)
    if "before" in in_force:
        world.configure(way_back(world.config, in_force["before"]))
    in_force.clear()


def install(cloud: Cloud) -> None:
    """Serve the scenarios."""
    events.install(cloud)
    cloud.state(STATE, dict)
    routes = Routes("sim")

    @routes.operation("sim.scenarios", "GET", "/_sim/scenarios", anonymous=True)
    def show(call: Call) -> Answer:
        """List the bad days there are."""
        del call
        return Answer({name: {key: load(name)[key] for key in ("number", "about", "needs")} for name in names()})

    @routes.operation("sim.scenario", "POST", "/_sim/scenarios/{name}", anonymous=True)
    def put_in_force(call: Call) -> Answer:
        """Put a bad day in force, by number or by name; the body may hold its cast."""
        try:
            scenario = load(call.param("name"))
        except KeyError as unknown:
            raise Problem(404, "NotFound", f"scenarios: {', '.join(names())}") from unknown
        begin(cloud, call, scenario, {key: str(value) for key, value in (call.body or {}).items()})
        return Answer(scenario)

    @routes.operation("sim.scenarios.delete", "DELETE", "/_sim/scenarios", anonymous=True)
    def take_back(call: Call) -> Answer:
        """Take back the settings, faults and events that bad days brought."""
        end(cloud, call)
        return Answer(call.world.config)

    cloud.add(routes)
