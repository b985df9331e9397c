"""Applications and service principals: what registrations are made of, kept, shown, refused, and give tokens."""

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure_simulator.graph.directory.first_party import MICROSOFT_GRAPH, VIRTUAL_DESKTOP
from azure_simulator.seeds import DOMAIN, TENANT_ID

from packages.azure_simulator.tests.directory import Graph, open_directory

READ_USERS = "df021288-bdef-4463-88db-98f22de89214"
READ_GROUPS = "5b567255-7703-4780-807c-7be8301ae99b"
ROLE = {
    "id": "11111111-1111-4111-8111-111111111111",
    "allowedMemberTypes": ["User", "Application"],
    "displayName": "Readers",
    "description": "They read.",
    "value": "Things.Read",
    "isEnabled": True,
}
SCOPE = {
    "id": "22222222-2222-4222-8222-222222222222",
    "value": "access_as_user",
    "type": "User",
    "adminConsentDisplayName": "Access",
    "adminConsentDescription": "Access as the user",
    "isEnabled": True,
}
WRITTEN: dict[str, list[Any]] = {
    "addIns": [[{"id": ROLE["id"], "type": "FileHandler", "properties": [{"key": "a", "value": "b"}]}]],
    "api": [
        {"oauth2PermissionScopes": [SCOPE]},
        {"acceptMappedClaims": True},
        {"knownClientApplications": [ROLE["id"]]},
    ],
    "appRoles": [[ROLE]],
    "defaultRedirectUri": ["https://a.example/x"],
    "description": ["text"],
    "displayName": ["Other"],
    "groupMembershipClaims": ["SecurityGroup", "None"],
    "identifierUris": [[f"https://{DOMAIN}/api"], [f"api://{TENANT_ID}/x"], []],
    "info": [{"supportUrl": "https://a.example/support"}],
    "isDeviceOnlyAuthSupported": [True],
    "isFallbackPublicClient": [True, False],
    "nativeAuthenticationApisEnabled": ["all"],
    "notes": ["text"],
    "optionalClaims": [{"accessToken": [{"name": "ipaddr", "essential": False, "source": None}]}],
    "parentalControlSettings": [{"countriesBlockedForMinors": ["DE"], "legalAgeGroupRule": "Allow"}],
    "publicClient": [{"redirectUris": ["http://localhost", "msal://auth"]}],
    "requestSignatureVerification": [{"isSignedRequestRequired": True, "allowedWeakAlgorithms": None}],
    "requiredResourceAccess": [
        [{"resourceAppId": MICROSOFT_GRAPH, "resourceAccess": [{"id": READ_USERS, "type": "Role"}]}]
    ],
    "samlMetadataUrl": ["https://a.example/saml"],
    "serviceManagementReference": ["text"],
    "servicePrincipalLockConfiguration": [{"isEnabled": True, "allProperties": True}],
    "signInAudience": ["AzureADMyOrg", "AzureADMultipleOrgs"],
    "spa": [{"redirectUris": ["https://a.example/", "http://localhost:3000/"]}],
    "tags": [["one", "two"]],
    "web": [{"redirectUris": ["https://a.example/signin"]}, {"implicitGrantSettings": {"enableIdTokenIssuance": True}}],
}


@pytest.fixture
def graph() -> Graph:
    return open_directory()


def test_an_application_begins_as_recorded_ones_do_and_is_found_in_four_ways(graph: Graph) -> None:
    made = graph("POST", "/applications", {"displayName": "One", "keyCredentials": []})
    assert (made["signInAudience"], made["api"]["requestedAccessTokenVersion"]) == (
        "AzureADandPersonalMicrosoftAccount",
        2,
    )
    one = {name: value for name, value in made.items() if name[0] != "@"}
    for path in (f"/applications/{made['id']}", f"/applications(appId='{made['appId']}')"):
        assert {name: value for name, value in graph("GET", path).items() if name[0] != "@"} == one
    for text in (f"appId eq '{made['appId']}'", "startswith(displayName,'On')", "displayName eq 'One'"):
        assert graph("GET", f"/applications?$filter={text}")["value"] == [one]
    assert graph("GET", "/applications/$count", consistencylevel="eventual") >= 1


def test_what_is_written_is_shown(graph: Graph) -> None:
    for name, value in ((name, each) for name, values in WRITTEN.items() for each in values):
        made = graph("POST", "/applications", {"displayName": "One", "signInAudience": "AzureADMultipleOrgs"})
        path = f"/applications/{made['id']}"
        graph("PATCH", path, {name: value})
        assert _holds(graph("GET", f"{path}?$select={name}")[name], value), name
        graph("DELETE", path)
        if name != "identifierUris":
            assert _holds(graph("POST", "/applications", {"displayName": "Two", name: value})[name], value), name


def _holds(shown: Any, sent: Any) -> bool:
    if isinstance(sent, dict):
        return isinstance(shown, dict) and all(_holds(shown.get(key), each) for key, each in sent.items())
    if isinstance(sent, list):
        return len(shown) == len(sent) and all(map(_holds, shown, sent))
    return bool(shown == sent)


REFUSED: list[dict[str, Any]] = [
    {},
    {"displayName": None},
    {"displayName": "x" * 121},
    {"displayName": "One", "colour": "red"},
    {"displayName": "One", "appId": ROLE["id"]},
    {"displayName": "One", "tags": None},
    {"displayName": "One", "tags": [None]},
    {"displayName": "One", "tags": "one"},
    {"displayName": "One", "signInAudience": "Everybody"},
    {"displayName": "One", "isFallbackPublicClient": "yes"},
    {"displayName": "One", "web": {"redirectUris": ["http://a.example/"]}},
    {"displayName": "One", "web": {"redirectUris": ["https://a.example/#x"]}},
    {"displayName": "One", "web": {"colour": "red"}},
    {"displayName": "One", "spa": {"redirectUris": ["https://a.example/" + "x" * 256]}},
    {"displayName": "One", "api": {"requestedAccessTokenVersion": 3}},
    {"displayName": "One", "api": {"requestedAccessTokenVersion": 1}},
    {"displayName": "One", "appRoles": [{**ROLE, "id": "one"}]},
    {"displayName": "One", "appRoles": [ROLE, {**ROLE, "value": "Other"}]},
    {"displayName": "One", "appRoles": [{**ROLE, "value": ".hidden"}]},
    {"displayName": "One", "appRoles": [{**ROLE, "allowedMemberTypes": ["Robot"]}]},
    {"displayName": "One", "api": {"oauth2PermissionScopes": [{**SCOPE, "value": None}]}},
    {"displayName": "One", "requiredResourceAccess": [{"resourceAppId": "x", "resourceAccess": []}]},
    {"displayName": "One", "passwordCredentials": [{"displayName": "x"}]},
    {"displayName": "One", "keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": "??"}]},
    {"displayName": "One", "keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify"}]},
    {"displayName": "One", "tokenEncryptionKeyId": ROLE["id"]},
    {"displayName": "One", "identifierUris": ["one"]},
    {"displayName": "One", "identifierUris": ["api://x", "API://x"]},
    {"displayName": "One", "authenticationBehaviors": {"blockAzureADGraphAccess": True}},
]


def test_what_graph_refuses_is_refused(graph: Graph) -> None:
    for body in REFUSED:
        found = graph.error("POST", "/applications", body)
        expected = "NotSupportedBySimulator" if "authenticationBehaviors" in body else "Request_BadRequest"
        assert found[:2] == (400, expected), (body, found)


def test_identifier_uris_name_the_directory_the_application_or_a_domain(graph: Graph) -> None:
    # learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions
    made = graph("POST", "/applications", {"displayName": "One", "signInAudience": "AzureADMyOrg"})
    path = f"/applications/{made['id']}"
    for uri, code in (
        ("api://one", "InvalidUniqueTenantIdentifierAsPerAppPolicy"),
        ("https://elsewhere.example/x", "HostNameNotOnVerifiedDomain"),
    ):
        assert graph.error("PATCH", path, {"identifierUris": [uri]})[:2] == (400, code)
    own = f"api://{made['appId']}"
    graph("PATCH", path, {"identifierUris": [own, f"https://sub.{DOMAIN}/x"]})
    other = graph("POST", "/applications", {"displayName": "Two"})
    assert graph.error("PATCH", f"/applications/{other['id']}", {"identifierUris": [own.upper()]})[0] == 400
    graph("PATCH", f"/applications/{other['id']}", {"identifierUris": ["api://two"]})  # receives tokens of version 2
    found = graph("GET", f"/applications?$filter=identifierUris/any(s:s eq '{own}')")["value"]
    assert [each["id"] for each in found] == [made["id"]]


def test_an_enabled_permission_does_not_go_and_a_disabled_one_does(graph: Graph) -> None:
    path = f"/applications/{graph('POST', '/applications', {'displayName': 'One', 'appRoles': [ROLE]})['id']}"
    assert graph.error("PATCH", path, {"appRoles": []})[1] == "CannotDeleteOrUpdateEnabledEntitlement"
    graph("PATCH", path, {"appRoles": [{**ROLE, "isEnabled": False}]})
    graph("PATCH", path, {"appRoles": []})
    assert graph("GET", path)["appRoles"] == []


def test_a_password_is_shown_once_signs_in_and_ends(graph: Graph) -> None:
    made = graph("POST", "/applications", {"displayName": "One"})
    path = f"/applications/{made['id']}"
    assert graph.token(made["appId"], "any").status == 401
    given = graph("POST", f"{path}/addPassword", {"passwordCredential": {"displayName": "rbac"}})
    again = graph("POST", f"{path}/addPassword", {})
    assert given["secretText"] != again["secretText"]
    assert given["hint"] == given["secretText"][:3]
    shown = graph("GET", path)["passwordCredentials"]
    assert [(each["keyId"], each["secretText"]) for each in shown] == [(given["keyId"], None), (again["keyId"], None)]
    assert given["secretText"] not in json.dumps(graph("GET", "/applications"))
    graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    assert graph.token(made["appId"], given["secretText"]).status == 200
    graph("POST", f"{path}/removePassword", {"keyId": given["keyId"]})
    assert graph.token(made["appId"], given["secretText"]).status == 401
    assert graph.error("POST", f"{path}/removePassword", {"keyId": given["keyId"]})[0] == 400
    graph.app.advance(3 * 365 * 86_400)
    assert b"7000222" in graph.token(made["appId"], again["secretText"]).body


def test_a_password_ends_when_it_was_to(graph: Graph) -> None:
    made = graph("POST", "/applications", {"displayName": "One"})
    graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    dates = {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2020-02-01T00:00:00Z"}
    given = graph("POST", f"/applications/{made['id']}/addPassword", {"passwordCredential": dates})
    assert {name: given[name] for name in dates} == dates
    assert b"7000222" in graph.token(made["appId"], given["secretText"]).body
    turned = {"startDateTime": dates["endDateTime"], "endDateTime": dates["startDateTime"]}
    for wrong in (turned, {"secretText": "own"}, {"endDateTime": "tomorrow"}):
        assert graph.error("POST", f"/applications/{made['id']}/addPassword", {"passwordCredential": wrong})[0] == 400


def test_a_certificate_has_a_thumbprint_and_its_key_is_not_shown(graph: Graph) -> None:
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.encodebytes(b"certificate" * 9).decode()}
    made = graph("POST", "/applications", {"displayName": "One", "keyCredentials": [key]})
    (shown,) = graph("GET", f"/applications/{made['id']}")["keyCredentials"]
    assert (shown["key"], len(shown["customKeyIdentifier"])) == (None, 40)
    graph("PATCH", f"/applications/{made['id']}", {"keyCredentials": [shown, {**key, "key": "dHdv"}]})
    assert len(graph("GET", f"/applications/{made['id']}")["keyCredentials"]) == 2


def test_a_service_principal_follows_its_application(graph: Graph) -> None:
    made = graph("POST", "/applications", {"displayName": "One", "web": {"redirectUris": ["https://a.example/"]}})
    principal = graph("POST", "/servicePrincipals", {"appId": made["appId"], "tags": ["one"]})
    assert principal["servicePrincipalNames"] == [made["appId"]]
    assert principal["replyUrls"] == ["https://a.example/"]
    graph("PATCH", f"/applications/{made['id']}", {"displayName": "Two", "appRoles": [ROLE]})
    found = graph("GET", f"/servicePrincipals(appId='{made['appId']}')")
    assert (found["id"], found["appDisplayName"], found["appRoles"][0]["value"]) == (
        principal["id"],
        "Two",
        "Things.Read",
    )
    conflict = graph.error("POST", "/servicePrincipals", {"appId": made["appId"]})
    assert conflict[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")
    nothing = graph.error("POST", "/servicePrincipals", {"appId": ROLE["id"]})
    assert nothing[:2] == (400, "NoBackingApplicationObject")


def test_a_deleted_application_takes_its_service_principal_along_and_each_is_restored_alone(graph: Graph) -> None:
    # learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals
    made = graph("POST", "/applications", {"displayName": "One"})
    principal = graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    given = graph("POST", f"/applications/{made['id']}/addPassword", {})
    graph("DELETE", f"/applications/{made['id']}")
    for path in (f"/applications/{made['id']}", f"/servicePrincipals/{principal['id']}"):
        assert graph.error("GET", path)[:2] == (404, "Request_ResourceNotFound")
    assert b"700016" in graph.token(made["appId"], given["secretText"]).body
    deleted = graph("GET", "/directory/deletedItems/microsoft.graph.application")["value"]
    assert [each["id"] for each in deleted] == [made["id"]]
    graph("POST", f"/directory/deletedItems/{made['id']}/restore")
    assert b"7000229" in graph.token(made["appId"], given["secretText"]).body
    graph("POST", f"/directory/deletedItems/{principal['id']}/restore")
    assert graph.token(made["appId"], given["secretText"]).status == 200
    graph("DELETE", f"/applications/{made['id']}")
    graph("DELETE", f"/directory/deletedItems/{made['id']}")
    assert graph.error("GET", f"/directory/deletedItems/{made['id']}")[0] == 404


def test_app_roles_are_assigned_seen_from_both_sides_and_are_in_tokens(graph: Graph) -> None:
    made = graph("POST", "/applications", {"displayName": "One"})
    principal = graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    secret = graph("POST", f"/applications/{made['id']}/addPassword", {})["secretText"]
    api = graph("GET", f"/servicePrincipals(appId='{MICROSOFT_GRAPH}')")
    body = {"principalId": principal["id"], "resourceId": api["id"], "appRoleId": READ_USERS}
    before = _bearer(graph, made["appId"], secret)
    assert graph.error("GET", "/users", token=before)[:2] == (403, "Authorization_RequestDenied")
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignments"
    given = graph("POST", path, body)
    assert (given["principalType"], given["resourceDisplayName"]) == ("ServicePrincipal", "Microsoft Graph")
    assert graph.error("GET", "/users", token=before)[0] == 403  # a token keeps the roles that it was given with
    token = _bearer(graph, made["appId"], secret)
    assert jwt.decode(token, options={"verify_signature": False})["roles"] == ["User.Read.All"]
    assert len(graph("GET", "/users", token=token)["value"]) == 6
    assert graph.error("GET", "/groups", token=token)[0] == 403
    assigned = graph("GET", f"/servicePrincipals/{api['id']}/appRoleAssignedTo")["value"]
    assert [each["id"] for each in assigned if each["principalId"] == principal["id"]] == [given["id"]]
    assert graph.error("POST", path, body)[2] == "Permission being assigned already exists on the object"
    assert "was not found" in graph.error("POST", path, {**body, "appRoleId": ROLE["id"]})[2]
    assert graph.error("POST", path, {**body, "principalId": api["id"]})[0] == 400
    graph("DELETE", f"{path}/{given['id']}")
    assert graph("GET", path)["value"] == []
    assert graph.error("GET", "/users", token=_bearer(graph, made["appId"], secret))[0] == 403


def _bearer(graph: Graph, app_id: str, secret: str) -> str:
    return str(json.loads(graph.token(app_id, secret).body)["access_token"])


def test_users_and_groups_are_assigned_roles_that_users_may_have(graph: Graph) -> None:
    made = graph(
        "POST", "/applications", {"displayName": "One", "appRoles": [{**ROLE, "allowedMemberTypes": ["User"]}]}
    )
    api = graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    user, group = graph("GET", "/users")["value"][0], graph("GET", "/groups")["value"][0]
    for kind, each in (("users", user), ("groups", group)):
        body = {"principalId": each["id"], "resourceId": api["id"], "appRoleId": ROLE["id"]}
        graph("POST", f"/{kind}/{each['id']}/appRoleAssignments", body)
    assigned = graph("GET", f"/servicePrincipals/{api['id']}/appRoleAssignedTo")["value"]
    assert {each["principalType"] for each in assigned} == {"User", "Group"}
    other = {"principalId": api["id"], "resourceId": api["id"], "appRoleId": ROLE["id"]}
    assert graph.error("POST", f"/servicePrincipals/{api['id']}/appRoleAssignments", other)[0] == 400
    graph("DELETE", f"/users/{user['id']}")
    assert len(graph("GET", f"/servicePrincipals/{api['id']}/appRoleAssignedTo")["value"]) == 1


def test_delegated_permissions_are_granted_once_changed_and_taken_away(graph: Graph) -> None:
    client = graph(
        "POST", "/servicePrincipals", {"appId": graph("POST", "/applications", {"displayName": "One"})["appId"]}
    )
    api = graph("GET", f"/servicePrincipals(appId='{MICROSOFT_GRAPH}')")
    body = {"clientId": client["id"], "consentType": "AllPrincipals", "resourceId": api["id"], "scope": "User.Read"}
    made = graph("POST", "/oauth2PermissionGrants", {**body, "principalId": None})
    assert graph.error("POST", "/oauth2PermissionGrants", body)[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")
    path = f"/oauth2PermissionGrants/{made['id']}"
    graph("PATCH", path, {"scope": "User.Read Group.Read.All"})
    assert graph("GET", path)["scope"] == "User.Read Group.Read.All"
    found = graph("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{client['id']}'")["value"]
    assert found == graph("GET", f"/servicePrincipals/{client['id']}/oauth2PermissionGrants")["value"]
    for wrong in ({"consentType": "Principal"}, {"consentType": "Nobody"}, {"clientId": ROLE["id"]}):
        assert graph.error("POST", "/oauth2PermissionGrants", {**body, **wrong})[0] in {400, 404}
    graph("DELETE", path)
    assert graph("GET", "/oauth2PermissionGrants")["value"] == []


def test_owners_are_users_or_service_principals_once_each(graph: Graph) -> None:
    made = graph("POST", "/applications", {"displayName": "One"})
    group = graph(
        "POST", "/groups", {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    )
    user = graph("GET", "/users")["value"][0]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user['id']}"}
    for path in (f"/applications/{made['id']}", f"/groups/{group['id']}"):
        assert graph("GET", f"{path}/owners")["value"] == []
        graph("POST", f"{path}/owners/$ref", reference)
        assert [each["@odata.type"] for each in graph("GET", f"{path}/owners")["value"]] == ["#microsoft.graph.user"]
        assert graph.error("POST", f"{path}/owners/$ref", reference)[0] == 400
        wrong = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{group['id']}"}
        assert graph.error("POST", f"{path}/owners/$ref", wrong)[0] == 400
    owned = graph("GET", f"/users/{user['id']}/ownedObjects")["value"]
    assert {each["id"] for each in owned} == {made["id"], group["id"]}
    assert graph.error("DELETE", f"/groups/{group['id']}/owners/{user['id']}/$ref")[0] == 400  # the last one
    graph("DELETE", f"/applications/{made['id']}/owners/{user['id']}/$ref")
    assert graph("GET", f"/applications/{made['id']}/owners")["value"] == []


def test_who_may_write_what_it_owns_writes_nothing_else(graph: Graph) -> None:
    made = graph("POST", "/applications", {"displayName": "One"})
    principal = graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    secret = graph("POST", f"/applications/{made['id']}/addPassword", {})["secretText"]
    api = graph("GET", f"/servicePrincipals(appId='{MICROSOFT_GRAPH}')")
    owned_by = next(each["id"] for each in api["appRoles"] if each["value"] == "Application.ReadWrite.OwnedBy")
    body = {"principalId": principal["id"], "resourceId": api["id"], "appRoleId": owned_by}
    graph("POST", f"/servicePrincipals/{principal['id']}/appRoleAssignments", body)
    token = _bearer(graph, made["appId"], secret)
    for method, sent in (("PATCH", {"notes": "mine"}), ("DELETE", None)):
        assert graph.error(method, f"/applications/{made['id']}", sent, token=token)[0] == 403
    own = graph("POST", "/applications", {"displayName": "Two"}, token=token)
    graph("POST", "/servicePrincipals", {"appId": own["appId"]}, token=token)
    graph("PATCH", f"/applications/{own['id']}", {"notes": "mine"}, token=token)
    graph("DELETE", f"/applications/{own['id']}", token=token)


def test_a_federated_credential_is_unique_and_found_by_name(graph: Graph) -> None:
    path = f"/applications/{graph('POST', '/applications', {'displayName': 'One'})['id']}/federatedIdentityCredentials"
    body = {
        "name": "Testing",
        "issuer": "https://i.example/",
        "subject": "s",
        "audiences": ["api://AzureADTokenExchange"],
    }
    made = graph("POST", path, body)
    assert graph("GET", f"{path}/Testing")["id"] == made["id"]
    graph("PATCH", f"{path}/{made['id']}", {"subject": "t"})
    assert [each["subject"] for each in graph("GET", path)["value"]] == ["t"]
    assert graph.error("POST", path, {**body, "subject": "u"})[0] == 409
    assert graph.error("POST", path, {**body, "name": "Other", "subject": "t"})[0] == 409
    refused: list[dict[str, Any]] = [
        {"name": "a b"},
        {"audiences": []},
        {"audiences": ["a", "b"]},
        {"issuer": "x" * 601},
    ]
    for wrong in refused:
        assert graph.error("POST", path, {**body, "name": "Wrong", **wrong})[0] == 400
    graph("DELETE", f"{path}/{made['id']}")
    assert graph.error("GET", f"{path}/Testing")[0] == 404


def test_microsofts_own_are_in_every_directory(graph: Graph) -> None:
    assert graph("GET", f"/servicePrincipals?$filter=appId eq '{VIRTUAL_DESKTOP}'")["value"][0]["displayName"]
    found = graph("GET", f"/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{MICROSOFT_GRAPH}')")["value"]
    assert {each["value"]: each["id"] for each in found[0]["appRoles"]}["User.Read.All"] == READ_USERS
    assert graph.error("GET", "/me")[:2] == (400, "BadRequest")


def test_a_registration_survives_a_restart_and_its_secret_is_in_no_journal(tmp_path: Path) -> None:
    graph = open_directory(journal=tmp_path / "journal")
    made = graph("POST", "/applications", {"displayName": "One"})
    graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    secret = graph("POST", f"/applications/{made['id']}/addPassword", {})["secretText"]
    written = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    assert secret.encode() not in written
    graph.app.cloud.journal.close()
    assert open_directory(journal=tmp_path / "journal").token(made["appId"], secret).status == 200
