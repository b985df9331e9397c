"""Permissions of roles: one table, ``Microsoft.CloudPC/<resource>/<verb>``; each route declares its verb."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.spot.groups.actions import SPOT_ACTIONS
from shared.domain.tenants.tenant import Tenant
from shared.errors import ForbiddenError, NotFoundError
from triggers.http.authentication import Caller


class Role(StrEnum):
    """The app roles; the provider's counts only in tokens of the provider's own directory.

    Users need none: theirs is for directories that require an assignment before they give a token.
    """

    ADMINISTRATOR = "CloudPC.Administrator"
    OPERATOR = "CloudPC.Operator"
    READER = "CloudPC.Reader"
    USER = "CloudPC.User"
    PROVIDER = "Provider.Administrator"

    @property
    def display_name(self) -> str:
        """The name of the role, as the directory shows it."""
        return self.value.replace("CloudPC.", "Cloud PC ").replace(".", " ")


_PROVIDER = frozenset({Role.PROVIDER})
_ADMINISTRATORS = _PROVIDER | {Role.ADMINISTRATOR}
_OPERATORS = _ADMINISTRATORS | {Role.OPERATOR}
_READERS = _OPERATORS | {Role.READER}
_USERS = frozenset({Role.USER})

VERBS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "Microsoft.CloudPC/tenants/list": _PROVIDER,
        "Microsoft.CloudPC/tenants/create": _PROVIDER,
        "Microsoft.CloudPC/tenants/delete": _PROVIDER,
        "Microsoft.CloudPC/tenants/read": _READERS,
        "Microsoft.CloudPC/tenants/readReadiness": _ADMINISTRATORS,
        "Microsoft.CloudPC/tenants/readHealth": _ADMINISTRATORS,
        "Microsoft.CloudPC/tenants/dismissHealth": _ADMINISTRATORS,
        "Microsoft.CloudPC/tenants/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/tenants/dryRun": _ADMINISTRATORS,
        "Microsoft.CloudPC/tenants/pause": _ADMINISTRATORS,
        "Microsoft.CloudPC/tenants/resume": _ADMINISTRATORS,
        "Microsoft.CloudPC/service/read": _PROVIDER,
        "Microsoft.CloudPC/service/readHealth": _PROVIDER,
        "Microsoft.CloudPC/service/updateHealth": _PROVIDER,
        "Microsoft.CloudPC/service/dismissHealth": _PROVIDER,
        "Microsoft.CloudPC/service/pause": _PROVIDER,
        "Microsoft.CloudPC/service/resume": _PROVIDER,
        "Microsoft.CloudPC/sites/read": _READERS,
        "Microsoft.CloudPC/sites/write": _ADMINISTRATORS,
        "Microsoft.CloudPC/sites/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/wizards/read": _READERS,
        "Microsoft.CloudPC/wizards/review": _ADMINISTRATORS,
        "Microsoft.CloudPC/wizards/save": _ADMINISTRATORS,
        "Microsoft.CloudPC/operations/read": _READERS,
        "Microsoft.CloudPC/explanations/read": _READERS,
        "Microsoft.CloudPC/directory/read": _READERS,
        "Microsoft.CloudPC/roleAssignments/read": _READERS,
        "Microsoft.CloudPC/cloudPCs/read": _READERS,
        "Microsoft.CloudPC/cloudPCs/readSignInDetails": _OPERATORS,
        "Microsoft.CloudPC/reports/read": _READERS,
        "Microsoft.CloudPC/reclaimRules/read": _READERS,
        "Microsoft.CloudPC/reclaimRules/write": _ADMINISTRATORS,
        "Microsoft.CloudPC/reclaimRules/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/reclaimRules/confirm": _ADMINISTRATORS,
        "Microsoft.CloudPC/reclaimCases/dismiss": _ADMINISTRATORS,
        "Microsoft.CloudPC/budgets/read": _READERS,
        "Microsoft.CloudPC/budgets/write": _ADMINISTRATORS,
        "Microsoft.CloudPC/budgets/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/rateCards/read": _READERS,
        "Microsoft.CloudPC/rateCards/write": _ADMINISTRATORS,
        "Microsoft.CloudPC/deletedCloudPCs/read": _READERS,
        "Microsoft.CloudPC/deletedCloudPCs/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/orphans/read": _READERS,
        "Microsoft.CloudPC/orphans/scan": _OPERATORS,
        "Microsoft.CloudPC/orphans/remove": _ADMINISTRATORS,
        "Microsoft.CloudPC/bulkActions/read": _READERS,
        "Microsoft.CloudPC/bulkActions/create": _OPERATORS,
        "Microsoft.CloudPC/bulkActions/update": _OPERATORS,
        "Microsoft.CloudPC/bulkActions/overrideMaintenanceWindow": _ADMINISTRATORS,
        "Microsoft.CloudPC/alertRules/read": _READERS,
        "Microsoft.CloudPC/alertRules/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/alertRecords/read": _READERS,
        "Microsoft.CloudPC/deviceManagementScripts/read": _READERS,
        "Microsoft.CloudPC/deviceManagementScripts/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/deviceManagementScripts/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/deviceManagementScripts/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/maintenanceWindows/read": _READERS,
        "Microsoft.CloudPC/maintenanceWindows/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/maintenanceWindows/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/maintenanceWindows/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/maintenanceWindows/assign": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/read": _READERS,
        "Microsoft.CloudPC/provisioningPolicies/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/assign": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/pause": _ADMINISTRATORS,
        "Microsoft.CloudPC/provisioningPolicies/resume": _ADMINISTRATORS,
        "Microsoft.CloudPC/spotGroups/read": _READERS,
        "Microsoft.CloudPC/spotGroups/readSignInDetails": _OPERATORS,
        "Microsoft.CloudPC/sessionHosts/read": _READERS,
        "Microsoft.CloudPC/userSessions/read": _READERS,
        "Microsoft.CloudPC/userSessions/message": _OPERATORS,
        "Microsoft.CloudPC/userSessions/logOff": _OPERATORS,
        "Microsoft.CloudPC/onPremisesConnections/read": _READERS,
        "Microsoft.CloudPC/onPremisesConnections/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/onPremisesConnections/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/onPremisesConnections/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/onPremisesConnections/runHealthChecks": _OPERATORS,
        "Microsoft.CloudPC/onPremisesConnections/updateAdDomainPassword": _ADMINISTRATORS,
        "Microsoft.CloudPC/noticeEndpoints/read": _READERS,
        "Microsoft.CloudPC/noticeEndpoints/readDeliveries": _OPERATORS,
        "Microsoft.CloudPC/noticeEndpoints/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/noticeEndpoints/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/noticeEndpoints/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/noticeEndpoints/rotateKey": _ADMINISTRATORS,
        "Microsoft.CloudPC/noticeEndpoints/test": _OPERATORS,
        "Microsoft.CloudPC/noticeEndpoints/replay": _OPERATORS,
        "Microsoft.CloudPC/deviceImages/read": _READERS,
        "Microsoft.CloudPC/deviceImages/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/deviceImages/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/deviceImages/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/deviceImages/retry": _ADMINISTRATORS,
        "Microsoft.CloudPC/galleryImages/read": _READERS,
        "Microsoft.CloudPC/imageSets/read": _READERS,
        "Microsoft.CloudPC/imageSets/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/imageSets/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/imageVersions/read": _READERS,
        "Microsoft.CloudPC/imageVersions/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/servicePlans/read": _READERS,
        "Microsoft.CloudPC/supportedRegions/read": _READERS,
        "Microsoft.CloudPC/auditEvents/read": _READERS,
        "Microsoft.CloudPC/powerSchedules/read": _READERS,
        "Microsoft.CloudPC/powerSchedules/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/powerSchedules/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/powerSchedules/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/userSettings/read": _READERS,
        "Microsoft.CloudPC/userSettings/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/userSettings/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/userSettings/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/userSettings/assign": _ADMINISTRATORS,
        "Microsoft.CloudPC/me/read": _USERS,
        "Microsoft.CloudPC/me/readCloudPCs": _USERS,
        "Microsoft.CloudPC/openapi/read": _USERS,
        **{row.permission: _ADMINISTRATORS if row.administrators else _OPERATORS for row in ACTIONS.values()},
        **{row.permission: _ADMINISTRATORS if row.administrators else _OPERATORS for row in SPOT_ACTIONS},
        **{row.own_permission: _USERS for row in ACTIONS.values() if row.own},
    }
)

OWN = frozenset(verb for verb, roles in VERBS.items() if roles == _USERS)
"""Permissions of every caller with a valid token: they concern only the callers themselves, or public data."""


_LOOKING = ("read", "list", "dryRun", "review")
CHANGING = frozenset(verb for verb in VERBS if not verb.rpartition("/")[2].startswith(_LOOKING))
"""Permissions that change something, and so stand in the audit log."""


def authorize(caller: Caller, verb: str, provider_directory_id: str, tenant: Tenant | None) -> None:
    """Check that the caller may do *verb*.

    *tenant*: the one that is addressed, None where the route addresses none. Raises: NotFoundError for callers who
    have no access to the tenant, ForbiddenError if their roles do not allow *verb*.
    """
    if verb in OWN and (tenant is None or caller.directory_id == tenant.entra_tenant_id):
        return
    roles = counting_roles(caller, provider_directory_id, tenant)
    if tenant is not None and caller.directory_id != tenant.entra_tenant_id and Role.PROVIDER not in roles:
        raise NotFoundError("there is no such tenant")
    if not roles & VERBS[verb]:
        named = ", ".join(sorted(role.display_name for role in VERBS[verb]))
        raise ForbiddenError(f"this needs one of the roles {named} (permission {verb})")


def allowed(caller: Caller, verb: str, provider_directory_id: str, tenant: Tenant) -> bool:
    """Whether the caller, who may use a tenant, may also do *verb* there."""
    return bool(counting_roles(caller, provider_directory_id, tenant) & VERBS[verb])


def is_provider(caller: Caller, provider_directory_id: str) -> bool:
    """Whether the caller administers all tenants."""
    return Role.PROVIDER in counting_roles(caller, provider_directory_id, None)


def verbs_of(roles: Iterable[str]) -> list[str]:
    """Return the verbs that callers with *roles* may do, in order, including the verbs of every caller."""
    held = frozenset(roles)
    return sorted(verb for verb, allowed in VERBS.items() if verb in OWN or held & allowed)


def uncounted_roles(tenant: Tenant, provider_directory_id: str) -> frozenset[str]:
    """Return the roles that count for nobody of a tenant's directory."""
    own = tenant.entra_tenant_id.lower() == provider_directory_id.lower()
    return frozenset() if own else frozenset({Role.PROVIDER.value})


def counting_roles(caller: Caller, provider_directory_id: str, tenant: Tenant | None) -> frozenset[str]:
    """Return the caller's roles that are valid in *tenant*, which is None if the address names no tenant."""
    roles = caller.roles
    if caller.directory_id != provider_directory_id.lower():
        roles -= {Role.PROVIDER}
    if tenant is None or caller.directory_id != tenant.entra_tenant_id:
        roles &= {Role.PROVIDER}
    return roles
