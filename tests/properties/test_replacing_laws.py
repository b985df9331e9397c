"""Laws of replacing a machine: the user has just one that works at every moment, and no slot has a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.builds import CLEAN_UP, RECORD_REPLACED, CleanedUp, leftovers_of
from shared.contracts.desktops import ASSIGN_SESSION_HOST, POLL_SESSION_HOST, RELEASE_SESSION_HOST
from shared.contracts.joining import POLL_DEVICE, POLL_ENROLLMENT, SET_PRIMARY_USER
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE, BEGIN_VM
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused
from shared.contracts.provisioning import RECOGNIZE_MACHINE, REPLACE, ProvisionOrder, Recognized, Unrecognized
from shared.domain.cloud_pcs.build import Failure, Resources, Step
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import REPLACEABLE, Event, Phase, Status
from shared.domain.cloud_pcs.replacing import abandoned, begin_replacement, replaced
from tests.cloud_pcs import cloud_pc, edited
from tests.stories.people import BEGUN, ORDER, PLAN, SNAPSHOT, USER
from tests.stories.tell import START, tell
from tests.stories.test_replace_cloud_pc import ALL_REPLACED, FIRST

HOUR = timedelta(hours=1)
PLACE = {"subscription_id": "5ub", "resource_group": "cloud-pcs"}
FAILURE = Failure(code="joinFailed", message="it did not join", step=Step.JOIN_DIRECTORY)
OWN = cloud_pc(
    id=ORDER.cloud_pc_id,
    tenant_id=ORDER.tenant_id,
    user=USER,
    plan=PLAN,
    status=Status.PROVISIONED,
    display_name="Everyone - User 07",
    generation=1,
    attempt=1,
    snapshot=SNAPSHOT,
    resources=Resources(
        subscription_id="5ub", resource_group="cloud-pcs", region="westeurope", computer_name="CPC-1", vm_id="/vm/1"
    ),
    created_date_time=START,
    last_modified_date_time=START,
)


def begin(pc: CloudPc) -> CloudPc:
    free = pc.status in REPLACEABLE and not pc.being_replaced
    plan = PLAN.but(v_cpu_count=pc.next_generation)  # other hardware each time
    operation = f"operation-{pc.next_generation}"
    return begin_replacement(pc, SNAPSHOT, "group", operation, START, plan=plan) if free else pc


def build(pc: CloudPc) -> CloudPc:
    """Let the build of the replacement make a machine, as its records do."""
    new = pc.replacement
    if new is None or not pc.goes_on(new):  # when it is over the build changes nothing
        return pc
    if new.phase is Phase.WAITING:
        pc = pc.after_build(new, Event.STARTED, at=START, attempt=1)
    new = pc.build(new.generation) or new
    made = Resources(computer_name=f"CPC-{new.generation}", slot=pc.slot_of(new), vm_id=f"/vm/{new.generation}")
    return pc.with_build(new.but(resources=new.resources.with_found(made)))


def succeed(pc: CloudPc) -> CloudPc:
    new = pc.replacement
    if new is None or new.phase is not Phase.BUILDING or new.resources.computer_name is None:
        return pc
    return replaced(pc, new.resources, (), at=START, clean_up_at=START + 3 * HOUR)


def fail(pc: CloudPc) -> CloudPc:
    return abandoned(pc, FAILURE, at=START, clean_up_at=START + 3 * HOUR)


def clean(pc: CloudPc) -> CloudPc:
    if pc.replacement is None or not pc.to_clean_up(pc.replacement):
        return pc
    nothing: dict[str, Any] = {"resources": Resources(), "restore_points": (), "disks": (), "clean_up_at": None}
    return pc.with_build(pc.replacement.but(**nothing))


def happens(event: Event) -> Callable[[CloudPc], CloudPc]:
    def change(pc: CloudPc) -> CloudPc:
        fits = {Event.LOST: REPLACEABLE, Event.REPRIEVED: {Status.IN_GRACE_PERIOD}}[event]
        return pc.after(event, at=START) if pc.status in fits else pc

    return change


EVENTS = st.sampled_from((begin, build, succeed, fail, clean, happens(Event.LOST), happens(Event.REPRIEVED)))


@given(st.lists(EVENTS, max_size=25))
def test_two_machines_are_in_two_slots_and_no_name_is_given_twice(events: list[Callable[[CloudPc], CloudPc]]) -> None:
    pc, names = OWN, {1: "CPC-1"}
    for event in events:
        before, pc = pc, event(pc)
        if pc.replacement is not None:
            assert pc.slot_of(pc.current) == pc.current.slot != pc.replacement.slot
            assert pc.replacement.generation != pc.current.generation
            name = pc.replacement.resources.computer_name
            if name is not None and pc.replacement.attempt:  # before its first attempt it has what is left there
                assert names.setdefault(pc.replacement.generation, name) == name
        assert pc.current.resources.computer_name
        assert pc.plan.v_cpu_count == (PLAN.v_cpu_count if pc.current.generation == 1 else pc.current.generation)
        assert pc.current.phase is Phase.BUILT
        assert pc.status in {*REPLACEABLE, Status.IN_GRACE_PERIOD}
        if event is not succeed:
            assert pc.current.resources == before.current.resources, "only what is ready takes the place"
        assert pc.next_generation > max(build.generation for build in pc.builds)


@given(st.lists(EVENTS, max_size=25))
def test_whatever_was_made_is_somebody_s_to_clean_up(events: list[Callable[[CloudPc], CloudPc]]) -> None:
    pc, there = OWN, {"CPC-1"}
    for event in events:
        before, pc = pc, event(pc)
        if event is build and pc != before and pc.replacement is not None:
            there.discard(
                str(before.replacement.resources.computer_name) if before.replacement else ""
            )  # cleaned up first
            there.add(str(pc.replacement.resources.computer_name))
        if event is clean and before.replacement is not None and pc.replacement is None:
            there.discard(str(before.replacement.resources.computer_name))
        known = {
            name
            for each in pc.builds
            for leftovers in leftovers_of(pc, each.but(resources=each.resources.but(**PLACE)))
            for name in leftovers.computer_names
        }
        assert there <= known


@given(st.lists(EVENTS, max_size=25))
def test_saying_it_twice_is_saying_it_once(events: list[Callable[[CloudPc], CloudPc]]) -> None:
    pc = OWN
    for event in events:
        pc = event(pc)
        if event in {succeed, fail, clean}:
            assert event(pc) == pc


@pytest.mark.parametrize("status", [Status.IN_GRACE_PERIOD, Status.DEPROVISIONING])
def test_the_machine_that_the_user_has_by_then_is_current_whatever_the_status_is(status: Status) -> None:
    pc = succeed(edited(build(begin(OWN)), status=status))

    assert (pc.status, pc.current.resources.computer_name) == (status, "CPC-2")
    assert pc.replacement is not None
    assert (pc.replacement.phase, pc.replacement.resources.computer_name) == (Phase.LEAVING, "CPC-1")


@dataclass
class Cloud:
    """Two slots of Azure, and the users of their session hosts."""

    slots: dict[str, str | None] = field(default_factory=lambda: {"a": "CPC-OLD", "b": None})
    assigned: set[str] = field(default_factory=lambda: {"CPC-OLD"})
    gaps: int = 0

    def begin_vm(self, order: dict[str, Any]) -> dict[str, Any]:
        machine = order["machine"]
        assert self.slots[machine["slot"]] is None, "a second machine in one slot"
        self.slots[machine["slot"]] = machine["computerName"]
        return BEGUN.to_json()

    def clean_up(self, order: dict[str, Any]) -> dict[str, Any]:
        assert order["slot"] == "b", "the machine that the user has is not cleaned up"
        self.slots["b"] = None
        self.assigned -= set(order["computerNames"])
        return CleanedUp().to_json()

    def recognize(self, order: dict[str, Any]) -> dict[str, Any]:
        machine = order["machine"]
        known = self.slots[machine["slot"]] == machine["computerName"]
        return Recognized(device_object_id="o").to_json() if known else Unrecognized(why="it is gone").to_json()

    def release(self, order: dict[str, Any]) -> dict[str, Any]:
        self.assigned.discard(order["machine"]["computerName"])
        return Done().to_json()

    def assign(self, order: dict[str, Any]) -> dict[str, Any]:
        self.assigned.add(order["machine"]["computerName"])
        assert len(self.assigned) == 1, "two machines are assigned"
        return Done().to_json()

    def stop(self, order: dict[str, Any]) -> dict[str, Any]:
        assert order["computerName"] not in self.assigned, "a machine that is assigned is stopped"
        return BEGUN.to_json()

    def answers(self) -> dict[Any, Any]:
        return {
            BEGIN_VM: self.begin_vm,
            CLEAN_UP: self.clean_up,
            RECOGNIZE_MACHINE: self.recognize,
            RELEASE_SESSION_HOST: self.release,
            ASSIGN_SESSION_HOST: self.assign,
            BEGIN_DEALLOCATE: self.stop,
        }


NO, LATE = Refused(code="serviceSaysNo", message="no"), Pending(note="not there yet")
FULL = NoCapacity(code="QuotaExceeded", message="none")
BREAKS: dict[str, tuple[Any, Any]] = {
    "no capacity": (ALLOCATE_CAPACITY, FULL),
    "no machine": (BEGIN_VM, NO),
    "no device": (POLL_DEVICE, LATE),
    "not enrolled": (POLL_ENROLLMENT, LATE),
    "no primary user": (SET_PRIMARY_USER, NO),
    "no session host": (POLL_SESSION_HOST, LATE),
    "not released": (RELEASE_SESSION_HOST, NO),
}


@given(troubles=st.lists(st.none() | st.sampled_from(sorted(BREAKS)), min_size=8, max_size=8), refused=st.booleans())
def test_the_user_has_just_one_machine_whatever_fails(troubles: list[str | None], refused: bool) -> None:  # noqa: FBT001
    cloud, following = Cloud(), FIRST
    for trouble in (*troubles, None):
        answers = {**ALL_REPLACED, **cloud.answers()}
        if trouble:
            contract, said = BREAKS[trouble]
            answers[contract] = said
        elif refused:
            first, refused = NO.to_json(), False
            given_ = cloud.assign
            answers[ASSIGN_SESSION_HOST] = [lambda _order, first=first: first, given_]
        story = tell(REPLACE, following, answers)
        assert len(cloud.assigned) == 1
        if story.continued is None:
            break
        following = ProvisionOrder.model_validate(story.continued)
    if story.result.outcome == "failed":
        assert cloud.assigned == {"CPC-OLD"}
    else:
        assert cloud.assigned == {story.last(RECORD_REPLACED)["resources"]["computerName"]}
