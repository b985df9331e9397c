"""Story of the build of a session host of a Spot Group."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts.joining import (
    BEGIN_CARRIER_REMOVAL,
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENROLLMENT,
    BEGIN_ENTRA_JOIN,
    DELETE_DEVICE,
    POLL_ENROLLMENT,
    READ_ENROLLMENT,
    Enrolled,
)
from shared.contracts.machines import (
    ALLOCATE_CAPACITY,
    BEGIN_VM,
    BEGIN_VM_DELETE,
    POLL_AGENT,
    PREPARE_HOSTED_NETWORK,
)
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.session_hosts import (
    BEGIN_HOST_TASK,
    GIVE_HOST,
    POLL_NEW_HOST,
    READ_HOST_CONFIGURATION,
    RECORD_HOST_BUILT,
    RECORD_HOST_FAILED,
    RECORD_HOST_PARKED,
    RECORD_HOST_STEP,
    RUN_HOST_TASK,
    HostConfigured,
    HostTaskOrder,
    NewHostSeen,
)
from shared.domain.networks.connection import JoinType
from tests.stories.hosts import ALL_WELL, BEGUN, BUILD, DOMAIN, FULL, MACHINE, MADE, job, order, steps, told
from tests.stories.tell import START, Answers, tell


def test_a_host_is_made_joined_configured_and_registered() -> None:
    story = told()

    assert steps(story) == [
        "allocateCapacity",
        "createVm",
        "joinDirectory",
        "configureWindows",
        "register",
        "prove",
    ]
    assert story.orders[BEGIN_ENTRA_JOIN.name][0]["enroll"] is False
    assert story.last(RECORD_HOST_BUILT)["proven"] is True
    assert story.last(RECORD_HOST_BUILT)["resources"]["sessionHost"] == "SPOT-AB12CD34"
    assert story.result.outcome == "done"


def test_its_hosted_network_is_the_sites_and_its_machine_the_groups() -> None:
    story = told()

    assert story.last(PREPARE_HOSTED_NETWORK)["resourceGroup"] == "desks"
    assert story.last(BEGIN_VM)["machine"]["resourceGroup"] == "deskwright-contoso-spot-g"


def test_what_is_asked_of_the_machine_reaches_azure() -> None:
    story = told(build=BUILD.but(low_priority=True, hibernation=True))

    assert story.last(ALLOCATE_CAPACITY)["lowPriority"] is True
    assert (story.last(BEGIN_VM)["lowPriority"], story.last(BEGIN_VM)["hibernation"]) == (True, True)


def test_a_group_that_wants_it_has_its_hosts_in_intune() -> None:
    enrolled: Answers = {POLL_ENROLLMENT: Enrolled(managed_device_id="m")}
    story = told(answers=enrolled, build=BUILD.but(enroll=True))

    assert story.orders[BEGIN_ENTRA_JOIN.name][0]["enroll"] is True
    assert story.last(RECORD_HOST_BUILT)["resources"]["managedDeviceId"] == "m"


def test_a_hybrid_host_joins_the_domain_and_enrols_with_its_own_credential() -> None:
    hybrid: Answers = {
        BEGIN_DOMAIN_JOIN: BEGUN,
        BEGIN_CARRIER_REMOVAL: Done(),
        BEGIN_ENROLLMENT: BEGUN,
        READ_ENROLLMENT: Done(),
        POLL_ENROLLMENT: Enrolled(managed_device_id="m"),
    }
    story = told(
        answers=hybrid,
        domain=DOMAIN,
        join_type=JoinType.HYBRID_AZURE_AD_JOIN,
        build=BUILD.but(enroll=True),
    )

    joined = story.calls.index("begin_domain_join")
    recorded = [o for o in story.orders[RECORD_HOST_STEP.name] if o["step"] == "joinDirectory"]
    assert recorded[0]["resources"]["domainConnectionId"] == "c"
    assert joined < story.calls.index("begin_carrier_removal") < story.calls.index("begin_enrollment")
    assert story.last(POLL_NEW_HOST)["domainName"] == "corp.example"


@pytest.mark.parametrize(
    "away",
    [
        {READ_HOST_CONFIGURATION: HostConfigured(unreached="no answer from files.contoso.example:445")},
        {POLL_NEW_HOST: NewHostSeen(name="SPOT-AB12CD34", unhealthy="FSLogixHealthCheck: SessionHost unhealthy")},
    ],
)
def test_a_host_that_does_not_reach_the_profiles_is_there_and_not_proven(away: Answers) -> None:
    story = told(answers=away, build=BUILD.but(dedicated=True))

    record = story.last(RECORD_HOST_BUILT)
    assert record["proven"] is False
    assert record["warnings"][0]["step"] == "reachProfiles"
    assert GIVE_HOST.name not in story.calls


def test_a_dedicated_host_is_given_before_it_counts() -> None:
    story = told(build=BUILD.but(dedicated=True))

    assert story.calls.index("give_host") < story.calls.index("record_host_built")


def test_a_host_that_cannot_be_given_yet_is_there_all_the_same() -> None:
    refused = Refused(code="RoleAssignmentLimitExceeded", message="too many")
    story = told(answers={GIVE_HOST: refused}, build=BUILD.but(dedicated=True))

    assert story.last(RECORD_HOST_BUILT)["warnings"][0]["step"] == "giveHost"


# Not building
def test_without_capacity_it_waits_visibly_and_uses_up_no_attempt() -> None:
    story = told(answers={ALLOCATE_CAPACITY: FULL})

    assert story.last(RECORD_HOST_PARKED)["reason"]["code"] == "AllocationFailed"
    assert story.slept >= timedelta(minutes=10)
    again = HostTaskOrder.model_validate(story.continued)
    assert (again.attempt, again.parked_since) == (1, START)


def test_without_a_healthy_connection_nothing_is_made() -> None:
    sick = NoCapacity(code="connectionUnhealthy", message="see its checks", elsewhere=False)
    story = told(answers={BEGIN_HOST_TASK: sick})

    assert story.calls == ["begin_host_task", "record_host_parked"]
    assert story.continued is not None


def test_after_the_parking_limit_it_has_failed() -> None:
    long_ago = START - timedelta(hours=25)
    answers = {**ALL_WELL, ALLOCATE_CAPACITY: FULL}
    story = tell(RUN_HOST_TASK, order(parked_since=long_ago, attempt=1), answers)

    assert story.last(RECORD_HOST_FAILED)["last"] is True
    assert story.result.refused.code == "AllocationFailed"


def test_a_failed_attempt_is_followed_by_one_that_cleans_up_first() -> None:
    no_agent = [Pending(note="the VM is running, its agent not reporting")]
    story = told(answers={POLL_AGENT: no_agent})

    assert story.last(RECORD_HOST_FAILED)["last"] is False
    again = HostTaskOrder.model_validate(story.continued)
    assert again.attempt == 2
    after = tell(RUN_HOST_TASK, again, {**ALL_WELL, BEGIN_HOST_TASK: job(attempt=2, made=MADE)})
    assert after.calls.index("begin_vm_delete") < after.calls.index("allocate_capacity")
    assert after.orders[DELETE_DEVICE.name][0]["computerName"] == "SPOT-OLD"


def test_the_last_attempt_leaves_nothing_behind() -> None:
    never = Pending(note="it has not registered yet")
    story = told(answers={POLL_NEW_HOST: never}, attempt=3)

    record = story.last(RECORD_HOST_FAILED)
    assert record["last"] is True
    assert record["resources"] == {}
    assert story.calls[-1] == "record_host_failed"
    assert story.calls.index("delete_session_host") < story.calls.index("begin_vm_delete")
    assert story.result.outcome == "failed"


def test_what_the_last_attempt_could_not_remove_is_named_and_stays_on_record() -> None:
    locked = Refused(code="ScopeLocked", message="the group has a lock")
    answers: Answers = {POLL_NEW_HOST: Pending(note="not yet"), BEGIN_VM_DELETE: locked}
    record = told(answers=answers, attempt=3).last(RECORD_HOST_FAILED)

    assert "ScopeLocked" in record["failure"]["message"]
    assert record["resources"]["computerName"] == MACHINE.computer_name


def test_what_no_attempt_could_do_is_not_tried_again() -> None:
    final = Refused(code="joinPasswordMissing", message="not in the vault", final=True)
    story = told(answers={BEGIN_ENTRA_JOIN: final})

    assert story.continued is None
    assert story.last(RECORD_HOST_FAILED)["last"] is True


@pytest.mark.parametrize("attempt", [2, 3])
@pytest.mark.parametrize(
    "answer",
    [
        Exception("503"),
        Refused(
            code="InternalExecutionError", message="no", advice="Nothing to do: the next attempt starts by itself."
        ),
    ],
)
def test_only_what_is_not_the_last_failure_promises_another_attempt(attempt: int, answer: Exception | Refused) -> None:
    story = told(answers={BEGIN_VM: answer}, attempt=attempt)

    assert ("next attempt" in story.last(RECORD_HOST_FAILED)["failure"]["advice"]) is (attempt < BUILD.attempts)


@pytest.mark.parametrize("contract", [RECORD_HOST_STEP, RECORD_HOST_BUILT])
def test_a_build_that_is_overtaken_ends_without_a_word(contract: object) -> None:
    story = told(answers={contract: Superseded()})

    assert story.result.outcome == "superseded"
    assert RECORD_HOST_FAILED.name not in story.calls


def test_a_host_that_is_gone_is_left_alone() -> None:
    assert told(answers={BEGIN_HOST_TASK: Superseded()}).calls == ["begin_host_task"]
