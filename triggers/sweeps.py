"""Sweeps by the clock: each timer reads what is due of some kinds, and nothing else. A tick may come twice, or late.

Each has the monitor of its default: an instance that comes up after a tick makes up for it only then (decision 91).
"""

from __future__ import annotations

import azure.functions as func

from shared.dependencies import dependencies
from shared.services.due_rules import rules_of
from shared.services.sweeping import sweep_together
from shared.storage.due import Sweep
from shared.workflow import Blueprint, DurableClient, purge_finished
from triggers.ticking import ticks

bp = Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def sweep_starts(timer: func.TimerRequest, client: DurableClient) -> None:
    """Start what was saved and not started, and again what broke off; read users again; make restore points."""
    del timer
    await sweep_together(client, rules_of(Sweep.SOON))


@bp.timer_trigger(arg_name="timer", schedule="15 */5 * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def sweep_removals(timer: func.TimerRequest, client: DurableClient) -> None:
    """Take out of use the Cloud PCs whose grace period has ended."""
    del timer
    await sweep_together(client, rules_of(Sweep.REMOVALS))


@bp.timer_trigger(arg_name="timer", schedule="30 */5 * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def sweep_clean_ups(timer: func.TimerRequest, client: DurableClient) -> None:
    """Remove what Cloud PCs have left, three hours after they failed or went out of use."""
    del timer
    await sweep_together(client, rules_of(Sweep.CLEAN_UPS))


@bp.timer_trigger(arg_name="timer", schedule="45 */5 * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def sweep_connections(timer: func.TimerRequest, client: DurableClient) -> None:
    """Check connections whose last check is some hours old, or was never begun."""
    del timer
    await sweep_together(client, rules_of(Sweep.CONNECTIONS))


@bp.timer_trigger(arg_name="timer", schedule="50 */5 * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def sweep_directories(timer: func.TimerRequest, client: DurableClient) -> None:
    """Ask directories what has changed, in case a notification got lost; renew the subscriptions to these."""
    del timer
    await sweep_together(client, rules_of(Sweep.DIRECTORIES))


@bp.timer_trigger(arg_name="timer", schedule="40 */15 * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def sweep_orphans(timer: func.TimerRequest, client: DurableClient) -> None:
    """Scan for orphans in the tenants whose last scan is a day old, or was requested and not made."""
    del timer
    await sweep_together(client, rules_of(Sweep.ORPHANS))


@bp.timer_trigger(arg_name="timer", schedule="0 17 * * * *")
@bp.durable_client_input(client_name="client")
@ticks
async def purge_history(timer: func.TimerRequest, client: DurableClient) -> None:
    """Purge the history of workflows that ended a week ago; the records and the audit log stay."""
    del timer
    await purge_finished(client, dependencies().clock.now())
