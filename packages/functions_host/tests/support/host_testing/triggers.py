"""Hosts of the app of ``apps/triggers``, and the time that tests let pass."""

from collections.abc import Callable
from datetime import timedelta

from simulation_base.clock import FileClock

from host_testing.running import APPS, RunningHost, until

APP = APPS / "triggers"
QUEUES = {"WORK_QUEUE": "triggers-work", "SLOW_QUEUE": "triggers-slow"}
StartTriggers = Callable[..., RunningHost]
_TIMERS = ("tight", "hourly", "at_once", "stumbling", "unlucky", "watched", "unwatched", "span")
_TRIGGERED = (*_TIMERS, "work", "slow")


def pass_time(clock: FileClock, span: timedelta) -> None:
    """Let the host move its clock, and wait until it has."""
    goal = clock.now() + span
    clock.advance(span)
    until(lambda: clock.now() >= goal)


def only(*enabled: str) -> dict[str, str]:
    """Return the settings that disable all triggers but these."""
    return {f"AzureWebJobs.{name}.Disabled": "true" for name in _TRIGGERED if name not in enabled}
