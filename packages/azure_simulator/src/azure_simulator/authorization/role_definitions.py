"""The built-in roles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm.operations import Operations
from azure_simulator.arm.providers import AUTHORIZATION
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.answers import Answer, Json, Problem

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

TYPE = "Microsoft.Authorization/roleDefinitions"
ROLE_DEFINITIONS = ResourceType(
    name=TYPE,
    provider=AUTHORIZATION,
    params=("name",),
    address=f"/{{scope...}}/providers/{TYPE}",
    api_versions=f"{AUTHORIZATION.api_versions} 2022-05-01-preview",
)
OPERATIONS = Operations(ROLE_DEFINITIONS)
ROLES = {
    "fb879df8-f326-4884-b1cf-06f3ad86be52": "Virtual Machine User Login",
    "1c0163c0-47e6-4577-8991-ea5c82e286e4": "Virtual Machine Administrator Login",
    "1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63": "Desktop Virtualization User",
    "082f0a83-3be5-4ba1-904c-961cca79b387": "Desktop Virtualization Contributor",
    "489581de-a3bd-480d-9518-53dea7416b33": "Desktop Virtualization Power On Contributor",
    "40c5ff49-9181-41f8-ae61-143b0e78555e": "Desktop Virtualization Power On Off Contributor",
    "a959dbd1-f747-45e3-8ba6-dd80f235f97c": "Desktop Virtualization Virtual Machine Contributor",
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": "Virtual Machine Contributor",
    "4d97b98b-1d4f-4787-a291-c67834d212e7": "Network Contributor",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
}


@OPERATIONS.list_group("roledefinitions.list")
def list_definitions(call: Call) -> Answer:
    """List the built-in roles; `roleName eq` filters."""
    wanted = re.search(r"roleName eq '([^']+)'", call.query.get("$filter", ""))
    rows = [
        _definition(role_id, name)
        for role_id, name in ROLES.items()
        if wanted is None or wanted.group(1).lower() == name.lower()
    ]
    return Answer({"value": rows})


@OPERATIONS.get("roledefinition.get")
def get_definition(call: Call) -> Answer:
    """Show a built-in role."""
    role_id = call.param("name").lower()
    if role_id not in ROLES:
        raise Problem(404, "RoleDefinitionDoesNotExist", f"There is no role '{role_id}'.")
    return Answer(_definition(role_id, ROLES[role_id]))


def _definition(role_id: str, name: str) -> Json:
    permissions = [{"actions": ["*/read"], "notActions": [], "dataActions": []}]
    return {
        "id": f"/providers/{TYPE}/{role_id}",
        "type": TYPE,
        "name": role_id,
        "properties": {
            "roleName": name,
            "type": "BuiltInRole",
            "description": name,
            "assignableScopes": ["/"],
            "permissions": permissions,
        },
    }
