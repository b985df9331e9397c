"""Permissions of roles: one table, ``Microsoft.CloudPC/<resource>/<verb>``; each route declares its verb.

Beside the app roles of tokens there are grants, of these roles and of roles that a tenant defines
(``shared/services/tenants/access.py``). They count in their tenant, and never for what only the provider may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.spot.groups.actions import SPOT_ACTIONS
from shared.domain.tenants.access import AccessGrant, RoleDefinition
from shared.domain.tenants.scopes import Thing, Things
from shared.domain.tenants.tenant import ProviderAccess, Tenant
from shared.errors import ForbiddenError, NotFoundError, UnavailableError
from shared.services.tenants.access import Granter, HeldGrants
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
        "Microsoft.CloudPC/roleDefinitions/read": _READERS,
        "Microsoft.CloudPC/roleDefinitions/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/roleDefinitions/update": _ADMINISTRATORS,
        "Microsoft.CloudPC/roleDefinitions/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/roleAssignments/read": _READERS,
        "Microsoft.CloudPC/roleAssignments/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/roleAssignments/delete": _ADMINISTRATORS,
        "Microsoft.CloudPC/supportAccess/read": _READERS,
        "Microsoft.CloudPC/supportAccess/create": _ADMINISTRATORS,
        "Microsoft.CloudPC/supportAccess/approve": frozenset({Role.ADMINISTRATOR}),
        "Microsoft.CloudPC/supportAccess/delete": _ADMINISTRATORS,
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
        "Microsoft.CloudPC/me/readNotices": _USERS,
        "Microsoft.CloudPC/me/updateNotices": _USERS,
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


ASSIGNABLE = frozenset(verb for verb, roles in VERBS.items() if Role.ADMINISTRATOR in roles)
"""Permissions of a tenant's administrator, all of which a grant can give."""

_ABOUT_RIGHTS = frozenset({"roleDefinitions", "roleAssignments", "supportAccess"})
GIVING = frozenset(verb for verb in CHANGING if verb.split("/")[1] in _ABOUT_RIGHTS)
"""Permissions to give rights, which support access never includes: such rights would outlast its end."""

CONTRACT = frozenset(verb for verb, roles in VERBS.items() if roles == _PROVIDER) | {
    f"Microsoft.CloudPC/supportAccess/{verb}" for verb in ("read", "create", "delete")
}
"""Permissions of the provider in every tenant, with or without the customer's consent."""

BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        Role.ADMINISTRATOR: "Everything in the tenant.",
        Role.OPERATOR: "Read everything, and act on Cloud PCs, session hosts and sessions.",
        Role.READER: "Read everything.",
    }
)
"""Built-in roles of every tenant by id, with their descriptions."""


@dataclass(frozen=True, slots=True)
class Grants:
    """Permissions by grants. *names*: of the grants, for the audit log; *unread*: why there may be more, or None.

    *scoped*: the scopes in which a permission counts that is not one of *permissions*; *things*: what is in each scope.
    """

    permissions: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    unread: str | None = None
    scoped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    things: Mapping[str, Things] = field(default_factory=dict)

    @property
    def scope_ids(self) -> frozenset[str]:
        """All scopes in which a permission counts."""
        return frozenset().union(*self.scoped.values())

    def ids_for(self, verb: str, kinds: Iterable[Thing]) -> frozenset[str]:
        """Return the ids of the things of some kinds in the scopes in which *verb* counts."""
        within = [self.things.get(scope, {}) for scope in self.scoped.get(verb, ())]
        return frozenset().union(*(things.get(kind, frozenset()) for things in within for kind in kinds))


NOTHING = Grants()


def permissions_of_role(role_id: str, role: RoleDefinition | None) -> frozenset[str]:
    """Return the permissions that a grant of a role gives; a role that is gone gives none."""
    if role_id in BUILT_IN:
        return ASSIGNABLE & frozenset(verb for verb, roles in VERBS.items() if role_id in roles)
    return ASSIGNABLE & role.permissions if role else frozenset()


def grants_from(held: HeldGrants) -> Grants:
    """Return the permissions of the grants that somebody holds."""
    permissions: set[str] = set()
    scoped: dict[str, frozenset[str]] = {}
    for each in held.grants:
        given = permissions_of_role(each.grant.role_definition_id, each.role)
        if scopes := frozenset(each.grant.app_scope_ids):
            scoped |= {verb: scoped.get(verb, frozenset()) | scopes for verb in given - GIVING}
        else:
            permissions |= given - GIVING if each.grant.support else given
    names = tuple(sorted(_name_of(each.grant) for each in held.grants))
    return Grants(frozenset(permissions), names, held.unread, scoped)


def _name_of(grant: AccessGrant) -> str:
    """Return a grant as the audit log names it among the roles of an actor, with its scopes."""
    return " ".join([f"roleAssignments/{grant.id}", *grant.app_scope_ids])


def holds_everything(caller: Caller, provider_directory_id: str, tenant: Tenant) -> bool:
    """Whether the roles of the token alone allow everything in a tenant that a grant could give."""
    grantable = ASSIGNABLE if caller.directory_id == tenant.entra_tenant_id else ASSIGNABLE - GIVING
    return grantable <= token_permissions(caller, provider_directory_id, tenant)


def token_permissions(caller: Caller, provider_directory_id: str, tenant: Tenant | None) -> frozenset[str]:
    """Return the permissions of the roles in a token, without the permissions of every caller."""
    roles = counting_roles(caller, provider_directory_id, tenant)
    held = frozenset(verb for verb, allowed in VERBS.items() if roles & allowed) - OWN
    if tenant is None or caller.directory_id == tenant.entra_tenant_id:
        return held
    return held & CONTRACT if tenant.settings.provider_access is ProviderAccess.ON_CONSENT else held


def authorize(
    caller: Caller, verb: str, provider_directory_id: str, tenant: Tenant | None, grants: Grants = NOTHING
) -> None:
    """Check that the caller may do *verb*.

    *tenant*: the one that is addressed, None where the route addresses none. *grants*: those of the caller there.
    Raises: NotFoundError for callers who have no access to the tenant, ForbiddenError if their roles do not allow
    *verb*, UnavailableError where it is not known whether they do.
    """
    at_home = tenant is None or caller.directory_id == tenant.entra_tenant_id
    if verb in OWN and at_home:
        return
    roles = counting_roles(caller, provider_directory_id, tenant)
    if not at_home and Role.PROVIDER not in roles and not grants.permissions and grants.unread is None:
        raise NotFoundError("there is no such tenant")
    if verb in token_permissions(caller, provider_directory_id, tenant) | grants.permissions:
        return
    if grants.unread is not None and verb in ASSIGNABLE:
        raise UnavailableError(grants.unread)
    if not at_home and Role.PROVIDER in roles & VERBS[verb]:
        raise ForbiddenError(f"this tenant lets the provider in by support access alone (permission {verb})")
    named = ", ".join(sorted(role.display_name for role in VERBS[verb]))
    raise ForbiddenError(f"this needs one of the roles {named} (permission {verb})")


def granter_of(caller: Caller, provider_directory_id: str, tenant: Tenant, grants: Grants) -> Granter:
    """Return the rights of a caller who gives rights in a tenant."""
    held = token_permissions(caller, provider_directory_id, tenant) | grants.permissions
    return Granter(held, ASSIGNABLE, permissions_of_role, BUILT_IN)


def is_provider(caller: Caller, provider_directory_id: str) -> bool:
    """Whether the caller administers all tenants."""
    return Role.PROVIDER in counting_roles(caller, provider_directory_id, None)


def verbs_of(roles: Iterable[str], granted: Iterable[str] = ()) -> list[str]:
    """Return the permissions of *roles*, of *granted* and of every caller, in order."""
    held, given = frozenset(roles), OWN.union(granted)
    return sorted(verb for verb, allowed in VERBS.items() if verb in given or held & allowed)


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
