"""``--faults azure``: the host does as Azure's, where it reports or cures the fault without it."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from host_testing.running import MANAGEMENT, RunningHost, until
from simulation_base.clock import FileClock

Start = Callable[..., RunningHost]
NOON = datetime(2030, 6, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def faulty(fresh_host: Start) -> RunningHost:
    return fresh_host("--faults", "azure")


def kinds(host: RunningHost, instance: str) -> list[str]:
    return [event["EventType"] for event in host.history(instance)]


@pytest.mark.parametrize(
    ("name", "given"), [("calls_missing", None), ("parent", {"child": "nobody"}), ("writes_diary", '["nobody", "k"]')]
)
def test_a_call_to_what_is_not_there_leaves_nothing_and_never_ends(faulty: RunningHost, name: str, given: Any) -> None:
    one = faulty.begin(name, given if given is not None else {})
    until(lambda: faulty.status(one)["runtimeStatus"] == "Running")
    assert kinds(faulty, one) == ["ExecutionStarted"]


def test_a_start_without_a_body_fails(faulty: RunningHost) -> None:
    with closing(HTTPConnection(faulty.url.removeprefix("http://"))) as connection:
        connection.putrequest("POST", f"{MANAGEMENT}/orchestrators/one_step/without?code={faulty.key}")
        connection.endheaders()  # http.client adds no length here
        assert connection.getresponse().status == 202
    ended = faulty.ended("without")
    assert (ended["runtimeStatus"], ended["input"]) == ("Failed", "")
    assert ended["output"].endswith("(Exception while executing function: Functions.one_step)")


def test_the_input_of_a_start_is_passed_on_as_it_came(faulty: RunningHost) -> None:
    ended = faulty.ended(faulty.begin("one_step", 4))
    assert ended["input"] == 4
    assert ended["output"].endswith("the JSON object must be str, bytes or bytearray, not int")
    assert faulty.outcome("given_back", {"a": 1}) == {"a": 1}


def test_a_signal_is_read_only_if_it_is_a_string_of_json(faulty: RunningHost) -> None:
    path = "/entities/counter/signalled"
    faulty.manage("POST", f"{path}?op=add", 5)
    until(lambda: faulty.manage("GET", path).text == "null")
    faulty.manage("POST", f"{path}?op=add", "7")
    until(lambda: faulty.manage("GET", path).text == "7")


def test_an_entity_that_was_deleted_exists_with_the_state_null(faulty: RunningHost) -> None:
    path = "/entities/counter/deleted"
    faulty.manage("POST", f"{path}?op=add", "7")
    until(lambda: faulty.manage("GET", path).text == "7")
    faulty.manage("DELETE", path)
    until(lambda: faulty.manage("GET", path).text == "null")
    faulty.manage("POST", f"{path}?op=add", "2")
    until(lambda: faulty.manage("GET", path).text == "2")


def test_the_sign_of_the_empty_key_is_known_only_where_it_is_read(faulty: RunningHost) -> None:
    faulty.manage("POST", "/entities/counter/$?op=add", "1")
    until(lambda: faulty.manage("GET", "/entities/counter?fetchState=true").json)
    assert faulty.manage("GET", "/entities/counter/$").status == 404


def test_an_event_enters_the_history_before_it_is_waited_for(faulty: RunningHost) -> None:
    one = faulty.begin("waits", '["first", "second"]')
    for name in ("second", "second", "first"):
        faulty.manage("POST", f"/instances/{one}/raiseEvent/{name}", name)
    assert faulty.ended(one)["output"] == ["first", "second"]
    assert [event["Name"] for event in faulty.history(one) if event["EventType"] == "EventRaised"] == [
        "second",
        "second",
        "first",
    ]


def test_events_not_received_before_continue_as_new_are_lost(faulty: RunningHost) -> None:
    one = faulty.begin("rounds", "[]")
    until(lambda: faulty.status(one)["runtimeStatus"] == "Running")
    faulty.manage("POST", f"/instances/{one}/suspend?reason=collect")
    until(lambda: faulty.status(one)["runtimeStatus"] == "Suspended")
    for word in ("a", "b", "stop"):
        assert faulty.manage("POST", f"/instances/{one}/raiseEvent/go", word).status == 202
    faulty.manage("POST", f"/instances/{one}/resume?reason=go+on")
    until(lambda: faulty.status(one)["input"] == '["a"]')
    until(lambda: kinds(faulty, one) == ["ExecutionStarted"])
    assert faulty.manage("POST", f"/instances/{one}/raiseEvent/go", "stop").status == 202
    assert faulty.ended(one)["output"] == ["a"]


def test_what_is_started_on_another_hub_stays_there(faulty: RunningHost) -> None:
    started = faulty.manage("POST", "/orchestrators/one_step/far-away?taskHub=OtherHub", "2")
    assert started.status == 202
    assert "taskHub=OtherHub&" in started.json["statusQueryGetUri"]
    assert faulty.call("GET", started.json["statusQueryGetUri"]).status == 404
    assert faulty.manage("GET", "/instances/far-away").status == 404


def test_a_timer_fires_up_to_a_second_early(fresh_host: Start, tmp_path: Path) -> None:
    FileClock.create(tmp_path / "clock", NOON, 0.0)
    host = fresh_host("--faults", "azure", "--clock", str(tmp_path / "clock"))
    assert host.ended(host.begin("naps", "1"))["output"] == -1_000_000


def test_a_start_waits_only_with_both_limits(faulty: RunningHost) -> None:
    one = "/orchestrators/one_step"
    assert faulty.manage("POST", f"{one}?timeout=30", "2").status == 202
    waited = faulty.manage("POST", f"{one}?timeout=30&pollingInterval=1", "2")
    assert (waited.status, waited.json) == (200, 4)


def test_filters_that_cannot_be_read_are_ignored(faulty: RunningHost) -> None:
    running = faulty.begin("waits", '["go"]')
    until(lambda: faulty.status(running)["runtimeStatus"] == "Running")
    listed = faulty.manage("GET", "/instances?createdTimeFrom=nonsense&runtimeStatus=Nonsense")
    assert [one["instanceId"] for one in listed.json] == [running]
    assert faulty.manage("GET", "/instances?top=-1").status == 500
    purged = faulty.manage("DELETE", "/instances?createdTimeFrom=2000-01-01&runtimeStatus=Running")
    assert purged.json == {"instancesDeleted": 1}


def test_ids_that_the_documentation_forbids_are_taken(faulty: RunningHost) -> None:
    for odd in ("@x", "a%5Cb", "i" * 101):
        assert faulty.manage("POST", f"/orchestrators/one_step/{odd}", "2").status == 202
