"""Reconciling a tenant: from the directory or from change messages to a plan, from the plan to builds."""

from datetime import datetime, timedelta
from typing import Literal, Never

from pydantic import Field

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Workflow
from shared.contracts.outcomes import Done, Refused
from shared.domain.values import Value

GROUP_SIZE = 25
"""Builds are started in groups that do not wait for each other."""


class ReconcileOrder(Value):
    """Reconcile a tenant with its directory and policies.

    *user_ids*: only these users, and only what they need is read. *round*: how often they were read before, or *rounds*
    for each of them. *expected*: those that a message says to have joined a group or to have a licence.
    """

    tenant_id: str
    user_ids: tuple[str, ...] | None = None
    round: int = 0
    rounds: dict[str, int] = Field(default_factory=dict)
    expected: tuple[str, ...] = ()


class Planned(Value):
    """A plan, already saved as intents. *groups*: of ids to start."""

    kind: Literal["planned"] = "planned"
    groups: tuple[tuple[str, ...], ...] = ()
    removals: tuple[tuple[str, ...], ...] = ()  # groups of ids that were cancelled, and go out of use
    listed: int = 0
    removals_seen: int = 0
    requested_at: datetime | None = None  # the newest request this plan has seen


class StartOrder(Value):
    """Start the builds of these Cloud PCs; a build that runs already is a success."""

    tenant_id: str
    cloud_pc_ids: tuple[str, ...]


class Started(Value):
    """The number of builds that run now."""

    kind: Literal["started"] = "started"
    count: int


class ReconciledOrder(Value):
    """Settle the requests up to *requested_at*: they are done."""

    tenant_id: str
    requested_at: datetime | None = None


class NewerRequest(Value):
    """Something was requested since the plan was made."""

    kind: Literal["newerRequest"] = "newerRequest"


class Reconciled(Value):
    """Result of a reconcile."""

    started: int
    listed: int
    removals_seen: int
    refused: Refused | None = None


RECONCILE = Workflow("reconcile_tenant", ReconcileOrder, Reconciled, longest_wait=timedelta(minutes=30))
PLAN_TENANT = Activity("plan_tenant", ReconcileOrder, Planned, Refused, effect=Effect.RECORDS)
START_PROVISIONING = Activity("start_provisioning", StartOrder, Started, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
CLOSE_RECONCILE = Activity(
    "close_reconcile", ReconciledOrder, Done, NewerRequest, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)


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
