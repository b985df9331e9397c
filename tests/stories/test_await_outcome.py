"""Story of waiting for an outcome."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.calls import AWAIT_OUTCOME, WaitOrder
from shared.contracts.machines import POLL_AGENT
from shared.contracts.outcomes import Done, Pending
from tests.stories.hosts import MACHINE
from tests.stories.tell import START, tell

ORDER = WaitOrder(
    activity=POLL_AGENT.name,
    payload=MACHINE.to_json(),
    next_poll=START + timedelta(seconds=75),
    interval=timedelta(seconds=30),
    until=START + timedelta(minutes=20),
)


def test_the_first_poll_comes_when_it_usually_is_done() -> None:
    story = tell(AWAIT_OUTCOME, ORDER, {POLL_AGENT: Done()})

    assert story.slept == timedelta(seconds=75)
    assert story.calls == [POLL_AGENT.name]
    assert story.result == {"kind": "done"}


def test_the_interval_between_polls_is_the_orders_or_the_answers() -> None:
    script = {POLL_AGENT: [Pending(), Pending(after=180), Done()]}
    story = tell(AWAIT_OUTCOME, ORDER, script)

    assert story.slept == timedelta(seconds=75 + 30 + 180)


def test_after_ten_polls_it_goes_on_with_an_empty_history() -> None:
    story = tell(AWAIT_OUTCOME, ORDER, {POLL_AGENT: Pending()})

    assert len(story.calls) == 10
    assert story.continued is not None
    assert WaitOrder.model_validate(story.continued).next_poll == START + timedelta(seconds=75 + 10 * 30)


def test_when_the_time_is_up_the_last_poll_is_the_answer() -> None:
    order = ORDER.but(until=START + timedelta(seconds=100))
    story = tell(AWAIT_OUTCOME, order, {POLL_AGENT: Pending(note="no agent")})

    assert len(story.calls) == 2
    assert story.slept == timedelta(seconds=100)
    assert story.result == {"kind": "pending", "note": "no agent"}


def test_a_poll_that_fails_is_made_again() -> None:
    script = {POLL_AGENT: [Exception("UnavailableError: 503"), Done()]}

    assert tell(AWAIT_OUTCOME, ORDER, script).result == {"kind": "done"}
