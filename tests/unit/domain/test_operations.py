"""An operation's steps, percent and end."""

from datetime import timedelta

from shared.domain.cloud_pcs.build import Failure
from shared.domain.operations.operation import OperationStatus
from tests.integration import things

TITLES = {"one": "The first", "two": "The second", "three": "The third"}
LATER = things.NOW + timedelta(minutes=1)
FAILURE = Failure(code="x", message="it broke")


def test_its_steps_are_listed_from_the_first_on() -> None:
    operation = things.operation().at_step("one", TITLES, percent=0, at=things.NOW)
    assert [(s.name, s.title) for s in operation.steps] == list(TITLES.items())
    assert [s.started_at for s in operation.steps] == [things.NOW, None, None]


def test_a_step_that_begins_ends_the_one_before() -> None:
    operation = things.operation().at_step("one", TITLES, percent=0, at=things.NOW)
    operation = operation.at_step("two", TITLES, percent=40, at=LATER)
    assert (operation.steps[0].ended_at, operation.steps[0].outcome) == (LATER, "succeeded")
    assert operation.percent_complete == 40


def test_a_step_that_is_repeated_is_there_once() -> None:
    operation = things.operation().at_step("one", TITLES, percent=0, at=things.NOW)
    assert operation.at_step("one", TITLES, percent=0, at=LATER) == operation


def test_the_percent_never_goes_back() -> None:
    operation = things.operation().at_step("two", TITLES, percent=40, at=things.NOW)
    assert operation.at_step("one", TITLES, percent=0, at=LATER).percent_complete == 40


def test_what_has_ended_stays_as_it_is() -> None:
    ended = things.operation().at_step("one", TITLES, percent=0, at=things.NOW).succeeded({"id": 1}, LATER)
    assert (ended.status, ended.percent_complete) == (OperationStatus.SUCCEEDED, 100)
    assert ended.failed(FAILURE, LATER) == ended
    assert ended.at_step("two", TITLES, percent=1, at=LATER) == ended


def test_a_failure_closes_the_open_step() -> None:
    failed = things.operation().at_step("one", TITLES, percent=0, at=things.NOW).failed(FAILURE, LATER)
    assert (failed.steps[0].outcome, failed.steps[0].detail) == ("failed", "it broke")
    assert failed.error == FAILURE
