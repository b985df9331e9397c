"""Scenes of the routes about roles and support access: what there is before, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shared.domain.tenants.access import AccessGrant, RoleDefinition, RolePermission
from tests.integration import things
from tests.integration.scene import Scene, Trace

OTHER_DIRECTORY = "99999999-0000-4000-8000-000000000009"
"""The directory of another customer."""
MANAGEMENT = "tenants/{tenant}/{version}/roleManagement/cloudPC"
RESTARTS = ("Microsoft.CloudPC/cloudPCs/read", "Microsoft.CloudPC/cloudPCs/reboot")
ROLE = RoleDefinition(
    id="r1",
    tenant_id=things.TENANT_ID,
    display_name="Help desk",
    role_permissions=(RolePermission(allowed_resource_actions=RESTARTS),),
    created_date_time=things.NOW,
    last_modified_date_time=things.NOW,
)
NEW_ROLE = {"displayName": "Restarts", "rolePermissions": [{"allowedResourceActions": list(RESTARTS)}]}
GRANT = AccessGrant(
    id="a1",
    tenant_id=things.TENANT_ID,
    display_name="Help desk of Berlin",
    role_definition_id="r1",
    principal_ids=("id-ada",),
    requested_by="ada",
    created_date_time=things.NOW,
)
NEW_GRANT = {
    "displayName": "Help desk",
    "roleDefinitionId": "r1",
    "principalIds": ["id-ada", "g1"],
    "directoryScopeIds": ["/"],
}
NEW_SCOPED_GRANT = {**NEW_GRANT, "directoryScopeIds": [], "appScopeIds": ["/provisioningPolicies/p1"]}
SUPPORT = GRANT.but(
    id="s1",
    role_definition_id="CloudPC.Operator",
    support=True,
    approved=False,
    end_date_time=things.NOW + timedelta(days=1),
)
NEW_SUPPORT = {
    "reason": "Ticket 4711",
    "roleDefinitionId": "CloudPC.Operator",
    "principalIds": ["id-ada"],
    "endDateTime": (things.NOW + timedelta(days=1)).isoformat(),
}
NORTHWIND = ("tenants", things.tenant(id="northwind", entra_tenant_id=OTHER_DIRECTORY))
_ROLE, _GRANT, _SUPPORT = ("role_definitions", ROLE), ("access_grants", GRANT), ("access_grants", SUPPORT)

ACCESS_SCENES: Mapping[str, Scene] = {
    f"POST {MANAGEMENT}/roleDefinitions": Scene(Trace.MADE, NEW_ROLE),
    f"PATCH {MANAGEMENT}/roleDefinitions/{{id}}": Scene(
        Trace.CHANGED, {"description": "Restarts"}, (_ROLE,), {"id": "r1"}
    ),
    f"DELETE {MANAGEMENT}/roleDefinitions/{{id}}": Scene(Trace.GONE, None, (_ROLE,), {"id": "r1"}),
    f"POST {MANAGEMENT}/roleAssignments": Scene(Trace.MADE, NEW_GRANT, (_ROLE,)),
    f"DELETE {MANAGEMENT}/roleAssignments/{{id}}": Scene(Trace.GONE, None, (_GRANT,), {"id": "a1"}),
    "POST tenants/{tenant}/supportAccess": Scene(Trace.MADE, NEW_SUPPORT, (NORTHWIND,), {"tenant": "northwind"}),
    "POST tenants/{tenant}/supportAccess/{id}/approve": Scene(
        Trace.CHANGED, None, (_SUPPORT,), {"id": "s1"}, roles=("CloudPC.Administrator",)
    ),
    "DELETE tenants/{tenant}/supportAccess/{id}": Scene(Trace.GONE, None, (_SUPPORT,), {"id": "s1"}),
}
