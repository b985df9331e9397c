"""Estimated end of operations and bulk actions: as others did, never in the past, and none if nothing is known."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.operations.bulk import BulkAction, BulkStatus, durations_of, estimated_end, estimated_end_of_bulk
from shared.domain.operations.operation import COLUMNS, Actor, Operation, OperationStatus
from tests.integration import things

NOW = things.NOW
TITLES = {"createVm": "Create the VM", "joinDirectory": "Join"}


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def operation(**changes: object) -> Operation:
    return things.operation(kind="reboot", status=OperationStatus.RUNNING, **changes)


def bulk(**changes: object) -> BulkAction:
    value = BulkAction(
        id="b1",
        tenant_id="contoso",
        action="reboot",
        requested_by=Actor(id="a", name="A"),
        total=101,
        counts={"pending": 101},
        max_concurrency=25,
        stop_at_failure_rate=20,
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )
    return value.but(**changes)


def test_only_what_has_succeeded_teaches_how_long_it_takes() -> None:
    ended = [
        things.operation(id=str(n), kind="reboot", status=status, last_modified_date_time=after(seconds))
        for n, (status, seconds) in enumerate(
            [
                (OperationStatus.SUCCEEDED, 90),
                (OperationStatus.FAILED, 5),
                (OperationStatus.RUNNING, 7),
                (OperationStatus.SUCCEEDED, 30),
            ]
        )
    ]
    entries = [{name: read(each) for name, read in COLUMNS.items()} for each in ended]
    assert durations_of(entries) == {"reboot": [30.0, 90.0]}


@pytest.mark.parametrize(("spent", "end"), [(0, 60), (45, 60), (60, 90), (89, 90), (90, None)])
def test_it_should_take_as_long_as_those_that_took_longer_than_it_has(spent: int, end: int | None) -> None:
    found = estimated_end(operation(), {"reboot": [30.0, 60.0, 90.0]}, after(spent))
    assert (found and found.likely) == (after(end) if end is not None else None)
    assert found is None or (found.earliest, found.latest) == (found.earliest, after(90))


def test_a_build_has_an_end_before_any_other_has_ended() -> None:
    begun = things.operation(kind="retry").at_step("createVm", TITLES, percent=1, at=NOW)
    first, later = estimated_end(begun, {}, NOW), estimated_end(begun, {}, after(60))
    assert first == later
    assert first is not None
    assert after(300) < first.earliest < first.likely < first.latest
    assert estimated_end(begun.but(kind="reboot"), {}, NOW) is None


@pytest.mark.parametrize("status", [s for s in OperationStatus if s.value in {"succeeded", "failed", "canceled"}])
def test_what_has_ended_has_no_end_to_come(status: OperationStatus) -> None:
    assert estimated_end(operation().but(status=status), {"reboot": [30.0]}, NOW) is None


def test_a_bulk_action_takes_its_waves_one_after_the_other() -> None:
    assert estimated_end_of_bulk(bulk(), {"reboot": [60.0]}, NOW) == after(60 * 5)  # the canary, and 100 by 25
    begun = bulk(wave=1, counts={"succeeded": 1, "running": 25, "pending": 75}, last_modified_date_time=after(40))
    assert estimated_end_of_bulk(begun, {"reboot": [60.0]}, after(50)) == after(40 + 40 * 4)
    assert estimated_end_of_bulk(bulk(), {}, NOW) is None


@pytest.mark.parametrize("status", [s for s in BulkStatus if s is not BulkStatus.RUNNING])
def test_a_bulk_action_that_does_not_run_has_none(status: BulkStatus) -> None:
    assert estimated_end_of_bulk(bulk(status=status), {"reboot": [60.0]}, NOW) is None


@given(st.floats(0, 1e6), st.lists(st.floats(0, 1e5), max_size=5).map(sorted), st.integers(0, 101), st.integers(0, 9))
def test_no_end_is_in_the_past(spent: float, lengths: list[float], ended: int, wave: int) -> None:
    now = after(spent)
    found = estimated_end(operation(), {"reboot": lengths}, now)
    of_bulk = estimated_end_of_bulk(
        bulk(counts={"succeeded": ended, "pending": 101 - ended}, wave=wave), {"reboot": lengths}, now
    )
    assert found is None or now <= found.earliest <= found.likely <= found.latest
    assert of_bulk is None or of_bulk >= now
