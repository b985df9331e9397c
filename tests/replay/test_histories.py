"""Recorded histories of released orchestrators still replay: an upgrade strands no running instance."""

from __future__ import annotations

import json
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from functions_host.durable.resumable import Resumable

from shared.contracts.definitions import Workflow
from shared.domain.networks.connection import JoinType
from tests.implementations import implementations
from tests.replay.record import HISTORIES, chosen
from tests.replay.replaying import Body, Record, asked, replayed, scheduled, turns


@pytest.fixture(scope="session")
def orchestrators(functions: list[Any]) -> dict[str, Any]:
    """The orchestrators as the worker finds them."""
    return {function.get_function_name(): function.get_user_function() for function in functions}


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_history_replays_to_the_same_calls_and_the_same_end(
    path: Path, orchestrators: dict[str, Any]
) -> None:
    record = json.loads(path.read_text())
    function = orchestrators[record["orchestrator"]]
    last = replayed(function, record, record["history"])

    assert asked(last["actions"][0]) == scheduled(record["history"])
    assert last["isDone"] is True
    assert last.get("output") == record["output"]
    for seen in turns(record["history"]):
        so_far = asked(replayed(function, record, seen)["actions"][0])
        assert so_far == asked(last["actions"][0])[: len(so_far)]


def workflows() -> dict[str, Workflow[Any, Any]]:
    """The contracts of all orchestrators, by their wire names."""
    contracts = (each.contract for each in implementations().values())
    return {contract.name: contract for contract in contracts if isinstance(contract, Workflow)}


def histories() -> list[Record]:
    return [json.loads(path.read_text()) for path in HISTORIES.glob("*.json")]


def test_the_histories_of_the_last_release_are_as_they_were_recorded() -> None:
    released: dict[str, str] = json.loads((HISTORIES.parent / "released.json").read_text())
    kept = {name: sha256((HISTORIES / name).read_bytes()).hexdigest() for name in released}

    assert kept == released


def test_every_orchestrator_has_a_recorded_history() -> None:
    assert set(workflows()) == {record["orchestrator"] for record in histories()}


def procedures() -> dict[str, tuple[str, type[StrEnum]]]:
    """The orchestrators whose order chooses one of several procedures: by which field, and from what."""
    return {
        name: (field.alias or named, field.annotation)
        for name, contract in workflows().items()
        for named, field in contract.accepts.model_fields.items()
        if isinstance(field.annotation, type)
        and issubclass(field.annotation, StrEnum)
        and field.annotation is not JoinType  # an argument of activities
    }


def test_every_procedure_that_an_order_can_choose_has_a_recorded_history() -> None:
    assert procedures()
    for name, (field, choices) in procedures().items():
        recorded = {chosen(record)[field] for record in histories() if record["orchestrator"] == name}
        assert set(choices) - recorded == set(), name


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def test_a_resumed_orchestrator_calls_what_its_replay_calls(path: Path, orchestrators: dict[str, Any]) -> None:
    record = json.loads(path.read_text())
    function = orchestrators[record["orchestrator"]]
    resumable: Resumable | None = None
    calls: list[Record] = []
    known = 0
    for seen in turns(record["history"]):
        if resumable is None:
            resumable = Resumable(function, Body(record, seen).body)
            answer = resumable.replay()
        else:
            news = [(event["EventType"], json.dumps(event)) for event in seen[known:]]
            answer = resumable.resume(news, list)
        calls[answer.first :] = answer.actions
        known = len(seen)
        replay = replayed(function, record, seen)
        assert calls == replay["actions"][0]
        assert answer.is_done == replay["isDone"]

    assert json.loads(answer.output or "null") == record["output"]
