"""Waiting time of a failed call before it is made again."""

from datetime import timedelta

from shared.contracts.definitions import RETRY_FOR_A_DAY, Retry


def test_the_pause_doubles_up_to_the_most() -> None:
    retry = Retry(first=timedelta(seconds=5), most=timedelta(minutes=1))

    assert [retry.pause(n).seconds for n in range(1, 7)] == [5, 10, 20, 40, 60, 60]


def test_the_call_that_is_retried_for_a_day_still_has_a_pause_after_its_last_failure() -> None:
    assert RETRY_FOR_A_DAY.pause(RETRY_FOR_A_DAY.attempts) == RETRY_FOR_A_DAY.most
