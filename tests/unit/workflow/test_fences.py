"""An order that is delivered again, late: its moment, its fence, and what comes of it."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Never

import pytest

from shared.contracts.calls import ORDERED_AT, is_later, ordered_of, ordered_tag
from shared.contracts.definitions import Activity, Effect
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.domain.values import Value
from shared.workflow import call, implements

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 9, 0, 0, 1, tzinfo=UTC)


class Nothing(Value):
    """An order without contents."""


async def too_late(_order: Nothing) -> str | None:
    return "something else is there"


async def in_time(_order: Nothing) -> str | None:
    return None


@pytest.mark.parametrize("effect", list(Effect))
def test_what_makes_changes_or_ends_something_has_a_fence_and_nothing_else_has(effect: Effect) -> None:
    fenced = effect in {Effect.MAKES, Effect.CHANGES, Effect.ENDS}
    with pytest.raises(TypeError, match="fence"):
        implements(Activity("do_it", Nothing, Done, Never, effect=effect), fence=None if fenced else in_time)
    implements(Activity("do_it", Nothing, Done, Never, effect=effect), fence=in_time if fenced else None)


async def test_a_fenced_order_is_done_without_being_carried_out(caplog: pytest.LogCaptureFixture) -> None:
    @implements(Activity("end_it", Nothing, Done | Accepted, Refused, effect=Effect.ENDS), fence=too_late)
    async def end_it(_order: Nothing) -> Done | Accepted | Refused:
        raise AssertionError("it was carried out")

    assert await end_it({"order": {}}) == {"kind": "done"}
    assert "end_it is not done: something else is there" in caplog.text


async def test_a_fenced_order_is_refused_where_it_has_no_good_end() -> None:
    @implements(Activity("begin_it", Nothing, Accepted, Refused, effect=Effect.CHANGES), fence=too_late)
    async def begin_it(_order: Nothing) -> Accepted | Refused:
        raise AssertionError("it was carried out")

    assert (await begin_it({"order": {}}))["code"] == "orderedEarlier"


async def test_an_activity_knows_when_its_order_was_given() -> None:
    seen = []

    @implements(Activity("look", Nothing, Done, Never, effect=Effect.READS))
    async def look(_order: Nothing) -> Done:
        seen.append((ORDERED_AT.get(), is_later(LATER), is_later(AT), is_later(None)))
        return Done()

    await look({"order": {}, "orderedAt": AT.isoformat()})
    await look({"order": {}})  # of a release that did not say it
    assert seen == [(AT, True, False, False), (None, False, False, False)]
    assert ORDERED_AT.get() is None


def test_a_call_says_when_it_is_made() -> None:
    payloads: list[Any] = []
    context: Any = SimpleNamespace(
        current_utc_datetime=AT, call_activity=lambda _name, payload: payloads.append(payload)
    )
    made = call(context, Activity("look", Nothing, Done, Never, effect=Effect.READS), Nothing())
    next(made)
    assert payloads == [{"order": {}, "tickets": [], "orderedAt": AT.isoformat()}]


def test_what_is_made_has_the_moment_of_its_order() -> None:
    held = ORDERED_AT.set(AT)
    try:
        assert ordered_of(ordered_tag(LATER)) == AT
    finally:
        ORDERED_AT.reset(held)
    assert ordered_of(ordered_tag(LATER)) == LATER
    assert ordered_of(None) is None
    assert ordered_of({"deskwright:ordered": "yesterday"}) is None
    assert ordered_of({"deskwright:ordered": "2026-11-24T09:00:00"}) == AT
