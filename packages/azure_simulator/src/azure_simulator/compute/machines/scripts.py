"""Read the steps of a PowerShell script without running it.

A script names its steps in marker comments, `# step: <name>`, one before each step, and prints one
line of JSON per step: `{"step", "ok", "message"}`. Here every step works, unless the settings say
otherwise: `scriptOutcomes: [{"vm": "CPC-0*", "step": "disable-*", "message": "...", "times": 1,
"timeOut": false, "attempts": 1}]` (globs; `attempts` fails only the first so many runs on a machine, `times`
repeats the message).
Steps with effects: `generalize` (sysprep: Windows stops), one with `partition` or `disk` in its name
(the partition grows to the disk), `enrollInIntune` (with the device's credential),
`register-session-host` (the desktop agent registers with the protected parameter `registrationToken`
and the parameter `hostPool`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.compute.machines import directory_checks

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

STEP = re.compile(r"^\s*#\s*step:\s*([\w.-]+)", re.MULTILINE | re.IGNORECASE)
OUTPUT_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Run:
    """Result of a script: its steps, and its end."""

    steps: tuple[Json, ...]
    timed_out: bool = False

    @property
    def failed(self) -> bool:
        """Return whether a step went wrong."""
        return any(not step["ok"] for step in self.steps)

    @property
    def output(self) -> str:
        """Return the last 4 KB of the script's output."""
        lines = [json.dumps(step, separators=(",", ":")) for step in self.steps]
        return "\n".join(lines)[-OUTPUT_LIMIT:]


def read_script(world: World, vm: Resource, script: str, attempt: int, given: Json | None = None) -> Run:
    """Determine the results of a script's steps on a machine; a step that times out is the last one."""
    steps: list[Json] = []
    for name in STEP.findall(script):
        outcome = _outcome(world, vm, name, attempt)
        if outcome is None and (reason := directory_checks.failure(world, vm, name, given or {})):
            outcome = {"message": reason}
        if outcome is not None and outcome.get("timeOut"):
            return Run(tuple(steps), timed_out=True)
        message = "" if outcome is None else str(outcome.get("message", "the step failed")) * outcome.get("times", 1)
        steps.append({"step": name, "ok": outcome is None, "message": message})
    return Run(tuple(steps))


def settle(vm: Resource, run: Run, disk_gb: int) -> None:
    """Let the steps that worked change the machine's facts."""
    done = {step["step"]: True for step in run.steps if step["ok"]}
    vm.facts["steps"] = {**vm.facts["steps"], **done}
    if any("partition" in name.lower() or "disk" in name.lower() for name in done):
        vm.facts["partitionGb"] = disk_gb
    if "generalize" in done:
        vm.facts["sysprepped"] = True


def _outcome(world: World, vm: Resource, step: str, attempt: int) -> Json | None:
    for entry in world.config.get("scriptOutcomes", []):
        if not fnmatchcase(vm.name.lower(), str(entry.get("vm", "*")).lower()):
            continue
        if fnmatchcase(step.lower(), str(entry.get("step", "*")).lower()):
            found: Json = entry
            return found if attempt <= entry.get("attempts", attempt) else None
    return None
