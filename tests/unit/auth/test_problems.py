"""Problem documents made of errors."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest
from azure.core.exceptions import HttpResponseError

from shared.errors import (
    ConflictError,
    DeskwrightError,
    ForbiddenError,
    IllegalTransitionError,
    InvalidError,
    LengthRequiredError,
    NotFoundError,
    Problem,
    RefusedError,
    StaleError,
    ThrottledError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)
from shared.storage.tables import _own_errors
from tests.house.tree import ROOT, text
from tests.walking import subclasses
from triggers.http.problems import answering_errors, error_response
from triggers.http.statuses import STATUSES, UNEXPECTED


def body(response: func.HttpResponse) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(response.get_body())
    return said


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidError(Problem("/x", "wrong")), 400),
        (UnauthenticatedError("who"), 401),
        (ForbiddenError("no"), 403),
        (NotFoundError("none"), 404),
        (ConflictError("not now", inTheWay=["x"]), 409),
        (IllegalTransitionError("no such step"), 409),
        (LengthRequiredError("chunks"), 411),
        (StaleError("changed"), 412),
        (TooLargeError("big"), 413),
        (RefusedError("Code", "no"), 422),
        (ThrottledError("slow", after=timedelta(seconds=1.2)), 429),
        (UnavailableError("down"), 503),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_error_has_its_status_in_both_shapes(error: DeskwrightError, status: int) -> None:
    own, graph = (error_response(error, graph=graph, trace_id="t1") for graph in (False, True))
    assert (own.status_code, graph.status_code) == (status, status)
    assert (own.mimetype, graph.mimetype) == ("application/problem+json", "application/json")
    assert body(own)["status"] == status
    assert body(own)["traceId"] == "t1"
    assert set(body(own)) >= {"type", "title", "status", "detail", "traceId"}
    assert set(body(graph)["error"]) >= {"code", "message"}
    assert body(graph)["error"]["innerError"]["request-id"] == "t1"


def test_the_page_of_errors_has_every_code_with_its_type_and_title_and_no_other() -> None:
    page = text(ROOT / "docs" / "errors.md")
    told = re.findall(r"^## (\w+)\n\n`(\d+)`, `(\S+)`: \*(.+)\*$", page, re.MULTILINE)
    known = [(each.code, str(int(each.status)), each.type, each.title) for each in (*STATUSES.values(), UNEXPECTED)]
    assert sorted(told) == sorted(known)
    assert page.count("\n## ") == len(known)


def test_every_kind_of_error_has_a_type_of_its_own() -> None:
    types = [each.type for each in (*STATUSES.values(), UNEXPECTED)]
    assert len(set(types)) == len(types)
    said = body(error_response(ConflictError("no"), graph=False, trace_id="t1"))
    assert said["type"] == "urn:problem-type:deskwright:conflict"


def test_graph_s_errors_say_what_its_javascript_client_reads() -> None:
    # microsoft-graph-client's GraphErrorHandler makes a Date of innerError.date and a Map of the ids
    named = {"date": "2026-03-02T09:00:00", "client-request-id": "c1"}
    error = ConflictError("no", inTheWay=["Office"])
    inner = body(error_response(error, graph=True, trace_id="t1", request=named))["error"]["innerError"]
    assert inner == {"request-id": "t1", **named, "inTheWay": ["Office"]}
    assert "date" not in body(error_response(error, graph=False, trace_id="t1", request=named))


def test_what_is_wrong_is_said_by_step_and_pointer() -> None:
    error = InvalidError(Problem("/site/siteId", "no such site", "site"), Problem("/x", "unknown field"))
    assert body(error_response(error, graph=False, trace_id="t1"))["errors"] == [
        {"pointer": "/site/siteId", "message": "no such site", "step": "site"},
        {"pointer": "/x", "message": "unknown field"},
    ]


UNAVAILABLE = [UnavailableError, *sorted(subclasses(UnavailableError), key=str)]
INSIDE = (
    "table t1cloudpcs at https://x.table.core.windows.net: CloudPcRepository failed: Input should be a valid string"
)


@pytest.mark.parametrize("graph", [False, True], ids=["own", "graph"])
@pytest.mark.parametrize(
    "kind", [UnavailableError, *sorted(subclasses(UnavailableError), key=str)], ids=lambda kind: kind.__name__
)
def test_what_failed_is_told_without_the_words_of_the_inside(
    kind: type[DeskwrightError],
    graph: bool,  # noqa: FBT001 - a table
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = kind.__new__(kind, INSIDE)  # the words of some kinds are their own
    if isinstance(error, ThrottledError):
        error.after = timedelta(seconds=1)
    response = error_response(error, graph=graph, trace_id="t1")
    said = response.get_body().decode()
    assert (response.status_code in {429, 503}, "again after Retry-After" in said) == (True, True)
    assert not any(word in said for word in INSIDE.split() if len(word) > 6)
    assert int(response.headers["Retry-After"]) >= 1
    assert str(error) in caplog.text  # whoever has the trace id finds it


@pytest.mark.parametrize("status", [400, 404, 409, 412, 413, 429, 500, 503])
@pytest.mark.parametrize("code", ["EntityAlreadyExists", "TableBeingDeleted", "InvalidInput", "EntityTooLarge", ""])
@pytest.mark.parametrize("graph", [False, True], ids=["own", "graph"])
def test_what_storage_answers_is_told_without_its_table(status: int, code: str, graph: bool) -> None:  # noqa: FBT001
    refused = HttpResponseError("t1cloudpcs")
    refused.status_code, refused.error_code = status, code or None  # type: ignore[attr-defined]
    with pytest.raises(DeskwrightError) as raised, _own_errors("t1cloudpcs"):
        raise refused
    said = error_response(raised.value, graph=graph, trace_id="t").get_body().decode()
    assert not any(word in said for word in ("t1cloudpcs", "table", "EntityAl", "HttpResponseError"))


def test_a_conflict_says_what_stands_in_the_way() -> None:
    error = ConflictError("in use", inTheWay=["Office"])
    assert body(error_response(error, graph=False, trace_id="t1"))["details"] == {"inTheWay": ["Office"]}


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (ThrottledError("slow", after=timedelta(seconds=1.2)), "Retry-After", "2"),
        (UnauthenticatedError("who"), "WWW-Authenticate", "Bearer"),
    ],
)
def test_headers_tell_what_to_do(error: DeskwrightError, header: str, value: str) -> None:
    assert error_response(error, graph=False, trace_id="t1").headers[header] == value


def failing(error: Exception) -> Callable[[], Any]:
    async def perform() -> func.HttpResponse:
        raise error

    return perform


@pytest.mark.parametrize("graph", [False, True])
async def test_an_error_that_nobody_foresaw_shows_a_trace_id_and_nothing_of_the_inside(
    graph: bool,  # noqa: FBT001 - a table
) -> None:
    response = await answering_errors(failing(KeyError("secret inside")), graph=graph, trace_id="t1")
    assert response.status_code == 500
    assert "t1" in response.get_body().decode()
    assert "secret" not in response.get_body().decode()
