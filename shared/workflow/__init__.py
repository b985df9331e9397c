"""The typed face of Durable Functions: nothing else in the app imports its SDK.

An orchestrator reads ``match (yield from call(ctx, JOIN, order))``; what a call costs in retries, policy and
rate limits is told here once.
"""

from shared.workflow.calling import CallFailedError, call, call_all, call_raw
from shared.workflow.implementing import ACTIVITIES, implements
from shared.workflow.orchestrating import ORCHESTRATORS, Steps, continue_as_new, orchestrates
from shared.workflow.purging import purge_finished
from shared.workflow.replay import speed_up_replay
from shared.workflow.sdk import Blueprint, Context, DurableApp, DurableClient
from shared.workflow.starting import is_alive, start
from shared.workflow.waiting import call_sub_orchestrator, call_sub_orchestrators, pause, wait_for

__all__ = [
    "ACTIVITIES",
    "ORCHESTRATORS",
    "Blueprint",
    "CallFailedError",
    "Context",
    "DurableApp",
    "DurableClient",
    "Steps",
    "call",
    "call_all",
    "call_raw",
    "call_sub_orchestrator",
    "call_sub_orchestrators",
    "continue_as_new",
    "implements",
    "is_alive",
    "orchestrates",
    "pause",
    "purge_finished",
    "speed_up_replay",
    "start",
    "wait_for",
]
