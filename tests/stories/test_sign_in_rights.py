"""Story of waiting until sign-in roles take effect."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.builds import BEGIN_STEP, RECORD_FAILED, RECORD_PROVISIONED, RECORD_REPLACED
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    GRANT_SIGN_IN,
    PREPARE_HOST_POOL,
    RELEASE_SESSION_HOST,
    RightsGiven,
)
from shared.contracts.machines import BEGIN_VM, POLL_AGENT, POLL_OPERATION, Finished
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused
from shared.contracts.provisioning import PROVISION, REPLACE, ProvisionOrder
from shared.domain.cloud_pcs.build import Step
from shared.domain.tenants.directory import TAKE_EFFECT_WITHIN
from tests.stories.people import ALL_WELL, ORDER
from tests.stories.tell import START, Answers, Story, tell
from tests.stories.test_replace_cloud_pc import ALL_REPLACED, FIRST

WAIT = Step.AWAIT_SIGN_IN_RIGHTS.value
EARLY = RightsGiven(since=START - TAKE_EFFECT_WITHIN)
UNKNOWN = Pending(note="Azure does not know the user yet")
FULL = Refused(code="RoleAssignmentLimitExceeded", message="4,000 are there")


def steps(story: Story) -> list[str]:
    return [record["step"] for record in story.orders[BEGIN_STEP.name]]


def provision(answers: Answers) -> Story:
    return tell(PROVISION, ORDER, {**ALL_WELL, **answers})


def test_the_roles_are_given_as_soon_as_the_machine_is_requested() -> None:
    story = provision({})
    begun = story.calls.index(BEGIN_VM.name)

    assert story.calls[begun + 1 : begun + 3] == [PREPARE_HOST_POOL.name, GRANT_SIGN_IN.name]
    assert story.calls.index(GRANT_SIGN_IN.name) < story.calls.index(POLL_AGENT.name)
    early, late = story.orders[GRANT_SIGN_IN.name]
    assert (early["given"], late["given"]) == (False, True)
    following = next(step for step in story.orders[BEGIN_STEP.name] if step["step"] == "joinDirectory")
    assert following["resources"]["hostPoolId"] == "/pool/1"  # who takes back another machine's role leaves this one
    assert following["resources"]["signInGivenAt"] == START.isoformat().replace("+00:00", "Z")


def test_it_is_ready_when_they_count_and_not_before() -> None:
    story = provision({})

    assert story.when(RECORD_PROVISIONED) - START == TAKE_EFFECT_WITHIN
    assert steps(story)[-1] == WAIT


def test_where_they_count_already_nothing_is_waited_for() -> None:
    story = provision({GRANT_SIGN_IN: EARLY})

    assert story.slept == timedelta()
    assert WAIT not in steps(story)


@pytest.mark.parametrize("trouble", [UNKNOWN, FULL, Exception("UnavailableError: 503")])
def test_what_prevents_them_early_stops_nothing(trouble: Any) -> None:
    later = RightsGiven(since=START + timedelta(minutes=3))
    story = provision({GRANT_SIGN_IN: [trouble, later]})

    assert [order["given"] for order in story.orders[GRANT_SIGN_IN.name]] == [False, False]
    assert story.when(RECORD_PROVISIONED) == START + timedelta(minutes=3) + TAKE_EFFECT_WITHIN


def test_a_pool_that_cannot_be_made_early_is_made_for_the_assignment() -> None:
    ready = ALL_WELL[PREPARE_HOST_POOL]
    story = provision({PREPARE_HOST_POOL: [Exception("503"), ready]})

    assert story.calls.count(GRANT_SIGN_IN.name) == 1
    assert story.result.outcome == "provisioned"


def test_one_that_was_taken_meanwhile_counts_from_when_it_was_given_again() -> None:
    again = RightsGiven(since=START + timedelta(minutes=7))
    story = provision({GRANT_SIGN_IN: [EARLY, again]})

    assert story.when(RECORD_PROVISIONED) == START + timedelta(minutes=7) + TAKE_EFFECT_WITHIN


def test_a_release_that_did_not_say_since_when_is_not_believed_to_be_early() -> None:
    assert provision({GRANT_SIGN_IN: Done()}).when(RECORD_PROVISIONED) == START + TAKE_EFFECT_WITHIN


def test_roles_on_a_machine_that_got_no_capacity_are_looked_at_anew_at_the_next_place() -> None:
    full = NoCapacity(code="AllocationFailed", message="none")
    story = provision({POLL_OPERATION: [full, Finished()]})

    assert story.calls.count(BEGIN_VM.name) == 2
    assert [order["given"] for order in story.orders[GRANT_SIGN_IN.name]] == [False, False, True]


def test_the_machine_that_a_user_has_is_theirs_until_the_roles_on_the_new_one_count() -> None:
    story = tell(REPLACE, FIRST, ALL_REPLACED)

    assert story.when(RELEASE_SESSION_HOST) - START == TAKE_EFFECT_WITHIN
    assert story.calls.index(RELEASE_SESSION_HOST.name) < story.calls.index(RECORD_REPLACED.name)


def test_a_swap_that_fails_is_tried_again_with_the_machine_that_is_there() -> None:
    taken = {ASSIGN_SESSION_HOST: [Refused(code="AssignmentConflict", message="not now"), Done()]}
    first = tell(REPLACE, FIRST, {**ALL_REPLACED, **taken})
    assert first.continued is not None
    second = tell(REPLACE, ProvisionOrder.model_validate(first.continued), {**ALL_REPLACED, GRANT_SIGN_IN: EARLY})

    assert steps(second) == [WAIT]
    assert BEGIN_VM.name not in second.calls
    assert second.result.outcome == "provisioned"


def test_when_they_cannot_be_given_at_all_the_attempt_fails_at_the_assignment() -> None:
    story = tell(PROVISION, ORDER.but(attempt=3), {**ALL_WELL, GRANT_SIGN_IN: FULL})

    assert story.last(RECORD_FAILED)["failure"]["step"] == "assignUser"


@pytest.mark.parametrize(("workflow", "order"), [(PROVISION, ORDER), (REPLACE, FIRST)])
def test_an_instance_of_the_last_release_makes_its_calls(workflow: Any, order: ProvisionOrder) -> None:
    story = tell(workflow, order, {**ALL_REPLACED, GRANT_SIGN_IN: Done()}, version="1.0")

    assert story.calls.count(GRANT_SIGN_IN.name) == 1
    assert story.calls.index(GRANT_SIGN_IN.name) > story.calls.index(POLL_AGENT.name)
    assert story.slept == timedelta()
