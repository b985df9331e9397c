"""Laws of resuming: whatever fails, wherever, there is never a second machine, nor one that nobody knows of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.builds import CLEAN_UP, CleanedUp
from shared.contracts.desktops import ASSIGN_SESSION_HOST, BEGIN_REGISTRATION, GRANT_SIGN_IN, POLL_SESSION_HOST
from shared.contracts.joining import BEGIN_DOMAIN_JOIN, BEGIN_ENTRA_JOIN, POLL_DEVICE, POLL_ENROLLMENT, SET_PRIMARY_USER
from shared.contracts.machines import BEGIN_VM, POLL_AGENT
from shared.contracts.outcomes import Pending, Refused
from shared.contracts.provisioning import (
    BEGIN_CONFIGURATION,
    PROVISION,
    RECOGNIZE_MACHINE,
    ProvisionOrder,
    Recognized,
    Unrecognized,
)
from shared.domain.cloud_pcs.build import Failure, Resources, Step
from shared.domain.cloud_pcs.replacing import MACHINE_IN_DOUBT, NEEDS, resumable
from tests.stories.people import ALL_WELL, BEGUN, HYBRID, ORDER
from tests.stories.tell import START, tell

NAMES = ("computer_name", "vm_id", "region", "entra_device_id", "managed_device_id", "session_host")
MADE = st.builds(
    Resources,
    joined_at=st.none() | st.just(START),
    **{name: st.none() | st.just(name) for name in NAMES},
)
CODES = st.sampled_from(("enrollInIntuneTimedOut", "serviceUnavailable", *sorted(MACHINE_IN_DOUBT)))
STEPS = st.none() | st.sampled_from(Step)


@given(step=STEPS, code=CODES, made=MADE, resumed_at=STEPS)
def test_only_a_machine_that_is_known_and_has_joined_is_gone_on_with(
    step: Step | None, code: str, made: Resources, resumed_at: Step | None
) -> None:
    at = resumable(Failure(code=code, message="", step=step), made, resumed_at=resumed_at)
    if at is None:
        return
    assert at is step
    assert at is not resumed_at
    assert code not in MACHINE_IN_DOUBT
    assert made.computer_name
    assert made.vm_id
    assert made.joined_at
    assert at is Step.JOIN_DIRECTORY or made.entra_device_id


@given(step=st.sampled_from(Step), made=MADE)
def test_knowing_more_of_a_machine_never_forbids_to_go_on(step: Step, made: Resources) -> None:
    whole = Resources(joined_at=START).but(**{name: name for name in NAMES})
    failure = Failure(code="serviceUnavailable", message="", step=step)
    assert (resumable(failure, whole) is step) == (step in NEEDS)
    if resumable(failure, made) is not None:
        assert resumable(failure, whole) is not None


LATE, NO, BROKEN = (
    Pending(note="not there yet"),
    Refused(code="serviceSaysNo", message="no"),
    Refused(code="VMExtensionProvisioningError", message="exit code 51"),
)
BREAKS = {
    each.name: each
    for each in (
        BEGIN_VM,
        POLL_AGENT,
        BEGIN_ENTRA_JOIN,
        BEGIN_DOMAIN_JOIN,
        POLL_DEVICE,
        POLL_ENROLLMENT,
        SET_PRIMARY_USER,
        BEGIN_REGISTRATION,
        POLL_SESSION_HOST,
        ASSIGN_SESSION_HOST,
        GRANT_SIGN_IN,
        BEGIN_CONFIGURATION,
    )
}
LATE_ONES = frozenset({POLL_AGENT, POLL_DEVICE, POLL_ENROLLMENT, SET_PRIMARY_USER, POLL_SESSION_HOST})
ANSWERS = {
    name: st.sampled_from((NO, BROKEN, *((LATE,) if each in LATE_ONES else ()))) for name, each in BREAKS.items()
}
TROUBLE = st.sampled_from(sorted(BREAKS)).flatmap(lambda name: st.tuples(st.just(name), ANSWERS[name]))


@dataclass
class Cloud:
    """The one place in Azure where the machine of a Cloud PC can be, and what is done to it."""

    there: str | None = None  # the computer name of the machine that is there
    made: list[str] = field(default_factory=list)
    touched: list[tuple[str, str]] = field(default_factory=list)

    def begin_vm(self, order: dict[str, Any]) -> dict[str, Any]:
        name = order["machine"]["computerName"]
        assert self.there is None, f"{name} would be a second machine beside {self.there}"
        self.there = name
        self.made.append(name)
        return BEGUN.to_json()

    def clean_up(self, order: dict[str, Any]) -> dict[str, Any]:
        if self.there in order["computerNames"]:
            self.there = None
        return CleanedUp().to_json()

    def recognize(self, order: dict[str, Any]) -> dict[str, Any]:
        if order["machine"]["computerName"] == self.there:
            return Recognized(device_object_id="object-1").to_json()
        return Unrecognized(why="it is gone").to_json()

    def touch(self, order: dict[str, Any]) -> dict[str, Any]:
        name = order["machine"]["computerName"]
        assert name == self.there, f"{name} is worked on, and {self.there} is there"
        return BEGUN.to_json()

    def answers(self) -> dict[Any, Any]:
        touching = (BEGIN_ENTRA_JOIN, BEGIN_DOMAIN_JOIN, BEGIN_CONFIGURATION, BEGIN_REGISTRATION)
        worked_on = dict.fromkeys(touching, self.touch)
        return {BEGIN_VM: self.begin_vm, CLEAN_UP: self.clean_up, RECOGNIZE_MACHINE: self.recognize, **worked_on}


@given(
    order=st.sampled_from((ORDER, HYBRID)),
    troubles=st.lists(st.none() | TROUBLE, min_size=3, max_size=3),
    stolen=st.sets(st.integers(min_value=2, max_value=3)),
)
def test_there_is_never_a_second_machine_nor_an_attempt_too_many(
    order: ProvisionOrder, troubles: list[Any], stolen: set[int]
) -> None:
    cloud, executions, following = Cloud(), 0, order
    while True:
        executions += 1
        assert executions <= order.attempts
        if executions in stolen:  # somebody deletes the machine between two attempts
            cloud.there = None
        trouble = troubles[executions - 1]
        broken = {BREAKS[trouble[0]]: trouble[1]} if trouble else {}
        story = tell(PROVISION, following, {**ALL_WELL, **cloud.answers(), **broken})
        if story.continued is None:
            break
        following = ProvisionOrder.model_validate(story.continued)
        known = {name for remains in following.remains for name in remains.computer_names}
        assert cloud.there is None or cloud.there in known, "nobody would clean it up"
    if story.result.outcome != "failed":
        assert cloud.there is not None
        assert story.orders["record_provisioned"][-1]["resources"]["computerName"] == cloud.there


@given(trouble=TROUBLE, order=st.sampled_from((ORDER, HYBRID)))
def test_beginning_a_resumed_attempt_twice_has_the_effect_of_once(trouble: Any, order: ProvisionOrder) -> None:
    cloud = Cloud()
    first = tell(PROVISION, order, {**ALL_WELL, **cloud.answers(), BREAKS[trouble[0]]: trouble[1]})
    if first.continued is None:
        return
    following = ProvisionOrder.model_validate(first.continued)
    once = tell(PROVISION, following, {**ALL_WELL, **cloud.answers()})
    made = list(cloud.made)
    if following.resume is None:
        return
    again = tell(PROVISION, following, {**ALL_WELL, **cloud.answers()})
    assert again.calls == once.calls
    assert cloud.made == made
