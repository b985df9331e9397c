"""Reconciling a Spot Group: its members' rights, its host pool, its hosts, and its removal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.outcomes import Done, Refused
from shared.contracts.reconciling import NewerRequest
from shared.domain.networks.connection import JoinType
from shared.domain.values import Value

MEMBERS_TOGETHER = 20
"""The rights of so many members are changed by one activity; groups of them do not wait for each other."""


class SpotGroupOrder(Value):
    """Bring a Spot Group to what its members, its settings and its schedule ask for.

    *read_members*: whether the directory is read too; else only its hosts are looked at.
    """

    tenant_id: str
    spot_group_id: str
    read_members: bool = True
    round: int = 0


class MembersPlanned(Value):
    """Changed access of members; saved already. *grants* and *revocations*: ids of members, in groups."""

    kind: Literal["membersPlanned"] = "membersPlanned"
    grants: tuple[tuple[str, ...], ...] = ()
    revocations: tuple[tuple[str, ...], ...] = ()
    waiting: int = 0
    held: int = 0


class SpotPool(Value):
    """The group's host pool, its application group, and the resource group in which its hosts are.

    *shared*: any member may use any host; else each has their own. *removing*: the group is deleted.
    """

    kind: Literal["spotPool"] = "spotPool"
    subscription_id: str
    host_pool_id: str
    application_group_id: str
    resource_group: str
    join_type: JoinType
    shared: bool = True
    removing: bool = False


class MemberRightsOrder(Value):
    """Give these members their rights, or take them."""

    tenant_id: str
    spot_group_id: str
    member_ids: tuple[str, ...]
    pool: SpotPool


class SpotReconciledOrder(Value):
    """Settle the requests up to *requested_at*: they are done, or *refused* has prevented it."""

    tenant_id: str
    spot_group_id: str
    requested_at: datetime | None = None
    waiting: int = 0
    refused: Refused | None = None


class Requested(Value):
    """Time of the last request for the group's reconcile; None: no request."""

    kind: Literal["requested"] = "requested"
    at: datetime | None = None


class SpotGroupReconciled(Value):
    """Result of a reconcile of a Spot Group."""

    granted: int = 0
    revoked: int = 0
    waiting: int = 0
    refused: Refused | None = None


RECONCILE_SPOT_GROUP = Workflow(
    "reconcile_spot_group", SpotGroupOrder, SpotGroupReconciled, longest_wait=timedelta(hours=2)
)
READ_SPOT_REQUEST = Activity("read_spot_request", SpotGroupOrder, Requested, Refused, effect=Effect.READS)
PLAN_SPOT_MEMBERS = Activity("plan_spot_members", SpotGroupOrder, MembersPlanned, Refused, effect=Effect.RECORDS)
PREPARE_SPOT_POOL = Activity("prepare_spot_pool", SpotGroupOrder, SpotPool, Refused, effect=Effect.KEEPS)
GRANT_SPOT_MEMBERS = Poll("grant_spot_members", MemberRightsOrder, Done, Refused, effect=Effect.KEEPS)
REVOKE_SPOT_MEMBERS = Activity("revoke_spot_members", MemberRightsOrder, Done, Refused, effect=Effect.ENDS)
REMOVE_SPOT_GROUP = Poll("remove_spot_group", SpotGroupOrder, Done, Refused, effect=Effect.ENDS)
CLOSE_SPOT_RECONCILE = Activity(
    "close_spot_reconcile", SpotReconciledOrder, Done, NewerRequest, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)

SPOT_REMOVAL_POLL = PollPolicy(timedelta(seconds=1), timedelta(seconds=20), timedelta(hours=2))
"""Polls of a removal; the next reconcile goes on with a longer one."""

GRANT_POLL = PollPolicy(timedelta(seconds=1), timedelta(seconds=20), timedelta(minutes=30))
