"""Spot Groups: reconciling one, and running its engine."""

from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.outcomes import Done, Refused
from shared.contracts.reconciling import NewerRequest
from shared.domain.networks.connection import JoinType
from shared.domain.spot.engine.forecasts import SignIns
from shared.domain.spot.engine.state import EngineStep
from shared.domain.spot.groups.schedule import LoadBalancing
from shared.domain.values import Value

MEMBERS_TOGETHER = 20
"""The number of members whose rights one activity changes; several such groups run concurrently."""


class SpotGroupOrder(Value):
    """Reconcile a Spot Group with its members, settings and schedule.

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
    """Time of the last request for the group's reconcile, or None without a request."""

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
READ_SPOT_REQUEST = Activity("read_spot_request", SpotGroupOrder, Requested, Refused, effect=Effect.RECORDS)
PLAN_SPOT_MEMBERS = Activity("plan_spot_members", SpotGroupOrder, MembersPlanned, Refused, effect=Effect.RECORDS)
PREPARE_SPOT_POOL = Activity("prepare_spot_pool", SpotGroupOrder, SpotPool, Refused, effect=Effect.CHANGES)
GRANT_SPOT_MEMBERS = Poll("grant_spot_members", MemberRightsOrder, Done, Refused, effect=Effect.KEEPS)
REVOKE_SPOT_MEMBERS = Activity("revoke_spot_members", MemberRightsOrder, Done, Refused, effect=Effect.ENDS)
REMOVE_SPOT_GROUP = Poll("remove_spot_group", SpotGroupOrder, Done, Refused, effect=Effect.ENDS)
CLOSE_SPOT_RECONCILE = Activity(
    "close_spot_reconcile", SpotReconciledOrder, Done, NewerRequest, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)

SPOT_REMOVAL_POLL = PollPolicy(timedelta(seconds=1), timedelta(seconds=20), timedelta(hours=2))
"""Polls of a removal; a longer removal continues in the next reconcile."""

GRANT_POLL = PollPolicy(timedelta(seconds=1), timedelta(seconds=20), timedelta(minutes=30))


STEPS_TOGETHER = 10
"""The number of hosts whose steps one activity takes; several such groups run concurrently."""


class EngineOrder(Value):
    """Run the engine of a Spot Group once."""

    tenant_id: str
    spot_group_id: str
    round: int = 0


class HostsObserved(Value):
    """The hosts were read; their states are in their records.

    *silent*: hosts of which Azure did not say how they are. *requested_at*: of the newest request before the look.
    *start_seconds*, *build_seconds*: how long hosts took that have just begun to serve. *sign_ins*: by minute,
    of the latest half hour; its last minute is over.
    """

    kind: Literal["hostsObserved"] = "hostsObserved"
    requested_at: datetime | None = None
    silent: tuple[str, ...] = ()
    start_seconds: tuple[int, ...] = ()
    build_seconds: tuple[int, ...] = ()
    sign_ins: tuple[SignIns, ...] = ()


class HostPlanOrder(Value):
    """Plan the next steps of a group's hosts, by the latest observation."""

    tenant_id: str
    spot_group_id: str
    observed: HostsObserved


class HostsPlanned(Value):
    """Steps for the hosts, saved already. *balancing*: the new load balancing of sessions, None if unchanged."""

    kind: Literal["hostsPlanned"] = "hostsPlanned"
    steps: tuple[EngineStep, ...] = ()
    balancing: LoadBalancing | None = None


class HostStepsOrder(Value):
    """Take these steps."""

    tenant_id: str
    spot_group_id: str
    steps: tuple[EngineStep, ...]


class BalancingOrder(Value):
    """Write to a group's pool how sessions are distributed."""

    tenant_id: str
    spot_group_id: str
    balancing: LoadBalancing


class StepsTaken(Value):
    """Number of steps taken; *left*: number of steps that could not be taken, which a later plan decides anew."""

    kind: Literal["stepsTaken"] = "stepsTaken"
    taken: int = 0
    left: int = 0


class EngineClosing(Value):
    """Settle the requests up to *requested_at*: they were planned."""

    tenant_id: str
    spot_group_id: str
    requested_at: datetime | None = None


class EngineRun(Value):
    """Result of a run of the engine."""

    taken: int = 0
    left: int = 0
    refused: Refused | None = None


RUN_SPOT_ENGINE = Workflow("run_spot_engine", EngineOrder, EngineRun, longest_wait=timedelta(minutes=30))
OBSERVE_SPOT_HOSTS = Activity("observe_spot_hosts", EngineOrder, HostsObserved, Refused, effect=Effect.RECORDS)
PLAN_SPOT_HOSTS = Activity("plan_spot_hosts", HostPlanOrder, HostsPlanned, Refused, effect=Effect.RECORDS)
BALANCE_SPOT_POOL = Activity("balance_spot_pool", BalancingOrder, Done, Refused, effect=Effect.CHANGES)
TAKE_HOST_STEPS = Activity("take_host_steps", HostStepsOrder, StepsTaken, Refused, effect=Effect.CHANGES)
CLOSE_SPOT_ENGINE = Activity(
    "close_spot_engine", EngineClosing, Done, NewerRequest, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
