"""The registrations of a deployment, on the simulated Graph: made once, mended when they differ, never twice."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure_simulator.seeds import TENANT_ID

from deployment import consents, graph_permissions, registrations, steps
from deployment.__main__ import _parser
from deployment.clients import Client, DeploymentError, RefusedError
from deployment.report import Report
from packages.azure_simulator.tests.directory import ADMINISTRATOR, GRAPH
from tests.deployment.simulated import Cloud, place, quiet

URL = "https://deskwright-abc.azurewebsites.net"


def application(cloud: Cloud, client_id: str) -> Any:
    return cloud.graph.get(f"/v1.0/applications(appId='{client_id}')")


def principal_of(cloud: Cloud, name: str) -> str:
    """Make a service principal such as that of a managed identity, and return its object id."""
    app = cloud.graph.send("POST", "/v1.0/applications", {"displayName": name}).json()
    return str(cloud.graph.send("POST", "/v1.0/servicePrincipals", {"appId": app["appId"]}).json()["id"])


def connected(cloud: Cloud, folder: Path, **values: str) -> steps.Place:
    where = place(cloud, folder, SERVICE_API_URI=URL, **values)
    steps.register(where, quiet())
    where.environment.set(steps.PRINCIPAL, principal_of(cloud, "identity"))
    steps.connect(where, quiet())
    return where


def test_the_api_has_a_scope_its_roles_and_tokens_of_version_two(tmp_path: Path) -> None:
    cloud = Cloud()
    where = connected(cloud, tmp_path)
    api = application(cloud, where.environment.need(steps.API))
    (scope,) = api["api"]["oauth2PermissionScopes"]
    assert (scope["value"], scope["isEnabled"], scope["type"]) == ("access_as_user", True, "User")
    assert api["api"]["requestedAccessTokenVersion"] == 2
    assert api["identifierUris"] == [f"api://{api['appId']}"]
    assert {each["value"] for each in api["appRoles"]} == {each["value"] for each in registrations.app_roles()}
    assert api["signInAudience"] == "AzureADMyOrg"
    assert cloud.graph.get(f"/v1.0/servicePrincipals(appId='{api['appId']}')")["appId"] == api["appId"]


def test_people_sign_in_with_a_portal_and_a_command_line_that_the_api_trusts(tmp_path: Path) -> None:
    cloud = Cloud()
    where = connected(cloud, tmp_path)
    api = application(cloud, where.environment.need(steps.API))
    client = application(cloud, where.environment.need(steps.SIGN_IN))
    assert client["spa"]["redirectUris"] == [f"{URL}/portal/"]
    assert (client["publicClient"]["redirectUris"], client["isFallbackPublicClient"]) == (["http://localhost"], True)
    (scope,) = api["api"]["oauth2PermissionScopes"]
    asked = {each["resourceAppId"]: each["resourceAccess"] for each in client["requiredResourceAccess"]}
    assert asked[api["appId"]] == [{"id": scope["id"], "type": "Scope"}]
    trusted = {each["appId"]: each["delegatedPermissionIds"] for each in api["api"]["preAuthorizedApplications"]}
    assert trusted == {client["appId"]: [scope["id"]], registrations.AZURE_CLI: [scope["id"]]}


def grants_of(cloud: Cloud, client: str) -> list[Any]:
    principal = cloud.graph.get(f"/v1.0/servicePrincipals(appId='{client}')")["id"]
    return list(cloud.graph.rows(f"/v1.0/servicePrincipals/{principal}/oauth2PermissionGrants"))


def test_nobody_has_to_consent_to_what_people_sign_in_with(tmp_path: Path) -> None:
    """Users who may not consent would meet a page that they cannot pass."""
    cloud = Cloud()
    where = connected(cloud, tmp_path)
    grants = grants_of(cloud, where.environment.need(steps.SIGN_IN))
    assert {each["consentType"] for each in grants} == {"AllPrincipals"}
    assert sorted(each["scope"] for each in grants) == [
        "access_as_user",
        "openid profile offline_access User.Read",
    ]
    before = len(cloud.wrote)
    steps.connect(where, quiet())
    assert cloud.wrote[before:] == []


@pytest.mark.parametrize("for_customers", ["true", "false"])
def test_the_command_that_comes_next_is_printed_for_one_s_own_organisation(tmp_path: Path, for_customers: str) -> None:
    cloud, told = Cloud(), list[str]()
    where = connected(cloud, tmp_path, DESKWRIGHT_FOR_CUSTOMERS=for_customers)
    report = quiet()
    report.say = told.append
    steps.connect(where, report)
    commands = [line.partition("python -m deployment ")[2] for line in told if "python -m deployment" in line]
    if for_customers == "true":
        assert commands == []
    else:
        (command,) = commands
        asked = _parser().parse_args(shlex.split(command))
        assert (asked.principal, asked.tenant) == (where.environment.need(steps.PRINCIPAL), TENANT_ID)


def test_a_consent_of_before_is_kept_and_added_to(tmp_path: Path) -> None:
    cloud = Cloud()
    where = connected(cloud, tmp_path)
    sign_in = where.environment.need(steps.SIGN_IN)
    one = next(each for each in grants_of(cloud, sign_in) if "openid" in each["scope"])
    cloud.graph.send("PATCH", f"/v1.0/oauth2PermissionGrants/{one['id']}", {"scope": "openid Calendars.Read"})
    steps.connect(where, quiet())
    scopes = {scope for each in grants_of(cloud, sign_in) for scope in each["scope"].split()}
    assert scopes == {"access_as_user", "openid", "Calendars.Read", "profile", "offline_access", "User.Read"}


def test_who_may_not_consent_for_everybody_is_told_the_link(tmp_path: Path) -> None:
    cloud, told = Cloud(), list[str]()
    where = connected(cloud, tmp_path)

    class Refusing(Client):
        def rows(self, path: str) -> Iterator[Any]:
            raise RefusedError(f"GET {path}", 403, "Authorization_RequestDenied", "Insufficient privileges")

    token = cloud.app.token(f"{ADMINISTRATOR} {GRAPH}", GRAPH)
    graph = Refusing(GRAPH, lambda: token, cloud.transport, cloud.app.advance)
    client, api = where.environment.need(steps.SIGN_IN), where.environment.need(steps.API)
    consents.ensure(graph, client, api, "https://login.example/adminconsent", Report(say=told.append))
    (line,) = told
    assert "https://login.example/adminconsent" in line


def test_the_identity_gets_each_permission_of_graph_once(tmp_path: Path) -> None:
    cloud = Cloud()
    where = connected(cloud, tmp_path)
    principal = where.environment.need(steps.PRINCIPAL)
    assert graph_permissions.missing(cloud.graph, principal) == []
    rows = list(cloud.graph.rows(f"/v1.0/servicePrincipals/{principal}/appRoleAssignments"))
    assert len(rows) == len(graph_permissions.wanted())


def test_customers_are_entered_by_an_application_that_the_identity_may_be(tmp_path: Path) -> None:
    cloud = Cloud()
    where = connected(cloud, tmp_path, DESKWRIGHT_FOR_CUSTOMERS="true")
    reader = application(cloud, where.environment.need(steps.READER))
    (credential,) = cloud.graph.rows(f"/v1.0/applications/{reader['id']}/federatedIdentityCredentials")
    tenant = where.environment.need("AZURE_TENANT_ID")
    assert credential["subject"] == where.environment.need(steps.PRINCIPAL)
    assert credential["issuer"] == f"https://login.microsoftonline.com/{tenant}/v2.0"
    (asked,) = reader["requiredResourceAccess"]
    assert len(asked["resourceAccess"]) == len(graph_permissions.wanted())
    assert (reader["signInAudience"], reader["passwordCredentials"]) == ("AzureADMultipleOrgs", [])


@pytest.mark.parametrize("for_customers", ["false", "true"])
def test_a_second_time_nothing_is_written(tmp_path: Path, for_customers: str) -> None:
    cloud = Cloud()
    where = connected(cloud, tmp_path, DESKWRIGHT_FOR_CUSTOMERS=for_customers)
    cloud.wrote.clear()
    again = quiet()
    steps.register(where, again)
    steps.connect(where, again)
    assert (again.changes, cloud.wrote) == ([], [])


def test_a_dry_run_says_what_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    report = quiet(dry=True)
    steps.register(where, report)
    assert cloud.wrote == []
    assert [each for each in report.changes if each.startswith("register the application")] == [
        "register the application 'Deskwright test'",
        "register the application 'Deskwright test sign-in'",
    ]
    assert where.environment.get(steps.API) == ""


def test_what_somebody_else_has_added_stays_and_what_is_missing_comes_back(tmp_path: Path) -> None:
    cloud = Cloud()
    where = connected(cloud, tmp_path)
    client_id = where.environment.need(steps.SIGN_IN)
    mine = "https://cloudpc.contoso.example/portal/"
    body = {"spa": {"redirectUris": [mine]}, "isFallbackPublicClient": False}
    cloud.graph.send("PATCH", f"/v1.0/applications(appId='{client_id}')", body)
    role = {**registrations.app_roles()[0], "id": "99999999-9999-4999-8999-999999999999", "value": "Own.Role"}
    api_id = where.environment.need(steps.API)
    have = application(cloud, api_id)["appRoles"]
    cloud.graph.send("PATCH", f"/v1.0/applications(appId='{api_id}')", {"appRoles": [*have, role]})
    report = quiet()
    steps.register(where, report)
    steps.connect(where, report)
    assert report.changes == [
        "set isFallbackPublicClient of 'Deskwright test sign-in'",
        "set spa of 'Deskwright test sign-in'",
    ]
    assert application(cloud, client_id)["spa"]["redirectUris"] == [mine, f"{URL}/portal/"]
    assert "Own.Role" in {each["value"] for each in application(cloud, api_id)["appRoles"]}


def test_two_applications_of_one_name_are_left_alone(tmp_path: Path) -> None:
    cloud = Cloud()
    for _ in range(2):
        cloud.graph.send("POST", "/v1.0/applications", {"displayName": "Deskwright test"})
    cloud.wrote.clear()
    with pytest.raises(DeploymentError, match="2 applications are named 'Deskwright test'"):
        steps.register(place(cloud, tmp_path), quiet())
    assert cloud.wrote == []


def test_a_run_that_broke_off_is_finished_by_the_next(tmp_path: Path) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    whole = quiet()
    steps.register(where, whole)
    for limit in range(len(whole.changes)):
        other, count = Cloud(), 0
        broken = place(other, tmp_path / str(limit))
        report = quiet()

        def change(what: str, write: Any, report: Any = report, limit: int = limit) -> None:
            nonlocal count
            if count == limit:
                raise DeploymentError("broke off")
            count += 1
            report.changes.append(what)
            write()

        report.change = change  # type: ignore[method-assign]
        with pytest.raises(DeploymentError, match="broke off"):
            steps.register(broken, report)
        rest = quiet()
        steps.register(broken, rest)
        assert len(report.changes) + len(rest.changes) == len(whole.changes), limit
        last = quiet()
        steps.register(broken, last)
        assert last.changes == []


def test_who_may_not_register_is_told_what_graph_says(tmp_path: Path) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    token = cloud.app.token("weak", GRAPH)
    oid = jwt.decode(token, options={"verify_signature": False})["oid"]
    cloud.app.sim("POST", "seed", {"principals": [{"id": oid, "name": "weak", "roles": ["User.Read.All"]}]})
    denied = steps.Place(where.environment, replace(where.graph, token=lambda: token), where.arm)
    with pytest.raises(RefusedError) as refused:
        steps.register(denied, quiet())
    assert (refused.value.status, refused.value.code) == (403, "Authorization_RequestDenied")
    assert where.environment.get(steps.API) == ""


def test_the_provider_of_the_delegation_is_registered(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.app.sim("POST", "config", {"unregisteredProviders": ["Microsoft.App"]})
    where, report = place(cloud, tmp_path), quiet()
    steps.register(where, report)
    assert report.changes[-1] == "register Microsoft.App"
    again = quiet()
    steps.register(where, again)
    assert again.changes == []


def administrators(cloud: Cloud, api: str) -> set[str]:
    found = cloud.graph.get(f"/v1.0/servicePrincipals(appId='{api}')")
    (role,) = [each["id"] for each in found["appRoles"] if each["value"] == "Provider.Administrator"]
    rows = cloud.graph.rows(f"/v1.0/servicePrincipals/{found['id']}/appRoleAssignedTo")
    return {each["principalDisplayName"] for each in rows if each["appRoleId"] == role}


def test_the_named_people_administer_the_service_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    cloud = Cloud()
    first, second = (each["userPrincipalName"] for each in list(cloud.graph.rows("/v1.0/users"))[:2])
    where = connected(cloud, tmp_path, DESKWRIGHT_ADMINISTRATORS=f"{first}, {second}")
    api = where.environment.need(steps.API)
    assert len(administrators(cloud, api)) == 2
    report = quiet()
    steps.connect(where, report)
    assert report.changes == []
    where.environment.set(steps.ADMINISTRATORS, "")
    steps.connect(where, quiet())
    assert len(administrators(cloud, api)) == 2


def test_a_name_that_nobody_has_is_told_before_anybody_gets_the_role(tmp_path: Path) -> None:
    cloud = Cloud()
    first = next(iter(cloud.graph.rows("/v1.0/users")))["userPrincipalName"]
    where = connected(cloud, tmp_path)
    where.environment.set(steps.ADMINISTRATORS, f"{first},nobody@contoso.example")
    with pytest.raises(DeploymentError, match="nobody of the name nobody@"):
        steps.connect(where, quiet())
    assert administrators(cloud, where.environment.need(steps.API)) == set()
