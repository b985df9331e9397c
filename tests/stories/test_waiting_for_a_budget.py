"""A build that waits for a budget: it is no failure, however long that takes."""

from __future__ import annotations

from shared.contracts.builds import BEGIN_ATTEMPT, RECORD_PARKED
from shared.contracts.machines import ALLOCATE_CAPACITY
from shared.contracts.outcomes import NoCapacity
from shared.contracts.provisioning import PROVISION, ProvisionOrder
from tests.stories.people import ALL_WELL, ORDER
from tests.stories.tell import START, tell

FULL = NoCapacity(code="AllocationFailed", message="no capacity for Standard_D2s_v5 in zone 1")
USED_UP = NoCapacity(code="budget", message="the budget All of this month is used up", elsewhere=False)


def test_it_waits_beyond_the_parking_limit_which_begins_afterwards() -> None:
    order = ORDER.but(parked_since=START - 2 * ORDER.parking_limit)
    story = tell(PROVISION, order, {**ALL_WELL, BEGIN_ATTEMPT: USED_UP})

    assert story.calls == ["begin_attempt", "record_parked"]
    assert story.last(RECORD_PARKED)["reason"]["code"] == "budget"
    assert story.continued is not None
    again = ProvisionOrder.model_validate(story.continued)
    assert (again.attempt, again.parked_since) == (1, None)
    assert tell(PROVISION, again, {**ALL_WELL, ALLOCATE_CAPACITY: FULL}).continued is not None
