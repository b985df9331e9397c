"""Status, history and lists of instances (facts 21 to 25)."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from host_testing.running import MANAGEMENT, HttpResponse, RunningHost, until
from host_testing.triggers import pass_time
from simulation_base.clock import FileClock


def running(host: RunningHost, instance: str) -> HttpResponse:
    """Wait until an instance runs; return the response with its status."""
    path = f"/instances/{instance}"
    found: HttpResponse = until(lambda: (a := host.manage("GET", path)).json["runtimeStatus"] == "Running" and a)
    return found


def test_21_status_says_running_completed_failed_or_unknown(host: RunningHost) -> None:
    host.begin("waits", ["go"], "still")
    found = running(host, "still")
    assert found.status == 202
    assert found.headers["Retry-After"] == "5"
    assert host.call("GET", found.headers["Location"]).json["instanceId"] == "still"
    done = host.begin("one_step", 2)
    host.ended(done)
    assert host.manage("GET", f"/instances/{done}").status == 200
    failed = host.begin("raises_after")
    host.ended(failed)
    assert host.manage("GET", f"/instances/{failed}").status == 200
    assert host.manage("GET", "/instances/no-such-one").status == 404


def test_22_a_failure_is_500_if_requested(host: RunningHost) -> None:
    failed = host.begin("raises_after")
    host.ended(failed)
    loud = host.manage("GET", f"/instances/{failed}?returnInternalServerErrorOnFailure=true")
    assert (loud.status, loud.json["runtimeStatus"]) == (500, "Failed")
    done = host.begin("one_step", 2)
    host.ended(done)
    assert host.manage("GET", f"/instances/{done}?returnInternalServerErrorOnFailure=true").status == 200


def test_23_history_merges_what_was_scheduled_into_how_it_ended(host: RunningHost) -> None:
    done = host.begin("one_step", 3)
    host.ended(done)
    plain = host.status(done, "?showHistory=true")["historyEvents"]
    assert [event["EventType"] for event in plain] == ["ExecutionStarted", "TaskCompleted", "ExecutionCompleted"]
    assert not [event for event in plain if "Result" in event]
    started, task, completed = host.history(done)
    assert started.keys() >= {"FunctionName", "Input", "Timestamp"}
    assert started["FunctionName"] == "one_step"
    assert (task["FunctionName"], task["Result"], task["Input"]) == ("square", 9, None)
    assert task["ScheduledTime"] <= task["Timestamp"]
    assert (completed["OrchestrationStatus"], completed["Result"]) == ("Completed", 9)
    assert not {"EventId", "IsPlayed", "TaskScheduledId", "OrchestrationInstance", "Version"} & {
        key for event in (started, task, completed) for key in event
    }
    blind = host.status(done, "?showHistory=true&showInput=false")
    assert blind["input"] is None
    assert not [event for event in blind["historyEvents"] if "Input" in event]


def test_24_the_list_comes_in_pages(host: RunningHost) -> None:
    for n in range(5):
        host.ended(host.begin("one_step", n, f"paged-{n}"))
    pages, token = [], ""
    while True:
        headers = {"x-ms-continuation-token": token} if token else {}
        page = host.manage("GET", "/instances?instanceIdPrefix=paged-&top=2", headers=headers)
        pages.append([one["instanceId"] for one in page.json])
        token = page.headers.get("x-ms-continuation-token", "")
        if not token:
            break
    assert pages == [["paged-0", "paged-1"], ["paged-2", "paged-3"], ["paged-4"]]


@pytest.fixture(scope="module")
def between(still_host: RunningHost, clock: FileClock) -> str:
    """Start one that completes; later one that fails and one that waits; return a moment between."""
    still_host.ended(still_host.begin("one_step", 1, "kinds-completed"))
    pass_time(clock, timedelta(seconds=10))
    moment = clock.now().isoformat()
    pass_time(clock, timedelta(seconds=10))
    still_host.ended(still_host.begin("raises_after", None, "kinds-failed"))
    still_host.begin("waits", ["go"], "kinds-waiting")
    running(still_host, "kinds-waiting")
    return quote(moment)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"completed", "failed", "waiting"}),
        ("&runtimeStatus=Failed", {"failed"}),
        ("&runtimeStatus=Failed,Running", {"failed", "waiting"}),
        ("&createdTimeFrom={between}", {"failed", "waiting"}),
        ("&createdTimeTo={between}", {"completed"}),
        ("&createdTimeFrom=2999-01-01", set()),
        ("&createdTimeFrom={between}&runtimeStatus=Completed", set()),
    ],
)
def test_25_the_list_is_filtered(still_host: RunningHost, between: str, query: str, names: set[str]) -> None:
    found = still_host.manage("GET", f"/instances?instanceIdPrefix=kinds-{query.format(between=between)}")
    assert {one["instanceId"].removeprefix("kinds-") for one in found.json} == names


def test_parameters_and_statuses_match_without_case_and_an_unknown_status_is_400(host: RunningHost) -> None:
    one = host.begin("one_step", 3, "any-case")
    host.ended(one)
    found = host.call(
        "GET", f"{MANAGEMENT}/instances?CODE={host.key}&INSTANCEIDPREFIX=any-case&runtimestatus=completed"
    )
    assert [row["instanceId"] for row in found.json] == [one]
    assert "historyEvents" in host.status(one, "?showhistory=TRUE")
    for method in ("GET", "DELETE"):
        refused = host.manage(method, "/instances?createdTimeFrom=2020-01-01&runtimeStatus=Completed,Complted")
        assert (refused.status, "'Complted' is not a status" in refused.json["Message"]) == (400, True)
    odd = {"x-ms-continuation-token": "9" * 40 + "|x"}
    assert host.manage("GET", f"/instances?top={'9' * 40}&instanceIdPrefix=any-case", headers=odd).json[0]["name"]
