"""Health checks of a connection, made from the clouds' APIs before a Cloud PC depends on it."""

from __future__ import annotations

from activities.azure_checks import (
    azure_tenant_readiness,
    permission_on_resource_group,
    resource_group_locks,
    resource_providers,
)
from activities.checking import Check, FaultError, Subject
from activities.directory_checks import domain_join_credentials, entra_device_sync, intune_enrollment
from activities.network_checks import subnet_ip_usage, virtual_network_region
from shared.contracts.connections import GROUPS, RETIRE_PASSWORDS, RUN_CHECK, Checked, CheckOrder, PasswordOrder
from shared.contracts.outcomes import Done, Refused
from shared.contracts.refusals import DeclinedError, UnansweredError
from shared.dependencies import dependencies
from shared.domain.azure_errors import NOT_AUTHORIZED
from shared.domain.networks.connection import HealthStatus
from shared.domain.networks.health import CLOSING, Fault
from shared.domain.planning.spreading import places_of
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RUN_CHECK)
async def run_check(order: CheckOrder) -> Checked:
    """Make one check and return its finding, with Graph's error type, the evidence and the recommended action."""
    began = dependencies().clock.now()
    connection = (await dependencies().connections.get(order.tenant_id, order.connection_id)).value
    site = (await dependencies().sites.get(order.tenant_id, connection.site_id)).value
    tenant = (await dependencies().tenants.get(order.tenant_id)).value
    checked = await _run(order.check, Subject(connection, site))
    if order.check in GROUPS["azure"]:
        for each in places_of(tenant, connection)[1:]:
            elsewhere = await _run(order.check, Subject(connection.but(subscription_id=each), site))
            checked = _with_further(checked, elsewhere, each)
    if checked.finding is None:
        return checked
    finding = checked.finding.but(start_date_time=began, end_date_time=dependencies().clock.now())
    return checked.but(finding=finding)


def _with_further(checked: Checked, elsewhere: Checked, subscription_id: str) -> Checked:
    """Return the finding together with that of a further subscription of the tenant.

    A problem there is a warning: builds in the other subscriptions are not held up by it. If it is certain that no
    build can succeed there, the subscription is closed to builds. The error type is that of the first problem; the
    evidence names all.
    """
    first, second = checked.finding, elsewhere.finding
    if first is None or second is None or second.status is HealthStatus.PASSED:
        return checked
    if second.status is HealthStatus.FAILED and second.error_type in CLOSING:
        checked = checked.but(closed=(*(checked.closed or ()), subscription_id))
    detail = f"further subscription {subscription_id}: {second.additional_detail}"
    if first.status is HealthStatus.PASSED:
        return checked.but(finding=second.but(status=HealthStatus.WARNING, additional_detail=detail))
    return checked.but(finding=first.but(additional_detail=f"{first.additional_detail}; {detail}"))


async def _run(check: str, subject: Subject) -> Checked:
    try:
        seen = await CHECKED[check](subject)
    except FaultError as found:
        return found.checked(check)
    except DeclinedError as declined:
        refused = declined.refused
        unknown = Fault(_UNKNOWN[check], refused.advice) if refused.advice else Fault(_UNKNOWN[check])
        return Checked(finding=unknown.finding(check, f"{refused.code}: {refused.message}"))
    except UnansweredError as unanswered:
        if unanswered.code.lower() not in NOT_AUTHORIZED:
            raise
        return Checked(finding=Fault(_NOT_ALLOWED[check], _GRANT).finding(check, str(unanswered)))
    return seen.checked(check) if seen else Checked()


@bp.activity_trigger(input_name="payload")
@implements(RETIRE_PASSWORDS)
async def retire_passwords(order: PasswordOrder) -> Done | Refused:
    """Disable every version of the join password except the newest, with which a machine has just joined."""
    await dependencies().vault().retire(order.password_secret_url)
    return Done()


_GRANT = (
    "Give the service's identity the role that the detail names (docs/permissions.md); it takes some minutes to hold."
)

CHECKED: dict[str, Check] = {
    "azureTenantReadiness": azure_tenant_readiness,
    "resourceProviders": resource_providers,
    "permissionOnResourceGroup": permission_on_resource_group,
    "resourceGroupLocks": resource_group_locks,
    "subnetIpUsage": subnet_ip_usage,
    "virtualNetworkRegion": virtual_network_region,
    "domainJoinCredentials": domain_join_credentials,
    "intuneEnrollment": intune_enrollment,
    "entraDeviceSync": entra_device_sync,
}
_NOT_ALLOWED = {
    "azureTenantReadiness": "permissionCheckNoSubscriptionReaderRole",
    "resourceProviders": "permissionCheckNoSubscriptionReaderRole",
    "permissionOnResourceGroup": "permissionCheckNoResourceGroupOwnerRole",
    "resourceGroupLocks": "permissionCheckNoResourceGroupOwnerRole",
    "subnetIpUsage": "permissionCheckNoVNetContributorRole",
    "virtualNetworkRegion": "permissionCheckNoVNetContributorRole",
    "domainJoinCredentials": "permissionCheckUnknownError",
    "intuneEnrollment": "resourceAvailabilityCheckNoIntuneReaderRoleError",
    "entraDeviceSync": "azureAdDeviceSyncCheckUnknownError",
}
_UNKNOWN = {
    "azureTenantReadiness": "resourceAvailabilityCheckGeneralSubscriptionError",
    "resourceProviders": "resourceAvailabilityCheckGeneralSubscriptionError",
    "permissionOnResourceGroup": "resourceAvailabilityCheckResourceGroupInvalid",
    "resourceGroupLocks": "resourceAvailabilityCheckUnknownError",
    "subnetIpUsage": "resourceAvailabilityCheckUnknownError",
    "virtualNetworkRegion": "resourceAvailabilityCheckVNetInvalid",
    "domainJoinCredentials": "adJoinCheckAccessDenied",
    "intuneEnrollment": "resourceAvailabilityCheckNoIntuneReaderRoleError",
    "entraDeviceSync": "azureAdDeviceSyncCheckUnknownError",
}
