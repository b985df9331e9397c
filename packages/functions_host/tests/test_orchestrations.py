"""Orchestrations, beyond the acceptance list; every turn is compared with a replay in the SDK."""

from collections.abc import Callable
from pathlib import Path

from host_testing.running import RunningHost, until

Start = Callable[..., RunningHost]


def test_steps_run_one_after_the_other(host: RunningHost) -> None:
    assert host.outcome("steps", 20) == sum(n * n for n in range(20))


def test_activities_that_block_every_thread_run_side_by_side_and_starve_no_orchestrator(fresh_host: Start) -> None:
    host = fresh_host(PYTHON_THREADPOOL_THREAD_COUNT="3")
    folder = host.db.with_name("meeting")
    folder.mkdir()
    one = host.begin("meeting", {"folder": str(folder), "names": ["a", "b", "c"], "many": 4})
    until(lambda: len(list(folder.iterdir())) == 3)
    other = host.begin("waits", ["go"])
    host.manage("POST", f"/instances/{other}/raiseEvent/go", 7)
    assert host.ended(other)["output"] == [7]
    assert host.status(one)["runtimeStatus"] == "Running"
    (folder / "the test").touch()
    assert host.ended(one)["output"] == 3


def test_orchestrators_dropped_from_memory_continue_like_those_that_stayed(fresh_host: Start) -> None:
    host = fresh_host("--keep", "1", "--debug-oracle")
    ids = [host.begin("steps", 6, f"crowded-{n}") for n in range(5)]
    waiting = host.begin("waits", ["a", "b"])
    for name in ("a", "b"):
        host.manage("POST", f"/instances/{waiting}/raiseEvent/{name}", name)
    assert [host.ended(one)["output"] for one in ids] == [55] * 5
    assert host.ended(waiting)["output"] == ["a", "b"]
    assert "Diverged" not in host.log.read_text()


def test_an_orchestrator_without_a_task_need_not_be_a_generator(host: RunningHost) -> None:
    one = host.begin("plain", 5)
    assert host.ended(one)["output"] == [5, one]


def test_a_retry_that_succeeds_returns_its_result(host: RunningHost, tmp_path: Path) -> None:
    given = {"attempts": 5, "fail": 2, "ms": 20, "file": str(tmp_path / "tries")}
    assert host.outcome("retries", given) == 3


def test_a_sliding_window_works_and_is_warned_of(host: RunningHost) -> None:
    warning = "window has a task_any over earlier tasks and new ones: on Azure"
    assert host.outcome("window", {"seconds": [0.02, 0.06, 0.01, 0.02], "slides": False}) == "batches"
    assert warning not in host.log.read_text()
    assert host.outcome("window", {"seconds": [0.02, 0.06, 0.3, 0.02], "slides": True}) == "slid"
    assert warning in host.log.read_text()


def test_a_missing_child_fails_the_call(host: RunningHost) -> None:
    caught = host.outcome("parent", {"child": "nope"})["caught"]
    assert "is not an orchestrator function" in caught


def test_a_child_id_in_use_is_refused_and_one_that_has_ended_is_replaced(
    host: RunningHost,
) -> None:
    host.begin("waits", ["go"], "shared-child")
    given = {"child": "one_step", "input": 3, "id": "shared-child"}
    assert "already exists" in host.outcome("parent", given)["caught"]
    host.manage("POST", "/instances/shared-child/raiseEvent/go", 1)
    host.ended("shared-child")
    assert host.outcome("parent", given) == {"child": 9}
