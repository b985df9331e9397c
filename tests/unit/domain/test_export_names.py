"""Exports are named for the interval that they are of."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from shared.domain.exporting import begin_of, export_name

NIGHT = datetime(2026, 11, 21, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("hours", range(1, 25))
def test_a_name_lasts_for_the_interval_and_is_not_given_again(hours: int) -> None:
    every, step = timedelta(hours=hours), timedelta(minutes=20)
    names = [export_name(NIGHT + number * step, every) for number in range(10 * 24 * 3)]
    changes = [number for number in range(1, len(names)) if names[number] != names[number - 1]]
    assert {after - before for before, after in pairwise(changes)} == {every // step}
    assert len(set(names)) == len(changes) + 1
    assert [begin_of(each) for each in dict.fromkeys(names)] == sorted({begin_of(each) for each in names})


def test_a_day_has_the_name_of_its_night() -> None:
    moments = (NIGHT - timedelta(seconds=1), NIGHT, NIGHT + timedelta(hours=23, minutes=59))
    assert [export_name(each, DAY) for each in moments] == ["2026-11-20", "2026-11-21", "2026-11-21"]


@pytest.mark.parametrize("hours", [1, 2, 3, 4, 6, 8, 12])
def test_what_divides_a_day_begins_at_the_same_hours_every_day(hours: int) -> None:
    every = timedelta(hours=hours)
    assert export_name(NIGHT, every) == "2026-11-21T01"
    assert export_name(NIGHT + 9 * DAY, every) == "2026-11-30T01"


@pytest.mark.parametrize("name", ["notes", "2026-11-1", "2026-11-21T1", "2026-11-21T24", "T", ""])
def test_nothing_else_is_a_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"match|no name|unconverted"):
        begin_of(name)
