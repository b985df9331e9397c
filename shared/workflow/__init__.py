"""The typed face of Durable Functions: nothing else in the app imports its SDK.

An orchestrator reads ``match (yield from call(ctx, JOIN, order))``; what a call costs in retries, patience and
rate limits is told here once.
"""

from shared.workflow.calling import CallFailedError, call, call_all, call_raw
from shared.workflow.implementing import ACTIVITIES, implements
from shared.workflow.orchestrating import STORIES, Steps, again, orchestrates
from shared.workflow.purging import purge_finished
from shared.workflow.replay import speed_up_replay
from shared.workflow.sdk import Blueprint, Context, DurableApp, DurableClient
from shared.workflow.starting import is_alive, start
from shared.workflow.waiting import pause, run, run_all, wait_for

__all__ = [
    "ACTIVITIES",
    "STORIES",
    "Blueprint",
    "CallFailedError",
    "Context",
    "DurableApp",
    "DurableClient",
    "Steps",
    "again",
    "call",
    "call_all",
    "call_raw",
    "implements",
    "is_alive",
    "orchestrates",
    "pause",
    "purge_finished",
    "run",
    "run_all",
    "speed_up_replay",
    "start",
    "wait_for",
]
