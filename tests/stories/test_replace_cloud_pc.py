"""Story of the build of another machine, which then replaces the present one."""

from __future__ import annotations

import pytest

from shared.contracts.builds import (
    BEGIN_ATTEMPT,
    BEGIN_STEP,
    CLEAN_UP,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_REPLACED,
    CleanUpOrder,
)
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    GRANT_SIGN_IN,
    IN_USE,
    POLL_SESSION_HOST,
    RELEASE_SESSION_HOST,
    REVOKE_SIGN_IN,
    SIGN_OFF,
)
from shared.contracts.joining import BEGIN_DISABLE, POLL_DEVICE, READ_DISABLE, RECORD_ACCOUNT
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE, BEGIN_OS_DISK, BEGIN_VM
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.provisioning import ABANDON_REPLACEMENT, BEGIN_CONFIGURATION, REPLACE, ProvisionOrder, Replaced
from shared.domain.machines.kept_disk import KeptDisk
from tests.stories.people import ALL_WELL, BEGUN, ORDER
from tests.stories.tell import Answers, tell

OLD = CleanUpOrder(
    tenant_id=ORDER.tenant_id,
    cloud_pc_id=ORDER.cloud_pc_id,
    generation=1,
    subscription_id=ORDER.subscription_id,
    resource_group=ORDER.resource_group,
    region="westeurope",
    computer_names=("CPC-OLD",),
    host_pool_id="/pool/1",
)
FIRST = ORDER.but(generation=2, slot="b", replaces=Replaced(remains=OLD, session_host="cpc-old.example"))
ALL_REPLACED: Answers = {
    **ALL_WELL,
    RELEASE_SESSION_HOST: Done(),
    RECORD_REPLACED: Done(),
    ABANDON_REPLACEMENT: Done(),
    SIGN_OFF: Done(),
    REVOKE_SIGN_IN: Done(),
    BEGIN_DEALLOCATE: BEGUN,
    BEGIN_DISABLE: BEGUN,
    READ_DISABLE: Done(),
    RECORD_ACCOUNT: Done(),
}
BROKEN = Refused(code="VMExtensionProvisioningError", message="the join failed")


def test_the_new_machine_is_built_beside_the_old_one_and_tagged() -> None:
    story = tell(REPLACE, FIRST, ALL_REPLACED)
    machine = story.last(BEGIN_VM)["machine"]

    assert (machine["slot"], machine["replaces"]) == ("b", True)
    assert CLEAN_UP.name not in story.calls
    assert story.result.outcome == "provisioned"


def test_the_assignment_moves_once_the_user_can_sign_in_and_never_to_both() -> None:
    story = tell(REPLACE, FIRST, ALL_REPLACED)
    moved = story.calls.index("poll_session_host")

    assert story.calls[moved:] == [
        "poll_session_host",
        "grant_sign_in",
        "begin_step",
        "release_session_host",
        "assign_session_host",
        "record_replaced",
        "sign_off",
        "revoke_sign_in",
        "begin_deallocate",
        "poll_operation",
    ]
    assert story.last(RELEASE_SESSION_HOST)["machine"]["computerName"] == "CPC-OLD"
    assert story.last(ASSIGN_SESSION_HOST)["machine"]["computerName"] == FIRST.computer_name
    assert story.last(SIGN_OFF)["machine"]["computerName"] == "CPC-OLD"


@pytest.mark.parametrize("late", [POLL_DEVICE, POLL_SESSION_HOST, GRANT_SIGN_IN])
def test_until_it_is_ready_nothing_is_done_to_the_machine_that_the_user_has(late: object) -> None:
    story = tell(REPLACE, FIRST.but(attempt=3), {**ALL_REPLACED, late: Pending(note="not there yet")})

    touched = [order for orders in story.orders.values() for order in orders if "CPC-OLD" in str(order)]
    assert touched == []
    assert story.result.outcome == "failed"


def test_a_user_who_cannot_be_assigned_to_the_new_machine_is_assigned_to_the_old_one_again() -> None:
    taken = [Refused(code="AssignmentConflict", message="not now"), Done()]
    story = tell(REPLACE, FIRST, {**ALL_REPLACED, ASSIGN_SESSION_HOST: taken})
    given = [order["machine"]["computerName"] for order in story.orders[ASSIGN_SESSION_HOST.name]]

    assert given == [FIRST.computer_name, "CPC-OLD"]
    assert story.last(ASSIGN_SESSION_HOST)["sessionHost"] == "cpc-old.example"
    assert story.continued is not None
    assert story.continued["resume"]["step"] == "awaitSignInRights"


def test_whoever_is_active_keeps_the_machine_and_the_other_one_is_given_up_at_once() -> None:
    spares = FIRST.but(replaces=Replaced(remains=OLD, session_host="cpc-old.example", unless_in_use=True))
    active = Refused(code=IN_USE, message="somebody is active", final=True)
    story = tell(REPLACE, spares, {**ALL_REPLACED, RELEASE_SESSION_HOST: active})

    assert story.last(RELEASE_SESSION_HOST)["unlessInUse"] is True
    assert story.last(ASSIGN_SESSION_HOST)["machine"]["computerName"] == "CPC-OLD"
    assert {SIGN_OFF.name, BEGIN_DEALLOCATE.name, RECORD_REPLACED.name}.isdisjoint(story.calls)
    assert (story.result.outcome, story.result.failure.code, story.continued) == ("failed", IN_USE, None)


def test_a_release_that_may_have_been_made_is_taken_back() -> None:
    story = tell(REPLACE, FIRST, {**ALL_REPLACED, RELEASE_SESSION_HOST: Exception("UnavailableError: 503")})

    assert story.last(ASSIGN_SESSION_HOST)["machine"]["computerName"] == "CPC-OLD"


def test_a_failed_attempt_is_cleaned_up_before_the_next_and_only_that() -> None:
    first = tell(REPLACE, FIRST, {**ALL_REPLACED, POLL_DEVICE: BROKEN})
    assert first.continued is not None
    second = tell(REPLACE, ProvisionOrder.model_validate(first.continued), ALL_REPLACED)

    assert [order["computerNames"] for order in second.orders[CLEAN_UP.name]] == [[FIRST.computer_name]]
    assert {order["slot"] for order in second.orders[CLEAN_UP.name]} == {"b"}
    assert second.result.outcome == "provisioned"


def test_without_capacity_for_both_it_parks_and_the_user_keeps_the_old_one() -> None:
    full = NoCapacity(code="QuotaExceeded", message="no quota for one more")
    story = tell(REPLACE, FIRST, {**ALL_REPLACED, ALLOCATE_CAPACITY: full})

    assert story.last(RECORD_PARKED)["reason"]["code"] == "QuotaExceeded"
    assert RELEASE_SESSION_HOST.name not in story.calls
    assert story.continued is not None
    assert story.continued["attempt"] == 1


def test_after_the_last_attempt_it_is_recorded_as_failed() -> None:
    story = tell(REPLACE, FIRST.but(attempt=3), {**ALL_REPLACED, POLL_DEVICE: BROKEN})

    assert story.last(RECORD_FAILED)["last"] is True
    assert ABANDON_REPLACEMENT.name not in story.calls
    assert story.result.outcome == "failed"


@pytest.mark.parametrize("noticed", [BEGIN_ATTEMPT, BEGIN_STEP, RECORD_REPLACED])
def test_when_there_is_no_place_to_take_any_more_it_is_abandoned(noticed: object) -> None:
    story = tell(REPLACE, FIRST, {**ALL_REPLACED, noticed: Superseded()})

    assert story.calls[-1] == "abandon_replacement"
    assert story.result.outcome == "superseded"
    assert SIGN_OFF.name not in story.calls


@pytest.mark.parametrize("ending", [RECORD_PARKED, RECORD_FAILED])
def test_so_it_is_when_that_shows_at_its_end(ending: object) -> None:
    trouble: Answers = {ALLOCATE_CAPACITY: NoCapacity(code="QuotaExceeded", message="none")}
    if ending is RECORD_FAILED:
        trouble = {POLL_DEVICE: BROKEN}
    story = tell(REPLACE, FIRST, {**ALL_REPLACED, **trouble, ending: Superseded()})

    assert story.calls[-1] == "abandon_replacement"


COPY = KeptDisk(
    deleted_id="d1", snapshot_id="/snapshots/1", region="westeurope", size_in_gb=128, computer_name="CPC-BEFORE"
)
FROM_COPY = FIRST.but(disk=COPY, regions=("westeurope",))


def test_a_machine_that_is_built_from_a_copy_leaves_the_directory_of_the_one_before() -> None:
    story = tell(REPLACE, FROM_COPY, {**ALL_REPLACED, BEGIN_OS_DISK: BEGUN})
    made = story.calls.index(BEGIN_OS_DISK.name)

    assert story.calls[made : made + 9] == [
        *("begin_os_disk", "poll_operation", "begin_vm"),
        *story.calls[made + 3 : made + 5],
        *("poll_operation", "poll_agent", "begin_configuration", "poll_operation"),
    ]
    left = story.orders[BEGIN_CONFIGURATION.name][0]
    assert (left["steps"], left["machine"]["computerName"]) == (["leaveService"], "CPC-BEFORE")
    assert story.last(BEGIN_VM)["fromDisk"] is True
    assert story.result.outcome == "provisioned"


def test_windows_that_cannot_leave_is_no_cloud_pc_and_the_user_keeps_theirs() -> None:
    refused = Refused(code="runCommandFailed", message="a member of a domain")
    script = {**ALL_REPLACED, BEGIN_OS_DISK: BEGUN, BEGIN_CONFIGURATION: refused}
    story = tell(REPLACE, FROM_COPY.but(attempt=3), script)

    assert RELEASE_SESSION_HOST.name not in story.calls
    assert story.result.outcome == "failed"
    assert story.result.failure is not None
    assert story.result.failure.code == "serviceNotLeft"
