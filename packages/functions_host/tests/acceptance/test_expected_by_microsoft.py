"""The expectations of Microsoft's end-to-end tests of Durable Functions in Python, with programs of our own.

Their tests are in test/e2e of https://github.com/Azure/azure-functions-durable-extension. What others of this folder's
modules test already (starting, versions, purging by time, rewinding) is not repeated.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from host_testing.running import HttpResponse, RunningHost, until

FIRST = "the first time it fails\r\nmore about it"
RAISED = f"RefusedError: {FIRST}"


def client(host: RunningHost, method: str, **given: Any) -> HttpResponse:
    return host.call("POST", f"/api/sdk/{method}", given)


def reaches(host: RunningHost, instance: str, status: str) -> None:
    until(lambda: host.status(instance)["runtimeStatus"] == status)


def waiting(host: RunningHost) -> str:
    """Begin an instance that waits."""
    one = host.begin("waits", ["go"])
    reaches(host, one, "Running")
    return one


def test_before_the_last_activity_it_was_replaying(host: RunningHost) -> None:
    assert host.outcome("told", ["hello"]) == {"replaying": [True, False], "answers": ["hello"]}


def test_of_several_checkpoints_only_the_last_is_not_replayed(host: RunningHost) -> None:
    answer = host.outcome("told", ["a", "b", "c"])
    assert answer == {"replaying": [True, True, True, False], "answers": ["a", "b", "c"]}


def test_it_replays_before_a_fan_out_and_not_after_it(host: RunningHost) -> None:
    assert host.outcome("told_around_a_fan_out", ["a", "b", "c"]) == [True, ["a", "b", "c"], False]


@pytest.mark.parametrize("options", [[], ["--keep", "0"], ["--resume-only"]])
def test_what_is_logged_unless_it_replays_is_logged_once_however_it_is_kept(
    fresh_host: Callable[..., RunningHost], options: list[str]
) -> None:
    host = fresh_host(*options)
    one = host.begin("logs_unless_it_replays")
    assert host.ended(one)["output"] == 1  # of its last run
    log = host.log.read_text()
    assert [log.count(f"live {place} in {one}") for place in ("before", "after")] == [1, 1]


def test_a_failed_activity_fails_its_orchestrator_in_both_their_names(host: RunningHost) -> None:
    ended = host.ended(host.begin("handles_failures", ["activity", "nothing"]))
    prefix = "Orchestrator function 'handles_failures' failed: Activity function 'fails_once' failed: "
    assert ended["runtimeStatus"] == "Failed"
    assert ended["output"].startswith(prefix)
    assert RAISED in ended["output"]


def test_a_failed_activity_can_be_caught(host: RunningHost) -> None:
    output = host.outcome("handles_failures", ["activity", "caught"])
    assert output.startswith("caught: Activity function 'fails_once' failed: ")
    assert RAISED in output


@pytest.mark.parametrize("how", ["policy", "again"])
def test_a_failed_activity_can_be_tried_again_and_the_log_has_its_cause(host: RunningHost, how: str) -> None:
    one = host.begin("handles_failures", ["activity", how])
    assert host.ended(one)["output"] == "the second time"
    lines = [line for line in host.log.read_text().splitlines() if one in line and "RefusedError" in line]
    assert len(lines) == 1
    assert "the first time it fails" in lines[0]
    assert "OverflowingError: deep inside" in lines[0]


def test_a_failed_operation_of_an_entity_fails_its_orchestrator(host: RunningHost) -> None:
    ended = host.ended(host.begin("handles_failures", ["entity", "nothing"]))
    assert ended["runtimeStatus"] == "Failed"
    assert ended["output"].startswith("Orchestrator function 'handles_failures' failed:")
    assert FIRST in ended["output"]


def test_a_failed_operation_of_an_entity_is_caught_with_its_text_and_without_its_cause(host: RunningHost) -> None:
    output = host.outcome("handles_failures", ["entity", "caught"])
    assert output == f"caught: {FIRST}"


def test_a_failed_operation_of_an_entity_can_be_tried_again_and_is_in_the_log(host: RunningHost) -> None:
    assert host.outcome("handles_failures", ["entity", "again"]) == "the second time"
    assert "@unsteady@one: get failed: the first time it fails" in host.log.read_text()


def test_an_entity_keeps_what_was_written(host: RunningHost) -> None:
    assert host.outcome("keeps_a_note") == "number 42"


def test_activities_get_inputs_of_every_type(host: RunningHost) -> None:
    assert host.outcome("sends_inputs") == [
        "list [1, 2, 3, 4, 5]",
        "list []",
        "int 42",
        "str a text",
        "Parcel bytes <one 25 [1, 2, 3] 1:00:00>",
        "Parcel Parcel",
    ]


def test_an_event_that_nobody_waits_for_does_not_delay_the_end(host: RunningHost) -> None:
    one = host.begin("waits_for_nothing")
    assert host.ended(one)["output"] == "finished"
    refused = client(host, "raise_event", instance_id=one, event_name="Approval", event_data=True)
    assert (refused.status, refused.text) == (400, f"Instance with ID {one} is gone: either completed or failed")


def test_an_event_for_nobody_is_refused(host: RunningHost) -> None:
    refused = client(host, "raise_event", instance_id="never-begun", event_name="Approval", event_data=True)
    assert (refused.status, refused.text) == (400, "No instance with ID never-begun found.")


@pytest.mark.parametrize(("verb", "state"), [("suspend", "Suspended"), ("resume", "Running")])
def test_a_state_that_is_there_already_is_refused_and_logged(host: RunningHost, verb: str, state: str) -> None:
    one = waiting(host)
    if verb == "suspend":
        assert client(host, "suspend", instance_id=one, reason="r").status == 200
        reaches(host, one, "Suspended")
    refused = client(host, verb, instance_id=one, reason="again")
    assert refused.status == 400
    assert refused.text.startswith("The operation failed with an unexpected status code 500")
    said = f"Cannot {verb} orchestration instance in the {state} state."
    assert any(said in line and one in line for line in host.log.read_text().splitlines())


def test_a_suspended_instance_runs_again_when_it_is_resumed(host: RunningHost) -> None:
    one = waiting(host)
    for verb, state in (("suspend", "Suspended"), ("resume", "Running")):
        assert client(host, verb, instance_id=one, reason="r").status == 200
        reaches(host, one, state)


@pytest.mark.parametrize("verb", ["suspend", "resume", "terminate"])
def test_the_client_says_nothing_when_the_instance_has_ended(host: RunningHost, verb: str) -> None:
    one = host.begin("waits_for_nothing")
    host.ended(one)
    assert client(host, verb, instance_id=one, reason="late").status == 200
    assert host.status(one)["runtimeStatus"] == "Completed"


def test_nobody_can_be_terminated(host: RunningHost) -> None:
    refused = client(host, "terminate", instance_id="never-begun", reason="r")
    assert (refused.status, refused.text) == (400, "No instance with ID 'never-begun' found.")


def test_a_terminated_instance_stays_terminated(host: RunningHost) -> None:
    one = waiting(host)
    for _ in range(2):
        assert client(host, "terminate", instance_id=one, reason="r").status == 200
        assert host.ended(one)["runtimeStatus"] == "Terminated"


@pytest.mark.parametrize(("work", "deadline", "answer"), [(0.5, 0.1, "too late"), (0.05, 600, "slept 0.05")])
def test_a_deadline_ends_the_wait_and_not_the_work(
    host: RunningHost, work: float, deadline: float, answer: str
) -> None:
    assert host.outcome("has_a_deadline", {"work": work, "deadline": deadline}) == answer


@pytest.mark.parametrize("kilobytes", [65, 4608])
def test_a_large_output_is_whole_in_the_status_and_for_the_client(host: RunningHost, kilobytes: int) -> None:
    one = host.begin("answers_at_length", kilobytes * 1024)
    whole = ["begin", "A" * kilobytes * 1024]
    assert host.ended(one)["output"] == whole
    assert client(host, "get_status", instance_id=one, show_input=True).json["output"] == whole


def test_what_runs_is_in_the_list_of_what_runs(host: RunningHost) -> None:
    one = waiting(host)
    assert isinstance(client(host, "get_status_all").json, list)
    running = client(host, "get_status_by", runtime_status=["Running", "Pending", "ContinuedAsNew"]).json
    assert one in {found["instanceId"] for found in running}


@pytest.mark.parametrize("seconds", [1, -5])
def test_an_orchestration_begins_its_work_at_its_time(host: RunningHost, seconds: int) -> None:
    begins = datetime.now(UTC) + timedelta(seconds=seconds)
    assert host.outcome("begins_later", begins.isoformat()) == [True, "hello"]


@pytest.mark.parametrize("ends", ["Completed", "Failed", "Terminated"])
def test_an_id_can_be_used_again_when_its_instance_has_ended(host: RunningHost, ends: str) -> None:
    name = {"Completed": "waits_for_nothing", "Failed": "raises_after", "Terminated": "waits"}[ends]
    one = f"used-again-{ends}"
    for _ in range(2):
        given = {"orchestration_function_name": name, "instance_id": one, "client_input": ["go"]}
        assert client(host, "start_new", **given).text == f'"{one}"'
        if ends == "Terminated":
            reaches(host, one, "Running")
            client(host, "terminate", instance_id=one, reason="r")
        assert host.ended(one)["runtimeStatus"] == ends


def test_what_has_ended_is_purged_with_and_without_an_upper_bound(fresh_host: Callable[..., RunningHost]) -> None:
    host = fresh_host()
    begins, ends = "0001-01-01T00:00:00", (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    stays = waiting(host)
    for bounds in ({"created_time_from": begins, "created_time_to": ends}, {"created_time_from": begins}):
        host.ended(host.begin("waits_for_nothing"))
        given = {**bounds, "runtime_status": ["Completed", "Failed", "Terminated"]}
        assert client(host, "purge_instance_history_by", **given).text == "1"
        assert client(host, "purge_instance_history_by", **given).text == "0"
    assert host.status(stays)["runtimeStatus"] == "Running"
