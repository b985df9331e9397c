"""The history of workflows is purged a day at a time, and no day is left out."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.workflow import purge_finished

NOON = datetime(2026, 3, 2, 12, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
Span = tuple[datetime, datetime]


class Client:
    """Notes the spans that it is asked to purge."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    async def purge_instance_history_by(
        self, created_time_from: datetime, created_time_to: datetime, runtime_status: list[Any]
    ) -> None:
        assert {each.value for each in runtime_status} == {"Completed", "Failed", "Terminated"}
        self.spans.append((created_time_from.replace(tzinfo=UTC), created_time_to.replace(tzinfo=UTC)))


def spans(ticks: list[datetime]) -> list[Span]:
    client: Any = Client()
    for each in ticks:
        asyncio.run(purge_finished(client, each))
    found: list[Span] = client.spans
    return found


def test_a_tick_reads_one_day_that_is_older_than_a_week() -> None:
    for (begins, ends), now in zip(spans(ticks := [NOON + n * HOUR for n in range(60)]), ticks, strict=True):
        assert ends - begins == timedelta(days=1)
        assert ends <= now - timedelta(days=7)


@pytest.mark.parametrize("age", [timedelta(days=8, hours=7), timedelta(days=20), timedelta(days=34)])
def test_whatever_is_old_enough_is_read_within_thirty_hours(age: timedelta) -> None:
    began = NOON - age
    assert any(begins <= began < ends for begins, ends in spans([NOON + n * HOUR for n in range(30)]))


def test_an_hour_that_is_always_slept_through_leaves_no_day_out() -> None:
    ticks = [each for n in range(24 * 40) if (each := NOON + n * HOUR).hour != 3]
    found = spans(ticks)
    for days in range(35):
        began = NOON - timedelta(days=days)
        assert any(begins <= began < ends for begins, ends in found), days
