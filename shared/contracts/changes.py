"""Reconciling the users of change messages: many users at a time, however many messages there were."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Never

from pydantic import Field

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Workflow
from shared.contracts.outcomes import Done
from shared.contracts.reconciling import NewerRequest
from shared.domain.values import Value

MOST_AT_ONCE = 100
"""Users that are read and planned together."""

MOST_SINGLY = 200
"""Most users that are read singly; after more changes everybody is read, at the cost of the whole tenant."""


class ChangesOrder(Value):
    """Reconcile the users of a tenant's change messages."""

    tenant_id: str


class Batch(Value):
    """Users with changes, by id; the mark says up to when.

    *rounds*: how often each was read before, where that is not never. *expected*: those that a message says to have
    joined a group or to have a licence.
    """

    kind: Literal["batch"] = "batch"
    marks: dict[str, str]
    rounds: dict[str, int] = Field(default_factory=dict)
    expected: tuple[str, ...] = ()


class BatchRecord(Value):
    """These users are reconciled, up to their marks."""

    tenant_id: str
    marks: dict[str, str]


class Settled(Value):
    """Number of users who were reconciled in the last execution."""

    count: int


SETTLE_CHANGES = Workflow("settle_changes", ChangesOrder, Settled, longest_wait=timedelta(hours=1))
TAKE_CHANGES = Activity("take_changes", ChangesOrder, Batch, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
CLOSE_CHANGES = Activity("close_changes", BatchRecord, Done, NewerRequest, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
