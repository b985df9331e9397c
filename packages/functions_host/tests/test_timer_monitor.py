"""The monitor of timers: what passes in a second is one transaction, and nothing of it is lost in an orderly stop."""

import asyncio
from pathlib import Path
from typing import Any

from functions_host.functions.indexer import Binding, Function
from functions_host.functions.signature import Signature
from functions_host.storage.store import Store
from functions_host.triggers.ncrontab import Schedule, parse_schedule
from functions_host.triggers.timer_monitor import PAUSE_SECONDS, Monitor
from functions_host.triggers.timer_status import Status

_MINUTE_US = 60_000_000


def timer(name: str) -> Function:
    trigger = Binding("timer", "timerTrigger", 0, {})
    return Function(name, print, False, trigger, (), Signature(wants_context=False, converters={}), None, "app.py:1")


async def minutes_pass(monitor: Monitor, function: Function, schedule: Schedule, count: int) -> Status:
    for minute in range(count):
        status = Status.after(schedule, minute * _MINUTE_US)
        await monitor.record(function, schedule, status)
    return status


async def test_the_ticks_of_a_second_are_one_transaction_and_the_last_one_is_found(tmp_path: Path) -> None:
    store = Store(tmp_path / "db", "hub", asyncio.get_running_loop())
    transactions = 0
    commit = store._transaction

    def counted(batch: Any) -> Any:
        nonlocal transactions
        transactions += 1
        return commit(batch)

    store._transaction = counted  # type: ignore[method-assign]
    monitor, schedule = Monitor(store), parse_schedule("0 * * * * *")
    last = await minutes_pass(monitor, timer("often"), schedule, 300)
    assert transactions == 1
    assert monitor.stored(timer("often"), schedule) == last
    monitor.close()
    store.close()
    again = Store(tmp_path / "db", "hub", asyncio.get_running_loop())
    assert Monitor(again).stored(timer("often"), schedule) == last
    again.close()


async def test_a_tick_after_a_quiet_second_is_recorded_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "db", "hub", asyncio.get_running_loop())
    monitor, schedule = Monitor(store), parse_schedule("0 * * * * *")
    last = await minutes_pass(monitor, timer("once"), schedule, 1)
    assert Monitor(store).stored(timer("once"), schedule) == last
    store.close()


async def test_what_waits_is_written_when_the_second_is_over(tmp_path: Path) -> None:
    store = Store(tmp_path / "db", "hub", asyncio.get_running_loop())
    monitor, schedule = Monitor(store), parse_schedule("0 * * * * *")
    last = await minutes_pass(monitor, timer("often"), schedule, 3)
    assert Monitor(store).stored(timer("often"), schedule) != last
    await asyncio.sleep(2 * PAUSE_SECONDS)
    assert Monitor(store).stored(timer("often"), schedule) == last
    store.close()
