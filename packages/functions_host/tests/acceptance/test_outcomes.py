"""Outcomes of orchestrations (facts 36 to 48 and 67); every turn is compared with a replay in the SDK."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from host_testing.running import RunningHost, until
from host_testing.triggers import pass_time
from simulation_base.clock import FileClock


def kinds(host: RunningHost, instance: str) -> list[str]:
    return [event["EventType"] for event in host.history(instance)]


def test_36_a_failed_fan_out_ends_after_all_of_it_ended(host: RunningHost) -> None:
    one = host.begin("one_fails", 0.3)
    ended = host.ended(one)
    assert (ended["runtimeStatus"], "ValueError: boom" in ended["output"]) == ("Failed", True)
    found = kinds(host, one)
    assert found.count("TaskCompleted") == 4
    assert found[-1] == "ExecutionCompleted"


def test_37_an_instance_runs_on_until_its_losers_end(host: RunningHost, tmp_path: Path) -> None:
    one = host.begin("loser_runs", {"folder": str(tmp_path), "name": "loser", "many": 2})
    until(lambda: kinds(host, one).count("TaskCompleted") == 1)
    assert host.status(one)["runtimeStatus"] == "Running"
    (tmp_path / "gate").touch()
    assert host.ended(one)["output"] == 9
    assert kinds(host, one).count("TaskCompleted") == 2


def test_38_an_open_timer_keeps_its_instance_running_and_a_cancelled_one_does_not(
    still_host: RunningHost, clock: FileClock
) -> None:
    still_open = still_host.begin("race", {"seconds": 60, "cancel": False})
    cancelled = still_host.begin("race", {"seconds": 60})
    for one in (still_open, cancelled):
        still_host.manage("POST", f"/instances/{one}/raiseEvent/go", "won")
    assert still_host.ended(cancelled)["output"] == "won"
    until(lambda: "EventRaised" in kinds(still_host, still_open))
    assert still_host.status(still_open)["runtimeStatus"] == "Running"
    pass_time(clock, timedelta(seconds=60))
    assert still_host.ended(still_open)["output"] == "won"
    assert "TimerFired" in kinds(still_host, still_open)
    assert "TimerFired" not in kinds(still_host, cancelled)


def test_39_a_cancelled_timer_of_ten_days_does_not_delay_the_end(still_host: RunningHost) -> None:
    one = still_host.begin("race", {"seconds": 864_000})  # never ends on Azure (durable-python 573)
    still_host.manage("POST", f"/instances/{one}/raiseEvent/go", "won")
    assert still_host.ended(one)["output"] == "won"
    assert "race has a timer of more than 6 days: on Azure" in still_host.log.read_text()


def test_40_retries_cost_a_timer_each_the_last_one_too(
    still_host: RunningHost, clock: FileClock, tmp_path: Path
) -> None:
    tries = tmp_path / "tries"
    one = still_host.begin("retries", {"attempts": 3, "fail": 9, "ms": 200, "file": str(tries)})
    for attempt in (1, 2):
        until(lambda: kinds(still_host, one).count("TimerCreated") == attempt)  # noqa: B023 - called at once
        assert len(tries.read_text().splitlines()) == attempt
        pass_time(clock, timedelta(milliseconds=200))
    ended = still_host.ended(one)
    assert (ended["runtimeStatus"], "try 3" in ended["output"]) == ("Failed", True)
    found = kinds(still_host, one)
    assert (found.count("TaskFailed"), found.count("TimerFired")) == (3, 3)
    assert len(tries.read_text().splitlines()) == 3


def test_41_retry_inside_any_takes_the_right_branch_and_warns(host: RunningHost, tmp_path: Path) -> None:
    outcome = host.outcome("retry_in_any", {"fail": 9, "file": str(tmp_path / "tries")})
    assert outcome == ["Activity function 'c", "cleaned up"]
    assert "retry_in_any has retries inside task_any: on Azure" in host.log.read_text()


def test_42_a_call_to_a_missing_activity_fails_soon(host: RunningHost) -> None:
    assert "The function 'nope' doesn't exist" in host.outcome("calls_missing")


def test_43_the_failure_of_an_activity_is_worded_as_on_azure(host: RunningHost) -> None:
    output = host.outcome("one_fails", 0)
    assert output.startswith(
        "Orchestrator function 'one_fails' failed: Activity function 'fails' failed:  ValueError: boom"
    )


def test_44_a_failed_orchestrator_says_why_and_keeps_its_custom_status(host: RunningHost) -> None:
    ended = host.ended(host.begin("raises_after"))
    assert ended["runtimeStatus"] == "Failed"
    assert ended["output"] == "Orchestrator function 'raises_after' failed: 'gone'"
    assert ended["customStatus"] == {"phase": "first"}


def test_45_a_parent_catches_the_failure_of_its_child(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "raises_after", "id": "fails-for-parent"})
    caught = host.ended(one)["output"]["caught"]
    failure_of_child = host.status("fails-for-parent")["output"]
    assert caught.startswith(failure_of_child)
    failure = next(event for event in host.history(one) if event["EventType"] == "SubOrchestrationInstanceFailed")
    assert failure["Reason"] == failure_of_child


def test_46_a_child_without_an_id_is_named_after_its_parents_execution(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "one_step", "input": 5})
    assert host.ended(one)["output"] == {"child": 25}
    listed = host.manage("GET", "/instances?runtimeStatus=Completed&top=1000").json
    children = [row["instanceId"] for row in listed if row["name"] == "one_step" and ":" in row["instanceId"]]
    assert [child for child in children if len(child) == 34 and child.endswith(":0")]


def test_47_continue_as_new_keeps_the_id_and_renews_history_and_created_time(
    still_host: RunningHost, clock: FileClock
) -> None:
    one = still_host.begin("again", {"n": 1, "until": 5})
    assert still_host.ended(one)["output"] == 5
    assert kinds(still_host, one) == ["ExecutionStarted", "TaskCompleted", "ExecutionCompleted"]
    two = still_host.begin("rounds", [])
    created = still_host.status(two)["createdTime"]
    pass_time(clock, timedelta(minutes=1))
    still_host.manage("POST", f"/instances/{two}/raiseEvent/go", 1)
    until(lambda: still_host.status(two)["createdTime"] > created)
    assert still_host.status(two)["runtimeStatus"] == "Running"
    assert still_host.status(two)["input"] == "[1]"


def test_events_not_received_before_continue_as_new_are_received_after_it(host: RunningHost) -> None:
    one = host.begin("rounds", [])
    host.manage("POST", f"/instances/{one}/suspend?reason=collect")
    until(lambda: host.status(one)["runtimeStatus"] == "Suspended")
    for word in ("a", "b", "c", "stop"):
        assert host.manage("POST", f"/instances/{one}/raiseEvent/go", word).status == 202
    host.manage("POST", f"/instances/{one}/resume?reason=go+on")
    assert host.ended(one)["output"] == ["a", "b", "c"]
    assert f"{one} continues as new; on Azure 3 held events were lost" in host.log.read_text()


def test_a_suspended_instances_timer_fires_when_it_resumes(still_host: RunningHost, clock: FileClock) -> None:
    one = still_host.begin("naps", 60)
    until(lambda: "TimerCreated" in kinds(still_host, one))
    still_host.manage("POST", f"/instances/{one}/suspend?reason=x")
    until(lambda: still_host.status(one)["runtimeStatus"] == "Suspended")
    pass_time(clock, timedelta(minutes=5))
    assert still_host.status(one)["runtimeStatus"] == "Suspended"
    still_host.manage("POST", f"/instances/{one}/resume?reason=x")
    assert still_host.ended(one)["output"] == pytest.approx(240_000_000, abs=10)


def test_a_suspended_instance_can_be_terminated(host: RunningHost) -> None:
    one = host.begin("waits", ["go"])
    host.manage("POST", f"/instances/{one}/suspend?reason=x")
    until(lambda: host.status(one)["runtimeStatus"] == "Suspended")
    host.manage("POST", f"/instances/{one}/terminate?reason=enough")
    assert host.ended(one)["output"] == "enough"


def test_an_http_call_is_made_by_the_host(host: RunningHost) -> None:
    given = {"method": "POST", "uri": f"{host.url}/api/echo?a=1", "content": {"x": 1}, "headers": {"X-Own": "v"}}
    answer = host.outcome("calls_http", given)
    assert answer["statusCode"] == 201
    seen = json.loads(answer["content"])
    assert (seen["method"], seen["params"], seen["headers"]["x-own"]) == ("POST", {"a": "1"}, "v")
    missing = host.outcome("calls_http", {"method": "GET", "uri": f"{host.url}/api/nowhere"})
    assert missing["statusCode"] == 404


def test_a_large_input_and_output_come_through_unchanged(host: RunningHost) -> None:
    given = {"text": "ü" * 100_000, "numbers": list(range(20_000))}
    assert host.outcome("given_back", given) == given


@pytest.mark.parametrize(
    ("given", "shown", "status"),
    [
        ({"phase": 1}, {"phase": 1}, "Completed"),
        ("text", "text", "Completed"),
        ([1, 2], [1, 2], "Completed"),
        (0, None, "Completed"),
        ("x" * 8_000, "x" * 8_000, "Completed"),
        ("x" * 8_700, None, "Failed"),  # 17 KB of UTF-16
    ],
)
def test_48_custom_status_is_shown_unless_falsy_or_over_16_kb(
    host: RunningHost, given: Any, shown: Any, status: str
) -> None:
    ended = host.ended(host.begin("status_of", given))
    assert (ended["runtimeStatus"], ended["customStatus"]) == (status, shown)


def test_67_a_fan_out_of_1000_comes_back_in_order(host: RunningHost) -> None:
    assert host.outcome("fan_out", 1000, 40) == [n * n for n in range(1000)]
