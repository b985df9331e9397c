"""Plays a failure scenario of virtual desktops: a version of an image set, or a Spot Group with its users."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.progress import Progress
from local.rehearsal import Rehearsal
from local.spot_board import Picture
from local.spot_rehearsal import SpotRehearsal
from local.stack import Stack, StackError
from local.verdict import PARTS, Check, Evidence, judge

Show = Callable[[Picture], None]

_ENDED_VERSION = frozenset({"available", "failed"})
_ENDED_RELEASE = frozenset({"succeeded", "failed", "canceled", "superseded"})
_LONGEST = timedelta(hours=18)
"""The longest duration of a scenario, in addition to its own hours."""
_CALM = 120.0
"""Simulated seconds per real second while everything is prepared for a moment that is not to be missed."""
_LOOK_EVERY_SECONDS = 0.2
_MOST_REQUESTS = 20_000


@dataclass(slots=True)
class SpotPlay:
    """One scenario: its rehearsal, the cloud's last request before it, the statuses that the group had meanwhile."""

    spot: SpotRehearsal
    show: Show
    since: int
    began: datetime
    cast: dict[str, str]
    statuses: set[str] = field(default_factory=set)

    @property
    def stack(self) -> Stack:
        """The service and the cloud."""
        return self.spot.rehearsal.stack

    def activate(self) -> None:
        """Let the faults and events of the scenario begin in the cloud."""
        self.began = self.stack.clock.now()
        self.stack.tell_cloud(f"scenarios/{self.spot.scenario['name']}", self.cast)

    def watch(self) -> bool:
        """Look until it is over; return False if it did not end in its time, or nothing moved any more."""
        progress = Progress(self.stack.folder, self.spot.lasts + _LONGEST)
        over = self._version_is_over if self.spot.is_version else self._group_is_over
        while not over():
            if dead := self.stack.failed_part():
                raise StackError(f"{dead} has ended; its log is in {self.stack.folder / 'logs'}")
            now = self.stack.clock.now()
            if now > self.began + self.spot.lasts + _LONGEST:
                return False
            if progress.standstill(now, now, time.monotonic()) is not None:
                return False
            time.sleep(_LOOK_EVERY_SECONDS)
        return True

    def look(self) -> Picture:
        """Read the group once, and record its status."""
        group, hosts, broker = self.spot.group(), self.spot.hosts(), self.spot.broker
        self.statuses.add(str(group["status"]))
        picture = Picture(self.stack.clock.now(), str(self.spot.scenario["name"]), group, hosts, broker)
        self.show(picture)
        return picture

    def checks(self) -> list[Check]:
        """Compare the state of the group with the scenario's expectations."""
        return judge(self.spot.scenario["expect"], self._gather())

    def _version_is_over(self) -> bool:
        over = all(self.spot.rehearsal.portal.is_over(each) for each in self.spot.begun)
        return over and self.spot.version()["status"] in _ENDED_VERSION

    def _group_is_over(self) -> bool:
        picture = self.look()
        ready = [host for host in picture.hosts if host["status"] == "ready" and host["proven"] is not False]
        if len(ready) >= picture.group["hostCount"]:
            self.spot.let_come(str(picture.group["hostPoolId"]))
        came = int(picture.broker["signIns"].get("signedIn", 0))
        if self.spot.may_release(came):
            if self.spot.begins_with_release:
                self.activate()
            self.spot.act()
        if picture.at < self.began + self.spot.lasts or not self.spot.came:
            return False
        if came < self.spot.expected_to_come or not all(each["happened"] for each in self.stack.ask_cloud("events")):
            return False
        release = self.spot.release() if self.spot.released else None
        if self.spot.awaits_release and (release is None or release["status"] not in _ENDED_RELEASE):
            return False
        return all(check.good for check in self.checks())

    def _gather(self) -> Evidence:
        stack, subscription = self.stack, self.spot.rehearsal.subscription

        def ours(entry: object) -> bool:
            return f"/subscriptions/{subscription}/" in str(entry)

        asked = stack.ask_cloud(f"requests?since={self.since}&limit={_MOST_REQUESTS}")
        parts = {name: stack.ask_cloud(f"state?type={kind}") for name, kind in PARTS.items()}
        spot, notes = self._said()
        return Evidence(
            cloud_pcs=(),
            entries=(),
            waited=frozenset(notes),
            passed=frozenset(self.statuses),
            parts={name: [each for each in found if ours(each)] for name, found in parts.items()},
            findings=[each for each in stack.ask_cloud("invariants")["findings"] if ours(each)],
            requests=[each for each in asked if ours(each) or each["plane"] != "arm"],
            operations=[each for each in stack.ask_cloud("operations?limit=100000") if ours(each)],
            rules={each["id"]: each["hits"] for each in stack.ask_cloud("faults")},
            events=stack.ask_cloud("events"),
            asked=list(self.spot.rehearsal.portal.pages(f"{self.spot.rehearsal.base}/operations")),
            desktops=self.spot.broker,
            spot=spot,
        )

    def _said(self) -> tuple[Mapping[str, Any], list[str]]:
        """Return the ends of the version, or of the group and its release; and all that they tell of failures."""
        if self.spot.is_version:
            version = self.spot.version()
            failure = version.get("failure") or {}
            return {"version": version["status"], "hosts": 0}, [str(value) for value in failure.values() if value]
        group, hosts, release = self.spot.group(), self.spot.hosts(), self.spot.release()
        made = [host for host in hosts if host["status"] != "pending"]
        notes = [
            group["statusDetail"],
            *(host["failure"] for host in hosts),
            *(host["parkedBecause"] for host in hosts),
        ]
        notes += [each["text"] for each in self.spot.decisions()]
        ends = {"group": group["status"], "release": release and release["status"], "hosts": len(made)}
        return ends, [str(note) for note in [*notes, release and release.get("cause")] if note]


def play_spot_scenario(
    stack: Stack, scenario: Mapping[str, Any], *, tenant: str, say: Callable[[str], None], show: Show
) -> list[Check]:
    """Play *scenario* in a tenant of its own, and compare; its faults are removed from the cloud at the end.

    Raises: StackError when a part of the stack ends.
    """
    users = int(scenario["setting"]["spot"].get("members", 0))
    rehearsal = Rehearsal(stack, stack.portal(), scenario["setting"], tenant, users, say)
    spot = SpotRehearsal(rehearsal, scenario)
    speed = stack.clock.read().speed
    with stack.at_speed(min(speed, _CALM) if "startsAt" in scenario["setting"] else speed):
        cast = spot.prepare()
    say(f"Scenario {scenario['number']}: {scenario['about']}")
    since = max((entry["seq"] for entry in stack.ask_cloud("requests?limit=1")), default=0)
    play = SpotPlay(spot, show, since, stack.clock.now(), cast)
    if spot.waits_for_hosts:
        spot.order()
        cast["hostPool"] = _when_built(play)
    try:
        if not spot.begins_with_release:
            play.activate()
        if not spot.waits_for_hosts:
            spot.order()
        moved = play.watch()
        checks = play.checks()
    finally:
        stack.tell_cloud("scenarios", None, method="DELETE")
    rehearsal.leave()
    still = [] if moved else [Check(good=False, text="it did not end as expected in its time")]
    return [*still, *checks]


def _when_built(play: SpotPlay) -> str:
    """Wait until the hosts have been built; return the id of their pool."""
    deadline = play.stack.clock.now() + _LONGEST
    while play.stack.clock.now() < deadline:
        picture = play.look()
        ready = [host for host in picture.hosts if host["status"] == "ready"]
        if picture.group["hostPoolId"] and len(ready) >= picture.group["hostCount"]:
            return str(picture.group["hostPoolId"])
        time.sleep(_LOOK_EVERY_SECONDS)
    raise StackError("the hosts of the group were not built")
