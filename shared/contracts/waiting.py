"""Waiting for something that an activity can look at: its own sub-orchestration, continued as new every ten looks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shared.contracts.definitions import Workflow, returns
from shared.domain.values import Value

LOOKS_PER_EXECUTION = 10


class WaitOrder(Value):
    """Call *activity* with *payload* until it answers something else than pending, or *until* has come."""

    activity: str
    payload: dict[str, Any]
    next_look: datetime
    every: timedelta
    until: datetime


AWAIT_OUTCOME: Workflow[WaitOrder, dict[str, Any]] = Workflow("await_outcome", WaitOrder, returns(dict[str, Any]))
"""Gives the outcome as JSON, ``{"kind": "pending", ...}`` when the time was up."""
