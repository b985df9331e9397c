"""Role assignments: who is known, how many there may be, what a list shows."""

from typing import Any

import pytest

from packages.azure_simulator.tests.in_process import GROUP, SUB, VMS, InProcessCloud, open_cloud

READER = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
TENANT = "0f7c1111-1111-4111-8111-111111111111"
USER, SOMEBODY = "0f7c2222-1111-4111-8111-111111111111", "0f7c3333-1111-4111-8111-111111111111"


def path(scope: str, number: int) -> str:
    name = f"00000000-0000-4000-8000-{number:012}"
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"


def grant(principal: str = USER, **more: str) -> dict[str, Any]:
    return {"properties": {"roleDefinitionId": READER, "principalId": principal, **more}}


def listed(app: InProcessCloud, scope: str, query: str = "") -> list[int]:
    found = app.request("GET", f"{scope}/providers/Microsoft.Authorization/roleAssignments{query}")["value"]
    return sorted(int(each["name"][-12:]) for each in found)


def open_to_anybody() -> InProcessCloud:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.sim("POST", "config", {"anyPrincipalExists": True})
    return app


def test_a_list_shows_what_is_at_above_and_below() -> None:
    app = open_to_anybody()
    for number, scope in enumerate((SUB, GROUP, f"{VMS}/cpc-1")):
        app.request("PUT", path(scope, number), grant())
    app.request("PUT", path(GROUP, 9), grant(SOMEBODY))
    assert listed(app, GROUP) == [0, 1, 2, 9]
    assert listed(app, GROUP, "?$filter=atScope()") == [0, 1, 9]
    assert listed(app, f"{VMS}/cpc-1") == [0, 1, 2, 9]
    assert listed(app, SUB, f"?$filter=principalId eq '{USER}'") == [0, 1, 2]
    assert listed(app, SUB, f"?$filter=atScope() and assignedTo('{SOMEBODY}')") == []
    unknown = f"{SUB}/providers/Microsoft.Authorization/roleAssignments?$filter=roleName eq 'x'"
    assert app.error("GET", unknown) == (400, "UnsupportedQuery")


def test_an_assignment_goes_with_its_machine_and_may_come_again() -> None:
    app = open_to_anybody()
    app.request("PUT", path(f"{VMS}/cpc-1", 1), grant())
    assert app.error("PUT", path(f"{VMS}/cpc-1", 2), grant()) == (409, "RoleAssignmentExists")
    app.send("DELETE", f"{VMS}/cpc-1")
    assert listed(app, SUB) == []


@pytest.mark.parametrize("principal", ["", "somebody", f"{USER}x", USER.replace("-", "")])
def test_a_principal_is_named_by_a_guid(principal: str) -> None:
    assert open_to_anybody().error("PUT", path(GROUP, 1), grant(principal)) == (400, "InvalidPrincipalId")


def test_the_limit_counts_one_subscription() -> None:
    app = open_to_anybody()
    app.sim("POST", "config", {"roleAssignmentLimit": 1})
    other = SUB.replace("22222222-2222", "33333333-2222")
    app.request("PUT", path(other, 1), grant())
    app.request("PUT", path(SUB, 1), grant())
    assert app.error("PUT", path(SUB, 2), grant(SOMEBODY)) == (400, "RoleAssignmentLimitExceeded")


def test_a_new_principal_is_not_known_at_once_unless_its_type_is_given() -> None:
    app = open_cloud()
    app.sim("POST", "config", {"principalLagSeconds": 60})
    user = {"id": USER, "userPrincipalName": "u@a.example", "displayName": "U"}
    app.advance(3600)
    app.sim("POST", "seed", {"tenants": [{"tenantId": TENANT, "domain": "a.example", "users": [user]}]})
    assert app.error("PUT", path(SUB, 1), grant()) == (400, "PrincipalNotFound")
    app.request("PUT", path(SUB, 2), grant(principalType="User"))
    app.send("DELETE", path(SUB, 2))
    app.advance(61)
    app.request("PUT", path(SUB, 1), grant())
    assert app.error("PUT", path(SUB, 3), grant(SOMEBODY, principalType="User")) == (400, "PrincipalNotFound")


def test_the_identity_of_a_machine_is_a_principal_after_a_while() -> None:
    app = open_cloud()
    app.sim("POST", "config", {"latency": {"principal.replication": {"value": 30}}})
    app.create_machine("cpc-1", app.create_network())
    principal = app.request("GET", f"{VMS}/cpc-1")["identity"]["principalId"]
    assert app.error("PUT", path(GROUP, 1), grant(principal)) == (400, "PrincipalNotFound")
    app.advance(31)
    app.request("PUT", path(GROUP, 1), grant(principal))
    app.send("DELETE", f"{VMS}/cpc-1")
    assert app.error("PUT", path(SUB, 1), grant(principal)) == (400, "PrincipalNotFound")


def test_a_put_of_an_assignment_changes_its_description_and_condition() -> None:
    # recorded: Azure/azure-cli, role/test_role_assignment_create_update (2023)
    app = open_to_anybody()
    app.request("PUT", path(GROUP, 1), grant(description="first"))
    app.advance(60)
    condition = {"condition": "@Resource[Microsoft.Storage/x:Name] stringEquals 'a'", "conditionVersion": "2.0"}
    reply = app.send("PUT", path(GROUP, 1), grant(description="second", **condition))
    shown = app.request("GET", path(GROUP, 1))["properties"]
    assert (reply.status, shown["description"], shown["condition"]) == (201, "second", condition["condition"])
    assert shown["createdOn"] < shown["updatedOn"]
    assert shown["updatedOn"].endswith("Z")
