"""Sequential scheduling: one piece of work at a time, in an order that does not depend on the machine."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from functions_host.scheduling.scheduler import Concurrent, Scheduler, Sequential
from host_testing.running import APPS, RunningHost, until
from simulation_base.clock import FileClock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
COUNT = 20


def _order_of(scheduler: Scheduler) -> list[str]:
    """Submit requests of a function while more is due, then a turn with two actions; return what begins, in order."""
    begun: list[str] = []

    def submit(what: str, name: str = "") -> None:
        scheduler.submit(lambda: begun.append(what), name)

    submit("function")
    submit("2nd due")
    submit("requested for b", "b")
    submit("1st due")
    submit("requested for a", "a")
    scheduler.sort_submitted()
    submit("its own turn")
    scheduler.finish()
    submit("2nd action")
    submit("1st action")
    for _ in range(8):
        scheduler.finish()
    submit("later")
    return begun


def test_requests_of_a_function_are_ordered_by_name_and_the_rest_as_it_comes() -> None:
    due, requested = ["2nd due", "1st due"], ["requested for a", "requested for b"]
    then = ["2nd action", "1st action", "later"]
    assert _order_of(Sequential()) == ["function", *due, *requested, "its own turn", *then]
    arrived = ["2nd due", "requested for b", "1st due", "requested for a"]
    assert _order_of(Concurrent()) == ["function", *arrived, "its own turn", *then]


def test_an_instance_that_cannot_run_does_not_block_the_others(fresh_host: Callable[..., RunningHost]) -> None:
    host = fresh_host("--sequential")
    stuck = host.begin("waits", ["go"])
    until(lambda: host.status(stuck)["runtimeStatus"] == "Running")
    assert host.stop() == 0
    host.environ["AzureWebJobs.waits.Disabled"] = "true"
    host.start()
    host.manage("POST", f"/instances/{stuck}/raiseEvent/go", 5)
    until(lambda: "has no orchestrator 'waits'" in host.log.read_text())
    assert host.outcome("one_step", 3) == 9


def _results(folder: Path, name: str) -> list[list[int]]:
    """Run all workers on a host of their own; return the numbers that each of them got."""
    clock = FileClock.create(folder / f"clock-{name}", NOON, 100_000.0)
    arguments = ["--sequential", "--clock", str(clock.path)]
    app = APPS / "sequential"
    host = RunningHost(folder / f"{name}.db", folder / f"{name}.log", app=app, arguments=arguments).start()
    try:
        host.outcome("starts_workers", COUNT)
        return [host.ended(f"worker{n:02}")["output"] for n in range(COUNT)]
    finally:
        host.stop()


def test_the_order_is_the_same_each_time(tmp_path: Path) -> None:
    once = _results(tmp_path, "once")
    assert sorted(number for result in once for number in result) == list(range(4 * COUNT))
    assert _results(tmp_path, "again") == once
