"""Deleting the history of workflows that have ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from azure.durable_functions import OrchestrationRuntimeStatus

from shared.workflow.sdk import DurableClient

_KEPT = timedelta(days=7)
_REACH = timedelta(days=30)
"""Longest span that one run reads: a longer span times out on large task hubs
(https://github.com/Azure/azure-functions-durable-extension/issues/892).
"""


async def purge_finished(client: DurableClient, now: datetime) -> None:
    """Delete the history of workflows that were created between a week and a month ago and have ended."""
    before = now.astimezone(UTC).replace(tzinfo=None) - _KEPT
    await client.purge_instance_history_by(
        created_time_from=before - _REACH,
        created_time_to=before,
        runtime_status=[
            OrchestrationRuntimeStatus.Completed,
            OrchestrationRuntimeStatus.Failed,
            OrchestrationRuntimeStatus.Terminated,
        ],
    )
