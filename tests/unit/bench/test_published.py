"""The table of figures of docs/performance.md."""

import re
from datetime import date

import pytest

from bench.__main__ import BENCHMARKS
from bench.figures import Figure, Missing
from bench.published import BEGIN, END, PAGE, PUBLISHED, replaced, table, with_rows

NAMES = [name for names in PUBLISHED.values() for name in names]


def rows(text: str) -> list[str]:
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")][2:]


def test_the_page_shows_the_published_figures_and_the_day() -> None:
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert rows(shown) == NAMES
    assert re.search(r"^Measured on \d{4}-\d\d-\d\d", shown.strip())


def test_each_is_of_a_benchmark() -> None:
    assert PUBLISHED.keys() <= BENCHMARKS.keys()


def test_a_table_has_each_figure_its_goal_and_whether_it_is_missed() -> None:
    found: list[Figure | Missing] = [Figure(name, 2, 1, "s", 1) for name in NAMES[3:]]
    found += [Figure(NAMES[0], 3, 1, "s", 1, 1.6), Figure(NAMES[1], 1, 4, "s", 1, 0.5), Missing(NAMES[2], "no peer")]
    made = table(found, date(2026, 11, 23))
    assert made.startswith("Measured on 2026-11-23, in one run, ")
    assert made.splitlines()[4:8] == [
        f"| {NAMES[0]} | 3.00 (missed) | 1.60 |",
        f"| {NAMES[1]} | 0.25 | 0.50 |",
        f"| {NAMES[2]} | not measured: no peer | |",
        f"| {NAMES[3]} | 2.00 | |",
    ]


def test_a_figure_that_was_not_made_is_an_error() -> None:
    with pytest.raises(KeyError, match="import function_app"):
        table([], date(2026, 11, 23))


def test_only_the_place_of_the_table_is_written() -> None:
    assert replaced(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\nnew\n{END}\nb"
    with pytest.raises(ValueError, match="no place"):
        replaced("a", "new")


def test_single_rows_are_written_with_their_day_and_the_others_stay() -> None:
    every: list[Figure | Missing] = [Figure(name, 2, 1, "s", 1) for name in NAMES]
    before = table(every, date(2026, 11, 21)) + "\nend"
    again = [
        Figure(NAMES[1], 1, 4, "s", 1, 0.5),
        Figure(NAMES[2], 3, 4, "s", 1, 0.5),
        Figure("of a note", 1, 1, "s", 1),
    ]
    changed = with_rows(before, again, date(2026, 11, 24)).splitlines()
    assert changed[5:7] == [
        f"| {NAMES[1]} | 0.25 (2026-11-24) | 0.50 |",
        f"| {NAMES[2]} | 0.75 (missed, 2026-11-24) | 0.50 |",
    ]
    assert changed[:5] + changed[7:] == before.splitlines()[:5] + before.splitlines()[7:]
    with pytest.raises(ValueError, match="no row"):
        with_rows("nothing", again, date(2026, 11, 24))
