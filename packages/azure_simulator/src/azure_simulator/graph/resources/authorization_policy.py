"""`/policies/authorizationPolicy`: whether the users of a directory may consent for themselves; read only.

A seed's `usersMayConsent: false` assigns no policy of consents, as *Do not allow user consent* does; without it it is
the one that lets users consent to every application.
Sources: learn.microsoft.com/graph/api/authorizationpolicy-get,
learn.microsoft.com/entra/identity/enterprise-apps/configure-user-consent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import operations, pages
from azure_simulator.graph.protocol.operations import operation

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

_PATH = "/policies/authorizationPolicy"
_ANY_APPLICATION = "ManagePermissionGrantsForSelf.microsoft-user-default-legacy"


@operation(
    "authorizationPolicy.get", "GET", _PATH, roles="Policy.Read.All Policy.ReadWrite.Authorization", versions=("v1.0",)
)
def get_policy(call: Call) -> Answer:
    """Answer the policy of the caller's directory."""
    may = (directory_of(call.world).tenant(operations.tenant_of(call)) or {}).get("usersMayConsent", True)
    body = {
        "@odata.context": pages.context(call, "policies/authorizationPolicy/$entity"),
        "id": "authorizationPolicy",
        "displayName": "Authorization Policy",
        "defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": [_ANY_APPLICATION] if may else []},
    }
    return Answer(body)
