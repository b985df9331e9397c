"""Rows of a real task hub (DurableTask.AzureStorage 2.9.1): this host shows of them what Microsoft's extension did.

The rows are those of eighteen orchestrations and entities written in C#, with the status and the history that the
extension made of them.
"""

import json
from datetime import datetime
from typing import Any

import pytest
from functions_host.http.views import history_view, status_view
from functions_host.storage.events import EventType
from functions_host.storage.state import Instance
from functions_host.timestamps import parse_us
from host_testing.recorded import RECORDED

TABLES: dict[str, Any] = json.loads((RECORDED / "durable-tables.json").read_text("utf-8"))
CASES: dict[str, Any] = TABLES["cases"]
KINDS = {
    "OrchestratorStarted": EventType.ORCHESTRATOR_STARTED,
    "OrchestratorCompleted": EventType.ORCHESTRATOR_COMPLETED,
    "ExecutionStarted": EventType.EXECUTION_STARTED,
    "ExecutionCompleted": EventType.EXECUTION_COMPLETED,
    "ExecutionTerminated": EventType.EXECUTION_TERMINATED,
    "ExecutionSuspended": EventType.EXECUTION_SUSPENDED,
    "ExecutionResumed": EventType.EXECUTION_RESUMED,
    "TaskScheduled": EventType.TASK_SCHEDULED,
    "TaskCompleted": EventType.TASK_COMPLETED,
    "TaskFailed": EventType.TASK_FAILED,
    "SubOrchestrationInstanceCreated": EventType.SUB_CREATED,
    "SubOrchestrationInstanceCompleted": EventType.SUB_COMPLETED,
    "SubOrchestrationInstanceFailed": EventType.SUB_FAILED,
    "TimerCreated": EventType.TIMER_CREATED,
    "TimerFired": EventType.TIMER_FIRED,
    "EventSent": EventType.EVENT_SENT,
    "EventRaised": EventType.EVENT_RAISED,
}
STATUSES = {"Running": 0, "Completed": 1, "Failed": 3, "Terminated": 5, "Suspended": 7}
"""The statuses as DurableTask.Core numbers them."""
_OF_STORAGE = {"odata.etag", "PartitionKey", "RowKey", "Timestamp", "ExecutionId"}
_JSON = {"ParentInstance", "Tags", "ParentTraceContext", "OrchestrationInstance", "FailureDetails"}
_LARGE = "ResultBlobName"


def columns(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a row that the extension has written."""
    return {name: cell["value"] for name, cell in row.items() if name not in _OF_STORAGE}


def history_of(case: str) -> list[dict[str, Any]]:
    """Return the rows of an instance's history, without the sentinel that ends it."""
    return [columns(row) for row in CASES[case]["History"] if row["RowKey"]["value"] != "sentinel"]


def event_of(row: dict[str, Any]) -> tuple[int, str]:
    """Return a row as an event of this host: what is JSON in a column is parsed, null is the text "null" there."""
    event = {name: json.loads(value) if name in _JSON else value for name, value in row.items() if name != _LARGE}
    event["EventType"] = KINDS[event["EventType"]]
    event["Timestamp"] = event.pop("_Timestamp").replace("+00:00", "Z")
    if "OrchestrationStatus" in event:
        event["OrchestrationStatus"] = STATUSES[event["OrchestrationStatus"]]
    return event["EventType"], json.dumps(event)


def moments_read(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an event with its moments read: .NET leaves out zeros at the end of a fraction."""
    names = {"Timestamp", "ScheduledTime", "FireAt"}
    return {name: datetime.fromisoformat(value) if name in names else value for name, value in entry.items()}


@pytest.mark.parametrize("case", CASES)
def test_the_rows_of_a_history_are_shown_as_the_extension_shows_them(case: str) -> None:
    rows = history_of(case)
    shown = history_view([event_of(row) for row in rows], show_input=True, show_output=True)
    expected = TABLES["status"][case]["History"]
    if any(_LARGE in row for row in rows):  # the text is in a blob, and was not recorded there
        shown, expected = ([entry | {"Result": None} for entry in entries] for entries in (shown, expected))
    assert list(map(moments_read, shown)) == list(map(moments_read, expected))


@pytest.mark.parametrize("case", CASES)
def test_the_row_of_an_instance_is_shown_as_the_extension_shows_it(case: str) -> None:
    (row,) = map(columns, CASES[case]["Instances"])
    created_us, updated_us = parse_us(row["CreatedTime"]), parse_us(row["LastUpdatedTime"])
    instance = Instance(
        case, "", row["Name"], row.get("Version"), row["RuntimeStatus"], row.get("Input"), row.get("Output"),
        row.get("CustomStatus"), None, created_us, updated_us, None, None, None, None,
    )  # fmt: skip
    shown, expected = status_view(instance, show_input=True), TABLES["status"][case]
    for name in ("name", "instanceId", "input", "output", "customStatus"):
        assert shown[name] == expected[name[0].upper() + name[1:]], name
    assert STATUSES[shown["runtimeStatus"]] == expected["RuntimeStatus"]


def test_a_large_payload_is_in_a_blob_and_its_column_is_empty() -> None:
    large = [row for case in CASES for row in history_of(case) if _LARGE in row]
    stored = {blob["Name"] for blob in TABLES["storage"]["blobContainers"]["check123903-largemessages"]}
    assert [(row["Result"], row[_LARGE] in stored) for row in large] == [("", True)]
