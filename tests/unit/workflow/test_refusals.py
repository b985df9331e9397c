"""Refusals of a cloud leave an activity as the outcome that its contract knows."""

from datetime import timedelta
from typing import Never

import pytest

from shared.contracts.calls import TICKETS, PacedError
from shared.contracts.definitions import Activity, Effect
from shared.contracts.outcomes import DeclinedError, Done, NoCapacity, Refused, Ticket
from shared.domain.values import Value
from shared.workflow import implements

FULL = NoCapacity(code="AllocationFailed", message="no hardware")


class Nothing(Value):
    """An order without contents."""


async def test_a_lack_of_capacity_is_returned_where_the_contract_knows_it() -> None:
    @implements(Activity("find_capacity", Nothing, Done, NoCapacity, effect=Effect.READS))
    async def find_capacity(_order: Nothing) -> Done | NoCapacity:
        raise DeclinedError(FULL)

    assert (await find_capacity({"order": {}}))["kind"] == "noCapacity"


async def test_a_lack_of_capacity_is_a_refusal_elsewhere() -> None:
    @implements(Activity("find_no_capacity", Nothing, Done, Refused, effect=Effect.READS))
    async def find_no_capacity(_order: Nothing) -> Done | Refused:
        raise DeclinedError(FULL)

    answer = await find_no_capacity({"order": {}})
    assert (answer["kind"], answer["code"]) == ("refused", "AllocationFailed")


async def test_a_refusal_the_contract_does_not_know_is_a_failure() -> None:
    @implements(Activity("record_something", Nothing, Done, Never, effect=Effect.READS))
    async def record_something(_order: Nothing) -> Done:
        raise DeclinedError(FULL)

    with pytest.raises(DeclinedError):
        await record_something({"order": {}})


async def test_tickets_that_were_not_spent_and_new_ones_travel_with_the_next_call() -> None:
    spent, held, new = (Ticket(bucket=name, tenant_id="contoso", number=7) for name in ("spent", "held", "new"))

    @implements(Activity("wait_for_turn", Nothing, Done, Never, effect=Effect.READS))
    async def wait_for_turn(_order: Nothing) -> Done:
        tickets = TICKETS.get()
        assert tickets == [spent, held]
        tickets.remove(spent)  # as pacing does when a call is made
        raise PacedError(new, after=timedelta(seconds=2))

    answer = await wait_for_turn({"order": {}, "tickets": [spent.to_json(), held.to_json()]})
    assert (answer["kind"], answer["after"]) == ("later", 2.0)
    assert [ticket["bucket"] for ticket in answer["tickets"]] == ["held", "new"]
