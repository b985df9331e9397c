"""Views of the roles that a tenant has, and of their assignments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.tenants.access import AccessGrant, GrantStatus, RoleDefinitionForm, RolePermission
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity

WITHIN = "roleManagement/cloudPC"
ROLE_DEFINITIONS = Collection(
    name="roleDefinitions",
    within=WITHIN,
    kinds=kinds_of("id", "displayName", "description", flags="isBuiltIn"),
    searched=("displayName", "description"),
)
ACCESS_GRANTS = Collection(
    name="roleAssignments",
    within=WITHIN,
    kinds=kinds_of("id", "displayName", "description", "roleDefinitionId"),
    searched=("displayName", "description"),
    expands=frozenset({"principals"}),
)


class RoleDefinitionView(TypedDict):
    """Graph's unifiedRoleDefinition: a built-in role of every tenant, or a role that this tenant has defined."""

    id: str
    displayName: str
    description: str
    isBuiltIn: bool
    rolePermissions: list[Annotated[Json, DumpOf(RolePermission)]]


class PrincipalView(TypedDict):
    """A user, group or application of the directory; its name is null where the directory does not tell it."""

    id: str
    displayName: str | None


class UnifiedRoleAssignmentView(TypedDict):
    """Graph's unifiedRoleAssignmentMultiple: a role that was given to users, groups and applications."""

    id: str
    displayName: str
    description: str
    roleDefinitionId: str
    principalIds: list[str]
    directoryScopeIds: list[str]
    appScopeIds: list[str]
    principals: list[PrincipalView]


ROLE_DEFINITION = Entity(RoleDefinitionView)
ACCESS_GRANT = Entity(UnifiedRoleAssignmentView)


def role_definition_view(role_id: str, role: RoleDefinitionForm, *, built_in: bool) -> RoleDefinitionView:
    """Return a role. *built_in*: every tenant has it."""
    return {
        "id": role_id,
        "displayName": role.display_name,
        "description": role.description,
        "isBuiltIn": built_in,
        "rolePermissions": [each.to_json() for each in role.role_permissions],
    }


def access_grant_view(grant: AccessGrant, names: Mapping[str, str]) -> UnifiedRoleAssignmentView:
    """Return an assignment of a role. *names*: the known names of principals by id."""
    return {
        "id": grant.id,
        "displayName": grant.display_name,
        "description": grant.description,
        "roleDefinitionId": grant.role_definition_id,
        "principalIds": list(grant.principal_ids),
        "directoryScopeIds": [] if grant.app_scope_ids else ["/"],
        "appScopeIds": list(grant.app_scope_ids),
        "principals": _principals(grant, names),
    }


SUPPORT_ACCESSES = Collection(
    name="supportAccess",
    kinds=kinds_of(
        *("id", "status", "reason", "roleDefinitionId", "requestedBy", "approvedBy"),
        moments="endDateTime createdDateTime",
    ),
    searched=("reason", "requestedBy"),
    order="createdDateTime desc",
)


class SupportAccessView(TypedDict):
    """Access of people of the provider to a customer's tenant: asked for, active, or over.

    *groupIds*: the principals that are groups, whose members come and go without another consent.
    """

    id: str
    status: GrantStatus
    reason: str
    roleDefinitionId: str
    principalIds: list[str]
    groupIds: list[str]
    endDateTime: Timestamp | None
    requestedBy: str
    approvedBy: str | None
    createdDateTime: Timestamp
    principals: list[PrincipalView]


SUPPORT_ACCESS = Entity(SupportAccessView)


def support_access_view(grant: AccessGrant, now: datetime, names: Mapping[str, str]) -> SupportAccessView:
    """Return support access with its status at *now*. *names*: the known names of its people by id."""
    return {
        "id": grant.id,
        "status": grant.status(now),
        "reason": grant.description,
        "roleDefinitionId": grant.role_definition_id,
        "principalIds": list(grant.principal_ids),
        "groupIds": list(grant.group_ids),
        "endDateTime": timestamp(grant.end_date_time),
        "requestedBy": grant.requested_by,
        "approvedBy": grant.approved_by,
        "createdDateTime": timestamp(grant.created_date_time),
        "principals": _principals(grant, names),
    }


def _principals(grant: AccessGrant, names: Mapping[str, str]) -> list[PrincipalView]:
    return [{"id": each, "displayName": names.get(each)} for each in grant.principal_ids]
