"""Use of a Cloud PC by day: minutes between readings, connections, the last sign-in and sign-out."""

from datetime import UTC, datetime, timedelta

from shared.domain.cloud_pcs.use import USES, CloudPcUse, SeenUse, after_reading, totals

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EMPTY = SeenUse()
ACTIVE = SeenUse(active=True, began=NOON + 10 * MINUTE)
AWAY = SeenUse(disconnected=True, began=NOON + 10 * MINUTE)


def played(*readings: tuple[datetime, SeenUse]) -> CloudPcUse:
    """Return the use of the last day after some readings."""
    use: CloudPcUse | None = None
    for at, seen in readings:
        _, use = after_reading(use, seen, at)
    assert use is not None
    return use


def counts(use: CloudPcUse) -> tuple[int, int, int, int]:
    return use.recorded_minutes, use.minutes_active, use.minutes_disconnected, use.connections


def every(quarter: int) -> datetime:
    return NOON + quarter * 15 * MINUTE


def test_the_time_between_two_readings_counts_as_the_earlier_one_was() -> None:
    use = played((every(0), EMPTY), (every(1), ACTIVE), (every(2), AWAY), (every(3), EMPTY), (every(4), EMPTY))
    assert counts(use) == (60, 15, 15, 1)
    assert (use.last_login, use.last_logoff) == (NOON + 10 * MINUTE, every(3))


def test_a_longer_time_without_a_reading_is_a_gap() -> None:
    assert counts(played((every(0), ACTIVE), (every(3), ACTIVE))) == (0, 0, 0, 1)


def test_who_comes_back_to_a_session_has_connected_again() -> None:
    use = played((every(0), EMPTY), (every(1), ACTIVE), (every(2), AWAY), (every(3), ACTIVE))
    assert (use.connections, use.last_login) == (2, every(3))


def test_a_new_session_in_place_of_another_is_a_connection() -> None:
    later = ACTIVE.but(began=every(2))
    use = played((every(0), EMPTY), (every(1), ACTIVE), (every(3), later))
    assert (use.connections, use.last_login) == (2, every(2))


def test_the_time_over_midnight_counts_for_the_day_in_which_it_begins() -> None:
    late = datetime(2026, 3, 4, 23, 50, tzinfo=UTC)
    before = played((late - 15 * MINUTE, ACTIVE), (late, ACTIVE))
    ended, today = after_reading(before, ACTIVE, late + 15 * MINUTE)
    assert ended is not None
    assert counts(ended) == (30, 30, 0, 1)
    assert (counts(today), today.last_login) == ((0, 0, 0, 0), before.last_login)


def test_rows_keep_what_they_were_given_and_add_up() -> None:
    use = played((every(0), ACTIVE), (every(1), AWAY))
    uses = {f"pc{n:03}": use for n in range(401)}
    rows = [*USES.rows("contoso", NOON.date(), uses)]
    assert [len(USES.values(row)) for row in rows] == [400, 1]
    assert len({row.id for row in rows}) == 2
    next_day = [*USES.rows("contoso", NOON.date() + timedelta(days=1), {"pc000": use})]
    assert counts(totals([*rows, *next_day])["pc000"]) == (30, 30, 0, 2)
