import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from local.board import Board, Row, count_by_status, in_words

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
ROW = Row(
    "1", "ada@contoso.example", "2 vCPU", "provisioning", "Join the directory", 40, NOW, NOW + timedelta(minutes=20)
)
DONE = replace(ROW, status="provisioned", step="", percent=100, earliest=None, latest=None)


def board(*, terminal: bool, height: int = 30) -> tuple[Board, io.StringIO]:
    shown = io.StringIO()
    return Board(Console(file=shown, force_terminal=terminal, width=140, height=height, highlight=False)), shown


def test_without_a_terminal_each_change_is_one_line() -> None:
    plain, shown = board(terminal=False)
    with plain:
        plain.update([ROW], NOW)
        plain.update([replace(ROW, percent=45)], NOW)
        plain.update([DONE], NOW)
    assert [line.split()[4] for line in shown.getvalue().splitlines()] == ["vCPU", "vCPU"]
    assert shown.getvalue().splitlines()[1].split()[5:7] == ["provisioned", "100"]


def test_a_terminal_shows_step_percent_and_estimate() -> None:
    live, shown = board(terminal=True)
    with live:
        live.update([ROW], NOW)
    for said in ("ada@contoso.example", "Join the directory", "40 %", "08:30-08:50"):
        assert said in shown.getvalue()


def test_a_low_terminal_shows_those_that_move_first() -> None:
    live, shown = board(terminal=True, height=7)
    moving = replace(ROW, id="2", user="zoe@contoso.example")
    with live:
        live.update([DONE, moving], NOW)
    assert "zoe" in shown.getvalue()
    assert "ada" not in shown.getvalue()
    assert "1 more below" in shown.getvalue()


@pytest.mark.parametrize(("status", "settled"), [("failed", True), ("pendingProvision", False), ("provisioned", True)])
def test_what_waits_for_capacity_is_not_settled(status: str, *, settled: bool) -> None:
    assert replace(ROW, status=status).is_settled is settled


def test_counts_are_said_in_words() -> None:
    assert in_words(count_by_status([ROW, DONE, DONE])) == "2 provisioned, 1 provisioning"
    assert in_words({}) == "none yet"
