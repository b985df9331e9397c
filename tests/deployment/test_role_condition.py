"""Permissions from `infra/customer.bicep`: deployed, it lets the service assign its roles, and no more."""

import itertools
import uuid
from typing import Any

import pytest

from activities.cloud_pcs.rights import DESKTOP_USER, MACHINE_USER
from deployment import roles
from packages.azure_simulator.tests.in_process import ARM
from shared.domain.tenants import customer_role
from shared.domain.tenants.needs import POWER_ON_ROLE
from tests.deployment.simulated import SUBSCRIPTION, Cloud
from tests.house.tree import ROOT
from tests.infra.compiled import Compiled

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{SCOPE}/resourceGroups/pcs"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
OWNER, READER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SOMEBODY = "0f7c2222-1111-4111-8111-111111111111"
GIVEN = {(DESKTOP_USER, "User"), (MACHINE_USER, "User"), (POWER_ON_ROLE, "ServicePrincipal")}


def granted(*groups: str) -> tuple[Cloud, str]:
    """Return a cloud in which the template was deployed, and the header of the service's own token."""
    cloud = Cloud()
    cloud.app.sim("POST", "config", {"anyPrincipalExists": True})
    cloud.arm.send("PUT", GROUP, {"location": "westeurope"})
    app = cloud.graph.send("POST", "/v1.0/applications", {"displayName": "Deskwright for customers"}).json()
    service = cloud.graph.send("POST", "/v1.0/servicePrincipals", {"appId": app["appId"]}).json()
    given = {"principalId": {"value": service["id"]}, "resourceGroups": {"value": list(groups)}}
    template = Compiled(ROOT / "infra" / "customer.bicep").template
    properties = {"mode": "Incremental", "template": template, "parameters": given}
    path = f"{SCOPE}/providers/Microsoft.Resources/deployments/customer"
    cloud.arm.send("PUT", path, {"location": "westeurope", "properties": properties})
    cloud.app.advance(600)
    assert cloud.app.request("GET", path)["properties"]["provisioningState"] == "Succeeded"
    token = cloud.app.sim("POST", "tokens", {"audience": ARM, "claims": {"oid": service["id"]}})
    return cloud, f"Bearer {token['access_token']}"


def path(number: int, scope: str = GROUP) -> str:
    return f"{scope}/{ASSIGNMENTS}/{uuid.UUID(int=number)}"


def asked(role: str, kind: str) -> dict[str, Any]:
    definition = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    more = {"principalType": kind} if kind else {}
    return {"properties": {"roleDefinitionId": definition, "principalId": SOMEBODY, **more}}


def test_the_template_gives_the_role_with_the_condition_that_the_command_gives() -> None:
    cloud, _ = granted()
    (held,) = [
        each["properties"]
        for each in cloud.app.request("GET", f"{SCOPE}/{ASSIGNMENTS}")["value"]
        if each["properties"].get("condition")
    ]
    assert (held["scope"], held["condition"], held["principalType"]) == (
        SCOPE,
        customer_role.condition(),
        "ServicePrincipal",
    )
    assert roles._definition(cloud.arm, SUBSCRIPTION, customer_role.BUILDER) is not None


def test_the_service_gives_the_roles_that_it_has_to_and_no_other() -> None:
    cloud, token = granted()
    every = (DESKTOP_USER, MACHINE_USER, POWER_ON_ROLE, OWNER, READER)
    kinds = ("User", "ServicePrincipal", "Group", "")
    found = {
        (role, kind): cloud.app.send("PUT", path(number), asked(role, kind), authorization=token).status
        for number, (role, kind) in enumerate(itertools.product(every, kinds))
    }
    assert {each for each, status in found.items() if status == 201} == GIVEN
    assert set(found.values()) == {201, 403}
    custom = roles._definition(cloud.arm, SUBSCRIPTION, customer_role.BUILDER)
    assert custom is not None
    refused = cloud.app.error("PUT", path(90), asked(custom["name"], "User"), authorization=token)
    assert refused == (403, "AuthorizationFailed")


@pytest.mark.parametrize(
    ("role", "status"), [(DESKTOP_USER, 200), (MACHINE_USER, 200), (POWER_ON_ROLE, 200), (OWNER, 403)]
)
def test_the_service_takes_the_roles_that_it_gives_and_no_other(role: str, status: int) -> None:
    cloud, token = granted()
    cloud.app.request("PUT", path(1), asked(role, "User"))
    assert cloud.app.send("DELETE", path(1), authorization=token).status == status


def test_the_service_cannot_widen_its_own_right() -> None:
    cloud, token = granted()
    rows = cloud.app.request("GET", f"{SCOPE}/{ASSIGNMENTS}")["value"]
    (mine,) = [each for each in rows if each["properties"].get("condition")]
    free = {**mine["properties"], "condition": None, "conditionVersion": None}
    assert cloud.app.error("PUT", mine["id"], {"properties": free}, authorization=token) == (403, "AuthorizationFailed")
    assert cloud.app.error("DELETE", mine["id"], authorization=token) == (403, "AuthorizationFailed")


def test_in_single_resource_groups_the_same_holds_and_elsewhere_nothing() -> None:
    cloud, token = granted("pcs")
    other = f"{SCOPE}/resourceGroups/other"
    cloud.arm.send("PUT", other, {"location": "westeurope"})
    assert cloud.app.send("PUT", path(1), asked(DESKTOP_USER, "User"), authorization=token).status == 201
    for number, (scope, role) in enumerate([(GROUP, OWNER), (other, DESKTOP_USER), (SCOPE, DESKTOP_USER)], start=2):
        refused = cloud.app.error("PUT", path(number, scope), asked(role, "User"), authorization=token)
        assert refused == (403, "AuthorizationFailed")
