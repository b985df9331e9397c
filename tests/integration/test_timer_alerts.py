"""The alert *Timers do not run*: on the first day of a deployment, and when a timer fails."""

from datetime import timedelta

import pytest

from tests.integration.test_alerts import TIMERS, Stage, blobs, fires, first_ran, stage, tick
from triggers.timers import ticks

__all__ = ["blobs", "stage"]


async def test_a_timer_that_fails_is_one_that_does_not_run(stage: Stage) -> None:
    @ticks
    async def settle_and_measure() -> None:
        raise OSError("no table")

    async def fails(_: Stage) -> None:
        first_ran(stage, timedelta(hours=1))
        await tick(*TIMERS - {"settle_and_measure"})
        with pytest.raises(OSError, match="no table"):
            await settle_and_measure()

    assert await fires("timers-do-not-run", fails, stage)


@pytest.mark.parametrize("hours", [1, 12, 25])
async def test_the_timer_of_the_night_may_wait_for_the_first_night(stage: Stage, hours: int) -> None:
    async def first_day(_: Stage) -> None:
        first_ran(stage, timedelta(hours=hours))
        await tick(*TIMERS - {"delete_what_is_old"})

    assert not await fires("timers-do-not-run", first_day, stage)


async def test_an_hour_after_the_first_deployment_a_timer_of_minutes_has_run(stage: Stage) -> None:
    async def first_hour(_: Stage) -> None:
        first_ran(stage, timedelta(hours=1))
        await tick("export_the_tables", "sweep")

    assert await fires("timers-do-not-run", first_hour, stage)


async def test_a_service_that_never_ran_a_timer_fires_on_its_first_day(stage: Stage) -> None:
    async def nothing(_: Stage) -> None:
        """Do nothing."""

    assert await fires("timers-do-not-run", nothing, stage)
