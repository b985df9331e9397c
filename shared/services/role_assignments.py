"""The holders of roles in a tenant, as its directory says, and the page where roles are given."""

from __future__ import annotations

import logging

from shared.clients.graph_app_roles import AppRoles, app_roles
from shared.clients.throttling import retry_while_throttled
from shared.contracts.refusals import DeclinedError, UnansweredError
from shared.domain.tenants.role_assignment import PrincipalType, RoleAssignment
from shared.domain.values import Value
from shared.errors import RefusedError, UnavailableError
from shared.services.action_context import ActionContext

_log = logging.getLogger("deskwright.services")
_PORTALS = {"login.microsoftonline.us": "entra.microsoft.us"}
_PORTAL = "entra.microsoft.com"
_USERS_AND_GROUPS = "Users"
_NOT_THERE = "the API is not in the directory of the tenant: nobody of it has signed in yet"


class RolesFound(Value):
    """All holders of roles. *service_principal_id*: of the API; *unknown_because*: why the directory was not read."""

    assignments: tuple[RoleAssignment, ...] = ()
    service_principal_id: str | None = None
    client_id: str
    manage_url: str | None = None
    unknown_because: str | None = None


async def role_assignments(context: ActionContext, uncounted: frozenset[str]) -> RolesFound:
    """Read who has which role of the API in the directory of a tenant. *uncounted*: roles that mean nothing there."""
    client_id = context.deps.settings.api_audience
    graph = context.deps.graph(context.tenant)
    try:
        found = await retry_while_throttled(lambda: app_roles(graph, client_id))
        if found is None:
            return RolesFound(client_id=client_id, unknown_because=_NOT_THERE)
        users = [str(each["principalId"]) for each in found.assignments if each["principalType"] == PrincipalType.USER]
        names = await retry_while_throttled(lambda: graph.users_by_id(sorted(set(users))))
    except (DeclinedError, RefusedError, UnansweredError, UnavailableError) as error:
        _log.warning("the roles of %s could not be read: %s", context.tenant.id, error)
        return RolesFound(client_id=client_id, unknown_because=f"the directory did not say it: {error}")
    principals = {user_id: user.user_principal_name for user_id, user in names.items()}
    return RolesFound(
        assignments=tuple(_assignments(found, principals, uncounted)),
        service_principal_id=found.principal_id,
        client_id=client_id,
        manage_url=_manage_url(context, found.principal_id),
    )


def _assignments(found: AppRoles, principals: dict[str, str], uncounted: frozenset[str]) -> list[RoleAssignment]:
    rows = [
        RoleAssignment(
            id=str(each["id"]),
            role=found.names[str(each["appRoleId"])],
            principal_id=str(each["principalId"]),
            principal_type=PrincipalType(str(each["principalType"])),
            display_name=str(each.get("principalDisplayName") or each["principalId"]),
            user_principal_name=principals.get(str(each["principalId"])),
            created_date_time=each.get("createdDateTime"),
        )
        for each in found.assignments
        if str(each["appRoleId"]) in found.names  # the others are assignments without a role
    ]
    return sorted(
        (each for each in rows if each.role not in uncounted),
        key=lambda each: (each.display_name.casefold(), each.role),
    )


def _manage_url(context: ActionContext, principal_id: str) -> str:
    """Return the page *Users and groups* of the application, where an administrator of the directory gives roles."""
    authority = context.deps.settings.authority_url.partition("://")[2].partition("/")[0]
    client_id = context.deps.settings.api_audience
    page = f"ManagedAppMenuBlade/~/{_USERS_AND_GROUPS}/objectId/{principal_id}/appId/{client_id}"
    return f"https://{_PORTALS.get(authority, _PORTAL)}/{context.tenant.entra_tenant_id}/#view/Microsoft_AAD_IAM/{page}"
