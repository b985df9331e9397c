"""The holders of roles in a tenant."""

from typing_extensions import TypedDict

from shared.domain.tenants.role_assignment import PrincipalType, RoleAssignment
from triggers.http.json_schema import Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Entity

ROLE_ASSIGNMENTS = Collection(
    name="roleAssignments",
    kinds=kinds_of("id", "role", "principalId", "principalType", "displayName", "userPrincipalName"),
    searched=("displayName", "userPrincipalName", "role"),
)


class RoleAssignmentView(TypedDict):
    """One holder of one role: a user, a group or an application of the tenant's directory."""

    id: str
    role: str
    principalId: str
    principalType: PrincipalType
    displayName: str
    userPrincipalName: str | None
    createdDateTime: Timestamp | None


ROLE_ASSIGNMENT = Entity(RoleAssignmentView)


def role_assignment_view(each: RoleAssignment) -> RoleAssignmentView:
    """Return an assignment."""
    return {
        "id": each.id,
        "role": each.role,
        "principalId": each.principal_id,
        "principalType": each.principal_type,
        "displayName": each.display_name,
        "userPrincipalName": each.user_principal_name,
        "createdDateTime": timestamp(each.created_date_time),
    }
