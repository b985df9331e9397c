"""Settings of a warm pool: the number of machines of a service plan kept ready for the users of a policy."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import names_user
from shared.domain.power.schedule import MOST_EXCEPTIONS, MOST_PHASES, TimedPhase, edges, phase_at, problems
from shared.domain.tenants.tenant import Region
from shared.domain.values import Value, Word, is_none

REFILL = timedelta(minutes=90)
"""Time in which a member is built, nearly always."""

AT_ONCE = 25
"""The most members of a pool that are built at a time. In rate limits and for capacity they come after people."""

_LARGEST = 900


def refill_time(size: int) -> timedelta:
    """Return the time in which *size* members are built."""
    return -(-size // AT_ONCE) * REFILL


class PoolKey(NamedTuple):
    """The names of a pool: its policy and its service plan, by their ids, and its region.

    *region*: empty for the pool whose members are built where the policy builds first.
    """

    policy_id: str
    plan_id: str
    region: str = ""

    def attributes(self, tenant_id: str) -> dict[str, str]:
        """Return the attributes by which the metrics of the pool are told apart."""
        names = {"tenant_id": tenant_id, "policy_id": self.policy_id, "service_plan_id": self.plan_id}
        return {**names, "region": self.region} if self.region else names


class PoolState(StrEnum):
    """State in which members wait, named as Azure's standby pools name it."""

    RUNNING = "running"
    DEALLOCATED = "deallocated"
    HIBERNATED = "hibernated"


class SizePhase(TimedPhase):
    """A part of the day in which the pool has a size of its own."""

    size: int = Field(ge=0, le=900, title="Size", description="How many machines are kept ready.")


class SizeException(Value):
    """A date (local) with sizes of its own, such as a day on which many people begin; their *days* do not count."""

    on: date = Field(title="Date", description="Local.")
    phases: tuple[SizePhase, ...] = Field(
        max_length=MOST_PHASES, title="Phases", description="In place of the week's; none: as the day begins."
    )


class PoolSchedule(Value):
    """Sizes of a pool over the week, in one time zone; a phase lasts until the next begins, so that none overlap."""

    time_zone: Word = Field(title="Time zone", description="An IANA name, such as Europe/Berlin.")
    phases: tuple[SizePhase, ...] = Field((), max_length=MOST_PHASES, title="Phases", description="Of a week.")
    exceptions: tuple[SizeException, ...] = Field(
        (), max_length=MOST_EXCEPTIONS, title="Exceptions", description="Dates with sizes of their own."
    )

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield its problems, as the place below it and a sentence."""
        return problems(self)

    def size_at(self, at: datetime) -> int | None:
        """Return the size at a time: the larger one of a phase that begins before its members could be built.

        None: no phase has begun in the week before.
        """
        now = phase_at(self, at)
        sizes = [now.size] if now else []
        ahead = edges(self, at, refill_time(_LARGEST))
        sizes += [phase.size for begins, phase in ahead if begins - at <= refill_time(phase.size)]
        return max(sizes, default=None)


class PoolSize(Value):
    """Numbers and rules of a pool, and its region."""

    region: Region | None = Field(
        None,
        title="Region",
        description="In which its members are built; left out: where the policy builds first.",
        exclude_if=is_none,
    )
    desired: int = Field(0, ge=0, le=900, title="Desired size", description="How many machines are kept ready.")
    minimum: int = Field(0, ge=0, le=900, title="Minimum size", description="The least that advice may set it to.")
    maximum: int = Field(
        900, ge=1, le=900, title="Maximum size", description="The most members at a time, with those being replaced."
    )
    schedule: PoolSchedule | None = Field(
        None,
        title="Schedule of sizes",
        description="Sizes by the hour, in place of the desired size.",
        exclude_if=is_none,
    )
    state: PoolState = Field(
        PoolState.RUNNING,
        title="State",
        description="In which the members wait; deallocated: without the cost of computing, started when given.",
    )
    ttl_hours: int = Field(
        336, ge=24, le=480, title="Age limit (hours)", description="Older members are replaced, the new ones first."
    )
    use_outdated: bool = Field(
        False,
        title="Use outdated members",
        description="Whether members that were built before a change of the policy are given until they are replaced.",
    )

    @property
    def keeps_any(self) -> bool:
        """Whether it has members at some time."""
        planned = self.schedule
        days = (planned.phases, *(each.phases for each in planned.exceptions)) if planned else ()
        return bool(self.desired or self.minimum or any(phase.size for phases in days for phase in phases))


class WarmPool(PoolSize):
    """The pool of one plan of a policy."""

    plan: ServicePlan

    def key(self, policy_id: str) -> PoolKey:
        """Return the names of the pool."""
        return PoolKey(policy_id, self.plan.id, self.region or "")

    def size_at(self, at: datetime) -> int:
        """Return the number of members that the pool should have at a time."""
        scheduled = self.schedule.size_at(at) if self.schedule else None
        return min(max(self.desired if scheduled is None else scheduled, self.minimum), self.maximum)


NAMED_AFTER_USER = (
    "the naming template has the user's name in it, and a computer is named before it has a user: leave %USERNAME% out"
)
NOT_THERE = "no connection of the policy builds in {region}; its regions are: {regions}"
NOT_HIBERNATED = "members wait running or deallocated: none is kept hibernated"


def pool_problem(size: PoolSize, naming_template: str, regions: Collection[str]) -> str | None:
    """Return why no machine can be prepared for the pool, None when it can. *regions*: those in which it may be."""
    if size.region is not None and size.region not in regions:
        return NOT_THERE.format(region=size.region, regions=", ".join(sorted(regions)) or "none")
    if names_user(naming_template):
        return NAMED_AFTER_USER
    if size.state is PoolState.HIBERNATED:
        return NOT_HIBERNATED
    return None
