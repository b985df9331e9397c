"""Every method of the SDK's own client works (fact 66)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from host_testing.running import HttpResponse, RunningHost, until


def call_client(host: RunningHost, method: str, **given: Any) -> HttpResponse:
    return host.call("POST", f"/api/sdk/{method}", given)


def result_of(host: RunningHost, method: str, **given: Any) -> Any:
    answer = call_client(host, method, **given)
    assert answer.status == 200, answer.text
    return answer.json


def refused(host: RunningHost, method: str, **given: Any) -> str:
    answer = call_client(host, method, **given)
    assert answer.status == 400
    return answer.text


def test_66_the_addresses_carry_the_callers_own_origin(host: RunningHost) -> None:
    behind = host.call("POST", "/api/start/one_step", 7, headers={"Host": "front.example:8443"})
    assert behind.status == 202
    addresses = {name: value for name, value in behind.json.items() if name != "id"}
    assert all(value.startswith("http://front.example:8443/runtime/") for value in addresses.values())
    assert behind.headers["Location"] == behind.json["statusQueryGetUri"]


def test_the_client_starts_with_id_input_and_version(host: RunningHost) -> None:
    given = {"orchestration_function_name": "one_step", "instance_id": "by-client", "client_input": 7}
    assert result_of(host, "start_new", **given) == "by-client"
    assert host.ended("by-client")["output"] == 49
    assert result_of(host, "start_new", orchestration_function_name="versioned", version="0 & 1")
    assert "'nobody' doesn't exist" in refused(host, "start_new", orchestration_function_name="nobody")
    bad = {"orchestration_function_name": "one_step", "instance_id": "@x"}
    assert "must not start with '@'" in refused(host, "start_new", **bad)


def test_the_client_reads_status_history_and_lists(host: RunningHost) -> None:
    began = datetime.now(UTC)
    host.ended(host.begin("one_step", 5, "read-by-client"))
    shown = result_of(host, "get_status", instance_id="read-by-client", show_history=True, show_history_output=True)
    assert (shown["runtimeStatus"], shown["output"], shown["found"]) == ("Completed", 25, True)
    assert [event["Result"] for event in shown["historyEvents"] if "Result" in event] == [25, 25]
    assert result_of(host, "get_status", instance_id="nobody")["found"] is False
    assert len(result_of(host, "get_status_all")) <= 100
    found = result_of(
        host,
        "get_status_by",
        created_time_from=(began - timedelta(seconds=1)).isoformat(),
        created_time_to=(began + timedelta(minutes=1)).isoformat(),
        runtime_status=["Completed", "Failed"],
        instance_id_prefix="read-by-",
    )
    assert [one["instanceId"] for one in found] == ["read-by-client"]


def test_the_client_raises_suspends_resumes_and_terminates(host: RunningHost) -> None:
    one = host.begin("waits", ["go"])
    result_of(host, "suspend", instance_id=one, reason="tea & cake")
    until(lambda: host.status(one)["output"] == "tea & cake")
    result_of(host, "raise_event", instance_id=one, event_name="go", event_data=[1, 2])
    result_of(host, "resume", instance_id=one, reason="done")
    assert host.ended(one)["output"] == ["[1, 2]"]
    assert "gone" in refused(host, "raise_event", instance_id=one, event_name="go")
    assert "No instance" in refused(host, "raise_event", instance_id="nobody", event_name="go")
    other = host.begin("waits", ["go"])
    result_of(host, "terminate", instance_id=other, reason="enough of it")
    assert host.ended(other)["output"] == "enough of it"
    result_of(host, "terminate", instance_id=other, reason="again")
    assert "No instance" in refused(host, "terminate", instance_id="nobody", reason="x")


def test_the_client_restarts_rewinds_and_purges(host: RunningHost) -> None:
    began = datetime.now(UTC).isoformat()
    one = host.begin("one_step", 3)
    host.ended(one)
    again = result_of(host, "restart", instance_id=one, restart_with_new_instance_id=False)
    assert again["id"] == one
    assert host.ended(one)["output"] == 9
    assert "has status Completed" in refused(host, "rewind", instance_id=one, reason="x")
    assert "No instance" in refused(host, "rewind", instance_id="nobody", reason="x")
    assert result_of(host, "purge_instance_history", instance_id=one) == 1
    assert result_of(host, "purge_instance_history", instance_id=one) == 0
    failed = host.begin("raises_after")
    host.ended(failed)
    ancient = {"created_time_from": "0001-01-01T00:00:00", "created_time_to": "0001-01-02T00:00:00"}
    assert result_of(host, "purge_instance_history_by", **ancient) == 0
    purged = result_of(host, "purge_instance_history_by", created_time_from=began, runtime_status=["Failed"])
    assert purged == 1
    assert host.manage("GET", f"/instances/{failed}").status == 404


def test_the_client_waits_for_the_end_or_answers_with_addresses(host: RunningHost) -> None:
    wait = "wait_for_completion_or_create_check_status_response"
    done = host.begin("one_step", 3)
    finished = call_client(host, wait, instance_id=done, timeout_in_milliseconds=5000)
    assert (finished.status, finished.json) == (200, 9)
    failed = call_client(host, wait, instance_id=host.begin("raises_after"), timeout_in_milliseconds=5000)
    assert (failed.status, failed.json["runtimeStatus"]) == (500, "Failed")
    given = {"timeout_in_milliseconds": 100, "retry_interval_in_milliseconds": 50}
    slow = call_client(host, wait, instance_id=host.begin("waits", ["go"]), **given)
    assert (slow.status, slow.headers["Retry-After"]) == (202, "10")


def test_the_client_signals_and_reads_entities(host: RunningHost) -> None:
    entity = ["Counter", "by-client"]
    assert result_of(host, "read_entity_state", entityId=entity) == [False, None]
    result_of(host, "signal_entity", entityId=entity, operation_name="add", operation_input=4)
    until(lambda: result_of(host, "read_entity_state", entityId=entity) == [True, 4])
    assert "400" in refused(host, "signal_entity", entityId=["nobody", "k"], operation_name="add")
