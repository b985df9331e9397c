"""Health checks of a connection: what the clouds can say before a Cloud PC depends on it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from activities.identities import graph_of
from shared.clients.arm import ResourceId, ask, parse_id, properties, subscription_state
from shared.contracts.connections import RUN_CHECK, Checked, CheckOrder
from shared.contracts.refusals import DeclinedError, MissingError, UnansweredError
from shared.domain import naming
from shared.domain.connection import Connection, HealthCheck, HealthStatus, JoinType
from shared.domain.tenant import Site
from shared.wiring import services
from shared.workflow import Blueprint, implements

bp = Blueprint()

_GROUP_VERSION = "2021-04-01"
_SCARCE = 0.1
_UNIT = re.compile(r"^(OU|CN)=[^,]+(,(OU|CN)=[^,]+)*(,DC=[^,]+)+$", re.IGNORECASE)
_FORBIDDEN = frozenset({"authorizationfailed", "linkedauthorizationfailed"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked."""

    connection: Connection
    site: Site


class FaultError(Exception):
    """A check found something: *error_type* is Graph's word for it (windows365.md 1.5)."""

    def __init__(self, error_type: str, detail: str, action: str, status: HealthStatus = HealthStatus.FAILED) -> None:
        super().__init__(detail)
        self.error_type, self.detail, self.action, self.status = error_type, detail, action, status


Check = Callable[[Subject], Awaitable[str | None]]
"""Returns what was seen, None when the check does not apply. Raises: FaultError."""


@bp.activity_trigger(input_name="payload")
@implements(RUN_CHECK)
async def run_check(order: CheckOrder) -> Checked:
    """Make one check and say what it found, with Graph's error type, the evidence and what to do."""
    began = services().clock.now()
    connection = (await services().connections.get(order.tenant_id, order.connection_id)).value
    site = (await services().sites.get(order.tenant_id, connection.site_id)).value
    try:
        seen = await CHECKED[order.check](Subject(connection, site))
        if seen is None:
            return Checked()
        finding = HealthCheck(display_name=order.check, status=HealthStatus.PASSED, additional_detail=seen)
    except FaultError as fault:
        finding = _finding(order.check, fault)
    except DeclinedError as declined:
        refused = declined.refused
        unknown = FaultError(_UNKNOWN[order.check], f"{refused.code}: {refused.message}", refused.advice or _LOOK)
        finding = _finding(order.check, unknown)
    except UnansweredError as unanswered:
        if unanswered.code.lower() not in _FORBIDDEN:
            raise
        finding = _finding(order.check, FaultError(_NOT_ALLOWED[order.check], str(unanswered), _GRANT))
    return Checked(finding=finding.but(start_date_time=began, end_date_time=services().clock.now()))


def _finding(check: str, fault: FaultError) -> HealthCheck:
    return HealthCheck(
        display_name=check,
        status=fault.status,
        error_type=fault.error_type,
        additional_detail=fault.detail,
        recommended_action=fault.action,
    )


async def azure_tenant_readiness(subject: Subject) -> str | None:
    """See that the subscription answers and is enabled."""
    subscription = subject.connection.subscription_id
    try:
        state = await subscription_state(services().compute(subscription), subscription)
    except MissingError as missing:
        raise FaultError(
            "resourceAvailabilityCheckSubscriptionNotFound",
            f"{subscription}: {missing.message}",
            "Correct the connection's subscription, or give the service's identity Reader on it.",
        ) from missing
    if state not in {"Enabled", "Warned", "PastDue"}:
        action = "Enable the subscription, or choose another one."
        raise FaultError("resourceAvailabilityCheckSubscriptionDisabled", f"{subscription} is {state}", action)
    if state != "Enabled":
        action = "Settle what is due on the subscription before it is disabled."
        detail = f"{subscription} is {state}"
        raise FaultError("resourceAvailabilityCheckGeneralSubscriptionError", detail, action, HealthStatus.WARNING)
    return f"{subscription} is {state}"


async def permission_on_resource_group(subject: Subject) -> str | None:
    """See that we may write in the site's resource group, by writing our tag on it; it is made if it is not there."""
    subscription, name = subject.connection.subscription_id, subject.site.resource_group
    compute = services().compute(subscription)
    path = f"/subscriptions/{subscription}/resourceGroups/{name}"
    try:
        found = await ask(compute, "GET", path, _GROUP_VERSION)
    except MissingError:
        found = {"location": subject.site.region}
    if found.get("properties", {}).get("provisioningState") == "Deleting":
        action = "Wait until it is gone, then run the checks again: they make it anew."
        raise FaultError("resourceAvailabilityCheckResourceGroupBeingDeleted", f"{name} is being deleted", action)
    _refuse_anothers("ResourceGroup", name, found.get("tags"), subject.connection)
    tags = {**(found.get("tags") or {}), naming.TENANT_TAG: subject.connection.tenant_id}
    await ask(compute, "PUT", path, _GROUP_VERSION, {"location": found["location"], "tags": tags})
    return f"{name} is there and ours to use"


async def subnet_ip_usage(subject: Subject) -> str | None:
    """See that the subnets exist, serve nothing else, and have free addresses."""
    connection = subject.connection
    if connection.network.hosted:
        return None
    network = await _virtual_network(connection)
    there = {str(s.get("id", "")).casefold(): s for s in properties(network).get("subnets") or ()}
    for subnet_id in connection.network.subnet_ids:
        subnet = there.get(subnet_id.casefold())
        if subnet is None:
            action = "Choose a subnet of the connection's virtual network."
            raise FaultError("resourceAvailabilityCheckSubnetInvalid", f"{subnet_id} is not there", action)
        if delegated := [d.get("name") for d in properties(subnet).get("delegations") or ()]:
            action = "Choose a subnet without delegations: Azure lets only the delegate in."
            detail = f"{subnet_id} is delegated to {', '.join(map(str, delegated))}"
            raise FaultError("resourceAvailabilityCheckSubnetDelegationFailed", detail, action)
    return await _free_addresses(connection)


async def _free_addresses(connection: Connection) -> str:
    vnet = _vnet_id(connection)
    wanted = {subnet_id.casefold() for subnet_id in connection.network.subnet_ids}
    networks = services().network(vnet.subscription_id).virtual_networks
    free = total = 0
    async for usage in networks.list_usage(vnet.resource_group, vnet.name):
        if str(usage.id).casefold() in wanted:
            total += int(usage.limit or 0)
            free += int((usage.limit or 0) - (usage.current_value or 0))
    detail = f"{free} of {total} addresses are free"
    if free <= 0:
        action = "Add a subnet to the connection, or enlarge the one it has."
        raise FaultError("resourceAvailabilityCheckNoSubnetIP", detail, action)
    if free < total * _SCARCE:
        action = "Plan for another subnet: each Cloud PC takes one address."
        raise FaultError("resourceAvailabilityCheckNoSubnetIP", detail, action, HealthStatus.WARNING)
    return detail


async def virtual_network_region(subject: Subject) -> str | None:
    """See that the virtual network is where the machines will be: an interface cannot reach across regions."""
    if subject.connection.network.hosted:
        return None
    location = str((await _virtual_network(subject.connection)).location or "").replace(" ", "").lower()
    if location != subject.site.region:
        detail = f"the network is in {location}, the site in {subject.site.region}"
        action = "Choose a network in the site's region, or a site in the network's."
        raise FaultError("resourceAvailabilityCheckUnsupportedVNetRegion", detail, action)
    return f"the network is in {location}"


async def domain_join_credentials(subject: Subject) -> str | None:
    """See that the join account's password can be read and that the OU is one; a domain controller is not asked."""
    domain = subject.connection.domain
    if domain is None or subject.connection.join_type is not JoinType.HYBRID_AZURE_AD_JOIN:
        return None
    if domain.organizational_unit and not _UNIT.match(domain.organizational_unit):
        action = "Write it as a distinguished name: OU=Cloud PCs,DC=corp,DC=example,DC=com."
        raise FaultError("adJoinCheckOrganizationalUnitIncorrectFormat", domain.organizational_unit, action)
    try:
        await services().vault().read(domain.password_secret_url)
    except MissingError as missing:
        raise FaultError(
            "adJoinCheckIncorrectCredentials",
            f"{domain.password_secret_url}: {missing.message}",
            "Enter the join account's password again.",
        ) from missing
    return f"the password of {domain.ad_domain_username} is in the vault; the first join proves that it holds"


async def intune_enrollment(subject: Subject) -> str | None:
    """See that the directory and Intune answer us."""
    graph = await graph_of(subject.connection.tenant_id)
    await graph.first_device()
    await graph.first_managed_device()
    return "the directory's devices and Intune's answer"


def _vnet_id(connection: Connection) -> ResourceId:
    try:
        return parse_id(connection.network.virtual_network_id or "")
    except ValueError as error:
        raise FaultError(
            "resourceAvailabilityCheckVNetInvalid", str(error), "Choose the virtual network again."
        ) from error


async def _virtual_network(connection: Connection) -> Any:  # noqa: ANN401 - the SDK's VirtualNetwork
    vnet = _vnet_id(connection)
    try:
        found = await services().network(vnet.subscription_id).virtual_networks.get(vnet.resource_group, vnet.name)
    except MissingError as missing:
        detail = f"{connection.network.virtual_network_id}: {missing.message}"
        action = "Choose a network that exists, or give the service's identity Network Contributor on it."
        raise FaultError("resourceAvailabilityCheckVNetInvalid", detail, action) from missing
    _refuse_anothers("VNet", vnet.name, found.tags, connection)
    return found


def _refuse_anothers(kind: str, name: str, tags: Mapping[str, str] | None, connection: Connection) -> None:
    """Refuse what another tenant has, where tenants share a subscription. Raises: FaultError."""
    if (tags or {}).get(naming.TENANT_TAG, connection.tenant_id) != connection.tenant_id:
        action = "Choose one of the tenant's own, or remove the tag if nobody else uses it."
        detail = f"{name} carries the tag {naming.TENANT_TAG} of another tenant"
        raise FaultError(f"resourceAvailabilityCheck{kind}Invalid", detail, action)


_LOOK = "See the detail; correct it, then run the health checks again."
_GRANT = (
    "Give the service's identity the role that the detail names (docs/permissions.md); it takes some minutes to hold."
)

CHECKED: dict[str, Check] = {
    "azureTenantReadiness": azure_tenant_readiness,
    "permissionOnResourceGroup": permission_on_resource_group,
    "subnetIpUsage": subnet_ip_usage,
    "virtualNetworkRegion": virtual_network_region,
    "domainJoinCredentials": domain_join_credentials,
    "intuneEnrollment": intune_enrollment,
}
_NOT_ALLOWED = {
    "azureTenantReadiness": "permissionCheckNoSubscriptionReaderRole",
    "permissionOnResourceGroup": "permissionCheckNoResourceGroupOwnerRole",
    "subnetIpUsage": "permissionCheckNoVNetContributorRole",
    "virtualNetworkRegion": "permissionCheckNoVNetContributorRole",
    "domainJoinCredentials": "permissionCheckUnknownError",
    "intuneEnrollment": "resourceAvailabilityCheckNoIntuneReaderRoleError",
}
_UNKNOWN = {
    "azureTenantReadiness": "resourceAvailabilityCheckGeneralSubscriptionError",
    "permissionOnResourceGroup": "resourceAvailabilityCheckResourceGroupInvalid",
    "subnetIpUsage": "resourceAvailabilityCheckUnknownError",
    "virtualNetworkRegion": "resourceAvailabilityCheckVNetInvalid",
    "domainJoinCredentials": "adJoinCheckAccessDenied",
    "intuneEnrollment": "resourceAvailabilityCheckNoIntuneReaderRoleError",
}
