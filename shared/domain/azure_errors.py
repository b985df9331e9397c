"""The error codes of the clouds, and the reaction to each: wait, try elsewhere, or give up.

The code decides, not the HTTP status alone: a long-running operation fails with status 200, and one code can mean a
rate limit, a quota or a lock (docs/notes/azure.md 1.8). ``phrase`` distinguishes those by the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ErrorVerdict(StrEnum):
    """Classification of an error."""

    THROTTLED = "throttled"  # repeat the call, after the time that the answer gives
    UNAVAILABLE = "unavailable"  # repeat the call, with growing pauses
    NO_CAPACITY = "noCapacity"  # try another place, or later; no failure of the user or the service
    REFUSED = "refused"  # this attempt has failed, the next one may succeed
    FINAL = "final"  # every further attempt would fail as well


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: which errors, the reaction, and the advice for the operator."""

    codes: frozenset[str]
    verdict: ErrorVerdict
    advice: str
    status: int | None = None
    phrase: str = ""
    after: timedelta | None = None  # how long to wait when the answer has no Retry-After
    elsewhere: bool = True  # another size, zone or region may have capacity

    def fits(self, status: int, code: str, message: str) -> bool:
        """Return whether the row is about this error."""
        if self.codes and code.lower() not in self.codes:
            return False
        return (self.status is None or self.status == status) and self.phrase in message.lower()


def _rule(codes: str, verdict: ErrorVerdict, advice: str, **more: object) -> Rule:
    return Rule(frozenset(codes.lower().split()), verdict, advice, **more)  # type: ignore[arg-type]


_TRY_ELSEWHERE = (
    "Nothing to do: other sizes, zones and regions are tried; add fall-back regions to the site if it lasts."
)
_RAISE_QUOTA = (
    "Ask for more quota of this VM family and of the regional vCPUs, or free some; the build goes on by itself."
)
_LET_IT_TRY = "Nothing to do: the next attempt starts by itself. If it lasts, see Azure's service health of the region."
_ROLES = "Give the service's identity the role the message names, at the scope it names; docs/permissions.md lists all."
_REPORT = "The request was not accepted: see the evidence, correct the site, policy or image, then retry."

GONE = frozenset({"resourcenotfound", "resourcegroupnotfound", "notfound"})
"""The codes of a 404 that say of the resource itself, or of its group, that it is not there; in lower case.

Others (``SubscriptionNotFound``, ``ResourceProviderNotFound``) say that the question did not arrive.
"""

_LOCKED = "RetryableError RetryableErrorDueToAnotherOperation ReferencedResourceNotProvisioned"

RULES: tuple[Rule, ...] = (
    # The same code for a rate limit, a quota and a lock: status and message decide, so these rows come first.
    _rule(
        _LOCKED,
        ErrorVerdict.THROTTLED,
        _LET_IT_TRY,
        after=timedelta(seconds=10),
    ),
    _rule("", ErrorVerdict.THROTTLED, "Nothing to do: the calls are paced.", status=429, after=timedelta(seconds=20)),
    _rule("OperationNotAllowed QuotaExceeded", ErrorVerdict.NO_CAPACITY, _RAISE_QUOTA, phrase="quota"),
    _rule("QuotaExceeded", ErrorVerdict.NO_CAPACITY, _RAISE_QUOTA),
    _rule(
        "OperationNotAllowed",
        ErrorVerdict.FINAL,
        "The VM has been generalised and cannot start again: build a new one.",
        phrase="generalized",
    ),
    _rule(
        "OperationNotAllowed",
        ErrorVerdict.FINAL,
        "The image needs a larger disk than this size of Cloud PC has: choose a larger size, or make a smaller image.",
        phrase="smaller than the size of the corresponding disk",
    ),
    _rule(
        "OperationNotAllowed",
        ErrorVerdict.REFUSED,
        "Somebody stopped the VM while it was being built: leave VMs tagged deskwright:cloudpc alone, then retry.",
        phrase="not running",
    ),
    _rule(
        "OperationNotAllowed",
        ErrorVerdict.FINAL,
        "Azure does not offer this in the subscription: the message names what; choose another region or subscription.",
        phrase="not supported for this subscription",
    ),
    _rule(
        "Conflict",
        ErrorVerdict.FINAL,
        "The vault keeps a deleted secret of this name: recover or purge it, then retry.",
        phrase="deleted but recoverable state",
    ),
    _rule(
        "OperationNotAllowed Conflict AnotherOperationInProgress OperationPreempted ConcurrentWriteError",
        ErrorVerdict.UNAVAILABLE,
        _LET_IT_TRY,
    ),
    # No capacity in a place.
    _rule("AllocationFailed ZonalAllocationFailed", ErrorVerdict.NO_CAPACITY, _TRY_ELSEWHERE),
    _rule(
        "OverconstrainedAllocationRequest OverconstrainedZonalAllocationRequest",
        ErrorVerdict.NO_CAPACITY,
        "Take the zones off the site, or add fall-back regions: no place has all that the request combines.",
    ),
    _rule("SkuNotAvailable NotAvailableForSubscription", ErrorVerdict.NO_CAPACITY, _TRY_ELSEWHERE),
    _rule(
        "SubnetIsFull",
        ErrorVerdict.NO_CAPACITY,
        "Give the connection a larger or another subnet: Azure keeps five addresses of each.",
        elsewhere=False,
    ),
    # Something of an earlier attempt is still there.
    _rule(
        "PropertyChangeNotAllowed",
        ErrorVerdict.REFUSED,
        "A machine of this name exists that was built differently: it is removed before the next attempt.",
    ),
    _rule(
        "NicReservedForAnotherVm",
        ErrorVerdict.THROTTLED,
        "Nothing to do: Azure frees the interface three minutes after its VM failed.",
        after=timedelta(seconds=180),
    ),
    _rule("NicInUse", ErrorVerdict.REFUSED, "The interface belongs to another VM: the next attempt removes it first."),
    _rule(
        "InUseSubnetCannotBeDeleted InUseNetworkSecurityGroupCannotBeDeleted PublicIPAddressCannotBeDeleted",
        ErrorVerdict.REFUSED,
        "Something still uses it, which the message names: it can be deleted when that is gone.",
    ),
    _rule(
        "RoleAssignmentExists", ErrorVerdict.REFUSED, "Nothing to do: the role is assigned already, under another name."
    ),
    _rule(
        "PrincipalNotFound",
        ErrorVerdict.REFUSED,
        "The user or group is not known to Azure's role assignments: a new one is after a while.",
    ),
    # Windows did not start, or an extension was not installed.
    _rule(
        "OSProvisioningTimedOut VMStartTimedOut",
        ErrorVerdict.REFUSED,
        "Windows did not finish its setup in time: the VM is rebuilt. If it happens again, look at the image.",
    ),
    _rule(
        "OSProvisioningClientError OSProvisioningInternalError",
        ErrorVerdict.REFUSED,
        "Windows setup failed: if it happens on every machine of this image, the image was not generalised properly.",
    ),
    _rule(
        "VMExtensionProvisioningError",
        ErrorVerdict.REFUSED,
        "An extension failed inside Windows: its own message is the evidence; the next attempt starts with a new VM.",
    ),
    _rule(
        "VMExtensionProvisioningTimeout VMAgentStatusCommunicationError VMExtensionManagementInternalError",
        ErrorVerdict.REFUSED,
        "The VM's agent did not answer: check that the subnet reaches 168.63.129.16 and Azure's endpoints.",
    ),
    _rule(
        "VMExtensionHandlerNonTransientError",
        ErrorVerdict.FINAL,
        "The extension does not work on this Windows: use another image.",
    ),
    _rule(
        "DiskImageNotReady GalleryImageNotFound",
        ErrorVerdict.NO_CAPACITY,  # it is being replicated
        "The image is not in this region yet: wait for its replication, or build it for this site.",
        elsewhere=False,
    ),
    _rule(
        "NetworkingInternalOperationError InternalExecutionError InternalServerError", ErrorVerdict.REFUSED, _LET_IT_TRY
    ),
    # Permissions.
    _rule(
        "AuthorizationFailed LinkedAuthorizationFailed", ErrorVerdict.UNAVAILABLE, _ROLES
    ),  # a new role takes effect after minutes
    _rule(
        "InvalidAuthenticationToken ExpiredAuthenticationToken",
        ErrorVerdict.UNAVAILABLE,
        "The token was not accepted: check the managed identity.",
    ),
    _rule(
        "InvalidAuthenticationTokenTenant",
        ErrorVerdict.FINAL,
        "The subscription belongs to another directory than the tenant's: correct the one or the other.",
    ),
    _rule(
        "MissingSubscriptionRegistration",
        ErrorVerdict.FINAL,
        "Register the resource provider the message names in the subscription, then retry.",
    ),
    _rule(
        "SubscriptionNotFound InvalidSubscriptionId ReadOnlyDisabledSubscription SubscriptionNotRegistered",
        ErrorVerdict.FINAL,
        "The subscription does not exist, is disabled, or is not visible: correct the tenant's or the connection's.",
    ),
    _rule(
        "ScopeLocked",
        ErrorVerdict.FINAL,
        "An administrator locked this scope: remove the lock, then retry. What could not be removed is listed.",
    ),
    _rule(
        "RequestDisallowedByPolicy",
        ErrorVerdict.FINAL,
        "An Azure Policy forbids it: the evidence names the assignment; exempt the resource group or adapt the policy.",
    ),
    _rule(
        "RoleAssignmentLimitExceeded",
        ErrorVerdict.FINAL,
        "The subscription has no role assignment left: remove stale ones, then retry.",
    ),
    _rule(
        "Authorization_RequestDenied AccessDenied",
        ErrorVerdict.FINAL,
        "Grant the app roles of docs/permissions.md to the service's identity in this directory, and consent.",
    ),
    _rule(
        "Forbidden",
        ErrorVerdict.FINAL,
        "Give the service's identity Key Vault Secrets Officer on the vault, and enable the secret's version.",
        status=403,
    ),
    _rule(
        "ImageNotFound PlatformImageNotFound InvalidImageReference",
        ErrorVerdict.FINAL,
        "The image no longer exists: choose another one in the policy.",
    ),
    _rule(
        "ResourceGroupNotFound",
        ErrorVerdict.REFUSED,
        "The site's resource group is gone: run the connection's health checks, which create it again.",
    ),
    _rule(
        "InvalidParameter BadRequest InvalidTemplate InvalidRequestContent InvalidRequestFormat "
        "InvalidAddressPrefixFormat UnmatchedPrincipalType",
        ErrorVerdict.FINAL,
        _REPORT,
    ),
)


def _codes(codes: str) -> frozenset[str]:
    return frozenset(codes.lower().split())


# Codes that one caller alone handles, in lower case.
BUSY = _codes("Conflict AnotherOperationInProgress")
"""An earlier call is still being worked on."""
EXISTS = _codes("PreconditionFailed PropertyChangeNotAllowed ConditionNotMet")
"""A VM of this name exists."""
INTERFACE_IN_USE = _codes("NicInUse NicReservedForAnotherVm")
NO_FREE_ADDRESS = _codes("SubnetIsFull")
NOT_AUTHORIZED = _codes("AuthorizationFailed LinkedAuthorizationFailed")
NOT_OFFERED = _codes("SkuNotAvailable NotAvailableForSubscription")
"""A subscription may not have a size in a region: that changes rarely."""
PRINCIPAL_UNKNOWN = _codes("PrincipalNotFound")
"""A new user is known to Azure's authorization after some seconds only."""
QUOTA_OR_LOCK = _codes("OperationNotAllowed")
ROLE_ASSIGNED = _codes("RoleAssignmentExists")
SLOW_START = _codes("OSProvisioningTimedOut VMStartTimedOut")
"""Windows may still start after Azure has stopped waiting for it."""

LOCKED = _codes(_LOCKED)
"""A 429 that is no rate limit: something that the request needs is being changed."""

# Throttling codes of Resource Manager itself; all others are the resource provider's.
RESOURCE_MANAGER_LIMITS = _codes("SubscriptionRequestsThrottled TenantRequestsThrottled")

# Microsoft Graph and Entra ID.
DELTA_LINK_EXPIRED = _codes("resyncRequired syncStateNotFound syncStateInvalid gone http410")
TOKEN_REFUSED = {
    "AADSTS700016": "The customer's administrator has to consent to the multi-tenant app (docs/operations.md).",
    "AADSTS90002": "There is no directory of this id: correct the tenant's entraTenantId.",
    "AADSTS700213": "Give the multi-tenant app a federated credential for our managed identity (docs/permissions.md).",
}
"""Why a directory issues no token, with the advice for the operator."""

_UNAVAILABLE_STATUSES = frozenset({401, 408})
_SERVER_ERROR = 500
_CLIENT_ERROR = 400
_STARTING = frozenset({409, 412})


def rule_for(status: int, code: str, message: str) -> Rule:
    """Return the row for an error; *status* 200 for the failure of a long-running operation."""
    if status >= _SERVER_ERROR:
        return _rule("", ErrorVerdict.UNAVAILABLE, _LET_IT_TRY)  # whatever the code: the request was not answered
    for rule in RULES:
        if rule.fits(status, code, message):
            return rule
    if status in _UNAVAILABLE_STATUSES:
        return _rule("", ErrorVerdict.UNAVAILABLE, _LET_IT_TRY)
    if status in _STARTING or status < _CLIENT_ERROR:
        return _rule("", ErrorVerdict.REFUSED, _LET_IT_TRY)
    return _rule("", ErrorVerdict.FINAL, _REPORT)
