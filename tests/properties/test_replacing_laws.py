"""Laws of replacing a machine: the user has just one that works at every moment, and no slot has a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrators import replace_cloud_pc as _registered  # noqa: F401 - registers the story
from shared.contracts.attempts import RECORD_REPLACED
from shared.contracts.cleaning import CLEAN_UP, CleanedUp, remains_of
from shared.contracts.desktops import ASSIGN_SESSION_HOST, POLL_SESSION_HOST, RELEASE_SESSION_HOST
from shared.contracts.identities import POLL_DEVICE, POLL_ENROLLMENT, SET_PRIMARY_USER
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE, BEGIN_VM
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused
from shared.contracts.provisioning import REPLACE, ProvisionOrder
from shared.contracts.resuming import RECOGNISE_MACHINE, Recognised, Unrecognised
from shared.domain.cloud_pc import CloudPc, Failure, Resources
from shared.domain.lifecycle import Event, Status
from shared.domain.replacing import (
    REPLACEABLE,
    abandoned,
    begin_replacement,
    build_of,
    replaced,
    slot_of_build,
    with_build,
)
from shared.domain.steps import Step
from tests.stories.people import BEGUN, ORDER, PLAN, SNAPSHOT, USER
from tests.stories.tell import START, tell
from tests.stories.test_replace_cloud_pc import ALL_REPLACED, FIRST

HOUR = timedelta(hours=1)
PLACE = {"subscription_id": "5ub", "resource_group": "cloud-pcs"}
FAILURE = Failure(code="joinFailed", message="it did not join", step=Step.JOIN_DIRECTORY)
OWN = CloudPc(
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
    free = pc.status in REPLACEABLE and not pc.replaced_now
    return begin_replacement(pc, SNAPSHOT, "group", f"operation-{pc.next_generation}", START) if free else pc


def build(pc: CloudPc) -> CloudPc:
    """Let the build beside it make a machine, as its records do."""
    if pc.beside is None or not pc.beside.being_built:
        return pc
    seen = build_of(pc, pc.beside.generation)
    if seen.status is Status.NOT_PROVISIONED:  # it is over: the build changes nothing
        return pc
    if seen.status is Status.PENDING_PROVISION:
        seen = seen.after(Event.STARTED, at=START, attempt=1)
    made = Resources(computer_name=f"CPC-{seen.generation}", slot=slot_of_build(seen), vm_id=f"/vm/{seen.generation}")
    return with_build(pc, seen.but(resources=seen.resources.with_found(made)))


def succeed(pc: CloudPc) -> CloudPc:
    ready = pc.beside is not None and pc.beside.being_built and pc.beside.resources.computer_name is not None
    if not ready or pc.beside is None or pc.beside.status is Status.PENDING_PROVISION:
        return pc
    return replaced(pc, pc.beside.resources, (), at=START, clean_up_at=START + 3 * HOUR)


def fail(pc: CloudPc) -> CloudPc:
    return abandoned(pc, FAILURE, at=START, clean_up_at=START + 3 * HOUR)


def clean(pc: CloudPc) -> CloudPc:
    if pc.beside is None or pc.beside.being_built:
        return pc
    seen = build_of(pc, pc.beside.generation)
    return with_build(pc, seen.but(resources=Resources(), restore_points=(), disks=(), clean_up_at=None))


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
        if pc.beside is not None:
            assert slot_of_build(pc) == (pc.resources.slot or "a") != (pc.beside.resources.slot or "a")
            assert pc.beside.generation != pc.generation
            name = pc.beside.resources.computer_name
            if name is not None and pc.beside.attempt:  # before its first attempt it tells of what remains there
                assert names.setdefault(pc.beside.generation, name) == name
        assert pc.resources.computer_name
        assert pc.status in {*REPLACEABLE, Status.IN_GRACE_PERIOD}
        if event is not succeed:
            assert pc.resources == before.resources, "only what is ready takes the place"
        assert pc.next_generation > max(pc.generation, pc.beside.generation if pc.beside else 0)


@given(st.lists(EVENTS, max_size=25))
def test_whatever_was_made_is_somebody_s_to_clean_up(events: list[Callable[[CloudPc], CloudPc]]) -> None:
    pc, there = OWN, {"CPC-1"}
    for event in events:
        before, pc = pc, event(pc)
        if event is build and pc != before and pc.beside is not None:
            there.discard(str(before.beside.resources.computer_name) if before.beside else "")  # cleaned up first
            there.add(str(pc.beside.resources.computer_name))
        if event is clean and before.beside is not None and pc.beside is None:
            there.discard(str(before.beside.resources.computer_name))
        builds = [pc, build_of(pc, pc.beside.generation)] if pc.beside else [pc]
        known = {
            name
            for each in builds
            for remains in remains_of(each.but(resources=each.resources.but(**PLACE)))
            for name in remains.computer_names
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
def test_what_the_user_has_by_then_is_his_whatever_has_become_of_the_cloud_pc(status: Status) -> None:
    pc = succeed(build(begin(OWN)).but(status=status))

    assert (pc.status, pc.resources.computer_name) == (status, "CPC-2")
    assert pc.beside is not None
    assert pc.beside.resources.computer_name == "CPC-1"


@dataclass
class Cloud:
    """Two slots of Azure, and to whom their session hosts are assigned."""

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

    def recognise(self, order: dict[str, Any]) -> dict[str, Any]:
        machine = order["machine"]
        known = self.slots[machine["slot"]] == machine["computerName"]
        return Recognised(device_object_id="o").to_json() if known else Unrecognised(why="it is gone").to_json()

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
            RECOGNISE_MACHINE: self.recognise,
            RELEASE_SESSION_HOST: self.release,
            ASSIGN_SESSION_HOST: self.assign,
            BEGIN_DEALLOCATE: self.stop,
        }


NO, LATE = Refused(code="serviceSaysNo", message="no"), Pending(note="not there yet")
FULL = NoCapacity(code="QuotaExceeded", message="none")
BREAKS: dict[str, tuple[Any, Any]] = {
    "no room": (ALLOCATE_CAPACITY, FULL),
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
