"""Settling what messages said has changed: many users at a time, however many messages there were."""

from __future__ import annotations

from typing import Literal

from shared.contracts.definitions import PATIENT, Activity, Workflow, returns
from shared.contracts.outcomes import Done
from shared.contracts.reconciling import Again
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


SETTLE_CHANGES = Workflow("settle_changes", ChangesOrder, returns(Settled))
TAKE_CHANGES = Activity("take_changes", ChangesOrder, returns(Batch), PATIENT)
CLOSE_CHANGES = Activity("close_changes", BatchRecord, returns(Done | Again), PATIENT)
