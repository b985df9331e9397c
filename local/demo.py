"""The demonstration: the stack, the first day of an administrator, and the progress of every Cloud PC."""

import json
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as dt_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from local.board import READY, Board, Row, count_by_status, in_words
from local.journey import TENANT, Journey, licences
from local.options import APP, HostKind, StackOptions
from local.pace import Pace
from local.people import offered as people_page
from local.play import BUILT, Played, begins_at, find, is_spot, play, table
from local.progress import Progress
from local.spot_board import SpotBoard
from local.spot_demo import play_spot
from local.spot_play import play_spot_scenario
from local.stack import Stack, StackError, portal_of

BEGINS = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RUN = APP / ".run" / "demo"

_LOOK_EVERY_SECONDS = 1.0
_LOOK_EVERY = timedelta(minutes=1)
_STANDSTILL = timedelta(hours=3)
_ZONE, _EVENING = "Europe/Amsterdam", dt_time(20, 30)
_DAY_SPEED = 3_600.0
"""Simulated seconds in a real one from the last build to the evening, in which nobody does anything."""
_WORTH_A_LOOK = (
    "/beta/deviceManagement/virtualEndpoint/cloudPCs?$top=3",
    "/explain?user=user01@contoso.example",
    "/wizards/create-provisioning-policy",
    "/operations",
)


@dataclass(frozen=True, slots=True)
class _Usual:
    """Default values of a demo."""

    users: int
    speed: float
    begins: datetime = BEGINS


_CLOUD_PCS = _Usual(25, 60.0)
# Of Spot Groups a whole day is played, which begins early enough to build the hosts before anybody comes.
_SPOT = _Usual(40, 240.0, BEGINS.replace(hour=5))
# A scenario needs few users: only its end is checked.
_SCENARIO = _Usual(6, 600.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a demonstration."""

    rows: Sequence[Row]
    expected: int
    findings: Sequence[object]

    @property
    def is_good(self) -> bool:
        """Whether every licence has its Cloud PC and the cloud reports no broken invariant."""
        return len(self.rows) == self.expected and all(row.status in READY for row in self.rows) and not self.findings


def run(
    *,
    demo: str,
    users: int | None,
    speed: float | None,
    host: HostKind,
    seed: int,
    scenario: str | None,
    once: bool,
    folder: Path,
) -> int:
    """Play the demonstration of Cloud PCs or of Spot Groups (*demo*), or a failure scenario; return 0 on success.

    None selects the default of what is played. Ends on Ctrl-C and SIGTERM, and leaves nothing running.
    """
    console = Console(highlight=False)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts background jobs with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    played = find(scenario) if scenario else None
    of_spot = demo == "spot" and played is None
    if of_spot and host != "embedded":
        raise StackError("DEMO=spot needs the embedded host: with Core Tools' host its day would take a day")
    options = _options(played, of_spot=of_spot, users=users, speed=speed, host=host, seed=seed)
    people = options.users
    # A scenario has people who wait in real time; all others act at moments of a clock that stands still otherwise.
    stack = Stack(folder, options if played is not None else replace(options, speed=0.0))
    pace = Pace(stack, options.speed)
    try:
        console.print("Starting Azurite, the simulated cloud and the host ...")
        with stack, people_page(stack) as portal:
            _plainly(console, f"Portal: {portal} (choose who you are)")
            if played is not None:
                good = _rehearse(stack, console, played, people)
            else:
                good = play_spot(pace, console, people) if of_spot else _play(pace, console)
                pace.run_freely()
            if once:
                return 0 if good else 1
            console.print("\nIt stays up until Ctrl-C.")
            _stay_up(stack)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 0 if not once else 130
    return 0


def _options(
    played: Mapping[str, Any] | None,
    *,
    of_spot: bool,
    users: int | None,
    speed: float | None,
    host: HostKind,
    seed: int,
) -> StackOptions:
    """Return the options of a stack for a demonstration or a scenario."""
    usual = _SCENARIO if played is not None else _SPOT if of_spot else _CLOUD_PCS
    return StackOptions(
        begins=(begins_at(played) if played else None) or usual.begins,
        seed=seed,
        users=users or usual.users,
        speed=speed or usual.speed,
        host=host,
        notifications=played is not None and played["needs"] == "notifications",
    )


def list_scenarios() -> int:
    """List every failure scenario: its number, its events, and whether others of its feature have not passed yet."""
    console = Console(highlight=False)
    shown = Table(box=None, show_header=False, pad_edge=False)
    for each in table():
        missing = "" if each["needs"] in BUILT else f" (Not all scenarios of {each['needs']} have passed yet.)"
        shown.add_row(str(each["number"]), each["about"] + missing)
    console.print(shown)
    console.print("\nmake scenario N=23 plays one; it takes about a minute.")
    return 0


def print_token(*, folder: Path) -> int:
    """Print an access token for the API of the demonstration running in a folder. Raises: StackError if none is."""
    print(portal_of(folder).token())
    return 0


def _play(pace: Pace, console: Console) -> bool:
    """Play the first day; return whether it succeeded."""
    began, stack = time.monotonic(), pace.stack
    with Board(console) as board:
        journey = Journey(pace.portal(), board.say)
        policy = journey.first_day()
        outcome = _watch(pace, journey, board)
    _report(stack, journey, console, outcome, time.monotonic() - began)
    return outcome.is_good and (not stack.moves_time or _play_evening(pace, console, policy))


def _play_evening(pace: Pace, console: Console, policy: str) -> bool:
    """Give the policy office hours, and let the day pass; return whether its machines are off in the evening."""
    journey = Journey(pace.portal(), console.print)
    console.print()
    name = journey.keep_office_hours(policy, _ZONE)
    until = datetime.combine(pace.stack.clock.now().date(), _EVENING, tzinfo=ZoneInfo(_ZONE))
    pace.let_pass(until - pace.stack.clock.now(), _DAY_SPEED)
    powers = journey.powers()
    off = powers.count("poweredOff")
    console.print(f"Evening, {_EVENING:%H:%M}: {off} of {len(powers)} Cloud PCs are off, by the power schedule {name}")
    return off == len(powers)


def _rehearse(stack: Stack, console: Console, scenario: Mapping[str, Any], users: int) -> bool:
    """Play a failure scenario; return whether the result is as its file expects."""
    if is_spot(scenario):
        with SpotBoard(console) as hosts:
            checks = play_spot_scenario(stack, scenario, tenant=TENANT, say=hosts.say, show=hosts.update)
        played = Played(scenario, checks)
    else:
        with Board(console) as board:

            def show(rows: Sequence[Row]) -> None:
                board.update(rows, stack.clock.now())

            played = play(stack, scenario, tenant=TENANT, users=users, say=board.say, show=show)
    _plainly(console, f"\n{played}")
    if scenario["needs"] not in BUILT:
        _plainly(console, f"Not all scenarios of {scenario['needs']} have passed yet.")
    _plainly(console, f"Scenario {scenario['number']}: {'PASS' if played.is_good else 'FAIL'}")
    return played.is_good


def _watch(pace: Pace, journey: Journey, board: Board) -> Outcome:
    """Show the Cloud PCs until all are settled. Raises: StackError if a part ends or nothing changes any more."""
    stack = pace.stack
    expected = licences(stack.options.users)
    progress = Progress(stack.folder, _STANDSTILL)
    while True:
        rows, at = journey.cloud_pcs(), stack.clock.now()
        board.update(rows, at)
        if len(rows) >= expected and all(row.is_settled for row in rows):
            return Outcome(rows, expected, _findings(stack))
        stack.expect_alive()
        # The estimated ends change by themselves: that is no progress.
        news = [(row.status, row.step, row.percent) for row in rows]
        if (problem := progress.standstill(news, at, time.monotonic())) is not None:
            return Outcome(rows, expected, [*_findings(stack), problem])
        pace.let_pass(_LOOK_EVERY)


def _findings(stack: Stack) -> list[object]:
    """Return the broken invariants of the simulated cloud: orphans, duplicates, exceeded limits."""
    findings: list[object] = stack.ask_cloud("invariants")["findings"]
    return findings


def _report(stack: Stack, journey: Journey, console: Console, outcome: Outcome, real_seconds: float) -> None:
    at, simulated = stack.addresses, stack.clock.now() - stack.options.begins
    console.print(
        f"\n{len(outcome.rows)} of {outcome.expected} Cloud PCs: {in_words(count_by_status(outcome.rows))}"
        f" in {int(simulated.total_seconds()) // 60} simulated minutes ({real_seconds:.0f} s)"
    )
    if outcome.findings:
        console.print(f"Invariants broken: {json.dumps(outcome.findings, default=str)}")
    else:
        console.print("Invariants: clean (no orphan, no duplicate, no limit exceeded)")
    lines = {
        "API": f"{at.api}/api" + (f" and {at.secure}/api (ca.pem in {stack.certificates.folder})" if at.secure else ""),
        "Simulated cloud": f"{at.cloud}/_sim (a browser warns of its certificate: each run makes its own)",
        "Addresses": str(stack.folder / "stack.json"),
        "Logs": str(stack.folder / "logs"),
    }
    if stack.options.host == "embedded":
        lines["Orchestrations"] = f"{at.api}/runtime/instances"
    for name, value in lines.items():
        _plainly(console, f"{name + ':':17}{value}")
    _try(stack, journey, console)


def _try(stack: Stack, journey: Journey, console: Console) -> None:
    """Print example commands."""
    at = stack.addresses
    where = "" if stack.folder == RUN else f" --folder {stack.folder}"
    _plainly(console, f"\nTry, in another terminal, in {APP} (a token is good for an hour):")
    if stack.folder == RUN:  # where the command line looks
        _plainly(console, f"  .venv/bin/deskwright pc list --tenant {journey.tenant}")
    _plainly(console, f"  export TOKEN=$(.venv/bin/python -m local token{where})")
    for path in _WORTH_A_LOOK:
        _plainly(console, f"  curl -H \"Authorization: Bearer $TOKEN\" '{at.api}/api{journey.base}{path}'")
    _plainly(console, f"  curl --cacert {stack.certificates.authority} '{at.cloud}/_sim/invariants'")
    if stack.options.host == "embedded":
        _plainly(console, f"  .venv/bin/python -m functions_host status --db {stack.folder / 'host.db'}")


def _plainly(console: Console, line: str) -> None:
    """Print a line to copy: not wrapped, not coloured."""
    console.print(line, soft_wrap=True, markup=False)


def _stay_up(stack: Stack) -> None:
    """Wait for Ctrl-C. Raises: StackError if a part ends by itself."""
    while True:
        stack.expect_alive()
        time.sleep(_LOOK_EVERY_SECONDS)
