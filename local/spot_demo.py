"""The demonstration of Spot Groups: a group is built, a morning storm, scale-in, a release and a roll-back."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from local.host_hours import HostHours, host_hours
from local.journey import GROUP, Journey
from local.pace import Pace
from local.progress import Progress
from local.spot_board import Picture, SpotBoard
from local.spot_journey import FIRST, SECOND, SpotJourney
from local.stack import Stack

SITE = "amsterdam"
STORM, STORM_ENDS = timedelta(hours=8, minutes=45), timedelta(hours=9, minutes=15)
_BEFORE_THE_STORM = timedelta(hours=8, minutes=20)
_NOON, _COMING = timedelta(hours=12), timedelta(minutes=20)
_END = timedelta(hours=18, minutes=30)
_HOUR = 3_600
# What passes while nothing is to be seen, in simulated seconds per real second.
_QUIET_SPEED = 900.0
_LOOK_EVERY, _QUIET_LOOK = timedelta(minutes=1), timedelta(minutes=3)
# A day without a change of its hosts and sessions for so long has stopped: longer than between the morning and noon.
_STANDSTILL = timedelta(hours=6)


@dataclass(slots=True)
class SpotOutcome:
    """The result of the demonstration; *problems* are sentences."""

    hours: HostHours
    broker: dict[str, Any]
    findings: list[Any]
    problems: list[str]

    @property
    def is_good(self) -> bool:
        """Whether every stage ended, no user was refused, and the cloud has no findings."""
        failed = self.broker["signIns"].get("failed", 0) + self.broker["signIns"].get("refused", 0)
        return not (self.problems or self.findings or failed or self.broker["lost"])


@dataclass(slots=True)
class SpotDay:
    """One run: its pace, its portal session and its board."""

    pace: Pace
    spot: SpotJourney
    board: SpotBoard
    users: int
    stage: str = ""
    problems: list[str] = field(default_factory=list)

    def play(self) -> SpotOutcome:
        """Play all stages; a stage that does not end ends the day."""
        self._prepare()
        begins = self.stack.clock.now()
        stages = (self._build, self._storm, self._scale_in, self._release, self._roll_back, self._evening)
        for stage in stages:
            stage()
            if self.problems:
                break
        return self._outcome(begins)

    def _prepare(self) -> None:
        journey = self.spot.journey
        journey.create_tenant()
        journey.create_site(SITE)
        journey.create_connection(SITE)
        self.spot.create_image_set(SITE)

    def _build(self) -> None:
        version = self.spot.build_version()
        self.spot.create_group(SITE, GROUP, self.users)
        still = [version]

        def built(picture: Picture) -> bool:
            if still and self.spot.is_over(version, self._say):
                still.clear()
            hosts_are = [host["status"] == "ready" and host["task"] is None for host in picture.hosts]
            there = len(hosts_are) == picture.group["hostCount"] and all(hosts_are)
            return (
                not still
                and there
                and picture.group["status"] == "available"
                and self.spot.members_who_may_sign_in() == self.users
            )

        self._watch("being built", built)

    def _storm(self) -> None:
        self._pass_to(_BEFORE_THE_STORM)
        morning = {"from": self._seconds_to(STORM), "until": self._seconds_to(STORM_ENDS), "stay": [_HOUR, 2 * _HOUR]}
        self._let_come(morning)

        def served(picture: Picture) -> bool:
            came = picture.broker["signIns"].get("signedIn", 0) + picture.failed
            return picture.at >= self._moment(STORM_ENDS) and came >= self.users and not picture.waiting

        self._watch("morning storm", served)

    def _scale_in(self) -> None:
        def small(picture: Picture) -> bool:
            return not picture.sessions and int(picture.group["onlineHosts"]) <= 1

        self._watch("scale-in", small, speed=_QUIET_SPEED / 3)

    def _release(self) -> None:
        self._pass_to(_NOON)
        self._let_some_come()
        self._bring_to(SECOND, "release")

    def _roll_back(self) -> None:
        """Let users whose sessions were ended sign in again, and release the older version."""
        self._let_some_come()
        self._bring_to(FIRST, "roll-back")

    def _let_some_come(self) -> None:
        self._let_come({"until": int(_COMING.total_seconds()), "share": 0.5, "stay": [2 * _HOUR, 3 * _HOUR]})
        until = self.stack.clock.now() + _COMING
        self._watch("users come", lambda picture: picture.at >= until)

    def _evening(self) -> None:
        def dark(picture: Picture) -> bool:
            return picture.at >= self._moment(_END) and not picture.group["onlineHosts"]

        self._watch("evening", dark, look=_QUIET_LOOK, speed=_QUIET_SPEED)

    def _bring_to(self, version: str, stage: str) -> None:
        self._say(f"{stage.capitalize()} to {version}: a canary first")
        self.spot.release(version)
        told: list[str] = []

        def done(picture: Picture) -> bool:
            release = self.spot.latest_release()
            if told[-1:] != [release["stage"]]:
                told.append(release["stage"])
                self._say(f"{picture.at:%H:%M:%S} {stage}: {release['stage']}")
            if release["status"] == "failed":
                self.problems.append(f"the {stage} failed: {release.get('cause')}")
            on_version = all(host["imageVersion"] == version for host in picture.hosts)
            return bool(release["status"] == "failed" or (release["status"] == "succeeded" and on_version))

        self._watch(stage, done)

    @property
    def stack(self) -> Stack:
        """The stack that it is played on."""
        return self.pace.stack

    def _say(self, line: str) -> None:
        self.board.say(line)

    def _moment(self, since_midnight: timedelta) -> datetime:
        return self.stack.options.begins.replace(hour=0, minute=0, second=0) + since_midnight

    def _seconds_to(self, since_midnight: timedelta) -> int:
        return max(0, int((self._moment(since_midnight) - self.stack.clock.now()).total_seconds()))

    def _pass_to(self, since_midnight: timedelta) -> None:
        """Let the time pass faster until a moment of the day, if it is not over."""
        moment = self._moment(since_midnight)
        self._watch("quiet", lambda picture: picture.at >= moment, look=_QUIET_LOOK, speed=_QUIET_SPEED, until=moment)

    def _let_come(self, visit: dict[str, Any]) -> None:
        pool = self.spot.group()["hostPoolId"]
        retry = {"after": 60, "times": 10}
        self.stack.tell_cloud("desktops/days", {"hostPool": pool, "group": GROUP, "visits": [visit], "retry": retry})

    def _picture(self) -> Picture:
        group = self.spot.group()
        broker = self._broker(group["hostPoolId"]) if group["hostPoolId"] else {}
        return Picture(self.stack.clock.now(), self.stage, group, self.spot.hosts(), broker)

    def _broker(self, pool: str) -> dict[str, Any]:
        seen: dict[str, Any] = self.stack.ask_cloud(f"state?view=broker&pool={pool}")
        return seen

    def _watch(
        self,
        stage: str,
        is_over: Callable[[Picture], bool],
        *,
        look: timedelta = _LOOK_EVERY,
        speed: float = 0.0,
        until: datetime | None = None,
    ) -> None:
        """Show the group until a stage is over. Raises: StackError if a part ends; a standstill is a problem.

        *look*: what passes between two looks, but for the last before *until*; *speed*: at which it passes at least.
        """
        self.stage = stage
        progress = Progress(self.stack.folder, _STANDSTILL)
        while True:
            picture = self._picture()
            self.board.update(picture)
            if is_over(picture):
                return
            self.stack.expect_alive()
            problem = progress.standstill([picture.hosts, picture.broker], picture.at, time.monotonic())
            if problem is not None:
                self.problems.append(f"{stage}: {problem}")
                return
            left = look if until is None else min(look, until - picture.at)
            self.pace.let_pass(left, max(self.pace.speed, speed))

    def _outcome(self, begins: datetime) -> SpotOutcome:
        group = self.spot.group()
        within = str(group["hostPoolId"]).partition("/providers/")[0]
        hours = host_hours(
            self.stack.ask_cloud("operations?limit=100000"),
            f"{within}/",
            int(group["hostCount"]),
            begins,
            self.stack.clock.now(),
        )
        findings = self.stack.ask_cloud("invariants")["findings"]
        return SpotOutcome(hours, self._broker(group["hostPoolId"]), findings, self.problems)


def play_spot(pace: Pace, console: Console, users: int) -> bool:
    """Play the day of a Spot Group; return whether it went well."""
    began = time.monotonic()
    with SpotBoard(console) as board:
        journey = Journey(pace.portal(), board.say)
        day = SpotDay(pace, SpotJourney(journey), board, users)
        outcome = day.play()
    _report(pace.stack, console, outcome, time.monotonic() - began)
    return outcome.is_good


def _report(stack: Stack, console: Console, outcome: SpotOutcome, real_seconds: float) -> None:
    simulated = stack.clock.now() - stack.options.begins
    minutes = int(simulated.total_seconds()) // 60
    counts, waited, hours = outcome.broker["signIns"], outcome.broker["waitedSeconds"], outcome.hours
    served = (
        f"Sign-ins: {counts.get('signedIn', 0)} served, {counts.get('failed', 0)} failed, "
        f"{counts.get('refused', 0)} refused; waited {waited['p95']:.0f} s (95 %), {waited['most']:.0f} s at most; "
        f"{len(outcome.broker['lost'])} sessions lost"
    )
    saved = (
        f"Host-hours: {hours.used:.1f} used, {hours.always_on:.1f} with all hosts always on: "
        f"{hours.saved_percent:.0f} % saved"
    )
    lines = [f"\n{minutes} simulated minutes ({real_seconds:.0f} s)", served, saved]
    lines += [f"Problem: {each}" for each in outcome.problems]
    clean = "clean (no orphan, no duplicate, no session lost, no sign-in failed)"
    lines.append(f"Invariants: {json.dumps(outcome.findings, default=str) if outcome.findings else clean}")
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)
