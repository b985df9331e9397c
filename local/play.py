"""Plays a failure scenario of ``azure_simulator.scenarios`` against the complete service."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from azure_simulator import scenarios

from local.board import Row, count_by_status
from local.journey import Journey
from local.progress import Progress
from local.rehearsal import Rehearsal
from local.spot_play import play_spot_scenario
from local.stack import Stack, StackError
from local.verdict import Check, Seen, gather, judge, passed_through

Json = dict[str, Any]
Show = Callable[[Sequence[Row]], None]

BUILT = frozenset({"mainJob", "lifecycle", "notifications", "resize", "imageVersions", "spotGroups"})
"""Features of the service: a scenario whose ``needs`` is in it must pass. A new feature adds its name."""

_LOOK_EVERY_SECONDS = 0.2
_STANDSTILL = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Played:
    """The result of a scenario."""

    scenario: Mapping[str, Any]
    checks: Sequence[Check]

    @property
    def is_good(self) -> bool:
        """Whether every check passed."""
        return all(check.good for check in self.checks)

    def __str__(self) -> str:
        """Return the lines to print."""
        scenario = self.scenario
        lines = [f"Scenario {scenario['number']}: {scenario['about']}", f"Expected: {scenario['expect']['says']}"]
        return "\n".join([*lines, *(f"  {check}" for check in self.checks)])


def find(wanted: str) -> Json:
    """Read a scenario by number or name. Raises: StackError if there is none."""
    try:
        return scenarios.load(wanted)
    except KeyError as unknown:
        raise StackError(f"there is no scenario {wanted}; `make scenario` lists them") from unknown


def table() -> list[Json]:
    """Return all scenarios, by number."""
    return [scenarios.load(name) for name in scenarios.names()]


def is_spot(scenario: Mapping[str, Any]) -> bool:
    """Return whether a scenario is of virtual desktops."""
    return "spot" in scenario.get("setting", {})


def begins_at(scenario: Mapping[str, Any]) -> datetime | None:
    """Return when a scenario begins that needs a time of its own, and so a stack of its own."""
    said = scenario.get("setting", {}).get("startsAt")
    return datetime.fromisoformat(said) if said else None


def play(
    stack: Stack, scenario: Mapping[str, Any], *, tenant: str, users: int, say: Callable[[str], None], show: Show
) -> Played:
    """Play *scenario* in a tenant of its own; its faults are removed from the cloud at the end.

    ``users`` is used unless the scenario has a number of its own, as those of virtual desktops have; *show* is not
    called for them. Raises: StackError when a part of the stack ends.
    """
    if is_spot(scenario):
        return Played(scenario, play_spot_scenario(stack, scenario, tenant=tenant, say=say, show=lambda _: None))
    setting = scenario.get("setting", {})
    portal = stack.portal()
    rehearsal = Rehearsal(stack, portal, setting, tenant, setting.get("users", users), say)
    cast = rehearsal.prepare()
    journey = Journey(portal, say, tenant)
    say(f"Scenario {scenario['number']}: {scenario['about']}")
    since = max((entry["seq"] for entry in stack.ask_cloud("requests?limit=1")), default=0)
    stack.tell_cloud(f"scenarios/{scenario['name']}", cast)
    seen = Seen()

    def verdict() -> list[Check]:
        if "passed" in scenario["expect"]:
            seen.statuses |= passed_through(rehearsal)
        return judge(scenario["expect"], gather(rehearsal, seen, since))

    def is_over(rows: Sequence[Row]) -> bool:
        if not setting.get("lasts"):
            return len(rows) >= rehearsal.users and all(row.is_settled for row in rows)
        events_are_over = all(event["happened"] for event in stack.ask_cloud("events"))
        return events_are_over and _as_wanted(rows, scenario["expect"]["end"]) and all(c.good for c in verdict())

    try:
        rehearsal.order(cast)
        moved = _watch(stack, journey, rehearsal, seen, show, is_over)
        if moved and "then" in setting:
            asked = rehearsal.act()
            moved = _watch(
                stack, journey, rehearsal, seen, show, lambda rows: rehearsal.has_ended(asked) and is_over(rows)
            )
        checks = verdict()
    finally:
        stack.tell_cloud("scenarios", None, method="DELETE")
    rehearsal.leave()
    still = [] if moved else [Check(good=False, text="nothing moved any more")]
    return Played(scenario, [*still, *checks])


def _as_wanted(rows: Sequence[Row], end: str | Mapping[str, int]) -> bool:
    """Return whether as many Cloud PCs are in each status as expected at the end."""
    return count_by_status(rows) == ({end: len(rows)} if isinstance(end, str) else end)


def _watch(
    stack: Stack,
    journey: Journey,
    rehearsal: Rehearsal,
    seen: Seen,
    show: Show,
    is_over: Callable[[Sequence[Row]], bool],
) -> bool:
    """Read until it is over, and add to *seen*; return False if nothing changed any more before that."""
    progress, kills = Progress(stack.folder, _STANDSTILL), rehearsal.setting.get("kills", 0)
    while True:
        rows = [row for row in journey.cloud_pcs() if row.user in rehearsal.people]
        show(rows)
        seen.waited |= {row.step for row in rows if row.status == "pendingProvision"}
        seen.statuses |= {row.status for row in rows}
        if is_over(rows):
            return True
        if dead := stack.failed_part():
            raise StackError(f"{dead} has ended; its log is in {stack.folder / 'logs'}")
        if progress.standstill([(row.status, row.step) for row in rows], stack.clock.now(), time.monotonic()):
            return False
        if kills:
            kills -= 1
            stack.host.kill()
            stack.start_host()
        time.sleep(_LOOK_EVERY_SECONDS)
