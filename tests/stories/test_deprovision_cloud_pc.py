"""Story of the deprovisioning of a Cloud PC."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.builds import WARN_SESSIONS, CleanUpOrder, Warned, WarnOrder
from shared.contracts.desktops import (
    BEGIN_DEPROVISIONING,
    DEPROVISION,
    POLL_END_OF_BUILD,
    RECORD_DEPROVISIONED,
    REVOKE_SIGN_IN,
    SIGN_OFF,
    Built,
    DeprovisionOrder,
)
from shared.contracts.joining import BEGIN_CARRIER_REMOVAL, BEGIN_DISABLE, READ_DISABLE, RECORD_ACCOUNT
from shared.contracts.machines import BEGIN_DEALLOCATE, POLL_OPERATION, Finished
from shared.contracts.outcomes import Done, Pending, Refused, Superseded
from tests.stories.people import BEGUN
from tests.stories.tell import Answers, tell

ORDER = DeprovisionOrder(tenant_id="contoso", cloud_pc_id="0123456789abcdef0123", generation=7)
REMAINS = CleanUpOrder(
    tenant_id="contoso",
    cloud_pc_id="0123456789abcdef0123",
    generation=7,
    subscription_id="5ub",
    resource_group="cloud-pcs",
    region="westeurope",
    computer_names=("CPC-A",),
    host_pool_id="/pools/p",
)
SMOOTH: Answers = {
    BEGIN_DEPROVISIONING: Done(),
    POLL_END_OF_BUILD: Built(remains=(REMAINS,)),
    SIGN_OFF: Done(),
    REVOKE_SIGN_IN: Done(),
    BEGIN_DEALLOCATE: BEGUN,
    POLL_OPERATION: Finished(),
    RECORD_DEPROVISIONED: Done(),
}


def test_the_user_is_signed_off_before_the_machine_stops() -> None:
    story = tell(DEPROVISION, ORDER, SMOOTH)

    assert story.calls == [
        "begin_deprovisioning",
        "poll_end_of_build",
        "sign_off",
        "revoke_sign_in",
        "begin_deallocate",
        "poll_operation",
        "record_deprovisioned",
    ]
    assert (story.result.outcome, story.result.left) == ("deprovisioned", ())


def test_whoever_works_is_warned_before_they_are_signed_off() -> None:
    warning = WarnOrder(tenant_id="contoso", cloud_pc_id="cpc", generation=1, machine=REMAINS.machine(), text="removal")
    built = Built(remains=(REMAINS,), warnings=(warning,))
    story = tell(DEPROVISION, ORDER, {**SMOOTH, POLL_END_OF_BUILD: built, WARN_SESSIONS: Warned(minutes=5)})

    assert story.calls.index("warn_sessions") == story.calls.index("sign_off") - 1
    assert story.slept >= timedelta(minutes=5)


def test_the_account_in_a_domain_is_disabled_before_the_machine_stops() -> None:
    hybrid = Built(remains=(REMAINS.but(domain_connection_id="connection-1"),))
    disabled: Answers = {
        BEGIN_DISABLE: BEGUN,
        READ_DISABLE: Done(),
        BEGIN_CARRIER_REMOVAL: Done(),
        RECORD_ACCOUNT: Done(),
    }
    story = tell(DEPROVISION, ORDER, {**SMOOTH, POLL_END_OF_BUILD: hybrid, **disabled})

    assert story.calls[4:10] == [
        "begin_disable",
        "poll_operation",
        "read_disable",
        "begin_carrier_removal",
        "record_account",
        "begin_deallocate",
    ]
    assert story.last(BEGIN_DISABLE)["connectionId"] == "connection-1"


def test_a_user_who_is_entitled_again_keeps_it() -> None:
    story = tell(DEPROVISION, ORDER, {BEGIN_DEPROVISIONING: Superseded()})

    assert story.calls == ["begin_deprovisioning"]
    assert story.result.outcome == "notNow"


def test_what_cannot_be_closed_is_listed_and_stops_nothing() -> None:
    lock = Refused(code="ScopeLocked", message="a lock")
    story = tell(DEPROVISION, ORDER, {**SMOOTH, SIGN_OFF: lock, BEGIN_DEALLOCATE: lock})

    assert story.result.left == (lock, lock)
    assert [each["code"] for each in story.last(RECORD_DEPROVISIONED)["left"]] == ["ScopeLocked", "ScopeLocked"]


def test_of_what_was_never_built_there_is_nothing_to_close() -> None:
    story = tell(DEPROVISION, ORDER, {**SMOOTH, POLL_END_OF_BUILD: Built()})

    assert story.calls[-2:] == ["poll_end_of_build", "record_deprovisioned"]


def test_a_build_that_does_not_end_is_polled_again_later() -> None:
    story = tell(DEPROVISION, ORDER, {**SMOOTH, POLL_END_OF_BUILD: Pending(note="it runs")})

    assert story.result.outcome == "notNow"
    assert "record_deprovisioned" not in story.calls
    assert story.slept <= timedelta(hours=1)
