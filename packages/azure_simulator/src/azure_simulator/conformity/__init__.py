"""Compares answers with Microsoft's specifications, for tests of the simulator and of its clients.

    conformity = Conformity(folder)   # with `arm.json` and `graph.json`, as tests/tools/specification.py writes them
    conformity.watch(cloud)

`GET /_sim/invariants` then lists what does not fit, each text once, as findings of the invariant `specification`.
Answers that a fault rule made are not compared. The app that is tested cannot tell.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from azure_simulator.arm.registry import registry
from azure_simulator.conformity import graph_answers, resource_answers
from azure_simulator.conformity.entities import Entities
from azure_simulator.conformity.schemas import Schemas

if TYPE_CHECKING:
    from pathlib import Path

    from azure_simulator.core.answers import Answer, Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World


class Conformity:
    """Comparison of answers with the specifications: each finding with the first request it was seen at."""

    def __init__(self, folder: Path) -> None:
        self.schemas = Schemas(json.loads((folder / "arm.json").read_text(encoding="utf-8")))
        self.entities = Entities(json.loads((folder / "graph.json").read_text(encoding="utf-8")))
        self.violations: dict[str, str] = {}

    def watch(self, cloud: Cloud) -> None:
        """Compare every answer of a cloud from now on, and show contradictions among its invariants."""
        cloud.witnesses.append(self.see)
        cloud.invariant("specification", self.findings)

    def findings(self, world: World | None = None) -> list[Json]:
        """List the answers that did not fit, as an invariant does; the list outlives a reset of the world."""
        del world
        return [{"text": text, "request": request} for text, request in self.violations.items()]

    def see(self, call: Call, answer: Answer) -> None:
        """Compare one answer, unless a fault rule made it."""
        for text in self.wrong(call, answer) if not call.fault else ():
            self.violations.setdefault(text, f"{call.method} {call.path}")

    def wrong(self, call: Call, answer: Answer) -> list[str]:
        """List the contradictions between an answer and the specification of its operation."""
        if call.route.plane == "arm":
            return resource_answers.wrong(self.schemas, registry(call.world).target(call.route), call, answer)
        if call.route.plane == "graph":
            return graph_answers.wrong(self.entities, call, answer)
        return []
