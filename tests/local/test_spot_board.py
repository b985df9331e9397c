"""The board of a Spot Group's hosts."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from local.spot_board import Picture, SpotBoard, state_of

HOST: dict[str, Any] = {
    "id": "0123456789",
    "computerName": "SPOT-1",
    "status": "ready",
    "state": "running",
    "allowNewSession": True,
    "task": None,
    "step": None,
    "imageVersion": "0.0.1",
    "activeSessions": 3,
    "disconnectedSessions": 1,
    "why": "Half of the seats are taken.",
}
PICTURE = Picture(
    at=datetime(2026, 3, 2, 8, 50, tzinfo=UTC),
    stage="morning storm",
    group={"status": "available", "statusDetail": None, "onlineHosts": 1},
    hosts=[HOST],
    broker={"signIns": {"signedIn": 4, "waiting": 2, "failed": 1}, "sessions": {"Active": 3, "Disconnected": 1}},
)


def shown(*pictures: Picture, terminal: bool) -> str:
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=160, height=30, highlight=False)
    with SpotBoard(console) as board:
        for picture in pictures:
            board.update(picture)
    return written.getvalue()


def test_a_terminal_shows_each_host_with_the_reason_and_who_waits() -> None:
    said = shown(PICTURE, terminal=True)
    for part in ("SPOT-1", "running", "0.0.1", "Half of the seats are taken.", "2 waiting", "1 failed", "4 sessions"):
        assert part in said


def test_without_a_terminal_only_what_has_changed_is_told() -> None:
    later = replace(PICTURE, at=PICTURE.at.replace(minute=51))
    drained = replace(later, hosts=[{**HOST, "allowNewSession": False}])
    lines = shown(PICTURE, later, drained, terminal=False).splitlines()
    assert [line.split()[0] for line in lines] == ["02", "Mon", "02"]
    assert "running, drained" in lines[2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "running"),
        ({"task": "stop"}, "stop"),
        ({"status": "pending"}, "pending"),
        ({"state": None, "allowNewSession": None}, "not seen yet, drained"),
    ],
)
def test_the_state_of_a_host_in_words(changes: dict[str, Any], said: str) -> None:
    assert state_of({**HOST, **changes}) == said
