"""What orchestrators see (host.md 8, 27 and 36-50); every turn is checked by the SDK itself."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.host.conftest import RunningHost, until


def test_a_fan_out_of_1000_comes_back_in_order(host: RunningHost) -> None:
    assert host.outcome("fan_out", 1000, 40) == [n * n for n in range(1000)]


def test_steps_come_one_after_the_other(host: RunningHost) -> None:
    assert host.outcome("steps", 20) == sum(n * n for n in range(20))


def test_events_before_their_wait_arrive_in_order_once_each(host: RunningHost) -> None:
    one = host.begin("waits", ["other", "go", "go"])
    host.manage("POST", f"/instances/{one}/raiseEvent/go", "first")
    host.manage("POST", f"/instances/{one}/raiseEvent/go", "second")
    host.manage("POST", f"/instances/{one}/raiseEvent/GO", "wrong case")
    host.manage("POST", f"/instances/{one}/raiseEvent/other", 0)
    assert host.ended(one)["output"] == [0, "first", "second"]


def test_a_failed_fan_out_ends_after_all_of_it_ended(host: RunningHost) -> None:
    one = host.begin("one_fails", 0.4)
    ended = host.ended(one)
    assert "ValueError: boom" in ended["output"]
    kinds = [event["EventType"] for event in host.history(one)]
    assert kinds.count("TaskCompleted") == 4
    assert kinds[-1] == "ExecutionCompleted"


def test_an_instance_runs_on_until_its_losers_end(host: RunningHost) -> None:
    one = host.begin("loser_runs", 0.5)
    assert host.ended(one)["output"] == 9
    assert [e["EventType"] for e in host.history(one)].count("TaskCompleted") == 2


def test_a_cancelled_timer_holds_nothing_up(host: RunningHost) -> None:
    one = host.begin("race", {"seconds": 864_000})  # ten days: never ends on Azure (#573)
    host.manage("POST", f"/instances/{one}/raiseEvent/go", "won")
    assert host.ended(one)["output"] == "won"


def test_a_timer_left_alone_holds_its_instance_until_it_fires(host: RunningHost) -> None:
    one = host.begin("race", {"seconds": 0.7, "cancel": False})
    host.manage("POST", f"/instances/{one}/raiseEvent/go", "won")
    assert host.ended(one)["output"] == "won"
    assert "TimerFired" in [e["EventType"] for e in host.history(one)]


def test_retries_cost_a_timer_each_the_last_one_too(host: RunningHost, tmp_path: Path) -> None:
    given = {"attempts": 3, "fail": 9, "ms": 50, "file": str(tmp_path / "tries")}
    one = host.begin("retries", given)
    assert "try 3" in host.ended(one)["output"]
    kinds = [event["EventType"] for event in host.history(one)]
    assert (kinds.count("TaskFailed"), kinds.count("TimerFired")) == (3, 3)


def test_a_retry_that_succeeds_returns_its_result(host: RunningHost, tmp_path: Path) -> None:
    given = {"attempts": 5, "fail": 2, "ms": 20, "file": str(tmp_path / "tries")}
    assert host.outcome("retries", given) == 3


def test_retry_inside_any_takes_the_right_branch(host: RunningHost, tmp_path: Path) -> None:
    given = {"fail": 9, "file": str(tmp_path / "tries")}
    outcome = host.outcome("retry_in_any", given)
    assert outcome == ["Activity function 'c", "cleaned up"]
    assert "retry_in_any has retries inside task_any: on Azure" in host.log.read_text()


def test_a_call_to_a_missing_activity_fails_soon(host: RunningHost) -> None:
    assert "The function 'nope' doesn't exist" in host.outcome("calls_missing")


def test_a_missing_child_fails_the_call(host: RunningHost) -> None:
    caught = host.outcome("parent", {"child": "nope"})["caught"]
    assert "is not an orchestrator function" in caught


def test_what_an_activity_raises_is_told_as_azure_words_it(host: RunningHost) -> None:
    output = host.outcome("one_fails", 0)
    assert output.startswith(
        "Orchestrator function 'one_fails' failed: Activity function 'fails' failed:  ValueError: boom"
    )


def test_a_failed_orchestrator_keeps_its_custom_status(host: RunningHost) -> None:
    ended = host.ended(host.begin("raises_after"))
    assert ended["runtimeStatus"] == "Failed"
    assert ended["output"] == "Orchestrator function 'raises_after' failed: 'gone'"
    assert ended["customStatus"] == {"phase": "first"}


def test_a_parent_catches_what_its_child_failed_with(host: RunningHost) -> None:
    caught = host.outcome("parent", {"child": "raises_after"})["caught"]
    assert caught.startswith("Orchestrator function 'raises_after' failed: 'gone'")


def test_a_child_without_an_id_is_named_after_its_parent(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "one_step", "input": 5})
    assert host.ended(one)["output"] == {"child": 25}
    listed = host.manage("GET", "/instances?runtimeStatus=Completed").json
    assert [r for r in listed if r["instanceId"].endswith(":0") and r["name"] == "one_step"]


def test_a_child_id_that_lives_is_refused_and_one_that_ended_is_replaced(
    host: RunningHost,
) -> None:
    host.begin("waits", ["go"], "shared-child")
    given = {"child": "one_step", "input": 3, "id": "shared-child"}
    assert "already exists" in host.outcome("parent", given)["caught"]
    host.manage("POST", "/instances/shared-child/raiseEvent/go", 1)
    host.ended("shared-child")
    assert host.outcome("parent", given) == {"child": 9}


def test_continue_as_new_keeps_the_id_and_forgets_the_history(host: RunningHost) -> None:
    one = host.begin("again", {"n": 1, "until": 5})
    assert host.ended(one)["output"] == 5
    assert [e["EventType"] for e in host.history(one)] == [
        "ExecutionStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]


@pytest.mark.parametrize("status", [{"phase": 1}, "text", [1, 2]])
def test_custom_status_is_shown(host: RunningHost, status: object) -> None:
    assert host.ended(host.begin("status_of", status))["customStatus"] == status


def test_falsy_custom_status_is_null_and_a_long_one_fails(host: RunningHost) -> None:
    assert host.ended(host.begin("status_of", 0))["customStatus"] is None
    assert host.ended(host.begin("status_of", "x" * 17_000))["runtimeStatus"] == "Failed"


def test_100_signals_in_parallel_lose_no_update(host: RunningHost) -> None:
    with ThreadPoolExecutor(10) as pool:
        path = "/entities/Counter/many?op=add"
        statuses = list(pool.map(lambda _: host.manage("POST", path, 1).status, range(100)))
    assert statuses == [202] * 100
    until(lambda: host.manage("GET", "/entities/counter/many").text == "100")


def test_an_orchestrator_signals_and_calls_an_entity(host: RunningHost) -> None:
    assert host.outcome("uses_entity", "called") == [5, "no"]


def test_an_unknown_entity_is_404(host: RunningHost) -> None:
    assert host.manage("GET", "/entities/counter/nobody").status == 404


def test_an_instance_without_a_version_has_none_and_one_given_is_seen(host: RunningHost) -> None:
    assert host.outcome("versioned") is None
    started = host.manage("POST", "/orchestrators/versioned?version=2.1")
    assert host.ended(started.json["id"])["output"] == "2.1"
