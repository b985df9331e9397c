"""The service's role in a customer's subscription, and the template that makes it. Standard library alone.

`infra/customer.bicep` says the same for who deploys by Bicep; `tests/deployment` compares both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

DESKTOP_USER = "1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63"
MACHINE_USER = "fb879df8-f326-4884-b1cf-06f3ad86be52"
POWER_ON = "489581de-a3bd-480d-9518-53dea7416b33"
BUILDER = "Deskwright builder"
DESCRIPTION = "Builds, assigns and removes Cloud PCs and device images. infra/README.md says what for."
_VERSION = "2022-04-01"
_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
_PRINCIPAL = (
    "Object id of the service in this directory: the service principal of the multi-tenant app, which the page of the"
    " tenant shows once an administrator has consented."
)

Json = dict[str, Any]


def condition() -> str:
    """Return the condition of the builder's role: two roles to people, one to a service, and no other."""
    role = "Microsoft.Authorization/roleAssignments:RoleDefinitionId"
    kind = "Microsoft.Authorization/roleAssignments:PrincipalType"
    users = "ForAnyOfAnyValues:StringEqualsIgnoreCase {'User'}"
    services = "ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}"
    signing_in = f"{{{DESKTOP_USER}, {MACHINE_USER}}}"
    to_people = f"@Request[{role}] ForAnyOfAnyValues:GuidEquals {signing_in} AND @Request[{kind}] {users}"
    to_services = f"@Request[{role}] ForAnyOfAnyValues:GuidEquals {{{POWER_ON}}} AND @Request[{kind}] {services}"
    all_three = f"{{{DESKTOP_USER}, {MACHINE_USER}, {POWER_ON}}}"
    taken = f"@Resource[{role}] ForAnyOfAnyValues:GuidEquals {all_three}"
    writing = "!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})"
    deleting = "!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})"
    given = f"({to_people}) OR ({to_services})"
    return f"(({writing}) OR ({given})) AND (({deleting}) OR ({taken}))"


def role_template(actions: Sequence[str]) -> Json:
    """Return the ARM template of the role in a whole subscription, which the Azure portal can open by its address.

    The principal is asked for: an address that named it would let anybody hand out our template with their own.
    """
    name = "guid(subscription().id, 'deskwright-builder')"
    role = f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', {name})]"
    permission = {"actions": list(actions), "notActions": [], "dataActions": [], "notDataActions": []}
    definition = {
        "type": "Microsoft.Authorization/roleDefinitions",
        "apiVersion": _VERSION,
        "name": f"[{name}]",
        "properties": {
            "roleName": f"[concat('{BUILDER} ', subscription().subscriptionId)]",
            "description": DESCRIPTION,
            "type": "CustomRole",
            "permissions": [permission],
            "assignableScopes": ["[subscription().id]"],
        },
    }
    assignment = {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": _VERSION,
        "name": "[guid(subscription().id, parameters('principalId'), 'deskwright-builder')]",
        "dependsOn": [role],
        "properties": {
            "roleDefinitionId": role,
            "principalId": "[parameters('principalId')]",
            "principalType": "ServicePrincipal",
            "conditionVersion": "2.0",
            "condition": condition(),
        },
    }
    return {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "metadata": {"description": "What Deskwright may do in this subscription."},
        "parameters": {
            "principalId": {"type": "string", "minLength": 36, "maxLength": 36, "metadata": {"description": _PRINCIPAL}}
        },
        "resources": [definition, assignment],
        "outputs": {"roleDefinitionId": {"type": "string", "value": role}},
    }
