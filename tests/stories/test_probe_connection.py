"""Story of the probe of a connection from inside its network."""

from __future__ import annotations

import pytest

from shared.contracts.connections import BEGIN_PROBE_SCRIPT, CHECK_CONNECTION, READ_PROBE_SCRIPT, ProbeOrder, ScriptRead
from shared.contracts.joining import (
    BEGIN_CARRIER_REMOVAL,
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENTRA_JOIN,
    DELETE_DEVICE,
    POLL_DEVICE,
    RECORD_ACCOUNT,
)
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_VM, DELETE_NIC, POLL_AGENT, POLL_OPERATION
from shared.contracts.outcomes import NoCapacity, Pending, Refused
from shared.domain.networks.connection import HealthCheck, HealthStatus
from shared.domain.values import Value
from tests.stories.probing import ENTRA, HAS_LEFT, HYBRID, PROBED, REACHED
from tests.stories.tell import Answers, Story, tell
from tests.stories.test_check_connection import FINE, HEALTHY, OWN

REMOVAL = [
    "begin_vm_delete",
    "poll_operation",
    "delete_nic",
    "delete_disk",
    "delete_managed_device",
    "delete_device",
]
BOUND = HealthCheck(display_name="bindJoinAccount", status=HealthStatus.FAILED)


LEAVES: Answers = {READ_PROBE_SCRIPT: [ScriptRead(findings=(REACHED,)), ScriptRead(findings=(HAS_LEFT,))]}
AROUND = {"record_connection", "check_group", "retire_passwords"}


def probe(order: ProbeOrder, changes: Answers | None = None) -> Story:
    """Tell the check of a connection that is probed; its calls without those around the probe."""
    story = tell(CHECK_CONNECTION, OWN.but(probe=order), {**HEALTHY, **(changes or {})})
    story.calls = [call for call in story.calls if call not in AROUND]
    return story


def findings(story: Story) -> list[HealthCheck]:
    """Findings of the probe."""
    return [finding for finding in story.result.findings if finding.display_name != FINE.display_name]


def found(order: ProbeOrder, changes: Answers) -> dict[str, tuple[str, str | None]]:
    return {f.display_name: (f.status.value, f.error_type) for f in findings(probe(order, changes))}


def test_a_machine_is_made_tried_joined_and_removed() -> None:
    story = probe(ENTRA)

    assert story.calls == [
        "allocate_capacity",
        "create_nic",
        "begin_vm",
        "poll_operation",
        "poll_agent",
        "begin_probe_script",
        "poll_operation",
        "read_probe_script",
        "begin_entra_join",
        "poll_operation",
        "poll_device",
        *REMOVAL,
    ]
    assert [f.display_name for f in findings(story)] == ["environmentReady", "reachEntra", "directoryJoin"]
    assert story.result.joined == ()


def test_it_joins_without_an_enrolment_in_intune() -> None:
    assert probe(ENTRA).last(BEGIN_ENTRA_JOIN)["enroll"] is False


def test_everything_it_makes_is_tagged_with_its_owner() -> None:
    assert ENTRA.machine.tags == {
        "deskwright:tenant": "contoso",
        "deskwright:role": "connectionProbe",
        "deskwright:probe": "connection-1",
    }


def test_a_domain_is_joined_and_left_again() -> None:
    story = probe(HYBRID, LEAVES)

    assert "record_account" not in story.calls
    assert [o["steps"] for o in story.orders["begin_probe_script"]][-1] == [
        "runScripts",
        "allowEnrollment",
        "leaveDomain",
    ]
    assert "poll_device" not in story.calls
    assert story.calls[-len(REMOVAL) :] == REMOVAL


def test_what_had_the_join_password_is_removed_as_soon_as_it_has_served() -> None:
    story = probe(HYBRID, LEAVES)

    removed = [order["carrier"]["name"] for order in story.orders["begin_carrier_removal"]]
    scripts = [f"deskwright-probe-{order['steps'][0].lower()}" for order in story.orders["begin_probe_script"]]
    assert removed == [scripts[0], "JsonADDomainExtension", scripts[1]]
    assert story.calls.index("begin_carrier_removal") == story.calls.index("read_probe_script") + 1
    assert "begin_carrier_removal" not in probe(ENTRA).calls


def test_what_keeps_the_join_password_is_named_only_where_its_machine_stays() -> None:
    locked = Refused(code="ScopeLocked", message="a lock")
    kept = {**LEAVES, BEGIN_CARRIER_REMOVAL: locked}

    assert "probeCleanUp" not in {f.display_name for f in findings(probe(HYBRID, kept))}
    (finding,) = [f for f in findings(probe(HYBRID, {**kept, DELETE_NIC: locked})) if f.display_name == "probeCleanUp"]
    assert "extensions/JsonADDomainExtension keeps the join password" in (finding.additional_detail or "")


def test_a_domain_s_computer_is_removed_later_because_its_device_may_come_with_the_next_synchronisation() -> None:
    assert probe(HYBRID).result.joined == (HYBRID.computer_name,)


def test_a_join_that_cannot_work_is_not_tried() -> None:
    story = probe(HYBRID, {READ_PROBE_SCRIPT: ScriptRead(findings=(BOUND,))})

    assert "begin_domain_join" not in story.calls
    assert story.calls[-len(REMOVAL) :] == REMOVAL
    assert story.result.joined == ()


@pytest.mark.parametrize(
    ("answers", "error_type"),
    [
        pytest.param({ALLOCATE_CAPACITY: NoCapacity(code="noCapacity", message="full")}, "DeploymentQuotaLimitReached"),
        pytest.param({BEGIN_VM: Refused(code="RequestDisallowedByPolicy", message="no")}, "AzurePolicyViolation"),
        pytest.param({POLL_AGENT: Pending(note="silent")}, "internalServerErrorVMDeploymentTimeout"),
        pytest.param({BEGIN_VM: Exception("UnavailableError: 503")}, "TransientServiceError"),
    ],
    ids=["no capacity", "policy", "agent", "unavailable"],
)
def test_a_machine_that_cannot_be_made_is_a_finding_and_is_removed(answers: Answers, error_type: str) -> None:
    story = probe(ENTRA, answers)

    (finding,) = findings(story)
    assert error_type in str(finding.error_type)
    assert story.calls[-len(REMOVAL) :] == REMOVAL


def test_no_capacity_for_a_probe_is_a_warning_only() -> None:
    assert found(ENTRA, {ALLOCATE_CAPACITY: NoCapacity(code="quotaExceeded", message="full", elsewhere=False)}) == {
        "environmentReady": ("warning", "resourceAvailabilityCheckDeploymentQuotaLimitReached")
    }


@pytest.mark.parametrize("answer", [Refused(code="x", message="no"), Exception("gone")], ids=["refused", "unavailable"])
def test_a_script_that_cannot_run_is_a_finding(answer: Value | Exception) -> None:
    assert found(ENTRA, {BEGIN_PROBE_SCRIPT: answer})["probeScript"] == (
        "failed",
        "internalServerErrorUnableToRunDscScript",
    )


def test_a_device_that_never_comes_is_a_finding() -> None:
    assert found(ENTRA, {POLL_DEVICE: Pending(note="not yet")})["directoryJoin"] == (
        "failed",
        "azureAdDeviceSyncCheckDeviceNotFound",
    )


def test_a_domain_that_refuses_is_a_finding_with_its_reason() -> None:
    message = "Exception(s) occurred while joining Domain. Win32 error code 1330: the password has expired."
    refused = Refused(code="VMExtensionProvisioningError", message=message)
    answers = [*[PROBED[POLL_OPERATION]] * 2, refused, PROBED[POLL_OPERATION]]

    assert found(HYBRID, {POLL_OPERATION: answers})["directoryJoin"] == ("failed", "adJoinCheckCredentialsExpired")


STUCK = HAS_LEFT.but(status=HealthStatus.WARNING, additional_detail="Access is denied.")


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        pytest.param(
            {READ_PROBE_SCRIPT: [ScriptRead(findings=(REACHED,)), ScriptRead(findings=(STUCK,))]},
            "Access is denied.",
            id="cannot leave",
        ),
        pytest.param({READ_PROBE_SCRIPT: [ScriptRead(findings=(REACHED,)), Exception("gone")]}, "gone", id="unread"),
        pytest.param({POLL_AGENT: [PROBED[POLL_AGENT], Refused(code="x", message="silent")]}, "silent", id="silent"),
    ],
)
def test_an_account_that_stays_in_the_domain_is_named_and_listed_before_its_machine_goes(
    answers: Answers, why: str
) -> None:
    story = probe(HYBRID, answers)

    named = {f.display_name: f.additional_detail or "" for f in findings(story)}["leaveDomain"]
    assert "CPC-HTH-AAAAA in corp.contoso.example" in named
    assert why in named
    assert why in str(story.last(RECORD_ACCOUNT)["refused"])
    assert story.calls.index("record_account") < story.calls.index("begin_vm_delete")
    assert story.result.unsettled == ()


@pytest.mark.parametrize(
    ("message", "listed"),
    [("Win32 error code 1330: the password has expired.", False), ("the agent has gone away", True)],
    ids=["refused", "unknown"],
)
def test_a_join_that_failed_without_the_domain_s_own_reason_may_have_made_an_account(
    message: str, *, listed: bool
) -> None:
    refused = Refused(code="VMExtensionProvisioningError", message=message)
    story = probe(HYBRID, {POLL_OPERATION: [*[PROBED[POLL_OPERATION]] * 2, refused, PROBED[POLL_OPERATION]]})

    assert ("record_account" in story.calls) is listed


def test_the_account_of_checks_that_broke_off_is_listed_by_the_next() -> None:
    order = HYBRID.but(earlier=("CPC-HTH-OLDER",), unsettled=("CPC-HTH-OLDER",))
    story = tell(CHECK_CONNECTION, OWN.but(probe=order), {**HEALTHY, **LEAVES})

    (listed,) = story.orders["record_account"]
    assert (listed["machine"]["computerName"], listed["refused"]["code"]) == ("CPC-HTH-OLDER", "checkBrokeOff")
    first, last = story.orders["record_connection"]
    assert first["unsettled"] == ["CPC-HTH-OLDER", HYBRID.computer_name]  # before the join: whatever happens then
    assert last["unsettled"] == []


@pytest.mark.parametrize("activity", [DELETE_NIC, DELETE_DEVICE], ids=["interface", "device"])
def test_what_could_not_be_removed_is_listed_and_remembered(activity: Value) -> None:
    story = probe(ENTRA, {activity: Refused(code="ScopeLocked", message="locked")})

    assert story.result.findings[-1].display_name == "probeCleanUp"
    assert story.result.findings[-1].status is HealthStatus.WARNING
    assert "ScopeLocked" in (story.result.findings[-1].additional_detail or "")
    assert story.result.joined == (ENTRA.computer_name,)


def test_what_an_earlier_probe_left_goes_first() -> None:
    story = probe(ENTRA.but(earlier=("CPC-HTH-OLDER",)))

    assert story.calls[: len(REMOVAL)] == REMOVAL
    assert story.orders["delete_device"][0]["computerName"] == "CPC-HTH-OLDER"


def test_cleaning_up_is_all_that_is_done_when_nothing_else_is_wanted() -> None:
    story = probe(ENTRA.but(earlier=("CPC-HTH-OLDER",), clean_only=True))

    assert story.calls == REMOVAL
    assert (findings(story), story.result.joined) == ([], ())


def test_the_join_password_is_in_no_order() -> None:
    orders = probe(HYBRID).orders

    assert "adDomainPassword" not in str(orders)
    assert orders[BEGIN_DOMAIN_JOIN.name][0]["domain"]["passwordSecretUrl"] == "https://v/secrets/j"
