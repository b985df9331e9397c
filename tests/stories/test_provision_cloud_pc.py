"""Story of the provisioning of a Cloud PC, on every fork."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.builds import (
    BEGIN_ATTEMPT,
    BEGIN_STEP,
    CLEAN_UP,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_PROVISIONED,
    CleanedUp,
    leftovers_of,
)
from shared.contracts.desktops import GRANT_SIGN_IN, POLL_SESSION_HOST, PREPARE_HOST_POOL
from shared.contracts.joining import (
    BEGIN_CARRIER_REMOVAL,
    POLL_DEVICE,
    POLL_ENROLLMENT,
    READ_ENROLLMENT,
    SET_PRIMARY_USER,
)
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_VM, CREATE_NIC, POLL_AGENT, Place
from shared.contracts.outcomes import NoCapacity, Pending, Refused, Superseded
from shared.contracts.provisioning import (
    BEGIN_CONFIGURATION,
    PARKING_PAUSE,
    PROVISION,
    READ_CONFIGURATION,
    Configured,
    ProvisionOrder,
)
from shared.domain.cloud_pcs.build import Resources, Warn
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.windows_steps import STEPS
from shared.domain.policies.configuration import SecurityDefaults
from tests.cloud_pcs import cloud_pc
from tests.stories.people import ALL_WELL, HERE, HYBRID, ORDER
from tests.stories.tell import START, tell

FULL = NoCapacity(code="AllocationFailed", message="no capacity for Standard_D2s_v5 in zone 1")
BROKEN = Refused(code="VMExtensionProvisioningError", message="the join failed")
FORBIDDEN = Refused(code="RequestDisallowedByPolicy", message="not here", final=True)


def steps_of(order: ProvisionOrder) -> list[str]:
    story = tell(PROVISION, order, ALL_WELL)
    return [record["step"] for record in story.orders[BEGIN_STEP.name]]


def test_the_steps_come_in_the_order_of_the_product_page() -> None:
    assert steps_of(ORDER) == [
        "allocateCapacity",
        "createVm",
        "joinDirectory",
        "enrollInIntune",
        "assignPrimaryUser",
        "configureWindows",
        "assignUser",
        "awaitSignInRights",
    ]


def test_an_entra_joined_cloud_pc_is_made_like_this() -> None:
    story = tell(PROVISION, ORDER, ALL_WELL)

    assert [c for c in story.calls if c != "begin_step"] == [
        "begin_attempt",
        "allocate_capacity",
        "prepare_hosted_network",
        "create_nic",
        "begin_vm",
        "prepare_host_pool",
        "grant_sign_in",
        "poll_operation",
        "poll_agent",
        "begin_entra_join",
        "poll_operation",
        "poll_device",
        "poll_enrollment",
        "stamp_enrollment_profile",
        "set_primary_user",
        "begin_configuration",
        "poll_operation",
        "read_configuration",
        "prepare_host_pool",
        "begin_registration",
        "poll_operation",
        "poll_session_host",
        "assign_session_host",
        "grant_sign_in",
        "record_provisioned",
    ]
    assert story.result.outcome == "provisioned"


def test_a_hybrid_cloud_pc_joins_the_domain_in_the_customers_subnets() -> None:
    story = tell(PROVISION, HYBRID, ALL_WELL)

    assert "prepare_hosted_network" not in story.calls
    assert story.last(CREATE_NIC)["subnetIds"] == ["subnet-a", "subnet-b"]
    assert "begin_domain_join" in story.calls
    assert "begin_entra_join" not in story.calls
    assert story.last(POLL_DEVICE)["joinType"] == "hybridAzureADJoin"


def test_a_hybrid_cloud_pc_is_told_to_enrol_once_its_device_is_in_entra() -> None:
    calls = tell(PROVISION, HYBRID, ALL_WELL).calls

    at = calls.index("begin_carrier_removal")
    assert [c for c in calls[at + 1 :] if c != "begin_step"][:4] == [
        "begin_enrollment",
        "poll_operation",
        "read_enrollment",
        "poll_enrollment",
    ]
    assert "begin_enrollment" not in tell(PROVISION, ORDER, ALL_WELL).calls


def test_the_extension_that_had_the_join_password_is_removed_once_the_device_has_come() -> None:
    story = tell(PROVISION, HYBRID, {**ALL_WELL, BEGIN_CARRIER_REMOVAL: ALL_WELL[BEGIN_VM]})

    at = story.calls.index("begin_carrier_removal")
    assert story.calls[at - 1 : at + 2] == ["poll_device", "begin_carrier_removal", "poll_operation"]
    assert story.last(BEGIN_CARRIER_REMOVAL)["carrier"] == {"kind": "extensions", "name": "JsonADDomainExtension"}
    assert not any("passwordLeft" in step for step in story.orders[BEGIN_STEP.name])
    assert "begin_carrier_removal" not in tell(PROVISION, ORDER, ALL_WELL).calls


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Refused(code="ScopeLocked", message="a lock"), "ScopeLocked"), (Exception("503"), "serviceUnavailable")],
    ids=["refused", "unavailable"],
)
def test_one_that_stays_is_recorded_once_and_fails_nothing(answer: Refused | Exception, code: str) -> None:
    story = tell(PROVISION, HYBRID, {**ALL_WELL, BEGIN_CARRIER_REMOVAL: answer})

    left = {
        step["step"]: step["passwordLeft"]["code"] for step in story.orders[BEGIN_STEP.name] if "passwordLeft" in step
    }
    assert left == {"enrollInIntune": code}
    assert story.result.outcome == "provisioned"


def test_a_machine_that_cannot_enrol_fails_the_attempt_in_words() -> None:
    refused = Refused(
        code="enrollmentFailed", message="no", evidence="DisableRegistration is 1", advice="run the checks"
    )
    story = tell(PROVISION, HYBRID.but(attempt=3), {**ALL_WELL, READ_ENROLLMENT: refused})

    failure = story.last(RECORD_FAILED)["failure"]
    assert (failure["code"], failure["step"]) == ("enrollmentFailed", "enrollInIntune")


def test_what_was_made_is_in_the_record() -> None:
    made = tell(PROVISION, ORDER, ALL_WELL).last(RECORD_PROVISIONED)["resources"]

    assert made["vmId"] == "/vm/1"
    assert made["nicId"] == "/nic/1"
    assert made["region"] == "westeurope"
    assert made["entraDeviceId"] == "device-1"
    assert made["managedDeviceId"] == "managed-1"
    assert made["sessionHost"] == "cpc-1.example"
    assert made["computerName"] == ORDER.computer_name


def test_each_attempt_has_its_own_computer_name() -> None:
    assert ORDER.computer_name != ORDER.next_attempt().computer_name


@pytest.mark.parametrize(
    ("order", "account"),
    [
        pytest.param(ORDER, "user-07", id="entra"),
        pytest.param(HYBRID, "u07@corp.contoso.example", id="hybrid"),
    ],
)
def test_the_local_administrator_is_named_as_the_join_wants_it(order: ProvisionOrder, account: str) -> None:
    assert tell(PROVISION, order, ALL_WELL).last(BEGIN_CONFIGURATION)["localAdministrator"] == account


def test_without_local_administrator_in_the_policy_that_step_is_left_out() -> None:
    order = ORDER.but(snapshot=ORDER.snapshot.but(local_admin_enabled=False))
    steps = tell(PROVISION, order, ALL_WELL).last(BEGIN_CONFIGURATION)["steps"]

    assert steps == [s for s in STEPS if s != "assignLocalAdministrator"]


def test_redirections_and_virtualization_based_security_are_those_of_the_policy() -> None:
    chosen = SecurityDefaults(clipboard=True, usb_devices=True, virtualization_based_security=False)
    order = ORDER.but(snapshot=ORDER.snapshot.but(security_defaults=chosen))
    usual, own = (tell(PROVISION, each, ALL_WELL).last(BEGIN_CONFIGURATION) for each in (ORDER, order))

    assert (usual["redirections"], own["redirections"]) == ([], ["clipboard", "usb"])
    assert own["steps"] == [s for s in usual["steps"] if s != "enableVirtualizationBasedSecurity"]


def test_a_failed_post_provisioning_step_is_a_warning() -> None:
    warned = Configured(warnings=(Warn(step="disableWindowsReset", message="access denied"),))
    story = tell(PROVISION, ORDER, {**ALL_WELL, READ_CONFIGURATION: warned})

    assert story.result.outcome == "provisionedWithWarnings"
    assert story.last(RECORD_PROVISIONED)["warnings"] == [{"step": "disableWindowsReset", "message": "access denied"}]


def test_a_run_command_that_is_refused_warns_for_every_step_and_the_user_is_assigned() -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, BEGIN_CONFIGURATION: BROKEN})

    assert [w["step"] for w in story.last(RECORD_PROVISIONED)["warnings"]] == list(STEPS)
    assert "assign_session_host" in story.calls


def test_a_place_without_capacity_is_left_clean_and_the_next_one_is_tried() -> None:
    there = Place(region="westeurope", zone="2", size="Standard_D2s_v5")
    script = {**ALL_WELL, ALLOCATE_CAPACITY: [HERE, there], BEGIN_VM: [FULL, ALL_WELL[BEGIN_VM]]}
    story = tell(PROVISION, ORDER, script)

    assert story.result.outcome == "provisioned"
    assert story.last(ALLOCATE_CAPACITY)["tried"] == [HERE.to_json()]
    failed = story.calls.index("begin_vm")
    assert story.calls[failed + 1 : failed + 4] == ["begin_vm_delete", "poll_operation", "delete_nic"]


def test_without_any_capacity_it_is_parked_and_the_attempt_is_not_used_up() -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, ALLOCATE_CAPACITY: FULL})

    assert story.last(RECORD_PARKED)["reason"]["code"] == "AllocationFailed"
    assert story.slept == PARKING_PAUSE
    assert story.continued is not None
    again = ProvisionOrder.model_validate(story.continued)
    assert (again.attempt, again.parked_since) == (1, START)


def test_a_full_subnet_parks_at_once_because_no_other_size_helps() -> None:
    full = NoCapacity(code="SubnetIsFull", message="no free address", elsewhere=False)
    story = tell(PROVISION, HYBRID, {**ALL_WELL, CREATE_NIC: full})

    assert story.calls.count("allocate_capacity") == 1
    assert story.last(RECORD_PARKED)["reason"]["code"] == "SubnetIsFull"


SICK = NoCapacity(code="connectionUnhealthy", message="West has failed its checks", elsewhere=False)


@pytest.mark.parametrize(
    ("without", "advice"), [({ALLOCATE_CAPACITY: FULL}, "quota"), ({BEGIN_ATTEMPT: SICK}, "health checks")]
)
def test_after_the_parking_limit_it_fails_with_advice(without: dict[Any, Any], advice: str) -> None:
    order = ORDER.but(parked_since=START - ORDER.parking_limit)
    story = tell(PROVISION, order, {**ALL_WELL, **without})

    assert story.result.outcome == "failed"
    assert story.last(RECORD_FAILED)["last"] is True
    assert advice in story.last(RECORD_FAILED)["failure"]["advice"]


def test_an_unhealthy_connection_parks() -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, BEGIN_ATTEMPT: SICK})

    assert story.calls == ["begin_attempt", "record_parked"]


def test_a_failed_attempt_is_cleaned_up_before_the_next() -> None:
    first = tell(PROVISION, ORDER, {**ALL_WELL, POLL_DEVICE: BROKEN})  # the machine is in doubt
    assert first.last(RECORD_FAILED)["last"] is False
    assert first.continued is not None
    second = tell(PROVISION, ProvisionOrder.model_validate(first.continued), ALL_WELL)

    assert second.calls[:3] == ["begin_attempt", "begin_step", "clean_up_cloud_pc"]
    assert second.last(CLEAN_UP)["computerNames"] == [ORDER.computer_name]
    assert second.result.outcome == "provisioned"
    assert second.result.attempts == 2


def test_the_third_failure_is_the_last() -> None:
    story = tell(PROVISION, ORDER.but(attempt=3), {**ALL_WELL, POLL_DEVICE: BROKEN})

    assert story.result.outcome == "failed"
    assert story.continued is None
    failure = story.last(RECORD_FAILED)["failure"]
    assert (failure["code"], failure["step"]) == ("VMExtensionProvisioningError", "joinDirectory")


def test_an_error_that_cannot_heal_stops_at_once() -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, BEGIN_VM: FORBIDDEN})

    assert story.result.outcome == "failed"
    assert story.result.attempts == 1


@pytest.mark.parametrize(
    ("late", "code", "advice"),
    [
        (POLL_AGENT, "createVmTimedOut", "boot diagnostics"),
        (POLL_DEVICE, "joinDirectoryTimedOut", "Entra Connect synchronises"),
        (POLL_ENROLLMENT, "enrollInIntuneTimedOut", "MDM user scope"),
        (SET_PRIMARY_USER, "assignPrimaryUserTimedOut", "Intune licence"),
        (POLL_SESSION_HOST, "assignUserTimedOut", "wvd.microsoft.com"),
        (GRANT_SIGN_IN, "assignUserTimedOut", "sign-in roles"),
    ],
)
def test_what_never_comes_fails_the_attempt_with_its_step_and_advice(late: object, code: str, advice: str) -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, late: Pending(note="not there yet")})

    failure = story.last(RECORD_FAILED)["failure"]
    assert failure["code"] == code
    assert advice in failure["advice"]


def test_a_call_that_keeps_failing_fails_the_attempt_with_its_message() -> None:
    down = Exception("Activity function 'begin_vm' failed:  UnavailableError: 503 \n {}")
    story = tell(PROVISION, ORDER, {**ALL_WELL, BEGIN_VM: down})

    assert story.calls.count("begin_vm") == BEGIN_VM.retry.attempts
    failure = story.last(RECORD_FAILED)["failure"]
    assert failure["code"] == "serviceUnavailable"
    assert "503" in failure["evidence"]


def test_a_throttled_call_waits_and_uses_up_nothing() -> None:
    later = {"kind": "later", "after": 42.0, "tickets": [{"bucket": "arm-writes", "at": START.isoformat()}]}
    story = tell(PROVISION, ORDER, {**ALL_WELL, BEGIN_VM: [later, ALL_WELL[BEGIN_VM]]})

    assert story.when(PREPARE_HOST_POOL) - START == timedelta(seconds=42)
    assert story.result.outcome == "provisioned"


def test_remains_that_cannot_be_removed_fail_the_attempt() -> None:
    locked = CleanedUp(left=(Refused(code="ScopeLocked", message="a lock", final=True),))
    story = tell(PROVISION, ORDER.next_attempt(), {**ALL_WELL, CLEAN_UP: locked})

    assert story.result.outcome == "failed"
    assert story.last(RECORD_FAILED)["failure"]["code"] == "ScopeLocked"


def test_what_was_left_elsewhere_is_removed_where_it_is() -> None:
    """A retry may build through another connection: the machine that failed is where it failed."""
    pc = cloud_pc(
        id=ORDER.cloud_pc_id,
        tenant_id=ORDER.tenant_id,
        user=ORDER.user,
        plan=ORDER.plan,
        status=Status.PENDING_PROVISION,
        display_name="Everyone - User 07",
        generation=2,
        resources=Resources(
            subscription_id="0ld", resource_group="before", region="northeurope", computer_name="CPC-OLD"
        ),
        created_date_time=START,
        last_modified_date_time=START,
    )
    story = tell(PROVISION, ORDER.but(generation=2, remains=leftovers_of(pc, pc.current)), ALL_WELL)
    cleaned = story.last(CLEAN_UP)

    assert (cleaned["subscriptionId"], cleaned["resourceGroup"]) == ("0ld", "before")
    assert cleaned["computerNames"] == ["CPC-OLD"]


def test_what_could_not_be_removed_is_tried_again_with_what_came_since() -> None:
    locked = CleanedUp(left=(Refused(code="serviceUnavailable", message="later"),))
    story = tell(PROVISION, ORDER.next_attempt(), {**ALL_WELL, CLEAN_UP: locked})
    assert story.continued is not None

    assert len(story.continued["remains"]) == 2


def test_an_attempt_that_has_cleaned_up_leaves_only_its_own() -> None:
    story = tell(PROVISION, ORDER.next_attempt(), {**ALL_WELL, POLL_DEVICE: BROKEN})
    assert story.continued is not None

    assert [r["computerNames"] for r in story.continued["remains"]] == [[ORDER.next_attempt().computer_name]]


@pytest.mark.parametrize("noticed", [BEGIN_ATTEMPT, BEGIN_STEP, RECORD_PROVISIONED])
def test_a_build_that_another_has_taken_over_ends_quietly(noticed: object) -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, noticed: Superseded()})

    assert story.result.outcome == "superseded"
    assert "record_failed" not in story.calls


def test_a_clean_up_that_breaks_off_fails_the_attempt_and_strands_nothing() -> None:
    broken = {**ALL_WELL, CLEAN_UP: RuntimeError("the history is broken")}
    story = tell(PROVISION, ORDER.next_attempt(), broken)
    assert story.last(RECORD_FAILED)["failure"]["step"] == "cleanUp"
    assert story.continued is not None
    assert story.continued["attempt"] == 3
