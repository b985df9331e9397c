"""The caller's permissions at a scope, as Azure lists it: the permissions of the roles that count there.

Source: learn.microsoft.com/rest/api/authorization/permissions. Azure documents resource groups and resources; its
portal asks subscriptions in the same way. Who has no role assignments here (`core.principals`) has its own actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.authorization.permissions import granted
from azure_simulator.authorization.role_definitions import PERMISSIONS
from azure_simulator.core.answers import Answer
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

ROUTES = Routes("arm")
_BELOW = "providers/Microsoft.Authorization/permissions"
_ACTION = "Microsoft.Authorization/permissions/read"


@ROUTES.operation("permissions.ofSubscription", "GET", f"/subscriptions/{{sub}}/{_BELOW}", action=_ACTION)
@ROUTES.operation(
    "permissions.ofGroup", "GET", f"/subscriptions/{{sub}}/resourceGroups/{{rg}}/{_BELOW}", action=_ACTION
)
def list_permissions(call: Call) -> Answer:
    """List the caller's permissions at a subscription or a resource group; a group has to exist."""
    scope = call.path[: -len(_BELOW) - 1]
    if "rg" in call.params:
        call.need(scope, "ResourceGroupNotFound")
    principal = call.principal
    if principal.assignments is None:
        own: Json = {name: [] for name in PERMISSIONS}
        taken = [action for action, where in principal.denied if where == "*"]
        return Answer({"value": [{**own, "actions": list(principal.actions), "notActions": taken}]})
    return Answer({"value": granted(call.world, principal.object_id, scope)})
