"""Schedules of timer triggers."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from functions_host.errors import ConfigError
from functions_host.timestamps import EPOCH, to_us
from functions_host.triggers.ncrontab import parse_schedule
from host_testing.recorded import RECORDED
from hypothesis import given
from hypothesis import strategies as st


def following(schedule: str, moment: str, count: int = 1, zone: str | None = None) -> list[str]:
    parsed = parse_schedule(schedule, zone)
    at, found = to_us(datetime.fromisoformat(moment)), []
    for _ in range(count):
        at = parsed.next_after(at)
        found.append((EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("schedule", "moment", "expected"),
    [
        ("*/5 * * * * *", "2026-01-01T00:00:03Z", "2026-01-01 00:00:05"),
        ("0 */5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01 00:10:00"),
        ("0 0 3 * * *", "2026-01-01T03:00:00Z", "2026-01-02 03:00:00"),
        ("0 0 0 13 * FRI", "2026-01-01T00:00:00Z", "2026-02-13 00:00:00"),
        ("0 30 9 * Jan Mon-Fri", "2026-01-30T10:00:00Z", "2027-01-01 09:30:00"),
        ("0 0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29 00:00:00"),
        ("5 4 * * *", "2026-01-01T00:00:00Z", "2026-01-01 04:05:00"),
        ("0 0 8-10/2,20 * * *", "2026-01-01T08:30:00Z", "2026-01-01 10:00:00"),
        ("01:30:00", "2026-01-01T00:00:00Z", "2026-01-01 01:30:00"),
    ],
)
def test_the_next_occurrence(schedule: str, moment: str, expected: str) -> None:
    assert following(schedule, moment) == [expected]


def test_a_time_zone_moves_the_hours_and_a_skipped_hour_still_occurs() -> None:
    found = following("0 0 3 * * *", "2026-03-28T00:00:00Z", 2, "Europe/Berlin")
    assert found == ["2026-03-28 02:00:00", "2026-03-29 01:00:00"]


@pytest.mark.parametrize("schedule", ["", "* * *", "0 61 * * * *", "0 0 0 31 2 *", "a b c d e f", "0 0 0 * * 7"])
def test_an_invalid_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(ConfigError):
        parse_schedule(schedule)


@given(
    st.sampled_from(["*/7 * * * * *", "0 13 */3 * * *", "0 0 0 1,15 * *", "30 0 12 * * MON"]),
    st.integers(0, 20 * 365 * 86_400_000_000),
)
def test_occurrences_are_later_and_on_whole_seconds(schedule: str, since_us: int) -> None:
    at = to_us(datetime(2020, 1, 1, tzinfo=UTC)) + since_us
    found = parse_schedule(schedule).next_after(at)
    assert found > at
    assert found % 1_000_000 == 0


def test_six_hundred_schedules_are_read_as_ncrontab_reads_them() -> None:
    """Time spans are the host's, not NCrontab's; a schedule that never occurs is refused here."""
    lines = (RECORDED / "ncrontab.jsonl").read_text("utf-8").splitlines()
    judged = [one for one in map(json.loads, lines) if ":" not in one["schedule"]]
    assert len(judged) == 598
    assert {one["schedule"]: _occurrences(one) for one in judged} == {
        one["schedule"]: one.get("next") or "refused" for one in judged
    }


def _occurrences(recorded: dict[str, Any]) -> list[str] | str:
    """List as many of the recorded occurrences as there are; "refused" for a schedule that cannot be read."""
    try:
        found = following(recorded["schedule"], "2026-02-27T22:58:30Z", len(recorded.get("next", "1")))
    except ConfigError:
        return "refused"
    return [moment.replace(" ", "T") for moment in found]
