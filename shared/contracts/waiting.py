"""Waiting for a poll: its own sub-orchestration, continued as new every ten polls."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.contracts.definitions import Json, Workflow
from shared.contracts.silences import WaitingWork
from shared.domain.asking import Confirmation
from shared.domain.values import Value

POLLS_PER_EXECUTION = 10


class WaitOrder(Value):
    """Call *activity* with *payload* until it answers something else than pending, or *until* has come."""

    activity: str
    payload: Json
    next_poll: datetime
    interval: timedelta
    until: datetime
    waiting: WaitingWork | None = None
    confirmation: Confirmation | None = None


AWAIT_OUTCOME = Workflow("await_outcome", WaitOrder, Json)
"""Returns the outcome as JSON, ``{"kind": "pending", ...}`` when the time was up."""
