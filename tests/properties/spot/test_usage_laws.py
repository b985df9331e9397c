"""Laws of a Spot Group's usage: looks that come again, late or not at all change nothing that was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.spot.engine.usage import RECORDED, Look, OpenUsage, after_look
from shared.domain.spot.hosts.host_plan import Figures
from shared.domain.usage import Point

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), min_size=1, max_size=30)


def look(minute: int, sign_ins: int, free: int = 5) -> Look:
    figures = Figures.model_validate(dict.fromkeys(Figures.model_fields, 0) | {"free": free})
    return Look(BEGIN + timedelta(minutes=minute), figures, (), sign_ins)


def played(looks: Sequence[Look]) -> tuple[OpenUsage | None, list[Point]]:
    known: OpenUsage | None = None
    recorded = []
    for each in looks:
        known, ended = after_look(known, each)
        recorded += [ended] if ended else []
    return known, recorded


@given(drawn=MINUTES)
def test_each_sign_in_is_recorded_once_and_each_interval_too(drawn: list[tuple[int, int]]) -> None:
    looks = [look(minute, count) for minute, count in sorted(dict(drawn).items())]
    known, recorded = played(looks)
    assert known is not None
    points = [*recorded, known.point]
    assert sum(each.values["signIns"] for each in points) == sum(each.sign_ins for each in looks)
    begins = [each.at for each in points]
    assert begins == sorted({RECORDED.begin(each.at) for each in looks})


@given(drawn=MINUTES, again=st.lists(st.integers(0, 29), max_size=10))
def test_a_look_that_comes_again_changes_nothing(drawn: list[tuple[int, int]], again: list[int]) -> None:
    looks = [look(minute, count) for minute, count in sorted(dict(drawn).items())]
    repeated = [each for number, one in enumerate(looks) for each in [one, *looks[: number if number in again else 0]]]
    assert played(repeated) == played(looks)


@given(drawn=MINUTES)
def test_the_first_look_of_an_interval_says_how_many_there_are(drawn: list[tuple[int, int]]) -> None:
    looks = [look(minute, 0, free=free) for minute, free in sorted(dict(drawn).items())]
    known, recorded = played(looks)
    assert known is not None
    first = {RECORDED.begin(each.at): each.figures.free for each in reversed(looks)}
    assert {each.at: each.values["seats"] for each in [*recorded, known.point]} == first
