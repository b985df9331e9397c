"""Named bad days: settings and fault rules in one YAML file each, with what should come of them.

`POST /_sim/scenarios/{name}` puts one into force on top of what is there, `GET /_sim/scenarios`
lists them. A file holds `number` (a short name, its own), `about`, `expect`, and any of `config` and
`faults` (azure.md 6).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from local.cloud.core.answers import Answer, Json, Problem
from local.cloud.core.routing import Routes

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.core.cloud import Cloud

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """List the scenarios."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str) -> Json:
    """Read a scenario; `KeyError` if there is none of that name."""
    if name not in names():
        raise KeyError(name)
    found: Json = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def install(cloud: Cloud) -> None:
    """Serve the scenarios."""
    routes = Routes("sim")

    @routes.operation("sim.scenarios", "GET", "/_sim/scenarios", anonymous=True)
    def show(call: Call) -> Answer:
        del call
        return Answer({name: {key: load(name)[key] for key in ("number", "about")} for name in names()})

    @routes.operation("sim.scenario", "POST", "/_sim/scenarios/{name}", anonymous=True)
    def put_in_force(call: Call) -> Answer:
        if call.param("name") not in names():
            raise Problem(404, "NotFound", f"scenarios: {', '.join(names())}")
        scenario = load(call.param("name"))
        call.world.configure(scenario.get("config", {}))
        for rule in scenario.get("faults", []):
            cloud.faults.add(rule, call.now_us)
        return Answer(scenario)

    cloud.add(routes)
