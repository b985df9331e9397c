"""The management API and the SDK's client (host.md 8, 15-34)."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.host.conftest import MANAGEMENT, RunningHost, until


def test_a_start_answers_202_with_eight_addresses(host: RunningHost) -> None:
    answer = host.manage("POST", "/orchestrators/one_step", 3)
    assert answer.status == 202
    assert len(answer.json) == 8
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Location"] == answer.json["statusQueryGetUri"]
    assert host.call("GET", answer.headers["Location"]).status in {200, 202}


def test_without_the_key_nothing_is_managed(host: RunningHost) -> None:
    assert host.call("POST", f"{MANAGEMENT}/orchestrators/one_step", 1).status == 401
    assert host.call("GET", f"{MANAGEMENT}/instances?code=wrong").status == 401


@pytest.mark.parametrize("path", ["unknown_one", "one_step/@x", "one_step/a%2Fb", f"one_step/{'i' * 101}"])
def test_an_unknown_name_or_a_bad_id_is_400_with_the_reason(host: RunningHost, path: str) -> None:
    answer = host.manage("POST", f"/orchestrators/{path}", 1)
    assert answer.status == 400
    assert answer.json["ExceptionMessage"]


def test_an_id_is_refused_while_its_instance_lives_and_free_after(host: RunningHost) -> None:
    host.begin("waits", ["go"], "taken")
    assert host.manage("POST", "/orchestrators/waits/taken", ["go"]).status == 409
    host.manage("POST", "/instances/taken/raiseEvent/go", 1)
    host.ended("taken")
    assert host.manage("POST", "/orchestrators/one_step/taken", 5).status == 202
    assert host.ended("taken")["output"] == 25
    assert len(host.history("taken")) == 3


def test_of_many_starts_with_one_id_exactly_one_wins(host: RunningHost) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: host.manage("POST", "/orchestrators/waits/contested", ["go"]), range(8))
        assert sorted(answer.status for answer in answers) == [202] + [409] * 7


def test_a_start_can_wait_for_the_end(host: RunningHost) -> None:
    quick = host.manage("POST", "/orchestrators/one_step?timeout=10", 6)
    assert (quick.status, quick.json) == (200, 36)
    slow = host.manage("POST", "/orchestrators/waits?timeout=0.3&pollingInterval=0.1", ["never"])
    assert slow.status == 202
    bad = host.manage("POST", "/orchestrators/one_step?timeout=1&pollingInterval=2", 6)
    assert bad.status == 400


def test_status_says_running_completed_failed_or_unknown(host: RunningHost) -> None:
    host.begin("waits", ["go"], "still")
    running = until(lambda: (a := host.manage("GET", "/instances/still")).json["runtimeStatus"] == "Running" and a)
    assert running.status == 202
    assert running.headers["Retry-After"] == "5"
    done = host.begin("one_step", 2)
    host.ended(done)
    assert host.manage("GET", f"/instances/{done}").status == 200
    failed = host.begin("raises_after")
    host.ended(failed)
    assert host.manage("GET", f"/instances/{failed}").status == 200
    loud = f"/instances/{failed}?returnInternalServerErrorOnFailure=true"
    assert host.manage("GET", loud).status == 500
    assert host.manage("GET", "/instances/no-such-one").status == 404


def test_history_merges_what_was_scheduled_into_how_it_ended(host: RunningHost) -> None:
    done = host.begin("one_step", 3)
    host.ended(done)
    events = host.history(done)
    assert [e["EventType"] for e in events] == [
        "ExecutionStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]
    assert events[1]["FunctionName"] == "square"
    assert events[1]["Result"] == "9"
    assert "ScheduledTime" in events[1]
    assert "IsPlayed" not in events[1]


def test_the_list_comes_in_pages_and_is_filtered(host: RunningHost) -> None:
    for n in range(5):
        host.ended(host.begin("one_step", n, f"paged-{n}"))
    seen, token = [], ""
    while True:
        headers = {"x-ms-continuation-token": token} if token else {}
        page = host.manage("GET", "/instances?instanceIdPrefix=paged-&top=2", headers=headers)
        seen += [one["instanceId"] for one in page.json]
        token = page.headers.get("x-ms-continuation-token", "")
        if not token:
            break
    assert seen == [f"paged-{n}" for n in range(5)]
    none = host.manage("GET", "/instances?instanceIdPrefix=paged-&runtimeStatus=Failed,Running")
    assert none.json == []
    late = host.manage("GET", "/instances?instanceIdPrefix=paged-&createdTimeFrom=2999-01-01")
    assert late.json == []


def test_raising_an_event_answers_by_the_state_of_its_instance(host: RunningHost) -> None:
    waiting = host.begin("waits", ["go"])
    path = f"/instances/{waiting}/raiseEvent/go"
    text = host.manage("POST", path, headers={"Content-Type": "text/plain"}, raw=b"x")
    assert text.status == 400
    assert host.manage("POST", path, raw=b"{not json").status == 400
    assert host.manage("POST", path, {"n": 1}).status == 202
    assert host.ended(waiting)["output"] == [{"n": 1}]
    assert host.manage("POST", path, 1).status == 410
    assert host.manage("POST", "/instances/nobody/raiseEvent/go", 1).status == 404


def test_suspended_instances_hear_events_after_they_resume(host: RunningHost) -> None:
    one = host.begin("waits", ["go"])
    assert host.manage("POST", f"/instances/{one}/suspend?reason=tea").status == 202
    until(lambda: host.status(one)["runtimeStatus"] == "Suspended")
    assert host.status(one)["output"] == "tea"
    host.manage("POST", f"/instances/{one}/suspend?reason=twice")
    host.manage("POST", f"/instances/{one}/raiseEvent/go", "now")
    assert host.status(one)["runtimeStatus"] == "Suspended"
    assert host.manage("POST", f"/instances/{one}/resume?reason=done").status == 202
    assert host.ended(one)["output"] == ["now"]


def test_terminate_ends_at_once_with_the_reason(host: RunningHost) -> None:
    one = host.begin("naps", 3600)
    assert host.manage("POST", f"/instances/{one}/terminate?reason=enough").status == 202
    ended = host.ended(one)
    assert (ended["runtimeStatus"], ended["output"]) == ("Terminated", "enough")
    assert host.manage("POST", f"/instances/{one}/terminate?reason=again").status == 410


def test_a_child_outlives_its_terminated_parent(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "waits", "input": ["go"], "id": "outlives"})
    until(lambda: host.manage("GET", "/instances/outlives").status == 202)
    host.manage("POST", f"/instances/{one}/terminate?reason=x")
    host.ended(one)
    assert host.manage("POST", "/instances/outlives/raiseEvent/go", 1).status == 202
    assert host.ended("outlives")["runtimeStatus"] == "Completed"


def test_a_terminated_child_fails_its_parents_call_with_the_reason(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "waits", "input": ["go"], "id": "cut-short"})
    until(lambda: host.manage("GET", "/instances/cut-short").status == 202)
    host.manage("POST", "/instances/cut-short/terminate?reason=no+more")
    assert "no more" in host.ended(one)["output"]["caught"]


def test_purge_takes_ended_instances_only(host: RunningHost) -> None:
    one = host.begin("waits", ["go"], "to-purge")
    assert host.manage("DELETE", f"/instances/{one}").status == 412
    host.manage("POST", f"/instances/{one}/raiseEvent/go", 1)
    host.ended(one)
    assert host.manage("DELETE", f"/instances/{one}").json == {"instancesDeleted": 1}
    assert host.manage("DELETE", f"/instances/{one}").status == 404
    assert host.manage("GET", f"/instances/{one}").status == 404


def test_purge_by_time_counts_what_it_took(host: RunningHost) -> None:
    assert host.manage("DELETE", "/instances").status == 400
    nothing = host.manage("DELETE", "/instances?createdTimeFrom=2999-01-01T00:00:00Z")
    assert nothing.status == 404


def test_restart_runs_the_same_input_again(host: RunningHost) -> None:
    one = host.begin("one_step", 4)
    host.ended(one)
    other = host.manage("POST", f"/instances/{one}/restart")
    assert other.json["id"] != one
    assert host.ended(other.json["id"])["output"] == 16
    same = host.manage("POST", f"/instances/{one}/restart?restartWithNewInstanceId=false")
    assert same.json["id"] == one
    assert host.ended(one)["output"] == 16
    assert host.manage("POST", "/instances/nobody/restart").status == 400


def test_the_client_of_the_sdk_starts_asks_restarts_and_purges(host: RunningHost) -> None:
    started = host.call("POST", "/api/start/one_step?id=by-client", 7)
    assert started.status == 202
    assert started.json["statusQueryGetUri"].startswith(host.url)
    assert host.ended("by-client")["output"] == 49
    status = json.loads(host.call("POST", "/api/client/status/by-client").text)
    assert status["runtimeStatus"] == "Completed"
    assert host.call("POST", "/api/client/restart/by-client").json["id"]
    assert host.call("POST", "/api/client/purge/by-client").text == "1"


def test_the_addresses_carry_the_callers_own_origin(host: RunningHost) -> None:
    behind = host.call("POST", "/api/start/one_step", 7, headers={"Host": "front.example:8443"})
    assert behind.json["statusQueryGetUri"].startswith("http://front.example:8443/runtime/")


def test_an_event_from_the_client_is_text_of_json(host: RunningHost) -> None:
    one = host.begin("waits", ["go"])
    assert host.call("POST", f"/api/raise/{one}/go", {"ok": True}).status == 202
    assert host.ended(one)["output"] == ['{"ok": true}']


def test_an_activity_starts_an_orchestration_with_its_own_client(host: RunningHost) -> None:
    one = host.outcome("starter", {"name": "one_step", "id": "from-activity", "input": 8})
    assert one == "from-activity"
    assert host.ended("from-activity")["output"] == 64


def test_whatever_a_start_carries_the_orchestrator_can_read(host: RunningHost) -> None:
    for given in ({"a": 1}, [1, 2], 5, True, "text", None):
        assert host.outcome("given_back", given) == given
