"""Health checks in Azure: the subscription, the resource group, and a customer's own network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.clients.arm import ResourceId, parse_id, properties, request, subscription_state
from shared.contracts.connections import Checked
from shared.contracts.outcomes import MissingError
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.networks.connection import Connection, HealthCheck, HealthStatus, SubnetUsage
from shared.domain.networks.health import Fault
from shared.domain.planning.entitlements import awaiting_addresses
from shared.domain.tenants.tenant import Site


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """The connection that is checked, and its site."""

    connection: Connection
    site: Site


@dataclass(frozen=True, slots=True)
class PassedCheck:
    """The result of a check that found no fault, with the usage of the subnets if it was read."""

    detail: str
    subnets: tuple[SubnetUsage, ...] = ()

    def checked(self, check: str) -> Checked:
        """Return the outcome of *check*."""
        passed = HealthCheck(display_name=check, status=HealthStatus.PASSED, additional_detail=self.detail)
        return Checked(finding=passed, subnets=self.subnets)


class FaultError(Exception):
    """A check found a fault; *error_type* is Graph's (docs/notes/windows365.md 1.5)."""

    def __init__(
        self,
        error_type: str,
        detail: str,
        action: str,
        status: HealthStatus = HealthStatus.FAILED,
        subnets: tuple[SubnetUsage, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.fault, self.detail, self.subnets = Fault(error_type, action, status), detail, subnets

    def checked(self, check: str) -> Checked:
        """Return the outcome of *check*."""
        return Checked(finding=self.fault.finding(check, self.detail), subnets=self.subnets)


Check = Callable[[CheckSubject], Awaitable[PassedCheck | None]]
"""Returns the detail, None if the check does not apply. Raises: FaultError."""


def refuse_anothers(kind: str, name: str, tags: Mapping[str, str] | None, connection: Connection) -> None:
    """Refuse a resource of another tenant: tenants may share a subscription. Raises: FaultError."""
    if (tags or {}).get(naming.TENANT_TAG, connection.tenant_id) != connection.tenant_id:
        action = "Choose one of the tenant's own, or remove the tag if nobody else uses it."
        detail = f"{name} carries the tag {naming.TENANT_TAG} of another tenant"
        raise FaultError(f"resourceAvailabilityCheck{kind}Invalid", detail, action)


_GROUP_VERSION = "2021-04-01"
_LOCK_VERSION = "2020-05-01"
_PROVIDERS = ("Microsoft.Compute", "Microsoft.Network", "Microsoft.DesktopVirtualization")


async def azure_tenant_readiness(subject: CheckSubject) -> PassedCheck | None:
    """Check that the subscription can be read, is enabled, and has vCPUs left in the site's region."""
    subscription = subject.connection.subscription_id
    try:
        state = await subscription_state(dependencies().compute(subscription), subscription)
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
    await _refuse_without_quota(subject)
    return PassedCheck(f"{subscription} is {state}")


async def _refuse_without_quota(subject: CheckSubject) -> None:
    """Raise a warning if no vCPU is left in the site's region: builds there wait without using up an attempt."""
    subscription, region = subject.connection.subscription_id, subject.site.region
    async for usage in dependencies().compute(subscription).usage.list(region):
        if usage.name.value == "cores" and usage.current_value >= usage.limit:
            detail = f"{subscription} uses {usage.current_value} of {usage.limit} vCPUs in {region}"
            action = "Request more vCPUs for the subscription in the region, or remove what is not needed."
            raise FaultError(
                "resourceAvailabilityCheckDeploymentQuotaLimitReached", detail, action, HealthStatus.WARNING
            )


async def permission_on_resource_group(subject: CheckSubject) -> PassedCheck | None:
    """Check that the site's resource group can be written, by writing its tag; create the group if it is missing."""
    subscription, name = subject.connection.subscription_id, subject.site.resource_group
    compute = dependencies().compute(subscription)
    path = f"/subscriptions/{subscription}/resourceGroups/{name}"
    try:
        found = await request(compute, "GET", path, _GROUP_VERSION)
    except MissingError:
        found = {"location": subject.site.region}
    if found.get("properties", {}).get("provisioningState") == "Deleting":
        action = "Wait until it is gone, then run the checks again: they create it again."
        raise FaultError("resourceAvailabilityCheckResourceGroupBeingDeleted", f"{name} is being deleted", action)
    refuse_anothers("ResourceGroup", name, found.get("tags"), subject.connection)
    tags = {**(found.get("tags") or {}), naming.TENANT_TAG: subject.connection.tenant_id}
    await request(compute, "PUT", path, _GROUP_VERSION, {"location": found["location"], "tags": tags})
    return PassedCheck(f"{name} exists and can be used")


async def resource_providers(subject: CheckSubject) -> PassedCheck | None:
    """Check that the resource providers are registered; the service does not register them."""
    subscription = subject.connection.subscription_id
    compute = dependencies().compute(subscription)
    missing: list[str] = []
    for namespace in _PROVIDERS:
        found = await request(compute, "GET", f"/subscriptions/{subscription}/providers/{namespace}", _GROUP_VERSION)
        if str(found.get("registrationState", "")).lower() not in {"registered", "registering"}:
            missing.append(namespace)
    if missing:
        action = f"az provider register --subscription {subscription} --namespace {missing[0]}, and so on for each."
        detail = f"not registered in {subscription}: {', '.join(missing)}"
        raise FaultError("resourceAvailabilityCheckMissingRegistrationForLocation", detail, action)
    return PassedCheck(f"{', '.join(_PROVIDERS)} are registered")


async def resource_group_locks(subject: CheckSubject) -> PassedCheck | None:
    """Check for locks: a read-only one stops every build, a delete lock every clean-up."""
    subscription, name = subject.connection.subscription_id, subject.site.resource_group
    path = f"/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.Authorization/locks"
    try:
        found = await request(dependencies().compute(subscription), "GET", path, _LOCK_VERSION)
    except MissingError:
        return PassedCheck(f"{name} does not exist yet, and has no lock")
    locks = {str(lock.get("name")): lock.get("properties", {}).get("level") for lock in found.get("value", ())}
    action = "Remove the lock, or choose a site whose resource group has none."
    for lock, level in sorted(locks.items(), key=lambda each: each[1] != "ReadOnly"):
        detail = f"{name} has the lock {lock} ({level})"
        if level == "ReadOnly":
            raise FaultError("resourceAvailabilityCheckResourceGroupLockedForReadonly", detail, action)
        error_type = "resourceAvailabilityCheckResourceGroupLockedForDelete"
        raise FaultError(error_type, detail, action, HealthStatus.WARNING)
    return PassedCheck(f"{name} has no lock")


_SCARCE = 0.1
_OTHERS = ("serviceAssociationLinks", "resourceNavigationLinks")


async def subnet_ip_usage(subject: CheckSubject) -> PassedCheck | None:
    """Check that the subnets exist, belong to no other service, and have addresses for the Cloud PCs to be built."""
    connection = subject.connection
    if connection.network.hosted:
        return None
    network = await _virtual_network(connection)
    found = {str(s.get("id", "")).casefold(): s for s in properties(network).get("subnets") or ()}
    for subnet_id in connection.network.subnet_ids:
        subnet = found.get(subnet_id.casefold())
        if subnet is None:
            action = "Choose a subnet of the connection's virtual network."
            raise FaultError("resourceAvailabilityCheckSubnetInvalid", f"{subnet_id} does not exist", action)
        _refuse_occupied(subnet_id, properties(subnet))
    return await _free_addresses(connection)


def _refuse_occupied(subnet_id: str, subnet: dict[str, Any]) -> None:
    """Refuse a subnet that belongs to a service of Azure. Raises: FaultError."""
    if delegated := [d.get("name") for d in subnet.get("delegations") or ()]:
        action = "Choose a subnet without delegations: Azure reserves it for the delegated service."
        detail = f"{subnet_id} is delegated to {', '.join(map(str, delegated))}"
        raise FaultError("resourceAvailabilityCheckSubnetDelegationFailed", detail, action)
    if others := [str(link.get("name")) for name in _OTHERS for link in subnet.get(name) or ()]:
        action = "Choose a subnet that no other Azure service uses."
        detail = f"{subnet_id} is used by {', '.join(others)}"
        raise FaultError("resourceAvailabilityCheckSubnetWithExternalResources", detail, action)


async def _free_addresses(connection: Connection) -> PassedCheck:
    subnets = await subnet_usages(connection)
    free, total = sum(s.free for s in subnets), sum(s.total for s in subnets)
    cloud_pcs = [stored.value async for stored in dependencies().cloud_pcs.each(connection.tenant_id)]
    awaited = awaiting_addresses(cloud_pcs, connection.id)
    detail = f"{free} of {total} addresses are free; {awaited} Cloud PC(s) are still to be built"
    code, warning = "resourceAvailabilityCheckNoSubnetIP", HealthStatus.WARNING
    if free <= 0:
        action = "Add a subnet to the connection, or enlarge the one it has."
        raise FaultError(code, detail, action, subnets=subnets)
    if free < awaited:
        action = f"Add a subnet: {awaited - free} of them will have no address."
        raise FaultError(code, detail, action, warning, subnets)
    if free < total * _SCARCE:
        action = "Plan for another subnet: each Cloud PC takes one address."
        raise FaultError(code, detail, action, warning, subnets)
    return PassedCheck(detail, subnets)


async def subnet_usages(connection: Connection) -> tuple[SubnetUsage, ...]:
    """Return the number of addresses of the connection's subnets, in the connection's order."""
    vnet = _vnet_id(connection)
    networks = dependencies().network(vnet.subscription_id).virtual_networks
    found: dict[str, SubnetUsage] = {}
    async for usage in networks.list_usage(vnet.resource_group, vnet.name):
        total, used = int(usage.limit or 0), int(usage.current_value or 0)
        found[str(usage.id).casefold()] = SubnetUsage(subnet_id=str(usage.id), total=total, free=max(0, total - used))
    return tuple(found[each.casefold()] for each in connection.network.subnet_ids if each.casefold() in found)


async def virtual_network_region(subject: CheckSubject) -> PassedCheck | None:
    """Check that the virtual network is in the site's region: an interface must be in its network's region."""
    if subject.connection.network.hosted:
        return None
    location = str((await _virtual_network(subject.connection)).location or "").replace(" ", "").lower()
    if location != subject.site.region:
        detail = f"the network is in {location}, the site in {subject.site.region}"
        action = "Choose a network in the site's region, or a site in the network's."
        raise FaultError("resourceAvailabilityCheckUnsupportedVNetRegion", detail, action)
    return PassedCheck(f"the network is in {location}")


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
        found = await dependencies().network(vnet.subscription_id).virtual_networks.get(vnet.resource_group, vnet.name)
    except MissingError as missing:
        detail = f"{connection.network.virtual_network_id}: {missing.message}"
        action = "Choose a network that exists, or give the service's identity Network Contributor on it."
        raise FaultError("resourceAvailabilityCheckVNetInvalid", detail, action) from missing
    refuse_anothers("VNet", vnet.name, found.tags, connection)
    return found
