"""The forty functions that Microsoft's host was given one by one: what ends an app, and what only the function itself.

The recording says for each whether the rest of the app still answers. With ``--faults azure`` this host gives the same
verdict; by default it refuses at start whatever would not work on Azure.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from functions_host.checks import check
from functions_host.errors import AppError
from functions_host.functions.indexer import index
from functions_host.settings.config import read_host_json
from host_testing.recorded import RECORDED
from host_testing.running import RunningHost

APP = RECORDED / "apps" / "http_bad"
ENVIRON = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
RECORDS: list[dict[str, Any]] = json.loads((RECORDED / "refused.json").read_text("utf-8"))
Asked = Callable[..., str]
Start = Callable[..., RunningHost]


def recorded_verdict(row: dict[str, Any]) -> str:
    rest = {503: "the app does not start", 404: "all functions are gone", 200: "served"}[row["rest of the app"]]
    in_error = any(" function is in error: " in text for text in row["said"])
    return "the function is left out" if in_error and rest == "served" else rest


def works(row: dict[str, Any]) -> bool:
    return recorded_verdict(row) == "served" and all(one["status"] == 200 for one in row["answers"])


@pytest.fixture
def no_other_app() -> Iterator[None]:
    """Let another app of this process be imported before and after, under the same name."""
    before = sys.modules.pop("function_app", None)
    yield
    sys.modules.pop("function_app", None)
    if before is not None:
        sys.modules["function_app"] = before


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch, no_other_app: None) -> Asked:
    """Return a function that loads and checks the app with one function, as ``start`` does, and returns the result."""

    def ask(what: str, *, faults: bool) -> str:
        monkeypatch.setenv("PROBE_BAD", what)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.delitem(sys.modules, "function_app", raising=False)
        try:
            registry = index(APP, ENVIRON, None, tolerant=faults)
            check(registry, read_host_json(APP, ENVIRON), ENVIRON, faults=faults)
        except AppError:
            return "the app does not start"
        if "good" not in registry.functions:
            return "all functions are gone"
        return "served" if len(registry.functions) > 1 else "the function is left out"

    return ask


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Start]:
    """Start the host on the app with some of the functions, as Azure's host starts with them."""
    started: list[RunningHost] = []

    def start(*functions: str) -> RunningHost:
        environ = {"PROBE_BAD": ",".join(functions)}
        started.append(RunningHost(tmp_path / "state.db", tmp_path / "log", APP, ["--faults", "azure"], environ))
        return started[-1].start()

    yield start
    for one in started:
        assert one.stop() == 0


@pytest.mark.parametrize("row", RECORDS, ids=lambda row: row["what"])
def test_the_verdict_is_that_of_azure(row: dict[str, Any], verdict: Asked) -> None:
    assert verdict(row["what"], faults=True) == recorded_verdict(row)


@pytest.mark.parametrize("row", RECORDS, ids=lambda row: row["what"])
def test_by_default_what_would_not_work_on_azure_is_refused_at_start(row: dict[str, Any], verdict: Asked) -> None:
    assert verdict(row["what"], faults=False) == ("served" if works(row) else "the app does not start")


def test_beside_functions_in_error_the_others_answer_as_on_azure(serving: Start) -> None:
    beside = [row for row in RECORDS if row["rest of the app"] == 200]
    host = serving(*(row["what"] for row in beside))
    assert host.call("GET", "/api/good").text == "good"
    found = {
        one["request"]: (answer.status, answer.text)
        for row in beside
        for one in row["answers"]
        for answer in [host.call("GET", f"/api{one['request']}")]
    }
    assert found == {one["request"]: (one["status"], one["answer"]) for row in beside for one in row["answers"]}
    listed = {one["name"] for one in host.call("GET", "/admin/functions").json}
    assert listed == {"good", *(row["what"] for row in beside if recorded_verdict(row) == "served")}


def test_a_parameter_that_no_binding_has_takes_all_functions_away(serving: Start) -> None:
    host = serving("param_mismatch")
    assert [host.call("GET", path).status for path in ("/api/good", "/api/p1", "/")] == [404, 404, 200]
