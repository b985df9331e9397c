"""Health checks of the subscription and the resource group in which machines will be built."""

from __future__ import annotations

from activities.checking import FaultError, Seen, Subject, refuse_anothers
from shared.clients.arm import request, subscription_state
from shared.contracts.refusals import MissingError
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.networks.connection import HealthStatus

_GROUP_VERSION = "2021-04-01"
_LOCK_VERSION = "2020-05-01"
_PROVIDERS = ("Microsoft.Compute", "Microsoft.Network", "Microsoft.DesktopVirtualization")


async def azure_tenant_readiness(subject: Subject) -> Seen | None:
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
    return Seen(f"{subscription} is {state}")


async def _refuse_without_quota(subject: Subject) -> None:
    """Raise a warning if no vCPU is left in the site's region: builds there wait without using up an attempt."""
    subscription, region = subject.connection.subscription_id, subject.site.region
    async for usage in dependencies().compute(subscription).usage.list(region):
        if usage.name.value == "cores" and usage.current_value >= usage.limit:
            detail = f"{subscription} uses {usage.current_value} of {usage.limit} vCPUs in {region}"
            action = "Request more vCPUs for the subscription in the region, or remove what is not needed."
            raise FaultError(
                "resourceAvailabilityCheckDeploymentQuotaLimitReached", detail, action, HealthStatus.WARNING
            )


async def permission_on_resource_group(subject: Subject) -> Seen | None:
    """Check that the site's resource group can be written, by writing its tag; create it if it is missing."""
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
    return Seen(f"{name} exists and can be used")


async def resource_providers(subject: Subject) -> Seen | None:
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
    return Seen(f"{', '.join(_PROVIDERS)} are registered")


async def resource_group_locks(subject: Subject) -> Seen | None:
    """Check for locks: a read-only one stops every build, a delete lock every clean-up."""
    subscription, name = subject.connection.subscription_id, subject.site.resource_group
    path = f"/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.Authorization/locks"
    try:
        found = await request(dependencies().compute(subscription), "GET", path, _LOCK_VERSION)
    except MissingError:
        return Seen(f"{name} does not exist yet, and has no lock")
    locks = {str(lock.get("name")): lock.get("properties", {}).get("level") for lock in found.get("value", ())}
    action = "Remove the lock, or choose a site whose resource group has none."
    for lock, level in sorted(locks.items(), key=lambda each: each[1] != "ReadOnly"):
        detail = f"{name} has the lock {lock} ({level})"
        if level == "ReadOnly":
            raise FaultError("resourceAvailabilityCheckResourceGroupLockedForReadonly", detail, action)
        error_type = "resourceAvailabilityCheckResourceGroupLockedForDelete"
        raise FaultError(error_type, detail, action, HealthStatus.WARNING)
    return Seen(f"{name} has no lock")
