"""The lower bound of the time in which a cloud can build a number of machines, from the cloud's own records.

``Delays`` has what the cloud imposes on one machine, in the order of the build. Two things bound the makespan of all:
the slowest machine, and every rate limit whose calls cannot all be made at once. Reads are left out of the second: how
often we poll is our choice, and polling more must not raise the bound.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations_with_replacement
from typing import Any

Json = Mapping[str, Any]

_JOIN, _AGENT = "AADLoginForWindows", "Microsoft.PowerShell.DSC"
_READS = frozenset({"GET", "HEAD"})
_STAGES = {
    "nic.put": 0,
    "vm.create": 0,
    "graph.device.update": 3,
    "graph.managedDevice.setUserQuoted.beta": 3,
    "runcommand.put": 3,
    "sessionHost.patch": 5,
    "role.put": 5,
}
"""Number of delays a machine has passed when a call is made for it; extensions: see ``_stage``."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays that the cloud imposed on one machine, in sequence, in seconds."""

    create: float  # the VM, and its agent's first report
    join: float
    enrol: float
    configure: float
    register: float  # the desktop agent, and the session host's becoming available

    def each(self) -> tuple[float, ...]:
        """Return them in order."""
        return (self.create, self.join, self.enrol, self.configure, self.register)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of the cloud afterwards: ``_sim/operations``, ``_sim/state`` and the directory's documents."""

    operations: Sequence[Json]
    machines: Sequence[Json]
    session_hosts: Sequence[Json]
    devices: Sequence[Json]
    managed_devices: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Bound:
    """The lower bound in seconds, and its cause."""

    seconds: float
    by: str


def delays(records: Records, began: datetime) -> list[Delays]:
    """Return the delays of every machine that was started since *began* and became a session host."""
    ends = {str(o["target"]).lower(): (_at(o["accepted"]), _at(o["due"])) for o in records.operations if o["due"]}
    hosts = {str(h["body"]["properties"]["resourceId"]).lower(): h["facts"] for h in records.session_hosts}
    devices = {each["displayName"]: each for each in records.devices}
    enrolled = {each["deviceName"]: each for each in records.managed_devices}
    found = []
    for machine in records.machines:
        key = str(machine["id"]).lower()
        if key not in hosts or key not in ends or ends[key][0] < began:
            continue
        name = machine["body"]["properties"]["osProfile"]["computerName"]
        registered = ends[f"{key}/extensions/{_AGENT.lower()}"]
        command = next(span for target, span in ends.items() if target.startswith(f"{key}/runcommands/"))
        answered = _moment(machine["facts"]["agentFromUs"], began)
        available = _moment(hosts[key]["statusUs"], began)
        found.append(
            Delays(
                create=_seconds((ends[key][0], max(ends[key][1], answered))),
                join=_seconds(ends[f"{key}/extensions/{_JOIN.lower()}"]),
                enrol=_seconds((_at(devices[name]["registrationDateTime"]), _at(enrolled[name]["enrolledDateTime"]))),
                configure=_seconds(command),
                register=_seconds((registered[0], max(registered[1], available))),
            )
        )
    return found


def bound(machines: Sequence[Delays], requests: Iterable[Json], buckets: Iterable[Json]) -> Bound:
    """Return the greatest of the lower bounds: of the slowest machine, and of every bucket.

    If the calls of a bucket are made at several stages, every range of stages is considered: the first such call comes
    after the delays before the range, and the last one before the delays after it.
    """
    paths = [machine.each() for machine in machines]
    slowest = Bound(max(sum(path) for path in paths), "the slowest machine")
    calls = _calls(requests)
    found = [slowest]
    for bucket in buckets:
        name = f"{bucket['policy']} {bucket['key']}"
        for first, last in combinations_with_replacement(sorted(calls.get(name, ())), 2):
            n = sum(count for stage, count in calls[name].items() if first <= stage <= last)
            emptied = max(0.0, (n - bucket["capacity"]) / bucket["perSecond"])
            before, after = min(sum(p[:first]) for p in paths), min(sum(p[last:]) for p in paths)
            found.append(Bound(before + emptied + after, f"{n} calls on {bucket['policy']}"))
    return max(found, key=lambda each: each.seconds)


def _calls(requests: Iterable[Json]) -> dict[str, Counter[int]]:
    """Count, by bucket and stage, the changes that each machine needs."""
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for request in requests:
        stage = _stage(request)
        if stage is not None and request["method"] not in _READS:
            for bucket in request["buckets"]:
                found[bucket][stage] += 1
    return found


def _stage(request: Json) -> int | None:
    if request["op"] == "extension.put":
        return 4 if str(request["path"]).endswith(_AGENT) else 1
    return _STAGES.get(str(request["op"]))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment(microseconds: float, like: datetime) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, tz=like.tzinfo)


def _seconds(span: tuple[datetime, datetime]) -> float:
    return max(0.0, (span[1] - span[0]).total_seconds())
