"""Few Cloud PCs of one tenant beside many of another: how much longer than alone.

Once the few have a directory and a subscription of their own, and once both tenants share them.
The whole stack runs, as in ``bench.makespan``, but every operation takes its median time: else the longest delays of
Intune would determine the ratio, not the queues.
``python -m bench fairness:200,5`` is the default; 1,000 take ten real minutes and more on two cores.
``fairness:40,5,4`` draws every delay instead, as a directory and Intune take them, with four seeds: what the ratio is
then, and what the delays alone make of it.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from azure_simulator.assembly import build
from azure_simulator.core.cloud import Options
from azure_simulator.core.keys import Keys
from azure_simulator.core.times import OwnClock
from azure_simulator.seeds import DOMAIN, PLANS, customer_seed

from bench.bounds import delays
from bench.figures import Figure
from bench.makespan import BEGINS, MEMORY, SPEED, TOO_MANY, records_of, say, users_for
from local.board import READY
from local.journey import GROUP, SITES, Journey
from local.options import StackOptions
from local.stack import Stack

_FEW = "Few"
_OWN_DOMAIN = "modest.example"
_DIRECTORY, _OWN_SUBSCRIPTION = (str(uuid5(NAMESPACE_DNS, f"{part}.{_OWN_DOMAIN}")) for part in ("directory", "own"))
_DURATIONS = build(OwnClock(0, 0), Keys(), Options()).durations
_MEDIANS = {kind: {"dist": "fixed", "value": shape["p50"]} for kind, shape in _DURATIONS.items() if "p50" in shape}
_POLL_SECONDS = 2.0
_LONGEST_SECONDS = 3600.0
_OWN_GOAL, _SHARED_GOAL, _THROTTLED_GOAL = 1.2, 1.5, 0.01
_LEARNING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one run: the time of the few and the delays imposed on the slowest of them, in simulated seconds.

    *statuses*: of all calls after the first minute.
    """

    took: float
    imposed: float
    statuses: list[int]


def main(many: str = "200", few: str = "5", seeds: str = "0") -> list[Figure]:
    """Measure *few* alone and beside *many*: with a directory and a subscription of their own, and in theirs.

    *seeds*: 0, and every operation takes its median time; else how many times the delays are drawn.
    """
    figures: list[Figure] = []
    for own, goal in ((True, _OWN_GOAL), (False, _SHARED_GOAL)):
        where = "a directory and a subscription of their own" if own else "one directory and subscription"
        name = f"{few} Cloud PCs beside {many} of another tenant, {where}"
        for seed in range(1, int(seeds) + 1):
            figures += _drawn(
                _run(0, int(few), own, seed), _run(int(many), int(few), own, seed), f"{name}, seed {seed}"
            )
        if int(seeds):
            continue
        alone, beside = _run(0, int(few), own), _run(int(many), int(few), own)
        throttled = f"calls answered 429 / calls after the first minute, {name}"
        figures += [
            Figure(f"time of {name} / alone", beside.took, alone.took, "s", 1, goal),
            Figure(throttled, beside.statuses.count(TOO_MANY), len(beside.statuses), "calls", 1, _THROTTLED_GOAL),
        ]
    return figures


def _drawn(alone: Run, beside: Run, name: str) -> list[Figure]:
    """Return the figures of two runs with drawn delays, which have no goal: the longest of these delays decides."""
    imposed = "the delays of the slowest of them"
    return [
        Figure(f"time of {name} / alone", beside.took, alone.took, "s", 1),
        Figure(f"time of {name} / {imposed}", beside.took, beside.imposed, "s", 1),
        Figure(f"time of {name}, but alone / {imposed}", alone.took, alone.imposed, "s", 1),
    ]


def _run(many: int, few: int, own: bool, seed: int = 0) -> Run:  # noqa: FBT001 - where the few are
    """Build for the *few*. *seed*: of the delays that are drawn; 0: every operation takes its median time."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        options = StackOptions(begins=BEGINS, users=users_for(many) if many else 2, speed=SPEED, seed=seed or 7)
        with Stack(Path(folder), options) as stack:
            if not seed:
                stack.tell_cloud("config", {"latency": _MEDIANS})
            greedy = Journey(stack.portal(), say, tenant="greedy")
            place = {"directory": _DIRECTORY, "subscription": _OWN_SUBSCRIPTION} if own else {}
            modest = Journey(stack.portal(), say, tenant="modest", **place)
            _hire(stack, few, modest)
            ready = {journey.tenant: _prepared(journey) for journey in (greedy, modest)}
            seen = stack.ask_cloud("stats")["requests"]
            if many:
                greedy.create_policy(*ready["greedy"], GROUP)
            policy = modest.create_policy(*ready["modest"], _FEW)
            requests = _watch(stack, modest, few, seen)
            began = min(datetime.fromisoformat(each["at"]) for each in requests)
            later = [each["status"] for each in requests if datetime.fromisoformat(each["at"]) >= began + _LEARNING]
            return Run(_slowest(modest, policy), _imposed(stack, modest, began), later)


def _imposed(stack: Stack, journey: Journey, began: datetime) -> float:
    """Return the sum of the delays that the clouds imposed on the slowest machine of the few since *began*."""
    found = records_of(stack, journey.directory)
    place = f"/resourcegroups/{_place(journey)}/"
    machines = [each for each in found.machines if place in str(each["id"]).lower()]
    return max(sum(each.each()) for each in delays(replace(found, machines=machines), began))


def _hire(stack: Stack, few: int, journey: Journey) -> None:
    """Put the few into their directory, with licences, and in a group."""
    own = journey.directory == _DIRECTORY
    domain = _OWN_DOMAIN if own else DOMAIN
    if own:
        seed = customer_seed(_DIRECTORY, domain, journey.subscription, {PLANS[0]: 100_000})
        stack.tell_cloud("seed", {"tenants": [seed]})
    here = {"tenantId": journey.directory}
    stack.tell_cloud("graph/licences", {**here, "sku": PLANS[0], "enabled": 100_000})
    users = [f"few{number:02d}@{domain}" for number in range(1, few + 1)]
    for user in users:
        stack.tell_cloud("graph/users", {**here, "userPrincipalName": user, "licences": [PLANS[0]]})
    group = stack.tell_cloud("graph/groups", {**here, "displayName": _FEW, "kind": "security"})
    stack.tell_cloud("graph/members", {**here, "group": group["id"], "add": users})


def _prepared(journey: Journey) -> tuple[str, str]:
    """Make a tenant with a site of its own; return its connection and its image."""
    journey.create_tenant()
    place = {**SITES["amsterdam"], "resourceGroup": _place(journey)}
    journey.portal.ask("PUT", f"{journey.base}/sites/amsterdam", place)
    return journey.create_connection("amsterdam"), journey.create_device_image("amsterdam")


def _place(journey: Journey) -> str:
    return f"deskwright-{journey.tenant}"


def _watch(stack: Stack, journey: Journey, few: int, seen: int) -> list[dict[str, Any]]:
    """Collect the cloud's request log, before its entries are dropped, until the few are ready."""
    requests: list[dict[str, Any]] = []
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)  # noqa: TID251 - a benchmark looks from outside
        requests += stack.ask_cloud(f"requests?since={seen}&limit=20000")
        seen = requests[-1]["seq"] if requests else seen
        # The list includes users with a licence and no policy: the tenants share a directory.
        rows = [row for row in journey.cloud_pcs() if row.user.startswith(_FEW.lower())]
        if len(rows) == few and all(row.is_settled for row in rows):
            if any(row.status not in READY for row in rows):
                raise SystemExit(f"not all are ready: {[row.status for row in rows]}")
            return requests
        if dead := stack.failed_part():
            raise SystemExit(f"{dead} has ended")
    raise SystemExit("the few never got ready")


def _slowest(journey: Journey, policy: str) -> float:
    surface = f"{journey.base}/beta/deviceManagement/virtualEndpoint"
    saved = journey.portal.ask("GET", f"{surface}/provisioningPolicies/{policy}").body["createdDateTime"]
    pages = journey.portal.pages(f"{surface}/cloudPCs?$top=999")
    ends = [end for each in pages if (end := each["provisionedDateTime"])]
    return (max(map(datetime.fromisoformat, ends)) - datetime.fromisoformat(saved)).total_seconds()
