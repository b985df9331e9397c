"""A change of an orchestrator's calls keeps the old ones for the instances of the last release."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrators.parts.cloud_pcs import assignment
from tests.house.tree import below, parsed
from tests.replay.record import HISTORIES, released_versions
from tests.replay.replaying import Record, asked, replayed, scheduled
from tests.stories.tell import CURRENT

EXECUTION_STARTED = 0


@pytest.fixture(scope="session")
def orchestrators(functions: list[Any]) -> dict[str, Any]:
    return {function.get_function_name(): function.get_user_function() for function in functions}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def began_under(version: str, record: Record) -> Record:
    """Return *record* as if its instance had begun under *version*."""
    history = [
        event | {"Version": version} if event["EventType"] == EXECUTION_STARTED else event
        for event in record["history"]
    ]
    return record | {"history": history}


def replays(function: Any, record: Record) -> bool:
    """Whether a history replays to the same calls."""
    try:
        last = replayed(function, record, record["history"])
    except Exception:  # noqa: BLE001 - whatever the SDK says to an answer that nobody waits for
        return False
    return asked(last["actions"][0]) == scheduled(record["history"])


def released() -> Iterator[Record]:
    names: dict[str, str] = json.loads((HISTORIES.parent / "released.json").read_text())
    yield from (json.loads((HISTORIES / name).read_text()) for name in names)


def branches() -> dict[str, set[Path]]:
    """The versions that orchestrators ask for, and where."""
    found: dict[str, set[Path]] = {}
    for path in below("orchestrators"):
        for call in ast.walk(parsed(path)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "predates":
                found.setdefault(ast.literal_eval(call.args[1]), set()).add(path)
    return found


def test_where_calls_differ_from_the_last_release_s_the_version_is_a_later_one(orchestrators: dict[str, Any]) -> None:
    differ = [
        record["orchestrator"]
        for record in released()
        if not replays(orchestrators[record["orchestrator"]], began_under(CURRENT, record))
    ]

    assert not differ or numbers(CURRENT) > max(map(numbers, released_versions())), differ


def test_no_orchestrator_keeps_calls_for_a_version_that_no_instance_gets() -> None:
    assert {version for version in branches() if numbers(version) > numbers(CURRENT)} == set()


def test_a_change_without_a_branch_is_noticed(orchestrators: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = (each for each in released() if each["orchestrator"] == "replace_cloud_pc")
    assert replays(orchestrators["replace_cloud_pc"], record)
    monkeypatch.setattr(assignment, "predates", lambda *_: False)
    assert not replays(orchestrators["replace_cloud_pc"], record)
