"""Role assignments through azure-mgmt-authorization."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from packages.azure_simulator.tests.contract.azure import Azure
from packages.azure_simulator.tests.contract.running import Running

pytestmark = pytest.mark.simulator

LOGIN = "fb879df8-f326-4884-b1cf-06f3ad86be52"
NAME = "7c0e1f5a-2f0c-4f9e-9b2e-0123456789ab"
OTHER = "7c0e1f5a-2f0c-4f9e-9b2e-0123456789ac"


async def user_of(simulated: Running) -> str:
    answer = await simulated.graph("/users?$top=1")
    return str(answer.body["value"][0]["id"])


def body(azure: Azure, principal: str) -> Any:
    role = f"/subscriptions/{azure.subscription}/providers/Microsoft.Authorization/roleDefinitions/{LOGIN}"
    properties = {"roleDefinitionId": role, "principalId": principal, "principalType": "User"}
    return {"properties": properties}


async def test_a_user_gets_a_role_on_a_machine_and_loses_it(azure: Azure, simulated: Running) -> None:
    vm, user = await azure.make_vm("cpc-1"), await user_of(simulated)
    roles = azure.authorization.role_assignments
    made = await roles.create(vm.id, NAME, body(azure, user))
    assert (made.scope, made.principal_id) == (vm.id, user)
    assert [each.name async for each in roles.list_for_scope(vm.id, filter="atScope()")] == [NAME]
    await roles.delete(vm.id, NAME)
    assert [each async for each in roles.list_for_scope(vm.id, filter="atScope()")] == []


async def test_the_same_assignment_under_another_name_exists_already(azure: Azure, simulated: Running) -> None:
    user, roles = await user_of(simulated), azure.authorization.role_assignments
    await roles.create(azure.group_id, NAME, body(azure, user))
    await roles.create(azure.group_id, NAME, body(azure, user))
    with pytest.raises(HttpResponseError) as caught:
        await roles.create(azure.group_id, OTHER, body(azure, user))
    error = caught.value
    assert (error.status_code, error.error and error.error.code) == (409, "RoleAssignmentExists")


async def test_an_unknown_principal_is_not_found(azure: Azure) -> None:
    with pytest.raises(HttpResponseError) as caught:
        await azure.authorization.role_assignments.create(azure.group_id, NAME, body(azure, OTHER))
    error = caught.value
    assert (error.status_code, error.error and error.error.code) == (400, "PrincipalNotFound")


async def test_role_definitions_are_found_by_name(azure: Azure) -> None:
    filters = "roleName eq 'Virtual Machine User Login'"
    found = azure.authorization.role_definitions.list(f"/subscriptions/{azure.subscription}", filter=filters)
    assert [each.name async for each in found] == [LOGIN]
