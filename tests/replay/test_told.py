"""Histories that are written again are written beside those that are there."""

from pathlib import Path

import pytest

from tests.replay import told
from tests.stories.tell import CURRENT


def test_histories_are_only_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / f"run-{CURRENT}-told-it-fails-1.json"
    there.write_text("{}")
    found = [("it_fails", {"orchestrator": "run", "history": []})]
    monkeypatch.setattr(told, "ROOT", tmp_path)
    monkeypatch.setattr(told, "HISTORIES", tmp_path)
    monkeypatch.setattr(told, "released_versions", set)
    monkeypatch.setattr(told, "stories", lambda: found)
    monkeypatch.setattr(told, "reached", lambda records: {} if list(records) == [{}] else None)
    monkeypatch.setattr(told, "chosen", lambda known, told: told if known == {} else [])
    told.main()
    assert there.read_text() == "{}"
    assert {path.name for path in tmp_path.iterdir()} == {there.name, f"run-{CURRENT}-told-it-fails-2.json"}
