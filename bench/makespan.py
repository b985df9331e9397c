"""From the saved policy to the last Cloud PC, in simulated time, against the cloud's lower bound.

The whole stack runs: the app on the embedded host, the simulated cloud with real latencies and rate limits, Azurite.
Quotas and capacity do not bind (the simulated cloud's defaults are far above what is used), subnets have addresses.
``python -m bench makespan:200`` runs one size; 1,000 take some ten real minutes on two cores.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from azure_simulator.seeds import TENANT_ID

from bench.bounds import Bound, Records, bound, delays
from bench.figures import Figure
from local.board import READY, Row
from local.journey import GROUP, Journey, licences
from local.options import StackOptions
from local.stack import Stack

_SIZES = (200, 1000)
BEGINS = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SPEED = 1000.0
"""Simulated seconds per real second while nothing is ready to run: work stops the clock."""
MEMORY = Path("/dev/shm")  # noqa: S108 - only a new folder in it is used
"""Used if it exists: an fsync to a disk for every episode costs real time and changes nothing."""
_POLL_SECONDS = 5.0
_STANDSTILL_SECONDS = 300.0
_GOAL, _THROTTLED_GOAL = 1.10, 0.01
TOO_MANY = 429


def main(*sizes: str) -> list[Figure]:
    """Measure one run of each size, given as numbers of Cloud PCs; without any, of both."""
    return [figure for size in sizes or _SIZES for figure in figures(run(int(size)))]


@dataclass(slots=True)
class Run:
    """The result of one run."""

    cloud_pcs: int
    makespan: float  # simulated seconds
    bound: Bound
    mean: float  # simulated seconds from the saved policy to one's own Cloud PC
    mean_imposed: float  # what the cloud imposed on one machine, on average, without any queue
    real_seconds: float
    requests: list[dict[str, Any]] = field(default_factory=list)


def figures(run: Run, how: str = "") -> list[Figure]:
    """Return the figures of a run; *how* describes it."""
    n, throttled = len(run.requests), sum(request["status"] == TOO_MANY for request in run.requests)
    name = f"{run.cloud_pcs} Cloud PCs{how}"
    spent = f"bound by {run.bound.by}; {run.real_seconds:.0f} real seconds, {n / run.cloud_pcs:.1f} calls per Cloud PC"
    return [
        Figure(f"makespan of {name} / lower bound", run.makespan, run.bound.seconds, "s", 1, _GOAL, spent),
        Figure(f"mean time to ready, {name} / mean of the machines' own delays", run.mean, run.mean_imposed, "s", 1),
        Figure(f"calls answered 429 / calls, {name}", throttled, n, "calls", 1, _THROTTLED_GOAL),
    ]


def run(cloud_pcs: int, part: float = 1.0) -> Run:
    """Play an administrator's first day with *cloud_pcs* licences, at a *part* of the cloud's rate limits.

    Raises: SystemExit unless every user gets a Cloud PC.
    """
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        options = StackOptions(begins=BEGINS, users=users_for(cloud_pcs), speed=SPEED)
        with Stack(Path(folder), options) as stack:
            if part < 1:
                stack.tell_cloud("config", {"throttling": {"enabled": part}})
            journey = Journey(stack.portal(), say)
            journey.create_tenant()
            journey.create_site("amsterdam")
            connection, image = journey.create_connection("amsterdam"), journey.create_device_image("amsterdam")
            seen = stack.ask_cloud("stats")["requests"]
            started = time.monotonic()
            policy = journey.create_policy(connection, image, GROUP)
            requests = _watch(stack, journey, cloud_pcs, seen)
            return _measure(stack, journey, policy, requests, time.monotonic() - started)


def users_for(cloud_pcs: int) -> int:
    """Return how many users the demo tenant needs: 80 % of them are licensed, and one has two licences."""
    return next(users for users in range(cloud_pcs, 2 * cloud_pcs + 5) if licences(users) >= cloud_pcs)


def _watch(stack: Stack, journey: Journey, cloud_pcs: int, seen: int) -> list[dict[str, Any]]:
    """Collect the cloud's request log, before its entries are dropped, until all are ready."""
    requests: list[dict[str, Any]] = []
    news = time.monotonic()
    while True:
        time.sleep(_POLL_SECONDS)  # noqa: TID251 - a benchmark looks from outside
        latest = stack.ask_cloud(f"requests?since={seen}&limit=20000")
        requests += latest
        if latest:
            seen, news = latest[-1]["seq"], time.monotonic()
        if sum(request["op"] == "role.put" for request in requests) >= 2 * cloud_pcs:
            rows = journey.cloud_pcs()
            if len(rows) == cloud_pcs and all(row.is_settled for row in rows):
                _require_ready(rows)
                return requests
        if dead := stack.failed_part():
            raise SystemExit(f"{dead} has ended")
        if time.monotonic() - news > _STANDSTILL_SECONDS:
            raise SystemExit(f"nothing moved for five minutes: {_count(journey.cloud_pcs())}")


def _require_ready(rows: list[Row]) -> None:
    if any(row.status not in READY for row in rows):
        raise SystemExit(f"not all are ready: {_count(rows)}")


def _count(rows: list[Row]) -> dict[str, int]:
    return dict(Counter(row.status for row in rows))


def _measure(stack: Stack, journey: Journey, policy: str, requests: list[dict[str, Any]], real_seconds: float) -> Run:
    surface = f"{journey.base}/beta/deviceManagement/virtualEndpoint"
    saved = journey.portal.ask("GET", f"{surface}/provisioningPolicies/{policy}").body
    ends = [each["provisionedDateTime"] for each in journey.portal.pages(f"{surface}/cloudPCs?$top=999")]
    began = _at(saved["createdDateTime"])
    took = [(_at(end) - began).total_seconds() for end in ends]
    during = [request for request in requests if 0 <= (_at(request["at"]) - began).total_seconds() <= max(took)]
    machines = delays(records_of(stack, TENANT_ID), began)
    if len(machines) != len(ends):
        raise SystemExit(f"the cloud shows {len(machines)} machines for {len(ends)} Cloud PCs")
    least = bound(machines, during, stack.ask_cloud("buckets"))
    return Run(
        cloud_pcs=len(ends),
        makespan=max(took),
        bound=least,
        mean=fmean(took),
        mean_imposed=fmean(sum(machine.each()) for machine in machines),
        real_seconds=real_seconds,
        requests=during,
    )


def records_of(stack: Stack, directory: str) -> Records:
    """Return the records of the cloud, with the devices of one directory."""
    compute, desktops = "Microsoft.Compute/virtualMachines", "Microsoft.DesktopVirtualization/hostPools/sessionHosts"
    return Records(
        operations=stack.ask_cloud("operations"),
        machines=stack.ask_cloud(f"state?type={compute}"),
        session_hosts=stack.ask_cloud(f"state?type={desktops}"),
        devices=stack.ask_cloud("state?view=directory&kind=device")[directory],
        managed_devices=stack.ask_cloud("state?view=directory&kind=managedDevice")[directory],
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def say(text: str) -> None:
    """Print the progress."""
    print(text, file=sys.stderr, flush=True)
