"""The quicker reading of timestamps: set where the SDK looks as expected, and nothing else is changed."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime

import pytest

from shared.workflow import sdk

MODULE = importlib.import_module("azure.durable_functions.models.history.HistoryEvent")


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "dt_parse", MODULE.dt_parse)


def test_the_sdk_reads_timestamps_with_the_standard_library() -> None:
    assert sdk.speed_up_replay()
    assert MODULE.dt_parse == datetime.fromisoformat


def test_an_sdk_without_that_module_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "_MODULE", "azure.durable_functions.models_of_another_version")
    assert not sdk.speed_up_replay()


def test_a_parser_that_reads_something_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(text: str) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) if text else datetime(2027, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(MODULE, "dt_parse", other)
    assert not sdk.speed_up_replay()
    assert MODULE.dt_parse is other
