"""The timers: one sweep of all due rows, and maintenance; each run that ends well is counted.

Each timer has the monitor of its default: an instance that comes up after a tick makes up for it only then
(decision 91). There is one sweep because a tick and its read cost the same for one kind and for all (decision 108).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec

import azure.functions as func

from shared.dependencies import Dependencies, dependencies
from shared.metering import METER, Execution
from shared.services.alerts.judging import judge_alerts
from shared.services.directory.tenants import TenantIds
from shared.services.health.checking import check_health_hourly, note_tick
from shared.services.maintenance.due_rules import RULES
from shared.services.maintenance.exporting import export_regularly
from shared.services.maintenance.measuring import (
    each_by_itself,
    fold_lists,
    measure_and_record,
    measure_queues,
    repair_lists,
)
from shared.services.maintenance.purges import delete_old, delete_on
from shared.services.notices.relaying import relay_left
from shared.services.operations.intents import complete_interrupted
from shared.services.operations.sweeps import sweep_due
from shared.services.power.shut_down import promise_lists
from shared.telemetry import count_tick
from shared.workflow import Blueprint, DurableClient, purge_finished

P = ParamSpec("P")


def ticks(run: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
    """Count and note each run of a timer's function that ends well. The worker sees the parameters of *run*."""

    @functools.wraps(run)
    async def counted(*args: P.args, **kwargs: P.kwargs) -> None:
        await METER.metered(Execution.TIMER, run)(*args, **kwargs)
        count_tick(run.__name__)
        await note_tick(dependencies(), run.__name__)

    return counted


bp = Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def sweep(timer: func.TimerRequest, client: DurableClient) -> None:
    """Act on every due row: start saved work that was not started, resume work that broke off, begin timed work."""
    del timer
    await sweep_due(client, RULES)


@bp.timer_trigger(arg_name="timer", schedule="0 17 * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def purge_history(timer: func.TimerRequest, client: DurableClient) -> None:
    """Purge the history of workflows that ended a week ago; the records and the audit log stay."""
    del timer
    await purge_finished(client, dependencies().clock.now())


_log = logging.getLogger("deskwright.maintenance")


@bp.timer_trigger(arg_name="timer", schedule="35 */20 * * * *")
@ticks
async def export_the_tables(timer: func.TimerRequest) -> None:
    """Export the tables once in each interval (a setting), and then remove the exports that are too old.

    Three times an hour: one that broke off (at the time limit, say) is resumed; one that is whole stays.
    """
    del timer
    await export_regularly(dependencies())


@bp.timer_trigger(arg_name="timer", schedule="0 10 6 * * *")
@ticks
async def delete_what_is_old(timer: func.TimerRequest) -> None:
    """Begin to delete old rows, after the night's export; ``settle_and_measure`` continues.

    Then the lists are compared with what is left, due rows of an earlier release are moved, tenants of an earlier
    release get their lists of machines, and events that nobody promised are sent on.
    """
    del timer
    deps = dependencies()
    await each_by_itself(
        partial(_delete, deps),
        partial(_repair, deps),
        partial(_move_in, deps),
        partial(promise_lists, deps),
        partial(relay_left, deps),
    )


async def _delete(deps: Dependencies) -> None:
    _log.info("deleted: %s", await delete_old(deps, deps.clock.now()))


async def _move_in(deps: Dependencies) -> None:
    """Move due rows of an earlier release that came after this one began: a restore may bring them."""
    if moved := await deps.due.move_in(deps.clock.now()):
        _log.info("%d due rows of an earlier release were moved", moved)


async def _repair(deps: Dependencies) -> None:
    if wrong := await repair_lists(deps):
        _log.warning("%d entries of lists were not what the records say", wrong)


@bp.timer_trigger(arg_name="timer", schedule="20 */15 * * * *")
@ticks
async def settle_and_measure(timer: func.TimerRequest) -> None:
    """Settle the changes that a crash has interrupted; fold lists; measure waiting work; record usage; check health.

    One timer for all: each tick is paid for (docs/operations.md, costs).
    """
    del timer
    deps = dependencies()
    tenant_ids = TenantIds(deps)
    await each_by_itself(
        partial(_put_back, deps),
        partial(_settle, deps),
        partial(fold_lists, deps, tenant_ids),
        partial(measure_and_record, deps, tenant_ids),
        partial(judge_alerts, deps, tenant_ids),
        partial(measure_queues, deps),
        partial(check_health_hourly, deps, tenant_ids),
        partial(delete_on, deps),
    )


async def _put_back(deps: Dependencies) -> None:
    if tried := await deps.due.put_back(deps.clock.now()):
        _log.info("%d due rows that were set aside are tried again", tried)


async def _settle(deps: Dependencies) -> None:
    if count := await complete_interrupted(deps):
        _log.warning("%d changes had been interrupted", count)
