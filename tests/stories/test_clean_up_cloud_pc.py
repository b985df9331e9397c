"""Story of the clean-up of a Cloud PC."""

from __future__ import annotations

import pytest

from shared.contracts.builds import CLEAN_UP, KEEP_DISK, RECORD_CLEANED, CleanUpOrder, Keeping
from shared.contracts.desktops import DELETE_SESSION_HOST, REVOKE_SIGN_IN
from shared.contracts.joining import (
    BEGIN_CARRIER_REMOVAL,
    BEGIN_DISABLE,
    DELETE_DEVICE,
    DELETE_MANAGED_DEVICE,
    READ_DISABLE,
    RECORD_ACCOUNT,
)
from shared.contracts.machines import BEGIN_VM_DELETE, DELETE_DISK, DELETE_NIC, POLL_OPERATION, Finished
from shared.contracts.outcomes import HELD_BACK, Done, Pending, Refused
from shared.contracts.remote_actions import DELETE_RESTORE_POINTS
from tests.stories.people import BEGUN, PLAN, USER
from tests.stories.tell import Answers, tell

ORDER = CleanUpOrder(
    tenant_id="contoso",
    cloud_pc_id="0123456789abcdef0123",
    generation=1,
    subscription_id="5ub",
    resource_group="cloud-pcs",
    region="westeurope",
    computer_names=("CPC-A", "CPC-B"),
)
ALL_GO: Answers = {
    DELETE_SESSION_HOST: Done(),
    REVOKE_SIGN_IN: Done(),
    DELETE_MANAGED_DEVICE: Done(),
    DELETE_DEVICE: Done(),
    BEGIN_VM_DELETE: BEGUN,
    POLL_OPERATION: Finished(),
    DELETE_NIC: Done(),
    DELETE_DISK: Done(),
    RECORD_CLEANED: Done(),
}
DISABLED: Answers = {
    BEGIN_DISABLE: BEGUN,
    READ_DISABLE: Done(),
    BEGIN_CARRIER_REMOVAL: BEGUN,
    RECORD_ACCOUNT: Done(),
}


def test_the_session_host_goes_before_its_machine_and_the_devices_of_every_name() -> None:
    story = tell(CLEAN_UP, ORDER, ALL_GO)

    assert story.calls == [
        "delete_session_host",
        "delete_session_host",
        "revoke_sign_in",
        "delete_managed_device",
        "delete_device",
        "delete_managed_device",
        "delete_device",
        "begin_vm_delete",
        "poll_operation",
        "delete_nic",
        "delete_disk",
    ]
    assert [o["computerName"] for o in story.orders[DELETE_DEVICE.name]] == ["CPC-A", "CPC-B"]
    assert story.result.left == ()


def test_the_account_in_a_domain_is_disabled_while_there_is_a_machine_to_do_it_from() -> None:
    hybrid = ORDER.but(computer_names=("CPC-A",), domain_connection_id="connection-1")
    story = tell(CLEAN_UP, hybrid, {**ALL_GO, **DISABLED})

    assert story.calls[2:8] == [
        "begin_disable",
        "poll_operation",
        "read_disable",
        "begin_carrier_removal",
        "poll_operation",
        "record_account",
    ]
    assert story.calls.index("record_account") < story.calls.index("begin_vm_delete")
    record = story.last(RECORD_ACCOUNT)
    assert (record["machine"]["computerName"], record["connectionId"]) == ("CPC-A", "connection-1")
    assert "refused" not in record


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ({}, None),
        ({BEGIN_CARRIER_REMOVAL: Refused(code="ScopeLocked", message="a lock")}, "ScopeLocked"),
        ({BEGIN_CARRIER_REMOVAL: Exception("UnavailableError: 503")}, "serviceUnavailable"),
        ({POLL_OPERATION: [Finished(), Pending(note="it runs"), Finished()]}, "timedOut"),
    ],
    ids=["removed", "refused", "unavailable", "late"],
)
def test_the_script_that_had_the_join_password_is_removed_or_said_to_stay(answers: Answers, left: str | None) -> None:
    hybrid = ORDER.but(computer_names=("CPC-A",), domain_connection_id="connection-1")
    story = tell(CLEAN_UP, hybrid, {**ALL_GO, **DISABLED, **answers})

    assert story.last(BEGIN_CARRIER_REMOVAL)["carrier"] == {"kind": "runCommands", "name": "deskwright-account"}
    assert story.last(RECORD_ACCOUNT).get("passwordLeft", {}).get("code") == left
    assert story.result.left == ()


def test_a_script_that_never_began_is_not_removed() -> None:
    refused: Answers = {BEGIN_DISABLE: Refused(code="OperationNotAllowed", message="it is not running")}
    story = tell(CLEAN_UP, ORDER.but(domain_connection_id="connection-1"), {**ALL_GO, **DISABLED, **refused})

    assert "begin_carrier_removal" not in story.calls


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({BEGIN_DISABLE: Refused(code="OperationNotAllowed", message="it is not running")}, "OperationNotAllowed"),
        ({BEGIN_DISABLE: Exception("UnavailableError: 503")}, "serviceUnavailable"),
        ({READ_DISABLE: Refused(code="accountNotDisabled", message="access denied")}, "accountNotDisabled"),
        ({READ_DISABLE: Pending(note="the script is running")}, "notDisabledInTime"),
    ],
)
def test_an_account_that_cannot_be_disabled_is_listed_and_keeps_nothing(answers: Answers, code: str) -> None:
    story = tell(CLEAN_UP, ORDER.but(domain_connection_id="connection-1"), {**ALL_GO, **DISABLED, **answers})

    assert {each["refused"]["code"] for each in story.orders[RECORD_ACCOUNT.name]} == {code}
    assert story.calls[-1] == "delete_disk"
    assert story.result.left == ()  # a second try has no machine to try from


def test_a_machine_that_is_gone_already_needs_no_waiting() -> None:
    story = tell(CLEAN_UP, ORDER, {**ALL_GO, BEGIN_VM_DELETE: Done()})

    assert "poll_operation" not in story.calls


def test_what_cannot_be_removed_is_listed_and_the_rest_is_removed() -> None:
    locked = Refused(code="ScopeLocked", message="a lock", final=True)
    script = {**ALL_GO, BEGIN_VM_DELETE: locked, DELETE_NIC: Pending(note="reserved for another VM")}
    story = tell(CLEAN_UP, ORDER, script)

    assert [left.code for left in story.result.left] == ["ScopeLocked", "notRemovedInTime"]
    assert story.calls[-1] == "delete_disk"


def test_a_service_that_does_not_answer_does_not_stop_the_rest() -> None:
    story = tell(CLEAN_UP, ORDER, {**ALL_GO, DELETE_MANAGED_DEVICE: Exception("UnavailableError: 503")})

    assert {left.code for left in story.result.left} == {"serviceUnavailable"}
    assert story.calls[-1] == "delete_disk"


def test_standing_alone_it_is_recorded() -> None:
    story = tell(CLEAN_UP, ORDER.but(standing_alone=True), ALL_GO)

    assert story.calls[-1] == "record_cleaned"


KEPT = ORDER.but(
    standing_alone=True, disks=("another-os-disk",), keeping=Keeping(days=7, user=USER, plan=PLAN, display_name="Ada")
)


def test_a_disk_that_is_kept_is_copied_before_anything_is_removed() -> None:
    story = tell(CLEAN_UP, KEPT, {**ALL_GO, KEEP_DISK: Done(), DELETE_RESTORE_POINTS: Done()})

    assert story.calls[:2] == ["keep_disk", "delete_session_host"]
    assert story.last(KEEP_DISK)["disks"] == ["another-os-disk"]
    assert story.result.left == ()


@pytest.mark.parametrize(
    "answer",
    [
        Refused(code=HELD_BACK, message="no quota for snapshots"),
        Pending(note="the copy runs"),
        Exception("UnavailableError: 503"),
    ],
)
def test_without_a_copy_nothing_is_removed_and_the_record_says_so(
    answer: Refused | Pending | Exception,
) -> None:
    story = tell(CLEAN_UP, KEPT, {**ALL_GO, KEEP_DISK: answer})

    assert set(story.calls) == {"keep_disk", "record_cleaned"}
    assert [left.code for left in story.result.left] == [HELD_BACK]
