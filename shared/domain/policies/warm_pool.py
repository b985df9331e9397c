"""Settings of a warm pool: the number of machines of a service plan kept ready for the users of a policy."""

from enum import StrEnum

from pydantic import Field

from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import names_user
from shared.domain.values import Value


class PoolState(StrEnum):
    """State in which members wait, named as Azure's standby pools name it."""

    RUNNING = "running"
    DEALLOCATED = "deallocated"
    HIBERNATED = "hibernated"


class PoolSize(Value):
    """Numbers and rules of a pool."""

    desired: int = Field(0, ge=0, le=900, title="Desired size", description="How many machines are kept ready.")
    minimum: int = Field(0, ge=0, le=900, title="Minimum size", description="The least that advice may set it to.")
    maximum: int = Field(
        900, ge=1, le=900, title="Maximum size", description="The most members at a time, with those being replaced."
    )
    state: PoolState = Field(PoolState.RUNNING, title="State", description="In which the members wait.")
    ttl_hours: int = Field(
        336, ge=24, le=480, title="Age limit (hours)", description="Older members are replaced, the new ones first."
    )
    use_outdated: bool = Field(
        False,
        title="Use outdated members",
        description="Whether members that were built before a change of the policy are given until they are replaced.",
    )


class WarmPool(PoolSize):
    """The pool of one plan of a policy."""

    plan: ServicePlan

    @property
    def size(self) -> int:
        """The number of members that the pool should have."""
        return min(max(self.desired, self.minimum), self.maximum)


NAMED_AFTER_USER = (
    "the naming template has the user's name in it, and a computer is named before it has a user: leave %USERNAME% out"
)
NOT_KEPT_OFF = "members wait running: one that is off has no capacity guaranteed, and waits for it when it is claimed"


def pool_problem(size: PoolSize, naming_template: str) -> str | None:
    """Return why no machine can be prepared for the pool, None when it can."""
    if names_user(naming_template):
        return NAMED_AFTER_USER
    if size.state is not PoolState.RUNNING:
        return NOT_KEPT_OFF
    return None
