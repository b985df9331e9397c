"""``deskwright loadtest``: phases with barriers, named errors, the published result, what a clean-up leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from deskwright import load_runs
from deskwright.errors import CommandError, RefusedError, UsageError
from deskwright.load_runs import FORMAT, TRIES, LoadTest, Runner, timed

from cli.tests.conftest import Command, Service

GRAPH = "/tenants/contoso/beta/deviceManagement/virtualEndpoint"
PAGES = ("/tenants/contoso/changes", "/tenants/contoso/summary", f"{GRAPH}/cloudPCs", "/tenants/contoso/operations")


class Acting:
    """A runner that writes down what it does."""

    kind = "readers"

    def __init__(self, told: list[str], *, fails: str = "", left: int = 0) -> None:
        self._told, self._fails, self._left, self._lock = told, fails, left, threading.Lock()

    def set_up(self) -> None:
        self._tell("setUp")
        if self._fails == "setUp":
            raise UsageError("no")

    def act(self, until: float, note: Callable[[float, str], None]) -> None:
        del until
        self._tell("act")
        if self._fails == "act":
            raise RefusedError(503, {}, {})
        timed(lambda: None, note)

    def clean_up(self) -> list[str]:
        self._tell("cleanUp")
        self._left -= 1
        if self._fails == "cleanUp":
            raise CommandError("no")
        return ["a thing"] if self._left >= 0 else []

    def _tell(self, word: str) -> None:
        with self._lock:
            self._told.append(word)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_runs, "_PAUSE_SECONDS", 0.0)


def result_of(*runners: Runner) -> dict[str, Any]:
    return LoadTest(runners, seconds=1, tell=lambda _: None).run("https://x")


def test_all_have_set_up_before_any_acts_and_acted_before_any_cleans_up() -> None:
    told = list[str]()
    result = result_of(*(Acting(told) for _ in range(5)))
    assert told == ["setUp"] * 5 + ["act"] * 5 + ["cleanUp"] * 5
    assert (result["format"], result["left"]) == (FORMAT, [])
    readers = result["kinds"]["readers"]
    assert (readers["runners"], readers["actions"], readers["errors"]) == (5, 5, {})
    assert readers["milliseconds"].keys() == {"p50", "p90", "p95", "max"}


def test_who_could_not_set_up_does_not_act_and_cleans_up() -> None:
    told = list[str]()
    result = result_of(Acting(told, fails="setUp"), Acting([]))
    assert told == ["setUp", "cleanUp"]
    assert result["kinds"]["readers"]["errors"] == {"setUp: UsageError": 1}


def test_errors_are_counted_by_their_names() -> None:
    result = result_of(Acting([], fails="act"), Acting([], fails="act"))
    assert result["kinds"]["readers"]["errors"] == {"act: 503": 2}


def test_a_clean_up_has_three_tries_and_tells_what_it_leaves() -> None:
    told = list[str]()
    assert result_of(Acting(told, left=2))["left"] == []
    assert told.count("cleanUp") == TRIES
    assert result_of(Acting([], left=9))["left"] == ["a thing"]
    assert result_of(Acting([], fails="cleanUp"))["left"] == ["readers: CommandError"]


def test_an_interruption_is_cleaned_up() -> None:
    told = list[str]()

    class Interrupted(Acting):
        def act(self, until: float, note: Callable[[float, str], None]) -> None:
            del until, note
            raise KeyboardInterrupt

    assert result_of(Interrupted(told))["left"] == []
    assert told == ["setUp", "cleanUp"]


def test_readers_read_the_pages_of_the_portal(service: Service, deskwright: Command, tmp_path: Any) -> None:
    for page in PAGES:
        service.put("GET", page, {"value": []})
    file = tmp_path / "result.json"
    words = ("--readers", "2", "--seconds", "1", "--think", "0.2", "--result", str(file), "-t", "contoso")
    ended = deskwright("loadtest", *words, "-o", "json")
    assert ended.code == 0, ended.err
    readers = ended.json["kinds"]["readers"]
    assert (readers["runners"], readers["errors"]) == (2, {})
    assert readers["actions"] >= 2 * len(PAGES)
    assert file.read_text("utf-8").startswith('{\n  "format": "deskwright.loadtest/1"')


def test_an_error_of_the_service_is_an_exit_code(service: Service, deskwright: Command) -> None:
    for page in PAGES:
        service.put("GET", page, {"value": []})
    service.put("GET", PAGES[1], {"title": "no"}, 403)
    ended = deskwright("loadtest", "--readers", "1", "--seconds", "1", "-t", "contoso", "-o", "json")
    assert (ended.code, list(ended.json["kinds"]["readers"]["errors"])) == (1, ["403"])


def test_sign_ins_are_to_cloud_pcs_that_are_ready(service: Service, deskwright: Command) -> None:
    pcs = [{"id": "a", "userPrincipalName": "ada@x", "status": "provisioned"}, {"id": "b", "status": "failed"}]
    service.put("GET", f"{GRAPH}/cloudPCs", {"value": pcs})
    service.put("GET", f"{GRAPH}/cloudPCs/a/retrieveCloudPcLaunchDetail", {"cloudPcId": "a"})
    began = time.monotonic()
    ended = deskwright("loadtest", "--sign-ins", "1", "--seconds", "1", "-t", "contoso", "-o", "json")
    assert (ended.code, ended.json["kinds"]["signIns"]["actions"]) == (0, 1)
    assert time.monotonic() - began < 30
    assert deskwright("loadtest", "--sign-ins", "2", "-t", "contoso").code == 3


def test_without_a_simulated_cloud_nobody_gets_a_licence(service: Service, deskwright: Command) -> None:
    del service
    ended = deskwright("loadtest", "--people", "1", "-t", "contoso")
    assert ended.code == 1
    assert "simulated cloud" in ended.err
    assert deskwright("loadtest", "-t", "contoso").code == 2
