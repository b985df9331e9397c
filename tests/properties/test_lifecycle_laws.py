"""No sequence of events leaves the table."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.cloud_pcs.lifecycle import TRANSITIONS, WORKING, Event, Phase, Status, advance
from shared.errors import IllegalTransitionError
from tests.cloud_pcs import PHASES
from tests.integration import things

REPRIEVES = {Event.REPRIEVED, Event.REPRIEVED_WITH_WARNINGS}


@given(st.sampled_from(Status), st.lists(st.sampled_from(Event), max_size=30))
def test_whatever_happens_the_status_is_one_the_table_leads_to(status: Status, events: list[Event]) -> None:
    for event in events:
        if (status, event) in TRANSITIONS:
            status = advance(status, event)
            assert status in TRANSITIONS.values()
        else:
            with pytest.raises(IllegalTransitionError) as refused:
                advance(status, event)
            assert event.value not in refused.value.details["allowed"]


@given(st.lists(st.sampled_from(Event), max_size=30))
@example([Event.PLANNED, Event.CANCELLED, Event.REPRIEVED])
def test_the_phase_of_the_current_build_goes_with_the_status(events: list[Event]) -> None:
    pc = things.cloud_pc(status=Status.NOT_PROVISIONED)
    for event in events:
        if (pc.status, event) not in TRANSITIONS:
            continue
        if event in REPRIEVES and pc.current.phase is not Phase.BUILT:
            with pytest.raises(IllegalTransitionError):
                pc.after(event, at=things.NOW)
            continue
        before, pc = pc, pc.after(event, at=things.NOW)
        if pc.status is Status.DEPROVISIONING:  # it is what it was until nobody uses it any more
            assert pc.current.phase is before.current.phase
        else:
            assert pc.current.phase is PHASES.get(pc.status, Phase.BUILT)


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.BUILDING, Phase.FAILED, Phase.LEAVING])
@pytest.mark.parametrize("event", sorted(REPRIEVES))
def test_only_a_machine_that_works_is_given_back_to_its_user(phase: Phase, event: Event) -> None:
    with pytest.raises(IllegalTransitionError):
        things.cloud_pc(status=Status.DEPROVISIONING, phase=phase).after(event, at=things.NOW)


@pytest.mark.parametrize("status", Status)
def test_every_status_is_reached_from_the_beginning(status: Status) -> None:
    reached, new = {Status.NOT_PROVISIONED}, {Status.NOT_PROVISIONED}
    while new:
        new = {after for (before, _), after in TRANSITIONS.items() if before in reached} - reached
        reached |= new
    assert status in reached


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_way_to_the_end(status: Status) -> None:
    ways = {status}
    for _ in Status:
        ways |= {after for (before, _), after in TRANSITIONS.items() if before in ways}
    assert Status.NOT_PROVISIONED in ways


def test_nothing_works_again_once_it_is_being_removed() -> None:
    """But by two events: the user is back before anything has gone, or a machine newer than the record is adopted."""
    back = {*REPRIEVES, Event.ADOPTED}
    after = {
        after for (before, event), after in TRANSITIONS.items() if before is Status.DEPROVISIONING and event not in back
    }
    assert not after & WORKING


def test_a_cloud_pc_that_works_is_never_built_over() -> None:
    starts = {before for before, event in TRANSITIONS if event in {Event.STARTED, Event.PLANNED, Event.PARKED}}
    assert not starts & WORKING
