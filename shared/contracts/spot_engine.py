"""Running the engine of a Spot Group: look at its hosts, plan, take the steps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Workflow
from shared.contracts.outcomes import Done, Refused
from shared.contracts.reconciling import NewerRequest
from shared.domain.spot.arrivals import SignIns
from shared.domain.spot.decision import EngineStep
from shared.domain.spot.schedule import LoadBalancing
from shared.domain.values import Value

STEPS_TOGETHER = 10
"""The steps of so many hosts are taken by one activity; groups of them do not wait for each other."""


class EngineOrder(Value):
    """Run the engine of a Spot Group once."""

    tenant_id: str
    spot_group_id: str
    round: int = 0


class HostsObserved(Value):
    """The hosts were looked at; what was seen is in their records.

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
    """Steps for the hosts; saved already. *balancing*: the new load balancing of sessions; None: unchanged."""

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
BALANCE_SPOT_POOL = Activity("balance_spot_pool", BalancingOrder, Done, Refused, effect=Effect.KEEPS)
TAKE_HOST_STEPS = Activity("take_host_steps", HostStepsOrder, StepsTaken, Refused, effect=Effect.RECORDS)
CLOSE_SPOT_ENGINE = Activity(
    "close_spot_engine", EngineClosing, Done, NewerRequest, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
