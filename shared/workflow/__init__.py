"""The typed face of Durable Functions: nothing else in the app imports its SDK.

An orchestrator reads ``match (yield from call(ctx, CREATE_NIC, order))``; retries, polling and rate limits are handled
here.
"""

from shared.workflow.calling import (
    CallFailedError,
    call,
    call_all,
    call_raw,
    call_sub_orchestrator,
    call_sub_orchestrators,
    pause,
    wait_for,
    wait_for_all,
)
from shared.workflow.discovery import blueprints
from shared.workflow.implementing import implementation_of, implements
from shared.workflow.orchestrating import ContinuedAsNew, Steps, continue_as_new, orchestrates, predates
from shared.workflow.sdk import API, Blueprint, Context, DurableApp, DurableClient, speed_up_replay
from shared.workflow.starting import Instance, is_alive, purge_finished, read_instance, stands_still_since, start

__all__ = [
    "API",
    "Blueprint",
    "CallFailedError",
    "Context",
    "ContinuedAsNew",
    "DurableApp",
    "DurableClient",
    "Instance",
    "Steps",
    "blueprints",
    "call",
    "call_all",
    "call_raw",
    "call_sub_orchestrator",
    "call_sub_orchestrators",
    "continue_as_new",
    "implementation_of",
    "implements",
    "is_alive",
    "orchestrates",
    "pause",
    "predates",
    "purge_finished",
    "read_instance",
    "speed_up_replay",
    "stands_still_since",
    "start",
    "wait_for",
    "wait_for_all",
]
