"""What a cloud declined leaves an activity as the outcome that its contract knows."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.definitions import Activity, returns
from shared.contracts.outcomes import Done, NoCapacity, Refused, Ticket
from shared.contracts.refusals import DeclinedError
from shared.contracts.tickets import TICKETS, PacedError
from shared.domain.values import Value
from shared.workflow import ACTIVITIES, implements

FULL = NoCapacity(code="AllocationFailed", message="no hardware")


@pytest.fixture(autouse=True)
def _leave_no_activity_behind() -> Iterator[None]:
    before = dict(ACTIVITIES)
    yield
    ACTIVITIES.clear()
    ACTIVITIES.update(before)


class Nothing(Value):
    """An order without contents."""


def activity(name: str, outcomes: Any) -> Activity[Nothing, Any]:
    return Activity(name, Nothing, returns(outcomes))


async def test_a_lack_of_room_is_told_where_the_contract_knows_it() -> None:
    @implements(activity("find_room", Done | NoCapacity))
    async def find_room(_order: Nothing) -> Done | NoCapacity:
        raise DeclinedError(FULL)

    assert (await find_room({"order": {}}))["kind"] == "noCapacity"


async def test_a_lack_of_room_is_a_refusal_elsewhere() -> None:
    @implements(activity("find_no_room", Done | Refused))
    async def find_no_room(_order: Nothing) -> Done | Refused:
        raise DeclinedError(FULL)

    answer = await find_no_room({"order": {}})
    assert (answer["kind"], answer["code"]) == ("refused", "AllocationFailed")


async def test_a_refusal_the_contract_does_not_know_is_a_failure() -> None:
    @implements(activity("write_down", Done))
    async def write_down(_order: Nothing) -> Done:
        raise DeclinedError(FULL)

    with pytest.raises(DeclinedError):
        await write_down({"order": {}})


async def test_places_that_were_not_spent_and_new_ones_travel_with_the_next_call() -> None:
    spent, held, new = (Ticket(bucket=name, tenant_id="contoso", number=7) for name in ("spent", "held", "new"))

    @implements(activity("wait_for_turn", Done))
    async def wait_for_turn(_order: Nothing) -> Done:
        assert TICKETS.get() == (spent, held)
        TICKETS.set((held,))  # as pacing does when a call is made
        raise PacedError(new, after=timedelta(seconds=2))

    answer = await wait_for_turn({"order": {}, "tickets": [spent.to_json(), held.to_json()]})
    assert (answer["kind"], answer["after"]) == ("later", 2.0)
    assert [ticket["bucket"] for ticket in answer["tickets"]] == ["held", "new"]
