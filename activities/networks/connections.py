"""Health checks of a connection from the APIs of Azure, Entra ID and Intune, including its join account."""

from __future__ import annotations

import re
from datetime import timedelta

from activities.machines.identities import graph_of
from activities.machines.vms import compares_each
from activities.networks.azure_checks import (
    Check,
    CheckSubject,
    FaultError,
    PassedCheck,
    azure_tenant_readiness,
    permission_on_resource_group,
    resource_group_locks,
    resource_providers,
    subnet_ip_usage,
    virtual_network_region,
)
from shared.contracts.calls import is_later
from shared.contracts.connections import GROUPS, RETIRE_PASSWORDS, RUN_CHECK, Checked, CheckOrder, PasswordOrder
from shared.contracts.outcomes import DeclinedError, Done, MissingError, Refused, UnansweredError
from shared.dependencies import dependencies
from shared.domain.azure_errors import NOT_AUTHORIZED
from shared.domain.networks.connection import HealthStatus, JoinType
from shared.domain.networks.health import CLOSING, Fault
from shared.domain.planning.queueing import places_of
from shared.workflow import Blueprint, implements

_UNIT = re.compile(r"(OU|CN)=[^,]+(,(OU|CN)=[^,]+)*(,DC=[^,]+)+", re.IGNORECASE)
_SYNC_EVERY = timedelta(minutes=60)  # docs/notes/windows365.md 2.6: every 30 minutes, never above 60


async def domain_join_credentials(subject: CheckSubject) -> PassedCheck | None:
    """Check that the join password can be read and the OU is well-formed; the probe asks a domain controller."""
    domain = subject.connection.domain
    if domain is None or subject.connection.join_type is not JoinType.HYBRID_AZURE_AD_JOIN:
        return None
    if domain.organizational_unit and not _UNIT.fullmatch(domain.organizational_unit):
        action = "Write it as a distinguished name: OU=Cloud PCs,DC=corp,DC=example,DC=com."
        raise FaultError("adJoinCheckOrganizationalUnitIncorrectFormat", domain.organizational_unit, action)
    try:
        await dependencies().vault().read(domain.password_secret_url)
    except MissingError as missing:
        raise FaultError(
            "adJoinCheckIncorrectCredentials",
            f"{domain.password_secret_url}: {missing.message}",
            "Enter the join account's password again.",
        ) from missing
    return PassedCheck(f"the password of {domain.ad_domain_username} is in the vault; a probe proves that it holds")


async def intune_enrollment(subject: CheckSubject) -> PassedCheck | None:
    """See that the directory and Intune answer us, and that Intune lets Windows in."""
    graph = await graph_of(subject.connection.tenant_id)
    await graph.first_device()
    await graph.first_managed_device()
    try:
        blocking = await graph.windows_restrictions()
    except DeclinedError as unread:
        # Reading them needs one more app role; without it Intune may still allow every enrolment.
        action = "Give the service's identity DeviceManagementServiceConfig.Read.All to have them checked."
        detail = f"Intune answers; its enrolment restrictions could not be read: {unread}"
        raise FaultError(
            "resourceAvailabilityCheckNoIntuneReaderRoleError", detail, action, HealthStatus.INFORMATIONAL
        ) from unread
    for restriction in blocking:
        kind = "Default" if restriction.default else "Custom"
        status = HealthStatus.FAILED if restriction.default else HealthStatus.WARNING
        raise FaultError(
            f"resourceAvailabilityCheckIntune{kind}WindowsRestrictionViolation",
            f"the enrolment restriction {restriction.display_name} blocks Windows (MDM)",
            "Allow Windows (MDM) in Intune's device platform restrictions, at least for Cloud PCs.",
            status,
        )
    return PassedCheck("the directory's devices and Intune's answer; no restriction blocks Windows")


async def entra_device_sync(subject: CheckSubject) -> PassedCheck | None:
    """Check that the domain's computers are synchronised to Entra ID: a hybrid join waits for that."""
    if subject.connection.join_type is not JoinType.HYBRID_AZURE_AD_JOIN:
        return None
    graph = await graph_of(subject.connection.tenant_id)
    enabled, last = await graph.directory_sync()
    warning = HealthStatus.WARNING
    if not enabled:
        action = "Set up Entra Connect for the domain: without it no hybrid join completes."
        detail = "the directory is not synchronised with a domain"
        raise FaultError("azureAdDeviceSyncCheckConnectDisabled", detail, action, warning)
    now = dependencies().clock.now()
    if last is None or now - last > _SYNC_EVERY:
        action = "Let Entra Connect synchronise every 30 minutes, and see that it runs."
        detail = f"the last synchronisation was {last.isoformat() if last else 'never'}"
        raise FaultError("azureAdDeviceSyncCheckLongSyncCircle", detail, action, warning)
    return PassedCheck(f"the last synchronisation was {last.isoformat()}")


bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RUN_CHECK)
async def run_check(order: CheckOrder) -> Checked:
    """Make one check and return its finding, with Graph's error type, the evidence and the recommended action."""
    began = dependencies().clock.now()
    connection = (await dependencies().connections.get(order.tenant_id, order.connection_id)).value
    site = (await dependencies().sites.get(order.tenant_id, connection.site_id)).value
    tenant = (await dependencies().tenants.get(order.tenant_id)).value
    checked = await _run(order.check, CheckSubject(connection, site))
    if order.check in GROUPS["azure"]:
        for each in places_of(tenant, connection)[1:]:
            elsewhere = await _run(order.check, CheckSubject(connection.but(subscription_id=each), site))
            checked = _with_further(checked, elsewhere, each)
    if checked.finding is None:
        return checked
    finding = checked.finding.but(start_date_time=began, end_date_time=dependencies().clock.now())
    return checked.but(finding=finding)


def _with_further(checked: Checked, elsewhere: Checked, subscription_id: str) -> Checked:
    """Merge the finding of a further subscription of the tenant into the finding of the first.

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


async def _run(check: str, subject: CheckSubject) -> Checked:
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
@implements(RETIRE_PASSWORDS, fence=compares_each)
async def retire_passwords(order: PasswordOrder) -> Done | Refused:
    """Disable every version of the join password except the newest, with which a machine has just joined.

    One that was set since the checks began is not proven, because the machine may have joined with the one before. Nor
    is one by an order of earlier checks. Then all versions stay.
    """
    vault = dependencies().vault()
    set_at = await vault.set_at(order.password_secret_url)
    found = await dependencies().connections.find(order.tenant_id, order.connection_id)
    began = found.value.check_began_date_time if found else None
    is_unproven = began is not None and set_at is not None and set_at > began
    if not (is_unproven or is_later(set_at) or is_later(began)):
        await vault.retire(order.password_secret_url)
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
