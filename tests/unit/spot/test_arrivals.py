"""The arrivals that the sign-ins of other days let expect, and what a plan makes of that."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.domain.spot.engine.forecasts import (
    KEPT_DAYS,
    ArrivalDay,
    Arrivals,
    Expected,
    SignIns,
    expected,
    minutes_of,
    noted,
)
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.group import LicenseType
from tests.unit.spot.test_plan import NOW, host, off, taken, target

MINUTE = timedelta(minutes=1)
WEDNESDAY = date(2026, 3, 4)  # NOW is ten o'clock of it
QUARTER_OF_TEN = 40


def days(**users: int) -> Arrivals:
    """Known days: ``d7=30`` had 30 sign-ins from ten to a quarter past ten, seven days before NOW."""
    ago = {WEDNESDAY - timedelta(days=int(name[1:])): each for name, each in users.items()}
    return Arrivals(days=tuple(ArrivalDay(on=on, quarters={QUARTER_OF_TEN: ago[on]}) for on in sorted(ago)))


def users(known: Arrivals, now: datetime = NOW - timedelta(hours=1), zone: str = "UTC") -> list[Any]:
    return [tuple(each) for each in expected(known, now, timedelta(hours=3), zone)]


def test_sessions_are_counted_in_the_whole_minutes_in_which_they_began() -> None:
    began = [NOW - timedelta(seconds=each) for each in (-5, 30, 70, 80, 3_600)]
    now = NOW + timedelta(seconds=40)
    assert minutes_of(began, now, timedelta(minutes=30)) == (
        SignIns(at=NOW - 2 * MINUTE, users=2),
        SignIns(at=NOW - MINUTE, users=1),
    )


def test_a_minute_that_is_looked_at_twice_is_counted_once() -> None:
    seen = (SignIns(at=NOW - 2 * MINUTE, users=3), SignIns(at=NOW - MINUTE, users=2))
    once = noted(Arrivals(), seen, NOW, "UTC")
    assert noted(once, seen, NOW, "UTC") == once
    later = noted(once, (*seen, SignIns(at=NOW, users=1)), NOW + MINUTE, "UTC")
    assert later.days == (ArrivalDay(on=WEDNESDAY, quarters={39: 5, 40: 1}),)


def test_a_day_without_sign_ins_is_known_too_and_old_days_are_forgotten() -> None:
    long_ago = Arrivals(days=(ArrivalDay(on=WEDNESDAY - timedelta(days=KEPT_DAYS + 1)),))
    assert noted(long_ago, (), NOW, "UTC").days == (ArrivalDay(on=WEDNESDAY),)


def test_a_day_is_compared_with_the_same_weekday_of_other_weeks() -> None:
    known = days(d21=20, d14=30, d7=25, d1=99, d2=99)
    assert users(known) == [(NOW, 30)]


def test_one_unusual_day_of_four_counts_for_nothing() -> None:
    assert users(days(d28=10, d21=90, d14=11, d7=12)) == [(NOW, 12)]
    assert users(days(d28=10, d21=12, d14=0, d7=12)) == [(NOW, 12)]


def test_a_new_group_learns_from_the_working_days_before() -> None:
    assert users(days(d1=40)) == [(NOW, 40)]
    assert users(days(d3=40, d4=40)) == []  # Sunday and Saturday


def test_of_the_present_quarter_those_who_have_come_are_expected_no_more() -> None:
    known = days(d21=30, d14=30, d7=30, d0=20)
    assert users(known, NOW + 5 * MINUTE) == [(NOW, 10)]
    assert users(known, NOW + 20 * MINUTE) == []


def test_days_are_those_of_the_time_zone() -> None:
    moscow = noted(
        Arrivals(), (SignIns(at=NOW.replace(hour=22), users=2),), NOW.replace(hour=22, minute=1), "Europe/Moscow"
    )
    assert [(each.on, each.quarters) for each in moscow.days] == [(WEDNESDAY + timedelta(days=1), {4: 2})]
    after = datetime(2026, 3, 11, 21, tzinfo=UTC)
    assert users(moscow, after, "Europe/Moscow") == [(after + timedelta(hours=1), 2)]


def ahead(minutes: int, number: int = 25) -> dict[str, Any]:
    return {"expected": [Expected(NOW + timedelta(minutes=minutes), number)]}


HOSTS = [off(n) for n in range(1, 6)]
RESTING = target(start_on_connect=True, buffer_percent=0, start_threshold=10)


def test_hosts_start_before_the_sign_ins_that_are_expected() -> None:
    made = plan(RESTING, HOSTS, NOW, **ahead(15))
    assert [each[0] for each in taken(made)].count("start") == 3
    assert {each[2] for each in taken(made) if each[0] == "start"} == {"signInsExpected"}
    assert made.next_look == NOW + MINUTE


def test_the_group_is_looked_at_when_it_is_time() -> None:
    made = plan(RESTING, HOSTS, NOW, **ahead(60))
    assert "signInsExpected" not in {each[2] for each in taken(made)}
    assert made.next_look is not None
    assert NOW + 30 * MINUTE < made.next_look < NOW + 45 * MINUTE


def test_what_runs_for_expected_sign_ins_is_not_drained_before_they_come() -> None:
    ready = [host(n) for n in range(1, 4)] + HOSTS[3:]
    assert [each for each in taken(plan(RESTING, ready, NOW, **ahead(15))) if each[0] == "drain"] == []
    assert [each for each in taken(plan(RESTING, ready, NOW)) if each[0] == "drain"]


@pytest.mark.parametrize("kind", [LicenseType.PERSONAL_DEDICATED])
def test_dedicated_hosts_start_at_sign_in(kind: LicenseType) -> None:
    made = plan(target(kind=kind, quantity=5), HOSTS, NOW, **ahead(5))
    assert "start" not in {each[0] for each in taken(made)}
