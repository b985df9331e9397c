"""Story of a machine that has another size for a time, and its own again."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE
from shared.contracts.outcomes import Done, NoCapacity
from shared.contracts.remote_actions import (
    BEGIN_DISK_GROWTH,
    BEGIN_REMOTE_STEP,
    BEGIN_RESIZE,
    BEGIN_START,
    END_REMOTE_ACTION,
    READ_HARDWARE,
    Hardware,
)
from shared.contracts.session_hosts import CLOSE_HOST, OPEN_HOST
from shared.domain.cloud_pcs.remote_action import Remote
from tests.implementations import AnyActivity
from tests.stories.tell import Answers, Story
from tests.stories.test_resizing import FULL, NEW, NEXT, NOWHERE, OLD, PLACES, sizes, work
from tests.stories.test_run_remote_action import BUSY, LOCKED, play

HAS_NEW = Hardware(size=NEW, zone="1", disk_size_in_gb=128)
HAS_OLD = HAS_NEW.but(size=OLD)


def changed(answers: Answers | None = None, **changes: Any) -> Story:
    return play(Remote.RESIZE_TEMPORARILY, answers, **changes)


def test_the_size_changes_between_a_stop_and_a_start_and_the_disk_stays() -> None:
    story = changed()
    assert work(story) == [BEGIN_DEALLOCATE.name, BEGIN_RESIZE.name, BEGIN_START.name]
    assert BEGIN_DISK_GROWTH.name not in story.calls
    assert story.calls.index(CLOSE_HOST.name) < story.calls.index(BEGIN_DEALLOCATE.name)
    assert story.calls.index(BEGIN_START.name) < story.calls.index(OPEN_HOST.name)
    assert story.last(END_REMOTE_ACTION)["size"] == NEW


def test_who_comes_before_the_way_back_is_not_stopped_and_may_sign_in_again() -> None:
    story = changed({CLOSE_HOST: BUSY})
    assert work(story) == []
    assert story.calls[-2:] == [OPEN_HOST.name, END_REMOTE_ACTION.name]
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "sessionsInTheWay"


def test_what_a_person_asks_for_interrupts_also_an_active_session() -> None:
    assert work(changed({CLOSE_HOST: BUSY}, force=True))[0] == BEGIN_DEALLOCATE.name


def test_a_machine_that_is_off_gets_the_size_and_stays_off() -> None:
    story = changed({READ_HARDWARE: [HAS_OLD, HAS_NEW]}, rests=True)
    assert work(story) == [BEGIN_RESIZE.name]
    assert story.last(BEGIN_RESIZE)["onlyOff"] is True
    end = story.last(END_REMOTE_ACTION)
    assert (end["size"], end["rests"], "failure" in end) == (NEW, True, False)


def test_one_that_its_user_has_started_meanwhile_keeps_its_size() -> None:
    story = changed({READ_HARDWARE: HAS_OLD, BEGIN_RESIZE: Done()}, rests=True)
    assert BEGIN_DEALLOCATE.name not in story.calls
    assert story.calls[-2:] == [OPEN_HOST.name, END_REMOTE_ACTION.name]
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "machineStarted"


def test_without_capacity_nothing_is_touched() -> None:
    story = changed({ALLOCATE_CAPACITY: NOWHERE})
    assert (work(story), CLOSE_HOST.name in story.calls) == ([], False)
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "noCapacity"


def test_capacity_that_is_refused_at_the_start_leaves_the_size_that_it_had() -> None:
    story = changed({ALLOCATE_CAPACITY: PLACES, BEGIN_START: [FULL, FULL, Done()]})
    assert sizes(story) == [NEW, NEXT, OLD]
    end = story.last(END_REMOTE_ACTION)
    assert (end["size"], end["failure"]["code"], OPEN_HOST.name in story.calls) == (OLD, "ZonalAllocationFailed", True)


@pytest.mark.parametrize("refused", [BEGIN_DEALLOCATE, BEGIN_RESIZE], ids=lambda each: each.name)
def test_whatever_is_refused_it_runs_with_the_size_that_it_had(refused: AnyActivity) -> None:
    story = changed({refused: [LOCKED, Done()]})
    end = story.last(END_REMOTE_ACTION)
    assert (sizes(story)[-1], end["size"], end["failure"]["code"]) == (OLD, OLD, "ScopeLocked")


def test_one_that_broke_off_after_its_start_interrupts_nobody_again() -> None:
    story = changed({READ_HARDWARE: HAS_NEW, BEGIN_RESIZE: Done(), BEGIN_START: Done()})
    assert (work(story), CLOSE_HOST.name in story.calls) == ([BEGIN_RESIZE.name, BEGIN_START.name], False)
    assert (OPEN_HOST.name in story.calls, story.last(END_REMOTE_ACTION)["size"]) == (True, NEW)


def test_it_stays_in_its_zone() -> None:
    assert changed().last(ALLOCATE_CAPACITY)["zones"] == ["1"]


def test_another_refusal_of_capacity_is_no_end() -> None:
    story = changed(
        {ALLOCATE_CAPACITY: PLACES, BEGIN_RESIZE: [NoCapacity(code="SkuNotAvailable", message="x"), Done()]}
    )
    assert (sizes(story), story.last(END_REMOTE_ACTION)["size"]) == ([NEW, NEXT], NEXT)


@pytest.mark.parametrize("rests", [None, True])
def test_its_steps_are_those_that_it_needs(rests: bool | None) -> None:  # noqa: FBT001 - a case
    story = changed({READ_HARDWARE: [HAS_OLD, HAS_NEW]}, rests=rests)
    steps = [order["step"] for order in story.orders[BEGIN_REMOTE_STEP.name]]
    assert steps == (
        ["findRoom", "close", "open"] if rests else ["findRoom", "close", "stop", "start", "open", "answer"]
    )
