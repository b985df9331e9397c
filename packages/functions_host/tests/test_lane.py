"""One thing at a time, in an order that is the machine's choice nowhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from functions_host.lane import Lane, Single, Wide
from simulation_base.clock import FileClock

from packages.functions_host.tests.conftest import RunningHost, until

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
COUNT = 20


def _walk(lane: Lane) -> list[str]:
    """Let a function ask for two things while more is due, and a turn lead to two; tell what begins, in order."""
    begun: list[str] = []

    def enter(what: str, name: str = "") -> None:
        lane.enter(lambda: begun.append(what), name)

    enter("function")
    enter("2nd due")
    enter("asked for b", "b")
    enter("1st due")
    enter("asked for a", "a")
    lane.sort()
    enter("its own turn")
    lane.leave()
    enter("2nd action")
    enter("1st action")
    for _ in range(8):
        lane.leave()
    enter("later")
    return begun


def test_what_a_function_asks_for_goes_by_name_and_what_a_turn_asks_for_as_it_comes() -> None:
    due, asked, then = ["2nd due", "1st due"], ["asked for a", "asked for b"], ["2nd action", "1st action", "later"]
    assert _walk(Single()) == ["function", *due, *asked, "its own turn", *then]
    arrived = ["2nd due", "asked for b", "1st due", "asked for a"]
    assert _walk(Wide()) == ["function", *arrived, "its own turn", *then]


def test_what_cannot_go_on_keeps_nobody_waiting(fresh_host: Callable[..., RunningHost]) -> None:
    host = fresh_host("--one-at-a-time")
    stuck = host.begin("waits", ["go"])
    until(lambda: host.status(stuck)["runtimeStatus"] == "Running")
    assert host.stop() == 0
    host.environ["AzureWebJobs.waits.Disabled"] = "true"
    host.start()
    host.manage("POST", f"/instances/{stuck}/raiseEvent/go", 5)
    until(lambda: "has no orchestrator 'waits'" in host.log.read_text())
    assert host.outcome("one_step", 3) == 9


def _told(folder: Path, name: str) -> list[list[int]]:
    """Let everybody come, on a host of its own; tell what each of them was told."""
    clock = FileClock.create(folder / f"clock-{name}", NOON, 100_000.0)
    arguments = ["--one-at-a-time", "--clock", str(clock.path)]
    app = Path(__file__).parent / "lane_app"
    host = RunningHost(folder / f"{name}.db", folder / f"{name}.log", app=app, arguments=arguments).start()
    try:
        host.outcome("invites", COUNT)
        return [host.ended(f"guest{n:02}")["output"] for n in range(COUNT)]
    finally:
        host.stop()


def test_the_order_is_the_same_each_time(tmp_path: Path) -> None:
    once = _told(tmp_path, "once")
    assert sorted(number for told in once for number in told) == list(range(4 * COUNT))
    assert _told(tmp_path, "again") == once
