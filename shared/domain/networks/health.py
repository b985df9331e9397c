"""Faults of a connection: Graph's error types for the reports of the clouds and a probe, with advice.

Graph: cloudPcOnPremisesConnectionHealthCheckErrorType (docs/notes/windows365.md 1.5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from shared.domain.networks.connection import HealthCheck, HealthStatus, JoinType

FAILED, WARNING = HealthStatus.FAILED, HealthStatus.WARNING
_LOOK = "See the detail; correct it, then run the health checks again."
_ALLOW = "Allow the addresses that the detail names, without inspecting their TLS, in firewall, proxy and routes."


@dataclass(frozen=True, slots=True)
class Fault:
    """The findings of a fault: Graph's error type, the advice, and whether Cloud PCs may still be built."""

    error_type: str
    action: str = _LOOK
    status: HealthStatus = FAILED

    def finding(self, check: str, detail: str) -> HealthCheck:
        """Return the finding of *check*; *detail* is the evidence."""
        return HealthCheck(
            display_name=check,
            status=self.status,
            error_type=self.error_type,
            additional_detail=detail,
            recommended_action=self.action,
        )


CLOSING = frozenset(
    {
        "permissionCheckNoResourceGroupOwnerRole",
        "permissionCheckNoSubscriptionReaderRole",
        "resourceAvailabilityCheckMissingRegistrationForLocation",
        "resourceAvailabilityCheckResourceGroupLockedForReadonly",
        "resourceAvailabilityCheckSubscriptionDisabled",
        "resourceAvailabilityCheckSubscriptionNotFound",
    }
)
"""The error types with which no build in a subscription can succeed until somebody cures them."""


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One step of the probe's script: a file of shared/scripts named in kebab case.

    *usual*: the fault when a failure names none. *join*: None for every connection.
    *joined*: it is tried once the machine has joined.
    """

    usual: Fault
    join: JoinType | None = None
    joined: bool = False


_HYBRID = JoinType.HYBRID_AZURE_AD_JOIN
_ENTER_AGAIN = "Enter the join account's password again with the connection's updateAdDomainPassword action."
_UNIT = "Correct the connection's organizational unit: it is a distinguished name of the domain."
_DNS = "Let the virtual network's DNS servers resolve the domain, and see that the domain's name is right."
_LINE_OF_SIGHT = "Open the ports that the detail names from the subnet to the domain controllers."

# A step of the script or a join may begin its message with the error type and a colon.
CAUSES: Mapping[str, Fault] = MappingProxyType(
    {
        fault.error_type: fault
        for fault in (
            Fault("dnsCheckFqdnNotFound", _DNS),
            Fault("dnsCheckNameWithInvalidCharacter", "Correct the domain's name in the connection."),
            Fault("adJoinCheckFqdnNotFound", _DNS),
            Fault("adJoinCheckIncorrectCredentials", _ENTER_AGAIN),
            Fault("adJoinCheckCredentialsExpired", f"Renew the account's password in the domain. {_ENTER_AGAIN}"),
            Fault("adJoinCheckAccountLockedOrDisabled", "Unlock or enable the join account in the domain."),
            Fault("adJoinCheckAccountQuotaExceeded", "Delegate the creation of computers in the OU to the account."),
            Fault("adJoinCheckAccessDenied", "Let the join account create and delete computers in the OU."),
            Fault("adJoinCheckOrganizationalUnitNotFound", _UNIT),
            Fault("adJoinCheckOrganizationalUnitIncorrectFormat", _UNIT),
            Fault("adJoinCheckComputerObjectAlreadyExists", "Delete the computer of that name in the domain."),
            Fault("adJoinCheckServerNotOperational", _LINE_OF_SIGHT),
            Fault("azureAdDeviceSyncCheckScpNotConfigured", "Configure the service connection point.", WARNING),
            Fault("internalServerErrorUnableToRunDscScript", "Exempt the OU from the policy that signs scripts."),
            Fault(
                "resourceAvailabilityCheckIntuneDefaultWindowsRestrictionViolation",
                "Exempt the OU from the domain's policy Disable MDM Enrollment: Cloud PCs enrol in Intune.",
            ),
            Fault("ssoCheckKerberosConfigurationError", "Create the Kerberos server object of Entra.", WARNING),
        )
    }
)

_UDP = "Allow UDP 3478 outbound to 51.5.0.0/16 and 20.202.0.0/16: without it desktops work, more slowly."
STAYS = Fault("adJoinCheckAccessDenied", "Disable the computer's account in the domain by hand.", WARNING)

PROBE_STEPS: Mapping[str, ProbeStep] = MappingProxyType(
    {
        "reachEntra": ProbeStep(Fault("endpointConnectivityCheckAzureADUrlNotAllowListed", _ALLOW)),
        "reachIntune": ProbeStep(Fault("endpointConnectivityCheckIntuneUrlNotAllowListed", _ALLOW)),
        "reachDesktopService": ProbeStep(Fault("endpointConnectivityCheckWVDUrlNotAllowListed", _ALLOW)),
        "reachCloudPcService": ProbeStep(Fault("endpointConnectivityCheckCloudPcUrlNotAllowListed", _ALLOW)),
        "reachLanguagePacks": ProbeStep(Fault("endpointConnectivityCheckLocaleUrlNotAllowListed", _ALLOW, WARNING)),
        "reachStun": ProbeStep(Fault("udpConnectivityCheckStunUrlNotAllowListed", _UDP, WARNING)),
        "reachTurn": ProbeStep(Fault("udpConnectivityCheckTurnUrlNotAllowListed", _UDP, WARNING)),
        "resolveDomain": ProbeStep(CAUSES["dnsCheckFqdnNotFound"], _HYBRID),
        "reachDomainController": ProbeStep(CAUSES["adJoinCheckServerNotOperational"], _HYBRID),
        "bindJoinAccount": ProbeStep(CAUSES["adJoinCheckIncorrectCredentials"], _HYBRID),
        "findOrganizationalUnit": ProbeStep(CAUSES["adJoinCheckOrganizationalUnitNotFound"], _HYBRID),
        "findServiceConnectionPoint": ProbeStep(CAUSES["azureAdDeviceSyncCheckScpNotConfigured"], _HYBRID),
        "findKerberosServer": ProbeStep(CAUSES["ssoCheckKerberosConfigurationError"], _HYBRID),
        "runScripts": ProbeStep(CAUSES["internalServerErrorUnableToRunDscScript"], _HYBRID, joined=True),
        "allowEnrollment": ProbeStep(
            CAUSES["resourceAvailabilityCheckIntuneDefaultWindowsRestrictionViolation"], _HYBRID, joined=True
        ),
        "leaveDomain": ProbeStep(STAYS, _HYBRID, joined=True),
    }
)
"""In their order."""

NEEDED_TO_JOIN = frozenset({"resolveDomain", "reachDomainController", "bindJoinAccount", "findOrganizationalUnit"})
"""After a failure of one of these the domain join would fail as well, only later."""

ENVIRONMENT, SCRIPT, JOIN, LEFT = "environmentReady", "probeScript", "directoryJoin", "probeCleanUp"
LEAVE = "leaveDomain"
PROBE_CHECKS = frozenset({ENVIRONMENT, SCRIPT, JOIN, LEFT, *PROBE_STEPS})
"""Checks that only a probe can make: between two probes the findings of the last one stay."""


def probe_steps(join: JoinType, *, joined: bool = False) -> tuple[str, ...]:
    """Return the steps of the probe's script for a connection of this join type, before or after it has joined."""
    return tuple(name for name, step in PROBE_STEPS.items() if step.join in {None, join} and step.joined is joined)


def step_finding(step: str, *, ok: bool, message: str) -> HealthCheck:
    """Return the finding of a step of the probe's script; *message* may begin with the error type it means."""
    if ok:
        return HealthCheck(display_name=step, status=HealthStatus.PASSED, additional_detail=message or None)
    named, colon, rest = message.partition(":")
    cause = CAUSES.get(named.strip()) if colon else None
    return (cause or PROBE_STEPS[step].usual).finding(step, rest.strip() if cause else message)


# The domain join extension fails with one code and Windows' own error within the message.
_WIN32 = re.compile(r"(?:win32 )?error code[: ]+(\d+)", re.IGNORECASE)
_JOIN_ERRORS: Mapping[int, str] = MappingProxyType(
    {
        2: "adJoinCheckOrganizationalUnitNotFound",
        5: "adJoinCheckAccessDenied",
        53: "adJoinCheckServerNotOperational",
        1311: "adJoinCheckServerNotOperational",
        1326: "adJoinCheckIncorrectCredentials",
        1330: "adJoinCheckCredentialsExpired",
        1331: "adJoinCheckAccountLockedOrDisabled",
        1355: "adJoinCheckFqdnNotFound",
        1722: "adJoinCheckServerNotOperational",
        1907: "adJoinCheckCredentialsExpired",
        1909: "adJoinCheckAccountLockedOrDisabled",
        2224: "adJoinCheckComputerObjectAlreadyExists",
        8557: "adJoinCheckAccountQuotaExceeded",
    }
)


def is_refused_by_domain(message: str) -> bool:
    """Return whether the failure of a join names Windows' own error: then no account was made."""
    return _WIN32.search(message) is not None


_ROLES = "Give the service's identity the role that the detail names (docs/permissions.md)."
_LOCK = "Remove the lock from the resource group, or choose a site whose group has none."
_QUOTA = Fault(
    "resourceAvailabilityCheckDeploymentQuotaLimitReached",
    "Raise the quota: nothing was proven from inside the network, and Cloud PCs wait for capacity as well.",
    WARNING,
)
UNANSWERED = Fault(
    "resourceAvailabilityCheckTransientServiceError",
    "Nothing to do: the checks are made again by themselves. If it lasts, see the cloud's service health.",
)
_CODES: Mapping[str, Fault] = MappingProxyType(
    {
        "requestdisallowedbypolicy": Fault(
            "resourceAvailabilityCheckAzurePolicyViolation",
            "Exempt the resource group from the policy that the detail names, or adapt the policy.",
        ),
        "subnetisfull": Fault("resourceAvailabilityCheckNoSubnetIP", "Add a larger or another subnet."),
        "authorizationfailed": Fault("permissionCheckNoResourceGroupNetworkContributorRole", _ROLES),
        "linkedauthorizationfailed": Fault("permissionCheckNoVNetContributorRole", _ROLES),
        "anothersgroup": Fault(
            "resourceAvailabilityCheckResourceGroupInvalid",
            "Let the site name a resource group of its own, or remove the tag if nobody else uses the group.",
        ),
        "scopelocked": Fault("resourceAvailabilityCheckResourceGroupLockedForDelete", _LOCK),
        "missingsubscriptionregistration": Fault(
            "resourceAvailabilityCheckMissingRegistrationForLocation",
            "Register the resource provider that the detail names in the subscription.",
        ),
        "readonlydisabledsubscription": Fault(
            "resourceAvailabilityCheckSubscriptionDisabled", "Enable the subscription, or choose another one."
        ),
        "subscriptionnotfound": Fault(
            "resourceAvailabilityCheckSubscriptionNotFound",
            "Correct the connection's subscription, or give the service's identity Reader on it.",
        ),
        "vmagentstatuscommunicationerror": Fault(
            "endpointConnectivityCheckVMAgentEndPointCommunicationError",
            "Let the subnet reach 168.63.129.16 on ports 80 and 32526, and Azure's endpoints on 443.",
        ),
        "timedout": Fault(
            "internalServerErrorVMDeploymentTimeout",
            "See Azure's service health in the site's region and the resource group's deployments; then try again.",
        ),
        "quotaexceeded": _QUOTA,
        "nocapacity": _QUOTA,
        "serviceunavailable": UNANSWERED,
    }
)
_NO_VM = Fault(
    "internalServerErrorAllocateResourceFailed",
    "The detail has Azure's code and words: put right what they name, then run the health checks again.",
)
_UNJOINED = {
    JoinType.HYBRID_AZURE_AD_JOIN: Fault(
        "adJoinCheckUnknownError",
        "See the detail, and NetSetup.log of a machine that joins this domain by hand with the same account.",
    ),
    JoinType.AZURE_AD_JOIN: Fault(
        "azureAdDeviceSyncCheckUnknownError",
        "See Entra ID's device settings: may devices be joined, and is the network's way to login.microsoftonline.com"
        " open?",
    ),
}
UNREAD = CAUSES["internalServerErrorUnableToRunDscScript"]
NOT_REMOVED = Fault(
    "internalServerUnknownError",
    "Remove what the detail names, or the lock that holds it; the next checks try again by themselves.",
    WARNING,
)
_NEVER_CAME = Fault(
    "azureAdDeviceSyncCheckDeviceNotFound",
    "The join came to no end, or the directory shows no device: see Entra ID's audit log.",
)

BROKE_OFF = Fault("internalServerErrorDeploymentCanceled", "Run the health checks again.")


def fault_of_vm(code: str) -> Fault:
    """Return the fault to report when the probe's VM could not be created."""
    return _CODES.get(code.lower(), _NO_VM)


def fault_of_network(code: str) -> Fault:
    """Return the fault to report when the hosted network could not be created: without it nothing can be built."""
    return replace(fault_of_vm(code), status=FAILED)


def fault_of_join(join: JoinType, code: str, message: str) -> Fault:
    """Return the fault to report when the probe's VM could not join."""
    if join is JoinType.HYBRID_AZURE_AD_JOIN:
        number = _WIN32.search(message)
        named = _JOIN_ERRORS.get(int(number.group(1)), "") if number else ""
        if code == "joinPasswordMissing":
            named = "adJoinCheckIncorrectCredentials"
        return CAUSES.get(named) or _CODES.get(code.lower(), _UNJOINED[join])
    return _NEVER_CAME if code == "timedOut" else _CODES.get(code.lower(), _UNJOINED[join])
