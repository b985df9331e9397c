"""Story of the machine of a Cloud PC that is resized."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrators.parts.cloud_pcs.resizing import TRIES
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE, POLL_AGENT, POLL_OPERATION, Finished
from shared.contracts.outcomes import Done, NoCapacity
from shared.contracts.provisioning import READ_CONFIGURATION, Configured
from shared.contracts.remote_actions import (
    BEGIN_DISK_GROWTH,
    BEGIN_RESIZE,
    BEGIN_START,
    END_REMOTE_ACTION,
    READ_HARDWARE,
    Hardware,
)
from shared.domain.cloud_pcs.build import Warn
from shared.domain.cloud_pcs.remote_action import Remote
from tests.implementations import AnyActivity
from tests.stories.people import HERE
from tests.stories.tell import Answers, Story
from tests.stories.test_run_remote_action import LOCKED, SILENT, play

FULL = NoCapacity(code="ZonalAllocationFailed", message="no hardware")
NOWHERE = NoCapacity(code="noCapacity", message="tried", elsewhere=False)
OLD, NEW, NEXT = "Standard_D2s_v5", "Standard_D4s_v5", "Standard_D4as_v5"
PLACES = [HERE.but(size=NEW), HERE.but(size=NEXT), NOWHERE]


def resized(answers: Answers | None = None, **changes: Any) -> Story:
    return play(Remote.RESIZE, answers, **changes)


def work(story: Story) -> list[str]:
    of = {BEGIN_DEALLOCATE.name, BEGIN_DISK_GROWTH.name, BEGIN_RESIZE.name, BEGIN_START.name}
    return [call for call in story.calls if call in of]


def sizes(story: Story) -> list[str]:
    return [order["size"] for order in story.orders[BEGIN_RESIZE.name]]


def test_the_disk_grows_and_the_size_changes_while_the_machine_is_stopped() -> None:
    story = resized()
    assert work(story) == [BEGIN_DEALLOCATE.name, BEGIN_DISK_GROWTH.name, BEGIN_RESIZE.name, BEGIN_START.name]
    end = story.last(END_REMOTE_ACTION)
    assert (end["size"], end["result"]["vmSize"], end.get("warnings")) == (NEW, NEW, [])
    assert story.last(READ_CONFIGURATION)["steps"] == ["resizeOsPartition"]


def test_it_stays_in_its_region_and_zone_with_all_that_the_plan_promises() -> None:
    asked = resized().last(ALLOCATE_CAPACITY)
    assert (asked["regions"], asked["zones"], asked["plan"]["vCpuCount"]) == (["westeurope"], ["1"], 4)


def test_without_any_capacity_nothing_is_changed() -> None:
    story = resized({ALLOCATE_CAPACITY: NOWHERE})
    assert work(story) == []
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "noCapacity"


def test_a_size_without_hardware_gives_way_to_the_next_of_the_plan() -> None:
    story = resized({ALLOCATE_CAPACITY: PLACES, BEGIN_START: [FULL, Done()]})
    assert sizes(story) == [NEW, NEXT]
    assert story.last(ALLOCATE_CAPACITY)["tried"][0]["size"] == NEW
    assert story.last(END_REMOTE_ACTION)["size"] == NEXT


def test_without_hardware_for_any_it_has_its_old_size_again_and_records_why() -> None:
    story = resized({ALLOCATE_CAPACITY: PLACES, BEGIN_START: [FULL, FULL, Done()]})
    end = story.last(END_REMOTE_ACTION)
    assert sizes(story) == [NEW, NEXT, OLD]
    assert (end["size"], end["failure"]["code"]) == (OLD, "ZonalAllocationFailed")
    assert f"keeps its size {OLD}" in end["failure"]["message"]


def test_the_way_back_waits_for_hardware() -> None:
    story = resized({ALLOCATE_CAPACITY: PLACES, BEGIN_START: [*([FULL] * 5), Done()]})
    assert sizes(story) == [NEW, NEXT, *[OLD] * 4]
    assert story.last(END_REMOTE_ACTION)["size"] == OLD


def test_a_machine_that_nothing_starts_is_recorded_as_stopped_and_not_lost() -> None:
    story = resized({ALLOCATE_CAPACITY: PLACES, BEGIN_START: FULL})
    end = story.last(END_REMOTE_ACTION)
    assert sizes(story)[2:] == [OLD] * TRIES
    assert end.get("size") == ""
    assert ("is stopped" in end["failure"]["message"], "Troubleshoot" in end["failure"]["advice"]) == (True, True)


@pytest.mark.parametrize("refused", [BEGIN_DEALLOCATE, BEGIN_DISK_GROWTH, BEGIN_RESIZE], ids=lambda each: each.name)
def test_whatever_is_refused_it_runs_with_its_old_size(refused: AnyActivity) -> None:
    story = resized({refused: [LOCKED, Done()]})
    end = story.last(END_REMOTE_ACTION)
    assert (sizes(story)[-1], end["size"], end["failure"]["code"]) == (OLD, OLD, "ScopeLocked")
    assert story.calls[-2:] != [BEGIN_RESIZE.name, END_REMOTE_ACTION.name]


def test_windows_that_stays_silent_with_the_new_size_has_the_old_one_again() -> None:
    story = resized({POLL_AGENT: [SILENT, Done()]})
    assert sizes(story) == [NEW, OLD]
    assert work(story)[-3:] == [BEGIN_DEALLOCATE.name, BEGIN_RESIZE.name, BEGIN_START.name]
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "timedOut"


def test_one_that_broke_off_after_its_start_is_not_stopped_again() -> None:
    done = Hardware(size=NEXT, zone="1", disk_size_in_gb=256)
    story = resized({READ_HARDWARE: done, BEGIN_RESIZE: Done(), BEGIN_START: Done()})
    assert work(story) == [BEGIN_RESIZE.name, BEGIN_START.name]
    assert (ALLOCATE_CAPACITY.name in story.calls, story.last(END_REMOTE_ACTION)["size"]) == (False, NEXT)


def test_a_partition_that_does_not_grow_is_a_warning() -> None:
    warned = Configured(warnings=(Warn(step="resizeOsPartition", message="busy"),))
    story = resized({READ_CONFIGURATION: warned})
    end = story.last(END_REMOTE_ACTION)
    assert ("failure" in end, [each["step"] for each in end["warnings"]]) == (False, ["resizeOsPartition"])


def test_an_operation_of_azure_that_fails_is_the_same_as_one_that_is_refused() -> None:
    story = resized({POLL_OPERATION: [*([Finished()] * 3), FULL, Finished()], ALLOCATE_CAPACITY: PLACES})
    assert sizes(story) == [NEW, NEXT]
