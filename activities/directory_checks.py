"""Health checks of the join account, Entra ID and Intune."""

from __future__ import annotations

import re
from datetime import timedelta

from activities.checking import FaultError, Seen, Subject
from activities.identities import graph_of
from shared.contracts.refusals import DeclinedError, MissingError
from shared.dependencies import dependencies
from shared.domain.networks.connection import HealthStatus, JoinType

_UNIT = re.compile(r"(OU|CN)=[^,]+(,(OU|CN)=[^,]+)*(,DC=[^,]+)+", re.IGNORECASE)
_SYNC_EVERY = timedelta(minutes=60)  # docs/notes/windows365.md 2.6: every 30 minutes, never above 60


async def domain_join_credentials(subject: Subject) -> Seen | None:
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
    return Seen(f"the password of {domain.ad_domain_username} is in the vault; a probe proves that it holds")


async def intune_enrollment(subject: Subject) -> Seen | None:
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
    return Seen("the directory's devices and Intune's answer; no restriction blocks Windows")


async def entra_device_sync(subject: Subject) -> Seen | None:
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
    return Seen(f"the last synchronisation was {last.isoformat()}")
