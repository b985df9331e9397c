"""Whether a directory gives tokens for Remote Desktop, and whether its users may consent."""

import json

import pytest
from azure_simulator.graph.directory.first_party import REMOTE_DESKTOP, WINDOWS_CLOUD_LOGIN
from azure_simulator.seeds import demo_seed

from packages.azure_simulator.tests.directory import Graph, open_directory
from packages.azure_simulator.tests.test_permissions import newcomer

GRAPH = "https://graph.microsoft.com"
FIELD = "isRemoteDesktopProtocolEnabled"


def configuration(graph: Graph, app_id: str) -> str:
    found = graph("GET", f"/servicePrincipals(appId='{app_id}')?$select=id")
    return f"/servicePrincipals/{found['id']}/remoteDesktopSecurityConfiguration"


@pytest.mark.parametrize("app_id", [REMOTE_DESKTOP, WINDOWS_CLOUD_LOGIN])
def test_it_is_off_until_somebody_switches_it_on(app_id: str) -> None:
    graph = open_directory()
    path = configuration(graph, app_id)
    assert graph("GET", path)[FIELD] is False
    assert graph.send("PATCH", path, {FIELD: True}).status == 204
    assert graph("GET", path)[FIELD] is True
    assert FIELD not in json.dumps(graph("GET", path.rpartition("/")[0]))
    graph("PATCH", path, {})
    assert graph("GET", path)[FIELD] is True
    graph("PATCH", path, {FIELD: False})
    assert graph("GET", path)[FIELD] is False


def test_what_it_has_not_is_refused() -> None:
    graph = open_directory()
    path = configuration(graph, REMOTE_DESKTOP)
    for body in ({FIELD: "true"}, {FIELD: None}, {"id": "x"}, {"enabled": True}):
        assert graph.error("PATCH", path, body)[0] == 400, body
    assert graph.error("PATCH", path, {"targetDeviceGroups": []})[1] == "NotSupportedBySimulator"
    nobody = "/servicePrincipals/00000000-0000-4000-8000-000000000000/remoteDesktopSecurityConfiguration"
    assert graph.error("GET", nobody)[:2] == (404, "Request_ResourceNotFound")
    assert graph.error("PATCH", nobody, {FIELD: True})[:2] == (404, "Request_ResourceNotFound")


def test_reading_and_writing_need_their_roles() -> None:
    graph = open_directory()
    path, token = configuration(graph, REMOTE_DESKTOP), with_roles(graph)
    for method, place in (("GET", path), ("PATCH", path), ("GET", "/policies/authorizationPolicy")):
        refused = graph.error(method, place, {FIELD: True} if method == "PATCH" else None, token=token)
        assert refused[:2] == (403, "Authorization_RequestDenied"), place
    reader = with_roles(graph, "Application.Read.All")
    assert graph("GET", path, token=reader)[FIELD] is False
    assert graph.error("PATCH", path, {FIELD: True}, token=reader)[0] == 403
    writer = with_roles(graph, "Application-RemoteDesktopConfig.ReadWrite.All")
    graph("PATCH", path, {FIELD: True}, token=writer)
    assert graph("GET", path, token=writer)[FIELD] is True


@pytest.mark.parametrize("may", [True, False])
def test_the_authorization_policy_says_whether_users_may_consent(may: bool) -> None:  # noqa: FBT001 - a parameter
    graph = open_directory()
    seed = demo_seed(1)
    graph.app.sim("POST", "seed", {"tenants": [{**seed["tenants"][0], "usersMayConsent": may}]})
    found = graph("GET", "/policies/authorizationPolicy")
    assert len(found["defaultUserRolePermissions"]["permissionGrantPoliciesAssigned"]) == int(may)


def with_roles(graph: Graph, *values: str) -> str:
    """Register an application with these application permissions of Graph; give a token of it."""
    made = newcomer(graph)
    found = graph("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id,appRoles")
    ids = {each["value"]: each["id"] for each in found["appRoles"]}
    for value in values:
        body = {"principalId": made.id, "resourceId": found["id"], "appRoleId": ids[value]}
        graph("POST", f"/servicePrincipals/{made.id}/appRoleAssignments", body)
    principal = graph("GET", f"/servicePrincipals/{made.id}?$select=appId")
    (app,) = graph("GET", f"/applications?$filter=appId eq '{principal['appId']}'")["value"]
    secret = graph("POST", f"/applications/{app['id']}/addPassword", {})["secretText"]
    return str(json.loads(graph.token(app["appId"], secret, GRAPH).body)["access_token"])
