"""Builds of Cloud PCs that end within the range of time that was shown when they began.

The demonstration's tenant is built by the whole stack, and its Cloud PCs are reprovisioned until ``ROUNDS`` builds of
each have ended: the first are estimated by what was recorded elsewhere, the last by the tenant's own. Some machines
get no hardware for half an hour, some joins fail, and Intune is as slow as it is. ``python -m bench estimates:11`` has
another seed than 7.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

from bench.figures import Figure
from bench.makespan import BEGINS, MEMORY, say
from local.board import READY, SETTLED
from local.journey import GROUP, SITES, Journey
from local.options import StackOptions
from local.pace import Pace
from local.stack import Stack

ROUNDS, USERS = 3, 25
MOST_OUTSIDE = 0.2
_SPEED = 1e6
_LOOK, _STANDSTILL = timedelta(minutes=1), timedelta(hours=8)
_FAULTS: Sequence[dict[str, Any]] = (
    {
        "id": "no-hardware",
        "match": {"op": "vm.create"},
        "when": {"rate": 0.3, "until": 1800},
        "do": {
            "kind": "lro_fail",
            "code": "AllocationFailed",
            "message": "Allocation failed.",
            "at_phase": "allocating",
        },
    },
    {
        "id": "failed-join",
        "match": {"op": "extension.put", "path": "*AADLogin*"},
        "when": {"rate": 0.1},
        "do": {"kind": "lro_fail", "code": "VMExtensionProvisioningError", "message": "The extension failed."},
    },
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One build: the range that was shown at its begin, and its end; None if it failed."""

    at: datetime
    earliest: datetime
    latest: datetime
    ended: datetime | None = None

    @property
    def is_inside(self) -> bool:
        """Whether it ended within the range; the page shows minutes."""
        return self.ended is not None and _minute(self.earliest) <= self.ended <= _minute(self.latest) + _LOOK

    @property
    def seconds(self) -> float:
        """Its duration."""
        return (self.ended - self.at).total_seconds() if self.ended else 0.0


def main(seed: str = "7") -> list[Figure]:
    """Measure all rounds with a seed of the simulated cloud."""
    rounds, timelines = _play(int(seed))
    _tell_deciles(timelines)
    names = ["recorded elsewhere", *(f"the tenant's own, round {number}" for number in range(2, ROUNDS + 1))]
    figures = [_figure(f"by durations {name}", each) for name, each in zip(names, rounds, strict=True)]
    return [_figure("all", [build for each in rounds for build in each]), *figures]


def _figure(name: str, builds: Sequence[Shown]) -> Figure:
    ended = [each for each in builds if each.ended]
    outside = sum(not each.is_inside for each in ended)
    width = fmean((each.latest - each.earliest).total_seconds() for each in ended) / 60
    took = fmean(each.seconds for each in ended) / 60
    note = f"{width:.0f} minutes wide for {took:.0f} minutes on average; {len(builds) - len(ended)} failed"
    title = f"builds that end outside the range shown at their begin / builds, {name}"
    return Figure(title, outside, len(ended), "builds", len(ended), MOST_OUTSIDE, note)


def _play(seed: int) -> tuple[list[list[Shown]], list[dict[str, Any]]]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        options = StackOptions(begins=BEGINS, seed=seed, users=USERS, speed=0.0)
        with Stack(Path(folder), options) as stack:
            pace = Pace(stack, _SPEED)
            journey = Journey(pace.portal(), say)
            journey.create_tenant()
            for site in SITES:
                journey.create_site(site)
            connection, image = journey.create_connection("amsterdam"), journey.create_device_image("amsterdam")
            rounds = []
            for number in range(ROUNDS):
                for fault in _FAULTS:
                    stack.tell_cloud("faults", fault)
                if number:
                    _reprovision(journey)
                else:
                    journey.create_policy(connection, image, GROUP)
                rounds.append(_watch(pace, journey))
                pace.let_pass(timedelta(minutes=6))  # what was learned is read every five minutes
            ids = [each.id for each in journey.cloud_pcs()]
            return rounds, [journey.portal.ask("GET", f"{journey.base}/cloudPCs/{id_}/timeline").body for id_ in ids]


def _reprovision(journey: Journey) -> None:
    for row in journey.cloud_pcs():
        journey.portal.ask("POST", f"{_surface(journey)}/{row.id}/reprovision", {})


def _surface(journey: Journey) -> str:
    return f"{journey.base}/beta/deviceManagement/virtualEndpoint/cloudPCs"


def _watch(pace: Pace, journey: Journey) -> list[Shown]:
    """Return the builds of a round, when all have ended. Raises: SystemExit if they do not."""
    first: dict[str, Shown] = {}
    began = pace.stack.clock.now()
    while pace.stack.clock.now() - began < _STANDSTILL:
        pcs = list(journey.portal.pages(f"{_surface(journey)}?$top=999"))
        now = pace.stack.clock.now()
        for pc in pcs:
            told = pc["@deskwright.progress"]
            if pc["status"] == "provisioning" and pc["id"] not in first and told.get("step") != "cleanUp":
                ends = (_at(told[f"{which}EndDateTime"]) for which in ("earliest", "latest"))
                first[pc["id"]] = Shown(now, *ends)
        if len(first) == len(pcs) and pcs and all(pc["status"] in SETTLED for pc in pcs):
            say(f"{now:%H:%M}: all have ended")
            return [_ended(first[pc["id"]], pc) for pc in pcs]
        pace.let_pass(_LOOK)
    raise SystemExit(f"not all builds have ended after {_STANDSTILL}")


def _ended(shown: Shown, pc: dict[str, Any]) -> Shown:
    ready = pc["status"] in READY
    return Shown(shown.at, shown.earliest, shown.latest, _at(pc["provisionedDateTime"]) if ready else None)


def _tell_deciles(timelines: Sequence[dict[str, Any]]) -> None:
    """Print the deciles of each step, as shared/domain/cloud_pcs/estimates.py has them for tenants without builds."""
    for name, until_ready in (("spent", False), ("left", True)):
        for step, minutes in _durations(timelines, until_ready=until_ready).items():
            if len(minutes) > 1:
                deciles = quantiles(minutes, n=20, method="inclusive")[::2]
                print(f"{name} {step}: {', '.join(f'{each:.1f}' for each in deciles)}", file=sys.stderr)


def _durations(timelines: Sequence[dict[str, Any]], *, until_ready: bool) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for timeline in timelines:
        for generation in _generations(timeline["entries"]):
            ready = _at(generation[-1]["endedAt"])
            for entry in generation:
                ended = ready if until_ready else _at(entry["endedAt"])
                if until_ready or entry.get("outcome") in {"succeeded", "warned"}:
                    found[entry["step"]].append((ended - _at(entry["startedAt"])).total_seconds() / 60)
    return found


def _generations(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of each build that has made a Cloud PC ready."""
    for number in sorted({each["generation"] for each in entries}):
        mine = [each for each in entries if each["generation"] == number and each.get("endedAt")]
        if mine and mine[-1].get("outcome") == "succeeded":
            yield mine


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
