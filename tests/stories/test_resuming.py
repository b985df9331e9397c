"""Story of an attempt that goes on with the machine of the one before."""

from __future__ import annotations

import pytest

from shared.contracts.builds import BEGIN_ATTEMPT, BEGIN_STEP, CLEAN_UP, RECORD_FAILED, RECORD_PROVISIONED
from shared.contracts.desktops import ASSIGN_SESSION_HOST, BEGIN_REGISTRATION, POLL_SESSION_HOST
from shared.contracts.joining import BEGIN_DOMAIN_JOIN, POLL_DEVICE, POLL_ENROLLMENT, SET_PRIMARY_USER
from shared.contracts.outcomes import NoCapacity, Pending, Refused
from shared.contracts.provisioning import (
    PROVISION,
    READ_CONFIGURATION,
    RECOGNIZE_MACHINE,
    Configured,
    ProvisionOrder,
    Unrecognized,
)
from shared.domain.cloud_pcs.build import Warn
from tests.stories.people import ALL_WELL, HYBRID, ORDER
from tests.stories.tell import START, Answers, Story, tell

LATE = Pending(note="not there yet")
LAST = ["awaitSignInRights"]
BROKEN = Refused(code="VMExtensionProvisioningError", message="the machine is to blame")


def after(answers: Answers, order: ProvisionOrder = ORDER) -> ProvisionOrder:
    """Return the order of the attempt that follows one which failed by the outcomes *answers*."""
    story = tell(PROVISION, order, {**ALL_WELL, **answers})
    assert story.continued is not None
    return ProvisionOrder.model_validate(story.continued)


def steps(story: Story) -> list[str]:
    return [record["step"] for record in story.orders[BEGIN_STEP.name]]


@pytest.mark.parametrize(
    ("late", "resumed"),
    [
        (POLL_ENROLLMENT, ["enrollInIntune", "assignPrimaryUser", "configureWindows", "assignUser", *LAST]),
        (SET_PRIMARY_USER, ["assignPrimaryUser", "configureWindows", "assignUser", *LAST]),
        (POLL_SESSION_HOST, ["assignUser", *LAST]),
    ],
)
def test_what_was_late_is_waited_for_on_the_same_machine(late: object, resumed: list[str]) -> None:
    story = tell(PROVISION, after({late: LATE}), ALL_WELL)

    assert steps(story) == resumed
    assert "begin_vm" not in story.calls
    assert "clean_up_cloud_pc" not in story.calls
    assert story.last(RECORD_PROVISIONED)["resources"]["computerName"] == ORDER.computer_name
    assert (story.result.outcome, story.result.attempts) == ("provisioned", 2)


def test_a_device_that_is_late_is_polled_since_the_join_that_made_it() -> None:
    story = tell(PROVISION, after({POLL_DEVICE: LATE}, HYBRID), ALL_WELL)

    assert steps(story)[0] == "joinDirectory"
    assert BEGIN_DOMAIN_JOIN.name not in story.calls
    assert story.last(POLL_DEVICE)["notBefore"] == START.isoformat().replace("+00:00", "Z")


def test_it_is_recorded_at_which_step_and_with_which_machine_it_goes_on() -> None:
    story = tell(PROVISION, after({POLL_ENROLLMENT: LATE}), ALL_WELL)
    first = story.orders[BEGIN_STEP.name][0]

    assert story.last(BEGIN_ATTEMPT)["resumesAt"] == "enrollInIntune"
    assert (first["resumed"], ORDER.computer_name in first["note"]) == (True, True)
    assert not any(record["resumed"] for record in story.orders[BEGIN_STEP.name][1:])


def test_the_warnings_of_windows_go_with_it() -> None:
    warned = {READ_CONFIGURATION: Configured(warnings=(Warn(step="setTeamsVdiMode", message="no"),))}
    story = tell(PROVISION, after({**warned, POLL_SESSION_HOST: LATE}), ALL_WELL)

    assert "begin_configuration" not in story.calls
    assert story.result.outcome == "provisionedWithWarnings"


def test_a_machine_that_was_registered_is_not_registered_again() -> None:
    refused = {ASSIGN_SESSION_HOST: Refused(code="Conflict", message="somebody else's")}
    story = tell(PROVISION, after(refused), ALL_WELL)

    assert BEGIN_REGISTRATION.name not in story.calls
    assert POLL_SESSION_HOST.name in story.calls
    assert story.result.outcome == "provisioned"


def test_a_step_that_fails_twice_on_one_machine_gets_another_machine() -> None:
    third = after({POLL_ENROLLMENT: LATE}, after({POLL_ENROLLMENT: LATE}))
    story = tell(PROVISION, third, ALL_WELL)

    assert (third.attempt, third.resume) == (3, None)
    assert story.last(CLEAN_UP)["computerNames"] == [ORDER.computer_name]
    assert "begin_vm" in story.calls


def test_a_later_step_may_be_resumed_again() -> None:
    third = after({POLL_SESSION_HOST: LATE}, after({POLL_ENROLLMENT: LATE}))

    assert third.resume is not None
    assert [r.computer_names for r in third.remains] == [(ORDER.computer_name,)]
    assert steps(tell(PROVISION, third, ALL_WELL)) == ["assignUser", *LAST]


@pytest.mark.parametrize("answers", [{POLL_SESSION_HOST: BROKEN}, {BEGIN_DOMAIN_JOIN: BROKEN}])
def test_a_machine_in_doubt_is_made_anew(answers: Answers) -> None:
    assert after(answers, HYBRID).resume is None


def test_a_machine_that_is_no_longer_as_it_was_left_is_cleaned_up_and_made_anew() -> None:
    gone = {RECOGNIZE_MACHINE: Unrecognized(why="cpc-1 is gone")}
    story = tell(PROVISION, after({POLL_ENROLLMENT: LATE}), {**ALL_WELL, **gone})

    assert steps(story)[:2] == ["cleanUp", "allocateCapacity"]
    assert story.orders[BEGIN_STEP.name][0]["note"] == "not resumed: cpc-1 is gone"
    made = story.last(RECORD_PROVISIONED)["resources"]["computerName"]
    assert made == ORDER.but(attempt=2).computer_name


def test_a_resumed_attempt_that_waits_for_capacity_goes_on_with_its_machine() -> None:
    sick = NoCapacity(code="connectionUnhealthy", message="West has failed its checks", elsewhere=False)
    resumed = after({POLL_ENROLLMENT: LATE})
    parked = after({BEGIN_ATTEMPT: sick}, resumed)

    assert (parked.attempt, parked.resume) == (resumed.attempt, resumed.resume)


def test_when_the_machine_cannot_be_examined_the_next_attempt_begins_anew() -> None:
    down = {RECOGNIZE_MACHINE: Exception("UnavailableError: 503")}
    third = after(down, after({POLL_ENROLLMENT: LATE}))

    assert (third.resume, [r.computer_names for r in third.remains]) == (None, [(ORDER.computer_name,)])


def test_the_last_failure_keeps_what_a_retry_by_hand_may_resume() -> None:
    story = tell(PROVISION, ORDER.but(attempt=3), {**ALL_WELL, POLL_ENROLLMENT: LATE})
    made = story.last(RECORD_FAILED)["resources"]

    assert (made["entraDeviceId"], made["computerName"]) == ("device-1", ORDER.but(attempt=3).computer_name)
    assert made["joinedAt"]
