"""Settling what messages said has changed: many users at a time, however many messages there were."""

from __future__ import annotations

from typing import Literal, Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Workflow
from shared.contracts.outcomes import Done
from shared.contracts.reconciling import NewerRequest
from shared.domain.values import Value

MOST_AT_ONCE = 100
"""Users that are read and planned together."""


class ChangesOrder(Value):
    """Settle what was told of a tenant's users."""

    tenant_id: str


class Batch(Value):
    """Whom something was told of; the mark says up to when."""

    kind: Literal["batch"] = "batch"
    marks: dict[str, str]


class BatchRecord(Value):
    """These have been looked at."""

    tenant_id: str
    marks: dict[str, str]


class Settled(Value):
    """How many users were looked at in the last round."""

    count: int


SETTLE_CHANGES = Workflow("settle_changes", ChangesOrder, Settled)
TAKE_CHANGES = Activity("take_changes", ChangesOrder, Batch, Never, RETRY_FOR_A_DAY)
CLOSE_CHANGES = Activity("close_changes", BatchRecord, Done, NewerRequest, RETRY_FOR_A_DAY)
