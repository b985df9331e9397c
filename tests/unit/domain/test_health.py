"""Graph's words for what the clouds and a probe say."""

import pytest

from shared.domain.connection import HealthStatus, JoinType
from shared.domain.health import (
    CAUSES,
    PROBE_STEPS,
    Fault,
    fault_of_join,
    fault_of_network,
    fault_of_vm,
    probe_steps,
    step_finding,
)

HYBRID, ENTRA = JoinType.HYBRID_AZURE_AD_JOIN, JoinType.AZURE_AD_JOIN


@pytest.mark.parametrize(
    ("number", "error_type"),
    [
        (1355, "adJoinCheckFqdnNotFound"),
        (1326, "adJoinCheckIncorrectCredentials"),
        (1330, "adJoinCheckCredentialsExpired"),
        (1909, "adJoinCheckAccountLockedOrDisabled"),
        (8557, "adJoinCheckAccountQuotaExceeded"),
        (2, "adJoinCheckOrganizationalUnitNotFound"),
        (2224, "adJoinCheckComputerObjectAlreadyExists"),
        (5, "adJoinCheckAccessDenied"),
        (99999, "adJoinCheckUnknownError"),
    ],
)
def test_windows_own_error_tells_why_a_domain_refuses(number: int, error_type: str) -> None:
    said = f"Exception(s) occurred while joining Domain 'x'. Win32 error code {number}: something."
    assert fault_of_join(HYBRID, "VMExtensionProvisioningError", said).error_type == error_type


def test_a_missing_password_is_a_wrong_one() -> None:
    assert fault_of_join(HYBRID, "joinPasswordMissing", "").error_type == "adJoinCheckIncorrectCredentials"


def test_a_device_that_never_came_is_told_from_a_join_that_failed() -> None:
    assert fault_of_join(ENTRA, "timedOut", "").error_type == "azureAdDeviceSyncCheckDeviceNotFound"
    assert fault_of_join(ENTRA, "VMExtensionProvisioningError", "").error_type == "azureAdDeviceSyncCheckUnknownError"


def test_lack_of_room_says_nothing_against_the_network() -> None:
    assert fault_of_vm("noCapacity").status is HealthStatus.WARNING
    assert fault_of_network("noCapacity").status is HealthStatus.FAILED


def test_a_step_may_name_its_own_cause() -> None:
    found = step_finding("bindJoinAccount", ok=False, message="adJoinCheckCredentialsExpired: data 532, v4563")
    assert (found.error_type, found.additional_detail) == ("adJoinCheckCredentialsExpired", "data 532, v4563")


@pytest.mark.parametrize("message", ["no answer from a:443", "Foo: bar", ""])
def test_a_step_without_a_cause_means_the_usual(message: str) -> None:
    found = step_finding("reachIntune", ok=False, message=message)
    assert found.error_type == "endpointConnectivityCheckIntuneUrlNotAllowListed"
    assert found.additional_detail == message


def test_a_step_that_went_well_has_passed() -> None:
    assert step_finding("reachIntune", ok=True, message="").status is HealthStatus.PASSED


def test_udp_and_single_sign_on_do_not_close_a_connection() -> None:
    for step in ("reachStun", "reachTurn", "findKerberosServer", "findServiceConnectionPoint"):
        assert step_finding(step, ok=False, message="x").status is HealthStatus.WARNING


def test_an_entra_join_asks_no_domain() -> None:
    assert not {name for name in probe_steps(ENTRA) if PROBE_STEPS[name].join is HYBRID}
    assert probe_steps(ENTRA, joined=True) == ()


def test_every_step_is_tried_once_by_a_hybrid_join() -> None:
    assert (*probe_steps(HYBRID), *probe_steps(HYBRID, joined=True)) == tuple(PROBE_STEPS)


def test_every_fault_says_what_to_do() -> None:
    faults: list[Fault] = [*CAUSES.values(), *(step.usual for step in PROBE_STEPS.values())]
    assert all(fault.action for fault in faults)
