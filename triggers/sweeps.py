"""The sweep by the clock: one timer reads the due rows of all kinds, and nothing else.

Each timer has the monitor of its default: an instance that comes up after a tick makes up for it only then
(decision 91). There is one sweep because a tick and its read cost the same for one kind and for all (decision 108).
"""

from __future__ import annotations

import azure.functions as func

from shared.dependencies import dependencies
from shared.services.due_rules import RULES
from shared.services.sweeping import sweep_due
from shared.workflow import Blueprint, DurableClient, purge_finished
from triggers.ticking import ticks

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
