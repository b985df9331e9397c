"""Graph's words for what the clouds and a probe say."""

import re
from collections.abc import Mapping

import pytest

from shared.domain.networks.connection import HealthStatus, JoinType
from shared.domain.networks.health import (
    BROKE_OFF,
    CAUSES,
    NOT_REMOVED,
    PROBE_STEPS,
    UNANSWERED,
    UNREAD,
    Fault,
    fault_of_join,
    fault_of_network,
    fault_of_vm,
    probe_steps,
    step_finding,
)
from tests.house.tree import below, relative, text

GRAPHS: Mapping[str, str] = {
    "dnsCheck": "FqdnNotFound NameWithInvalidCharacter UnknownError",
    "adJoinCheck": (
        "FqdnNotFound IncorrectCredentials OrganizationalUnitNotFound OrganizationalUnitIncorrectFormat "
        "ComputerObjectAlreadyExists AccessDenied CredentialsExpired AccountLockedOrDisabled AccountQuotaExceeded "
        "ServerNotOperational UnknownError"
    ),
    "endpointConnectivityCheck": (
        "CloudPcUrlNotAllowListed WVDUrlNotAllowListed IntuneUrlNotAllowListed AzureADUrlNotAllowListed "
        "LocaleUrlNotAllowListed VMAgentEndPointCommunicationError UnknownError"
    ),
    "azureAdDeviceSyncCheck": (
        "DeviceNotFound LongSyncCircle ConnectDisabled DurationExceeded ScpNotConfigured TransientServiceError "
        "UnknownError"
    ),
    "resourceAvailabilityCheck": (
        "NoSubnetIP SubscriptionDisabled SubscriptionNotFound SubscriptionTransferred GeneralSubscriptionError "
        "AzurePolicyViolation UnsupportedVNetRegion ResourceGroupInvalid VNetInvalid SubnetInvalid "
        "ResourceGroupBeingDeleted VNetBeingMoved SubnetDelegationFailed SubnetWithExternalResources "
        "ResourceGroupLockedForReadonly ResourceGroupLockedForDelete NoIntuneReaderRoleError "
        "IntuneDefaultWindowsRestrictionViolation IntuneCustomWindowsRestrictionViolation "
        "DeploymentQuotaLimitReached MissingRegistrationForLocation TransientServiceError UnknownError"
    ),
    "permissionCheck": (
        "NoSubscriptionReaderRole NoResourceGroupOwnerRole NoVNetContributorRole "
        "NoResourceGroupNetworkContributorRole NoWindows365NetworkUserRole "
        "NoWindows365NetworkInterfaceContributorRole TransientServiceError UnknownError"
    ),
    "udpConnectivityCheck": "StunUrlNotAllowListed TurnUrlNotAllowListed UrlsNotAllowListed UnknownError",
    "internalServer": (
        "ErrorDeploymentCanceled ErrorAllocateResourceFailed ErrorVMDeploymentTimeout ErrorUnableToRunDscScript "
        "UnknownError"
    ),
    "ssoCheck": "KerberosConfigurationError",
}
"""cloudPcOnPremisesConnectionHealthCheckErrorType, as Microsoft Graph's reference for beta lists it."""

SEE_THE_DETAIL = Fault("").action
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


def test_a_device_that_never_came_is_distinguished_from_a_join_that_failed() -> None:
    assert fault_of_join(ENTRA, "timedOut", "").error_type == "azureAdDeviceSyncCheckDeviceNotFound"
    assert fault_of_join(ENTRA, "VMExtensionProvisioningError", "").error_type == "azureAdDeviceSyncCheckUnknownError"


def test_lack_of_capacity_is_no_fault_of_the_network() -> None:
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


def test_every_error_type_that_the_app_can_say_is_one_of_graph_s() -> None:
    known = {prefix + name for prefix, names in GRAPHS.items() for name in names.split()}
    rooms = [
        p for r in ("activities", "orchestrators", "shared") for p in below(r) if "services" not in relative(p).parts
    ]
    words = re.compile(rf'"((?:{"|".join(GRAPHS)})[A-Z]\w+)"')
    said = {found for path in rooms for found in words.findall(text(path))}
    assert len(said) > len(known) / 2
    assert said - known == set()


@pytest.mark.parametrize(
    ("code", "error_type"),
    [
        ("RequestDisallowedByPolicy", "resourceAvailabilityCheckAzurePolicyViolation"),
        ("SubnetIsFull", "resourceAvailabilityCheckNoSubnetIP"),
        ("AuthorizationFailed", "permissionCheckNoResourceGroupNetworkContributorRole"),
        ("LinkedAuthorizationFailed", "permissionCheckNoVNetContributorRole"),
        ("anothersGroup", "resourceAvailabilityCheckResourceGroupInvalid"),
        ("ScopeLocked", "resourceAvailabilityCheckResourceGroupLockedForDelete"),
        ("MissingSubscriptionRegistration", "resourceAvailabilityCheckMissingRegistrationForLocation"),
        ("ReadOnlyDisabledSubscription", "resourceAvailabilityCheckSubscriptionDisabled"),
        ("SubscriptionNotFound", "resourceAvailabilityCheckSubscriptionNotFound"),
        ("VMAgentStatusCommunicationError", "endpointConnectivityCheckVMAgentEndPointCommunicationError"),
        ("timedOut", "internalServerErrorVMDeploymentTimeout"),
        ("quotaExceeded", "resourceAvailabilityCheckDeploymentQuotaLimitReached"),
        ("serviceUnavailable", "resourceAvailabilityCheckTransientServiceError"),
        ("OSProvisioningInternalError", "internalServerErrorAllocateResourceFailed"),
    ],
)
def test_a_machine_that_cannot_be_made_tells_why_and_what_to_do(code: str, error_type: str) -> None:
    fault = fault_of_vm(code)
    assert (fault.error_type, fault.action == SEE_THE_DETAIL) == (error_type, False)


@pytest.mark.parametrize(
    ("step", "error_type"),
    [
        ("reachEntra", "endpointConnectivityCheckAzureADUrlNotAllowListed"),
        ("reachDesktopService", "endpointConnectivityCheckWVDUrlNotAllowListed"),
        ("reachCloudPcService", "endpointConnectivityCheckCloudPcUrlNotAllowListed"),
        ("reachLanguagePacks", "endpointConnectivityCheckLocaleUrlNotAllowListed"),
        ("reachStun", "udpConnectivityCheckStunUrlNotAllowListed"),
        ("reachTurn", "udpConnectivityCheckTurnUrlNotAllowListed"),
        ("resolveDomain", "dnsCheckFqdnNotFound"),
        ("reachDomainController", "adJoinCheckServerNotOperational"),
        ("findServiceConnectionPoint", "azureAdDeviceSyncCheckScpNotConfigured"),
        ("findKerberosServer", "ssoCheckKerberosConfigurationError"),
        ("runScripts", "internalServerErrorUnableToRunDscScript"),
        ("allowEnrollment", "resourceAvailabilityCheckIntuneDefaultWindowsRestrictionViolation"),
    ],
)
def test_a_step_of_the_probe_that_fails_has_the_word_of_graph_for_it(step: str, error_type: str) -> None:
    assert step_finding(step, ok=False, message="no answer").error_type == error_type


def test_every_fault_says_what_to_do() -> None:
    joins = [fault_of_join(join, code, "?") for join in JoinType for code in ("timedOut", "what is this")]
    faults: list[Fault] = [*CAUSES.values(), *(step.usual for step in PROBE_STEPS.values()), *joins]
    faults += [UNREAD, NOT_REMOVED, UNANSWERED, BROKE_OFF]
    assert [fault.error_type for fault in faults if fault.action in {"", SEE_THE_DETAIL}] == []
