"""Story of a machine that is built for a warm pool, and of the user who gets it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts.builds import (
    BEGIN_ATTEMPT,
    BEGIN_STEP,
    CLEAN_UP,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_PROVISIONED,
)
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    BEGIN_REGISTRATION,
    GRANT_SIGN_IN,
    POLL_SESSION_HOST,
    REVOKE_SIGN_IN,
    RightsGiven,
)
from shared.contracts.joining import BEGIN_DOMAIN_JOIN, POLL_ENROLLMENT, SET_PRIMARY_USER
from shared.contracts.machines import ALLOCATE_CAPACITY, POLL_AGENT
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.pools import CLAIM_ANOTHER, PREPARE_MEMBER, RECORD_READY, AnotherClaimed
from shared.contracts.provisioning import (
    BEGIN_CONFIGURATION,
    PROVISION,
    READ_CONFIGURATION,
    RECOGNIZE_MACHINE,
    Configured,
    ProvisionOrder,
    Unrecognized,
)
from shared.contracts.reconciling import START_PROVISIONING, Started
from shared.contracts.remote_actions import BEGIN_START
from shared.domain.cloud_pcs.build import Resources, Step, Warn
from shared.domain.cloud_pcs.replacing import Resumption
from shared.domain.pools.member import NOBODY
from tests.stories.people import ALL_WELL, BEGUN, HYBRID, ORDER, SNAPSHOT
from tests.stories.tell import START, Answers, Story, tell

BY_CHANCE = SNAPSHOT.but(naming_template="CPC-%RAND:8%")
MEMBER = ORDER.but(user=NOBODY, in_pool=True, snapshot=BY_CHANCE)
IN_POOL: Answers = {**ALL_WELL, RECORD_READY: Done()}
MADE = Resources(
    subscription_id=ORDER.subscription_id,
    resource_group=ORDER.resource_group,
    region="westeurope",
    computer_name="CPC-A2B3C4D5",
    vm_id="/vm/1",
    nic_id="/nic/1",
    joined_at=START,
    entra_device_id="device-1",
    managed_device_id="managed-1",
    host_pool_id="/pool/1",
    session_host="cpc-1.example",
)
CLAIMED = ORDER.but(
    generation=2,
    snapshot=BY_CHANCE,
    claimed=True,
    resume=Resumption(step=Step.ASSIGN_USER, made=MADE),
)
AT_ONCE: Answers = {**ALL_WELL, GRANT_SIGN_IN: RightsGiven(since=START)}


def steps(story: Story) -> list[str]:
    return [record["step"] for record in story.orders[BEGIN_STEP.name]]


@pytest.mark.parametrize("order", [MEMBER, HYBRID.but(user=NOBODY, in_pool=True)])
def test_a_member_has_all_steps_but_those_of_a_user(order: ProvisionOrder) -> None:
    story = tell(PREPARE_MEMBER, order, IN_POOL)

    assert steps(story) == [
        "allocateCapacity",
        "createVm",
        "joinDirectory",
        "enrollInIntune",
        "configureWindows",
        "assignUser",
    ]
    assert not {GRANT_SIGN_IN.name, ASSIGN_SESSION_HOST.name, SET_PRIMARY_USER.name} & set(story.calls)
    assert "assignLocalAdministrator" not in story.last(BEGIN_CONFIGURATION)["steps"]
    assert story.calls.index(RECORD_READY.name) > story.calls.index(POLL_SESSION_HOST.name)
    assert story.last(RECORD_READY)["resources"]["sessionHost"] == "cpc-1.example"
    assert story.result.outcome == "provisioned"


def test_a_member_that_fails_is_tried_again_on_its_machine_and_then_given_up() -> None:
    late = {POLL_ENROLLMENT: Pending(note="not there yet")}
    second = tell(PREPARE_MEMBER, MEMBER, {**IN_POOL, **late}).continued
    assert second is not None
    assert second["resume"]["step"] == "enrollInIntune"
    assert second["inPool"] is True

    third = tell(PREPARE_MEMBER, ProvisionOrder.model_validate(second).but(attempt=3), {**IN_POOL, **late})
    assert (third.result.outcome, third.last(RECORD_FAILED)["last"]) == ("failed", True)


def test_a_member_waits_for_capacity_and_stops_when_it_is_retired() -> None:
    full = NoCapacity(code="AllocationFailed", message="full", elsewhere=False)
    parked = tell(PREPARE_MEMBER, MEMBER, {**IN_POOL, ALLOCATE_CAPACITY: full})
    assert RECORD_PARKED.name in parked.calls
    assert parked.continued is not None

    retired = tell(PREPARE_MEMBER, MEMBER, {**IN_POOL, BEGIN_STEP: [Done(), Superseded()]})
    assert (retired.result.outcome, "begin_vm" in retired.calls) == ("superseded", False)


def test_who_gets_a_member_has_the_rights_first_and_the_machine_at_once() -> None:
    story = tell(PROVISION, CLAIMED, AT_ONCE)

    made = [GRANT_SIGN_IN.name, ASSIGN_SESSION_HOST.name, SET_PRIMARY_USER.name, BEGIN_CONFIGURATION.name]
    assert [call for call in story.calls if call in made] == made
    assert steps(story) == ["assignUser", "awaitSignInRights"]
    assert not {"begin_vm", BEGIN_REGISTRATION.name, BEGIN_DOMAIN_JOIN.name, CLEAN_UP.name} & set(story.calls)
    assert story.last(BEGIN_CONFIGURATION)["steps"] == ["assignLocalAdministrator"]
    assert story.last(BEGIN_ATTEMPT)["resumesAt"] == "assignUser"
    assert story.when(ASSIGN_SESSION_HOST) == START
    made_now = story.last(RECORD_PROVISIONED)["resources"]
    assert (made_now["assignedAt"], made_now["computerName"]) == (
        START.isoformat().replace("+00:00", "Z"),
        "CPC-A2B3C4D5",
    )
    assert story.when(RECORD_PROVISIONED) - START == timedelta(minutes=10)  # the rights count


def test_the_moment_of_the_assignment_is_recorded_before_the_rights_count() -> None:
    story = tell(PROVISION, CLAIMED, AT_ONCE)

    assert "assignedAt" in story.orders[BEGIN_STEP.name][1]["resources"]


def test_what_needs_the_user_and_fails_is_a_warning() -> None:
    refused = Refused(code="Forbidden", message="Intune says no")
    warned = Configured(warnings=(Warn(step="assignLocalAdministrator", message="no such account"),))
    story = tell(PROVISION, CLAIMED, {**AT_ONCE, SET_PRIMARY_USER: refused, READ_CONFIGURATION: warned})

    assert story.result.outcome == "provisionedWithWarnings"
    found = {each["step"]: each["message"] for each in story.last(RECORD_PROVISIONED)["warnings"]}
    assert found == {"assignPrimaryUser": "Intune says no", "assignLocalAdministrator": "no such account"}


def test_without_a_local_administrator_no_script_runs_after_the_claim() -> None:
    order = CLAIMED.but(snapshot=BY_CHANCE.but(local_admin_enabled=False))

    assert BEGIN_CONFIGURATION.name not in tell(PROVISION, order, AT_ONCE).calls


def test_a_machine_that_is_not_as_the_pool_left_it_is_built_anew_at_once() -> None:
    gone = Unrecognized(why="cpc-1 is gone")
    story = tell(PROVISION, CLAIMED, {**AT_ONCE, RECOGNIZE_MACHINE: gone})

    assert steps(story)[:2] == ["allocateCapacity", "createVm"]
    assert "assignPrimaryUser" in steps(story)
    assert story.result.outcome == "provisioned"


def test_an_assignment_that_fails_is_tried_again_with_the_same_machine_and_then_with_another() -> None:
    refused = {ASSIGN_SESSION_HOST: Refused(code="Conflict", message="somebody else's")}
    second = tell(PROVISION, CLAIMED, {**AT_ONCE, **refused}).continued
    assert second is not None
    again = ProvisionOrder.model_validate(second)
    assert (again.claimed, again.resume, again.attempt) == (False, None, 2)


SECOND = CLAIMED.but(another=True)
ANOTHER: Answers = {
    **AT_ONCE,
    CLAIM_ANOTHER: AnotherClaimed(cloud_pc_id="another"),
    START_PROVISIONING: Started(count=1),
    REVOKE_SIGN_IN: Done(),
}


def test_who_is_refused_a_member_gets_another_one_and_its_build_starts() -> None:
    gone = Unrecognized(why="cpc-1 is gone")
    story = tell(PROVISION, SECOND, {**ANOTHER, RECOGNIZE_MACHINE: gone})

    assert story.last(CLAIM_ANOTHER)["why"] == "cpc-1 is gone"
    assert story.last(START_PROVISIONING)["cloudPcIds"] == ["another"]
    assert story.calls[-1] == START_PROVISIONING.name
    assert (story.result.outcome, BEGIN_STEP.name in story.calls) == ("superseded", False)


def test_who_is_refused_the_assignment_gets_another_one_without_rights_on_the_first() -> None:
    refused = {ASSIGN_SESSION_HOST: Refused(code="Conflict", message="somebody else's")}
    story = tell(PROVISION, SECOND, {**ANOTHER, **refused})

    made = [REVOKE_SIGN_IN.name, CLAIM_ANOTHER.name, START_PROVISIONING.name]
    assert [call for call in story.calls if call in made] == made
    assert story.result.outcome == "superseded"


@pytest.mark.parametrize("asleep", [False, True])
def test_without_another_member_a_machine_is_built(*, asleep: bool) -> None:
    full = NoCapacity(code="AllocationFailed", message="full", elsewhere=False)
    refused = {BEGIN_START: full} if asleep else {RECOGNIZE_MACHINE: Unrecognized(why="cpc-1 is gone")}
    story = tell(PROVISION, SECOND.but(wakes=asleep), {**ANOTHER, CLAIM_ANOTHER: Done(), **refused})

    assert (story.result.outcome, story.calls.count(CLAIM_ANOTHER.name)) == ("provisioned", 1)
    assert "begin_vm" in story.calls


def test_a_call_without_an_answer_may_have_given_the_machine_so_no_other_is_asked_for() -> None:
    story = tell(PROVISION, SECOND, {**ANOTHER, ASSIGN_SESSION_HOST: RuntimeError("no answer")})

    assert CLAIM_ANOTHER.name not in story.calls
    assert story.continued is not None


ASLEEP = CLAIMED.but(wakes=True)
STARTED: Answers = {**AT_ONCE, BEGIN_START: BEGUN}


def test_who_gets_a_member_that_is_off_has_it_started_first() -> None:
    story = tell(PROVISION, ASLEEP, STARTED)

    made = [BEGIN_START.name, POLL_AGENT.name, RECOGNIZE_MACHINE.name, GRANT_SIGN_IN.name, ASSIGN_SESSION_HOST.name]
    assert [call for call in story.calls if call in made] == made
    assert steps(story) == ["assignUser", "awaitSignInRights"]


@pytest.mark.parametrize(
    "refusal",
    [
        Refused(code="Conflict", message="being stopped"),
        NoCapacity(code="AllocationFailed", message="full", elsewhere=False),
    ],
)
def test_a_member_that_does_not_start_is_built_anew_where_there_is_capacity(refusal: Refused | NoCapacity) -> None:
    order = ASLEEP.but(remains=ORDER.next_attempt().remains)
    story = tell(PROVISION, order, {**STARTED, BEGIN_START: refusal})

    assert {CLEAN_UP.name, "begin_vm"} <= set(story.calls)
    assert "does not start" in story.orders[BEGIN_STEP.name][0]["note"]
    assert story.result.outcome == "provisioned"
