"""Work that stands still: its instance is alive and goes no further, as after a message of the host's was lost."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.definitions import Workflow
from shared.telemetry import count_stalled
from shared.workflow import DurableClient, stands_still_since

_log = logging.getLogger("deskwright.sweeps")

SLACK = timedelta(minutes=15)
"""What the repeats of a call that fails may take, beyond the time-out of what it waits for."""

AGAIN_AFTER = timedelta(minutes=1)
"""When what was ended is started again: by then its instance has ended."""


async def end_stalled(
    client: DurableClient,
    workflow: Workflow[Any, Any],
    instance_id: str,
    now: datetime,
    longest_wait: timedelta | None = None,
) -> bool:
    """End an instance that has gone no further for longer than it may, so that a sweep starts it again.

    *longest_wait*: longer than that of *workflow*, where its order allows more. What it had begun in Azure goes on;
    whoever starts it again begins with what the record knows, and cleans up the rest.
    """
    since = await stands_still_since(client, instance_id)
    if since is None or now - since <= max(workflow.longest_wait, longest_wait or timedelta()) + SLACK:
        return False
    _log.warning("%s stands still since %s: ended, to be started again", instance_id, since.isoformat())
    count_stalled(workflow.name)
    await client.terminate(instance_id, f"it has stood still since {since.isoformat()}")
    return True
