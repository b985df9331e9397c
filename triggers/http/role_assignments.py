"""The holders of roles in a tenant, and the page where roles are given."""

from __future__ import annotations

import azure.functions as func

from shared.services.role_assignments import role_assignments
from shared.workflow import Blueprint
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.lists import whole_list
from triggers.http.permissions import uncounted_roles
from triggers.http.response_shapes import Page
from triggers.http.views.role_assignments import ROLE_ASSIGNMENT, ROLE_ASSIGNMENTS, role_assignment_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_MORE: dict[str, type[str]] = {"servicePrincipalId": str, "clientId": str, "manageUrl": str, "unknownBecause": str}


@bp.route(route="tenants/{tenant}/roleAssignments", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/roleAssignments/read", returns=Page(ROLE_ASSIGNMENT, more=_MORE), query=ROLE_ASSIGNMENTS)
async def list_role_assignments(call: Call) -> Response:
    """List who has which role in the tenant by its directory, with the page where an administrator of it gives roles.

    Members of groups have their group's roles. Who administers the whole service is listed in the provider's own
    directory only.
    """
    found = await role_assignments(call.context, uncounted_roles(call.tenant, call.deps.settings.provider_tenant_id))
    more = {
        "servicePrincipalId": found.service_principal_id,
        "clientId": found.client_id,
        "manageUrl": found.manage_url,
        "unknownBecause": found.unknown_because,
    }
    return await whole_list(call, ROLE_ASSIGNMENTS, [role_assignment_view(each) for each in found.assignments], more)
