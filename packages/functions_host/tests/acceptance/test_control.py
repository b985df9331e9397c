"""Events, suspend, resume, terminate, purge and restart (facts 26 to 34)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from host_testing.running import RunningHost, until


def awaits(host: RunningHost, instance: str, status: str) -> None:
    until(lambda: host.status(instance)["runtimeStatus"] == status)


def test_26_raising_an_event_answers_by_the_state_of_its_instance(host: RunningHost) -> None:
    waiting = host.begin("waits", ["go"])
    path = f"/instances/{waiting}/raiseEvent/go"
    text = host.manage("POST", path, headers={"Content-Type": "text/plain"}, raw=b"x")
    assert text.status == 400
    assert host.manage("POST", path, raw=b"{not json").status == 400
    assert host.manage("POST", path, raw=b'{"a": "\xff"}').status == 400
    assert host.manage("POST", path, {"n": 1}).status == 202
    assert host.ended(waiting)["output"] == [{"n": 1}]
    assert host.manage("POST", path, 1).status == 410
    assert host.manage("POST", "/instances/nobody/raiseEvent/go", 1).status == 404


def test_27_events_before_their_wait_arrive_in_order_once_each(host: RunningHost) -> None:
    one = host.begin("waits", ["other", "go", "go"])
    for name, body in (("go", "first"), ("go", "second"), ("GO", "wrong case"), ("other", 0)):
        host.manage("POST", f"/instances/{one}/raiseEvent/{name}", body)
    assert host.ended(one)["output"] == [0, "first", "second"]


def test_28_an_event_from_the_client_is_text_of_json(host: RunningHost) -> None:
    one = host.begin("waits", ["go"])
    assert host.call("POST", f"/api/raise/{one}/go", {"ok": True}).status == 202
    assert host.ended(one)["output"] == ['{"ok": true}']


def test_29_suspended_instances_get_events_after_they_resume(host: RunningHost) -> None:
    one = host.begin("waits", ["go"])
    assert host.manage("POST", f"/instances/{one}/suspend?reason=tea").status == 202
    awaits(host, one, "Suspended")
    assert host.status(one)["output"] == "tea"
    assert host.manage("POST", f"/instances/{one}/suspend?reason=twice").status == 500
    assert host.manage("POST", f"/instances/{one}/raiseEvent/go", "now").status == 202
    assert host.status(one)["runtimeStatus"] == "Suspended"
    assert host.manage("POST", f"/instances/{one}/resume?reason=done").status == 202
    assert host.ended(one)["output"] == ["now"]
    assert host.manage("POST", f"/instances/{one}/suspend?reason=late").status == 410


def test_a_running_instance_cannot_be_resumed(host: RunningHost) -> None:
    one = host.begin("waits", ["go"])
    awaits(host, one, "Running")
    refused = host.manage("POST", f"/instances/{one}/resume")
    assert (refused.status, "is in the Running state" in refused.json["ExceptionMessage"]) == (500, True)


def test_30_terminate_ends_at_once_with_the_reason(host: RunningHost) -> None:
    one = host.begin("naps", 3600)
    assert host.manage("POST", f"/instances/{one}/terminate?reason=enough").status == 202
    ended = host.ended(one)
    assert (ended["runtimeStatus"], ended["output"]) == ("Terminated", "enough")
    assert host.manage("POST", f"/instances/{one}/terminate?reason=again").status == 410
    assert host.manage("POST", "/instances/nobody/terminate?reason=x").status == 404


def test_31_a_child_outlives_its_terminated_parent(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "waits", "input": ["go"], "id": "outlives"})
    until(lambda: host.manage("GET", "/instances/outlives").status == 202)
    host.manage("POST", f"/instances/{one}/terminate?reason=x")
    host.ended(one)
    assert host.manage("POST", "/instances/outlives/raiseEvent/go", 1).status == 202
    assert host.ended("outlives")["runtimeStatus"] == "Completed"


def test_32_purge_takes_ended_instances_only(host: RunningHost) -> None:
    one = host.begin("waits", ["go"], "to-purge")
    refused = host.manage("DELETE", f"/instances/{one}")
    assert refused.status == 412
    assert "to-purge" in refused.json
    host.manage("POST", f"/instances/{one}/raiseEvent/go", 1)
    host.ended(one)
    gone = host.manage("DELETE", f"/instances/{one}")
    assert (gone.status, gone.json) == (200, {"instancesDeleted": 1})
    assert host.manage("DELETE", f"/instances/{one}").status == 404
    assert host.manage("GET", f"/instances/{one}").status == 404


def test_33_purge_by_time_takes_and_counts_ended_instances_only(host: RunningHost) -> None:
    assert host.manage("DELETE", "/instances").status == 400
    assert host.manage("DELETE", "/instances?createdTimeFrom=2999-01-01T00:00:00Z").status == 404
    # Older ones belong to other tests: only the last moment's are purged, by the status only ours has.
    begun = quote((datetime.now(UTC) - timedelta(milliseconds=1)).isoformat())
    still = host.begin("waits", ["go"])
    ended = [host.begin("waits", ["go"]) for _ in range(2)]
    for one in ended:
        host.manage("POST", f"/instances/{one}/terminate?reason=purge")
        host.ended(one)
    window = f"createdTimeFrom={begun}&runtimeStatus=Terminated,Running"
    purged = host.manage("DELETE", f"/instances?{window}")
    assert (purged.status, purged.json) == (200, {"instancesDeleted": 2})
    assert [host.manage("GET", f"/instances/{one}").status for one in (still, *ended)] == [202, 404, 404]


def test_34_restart_runs_the_same_input_again(host: RunningHost) -> None:
    one = host.begin("one_step", 4)
    host.ended(one)
    other = host.manage("POST", f"/instances/{one}/restart")
    assert other.status == 202
    assert other.json["id"] != one
    assert host.ended(other.json["id"])["output"] == 16
    same = host.manage("POST", f"/instances/{one}/restart?restartWithNewInstanceId=false")
    assert same.json["id"] == one
    assert host.ended(one)["output"] == 16
    assert host.manage("POST", "/instances/nobody/restart").status == 400
    host.begin("waits", ["go"], "restart-me")
    busy = host.manage("POST", "/instances/restart-me/restart?restartWithNewInstanceId=false")
    assert busy.status == 409
