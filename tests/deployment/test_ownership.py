"""Somebody else's registrations: none is taken for ours by its name, and none is used that others can act as."""

from pathlib import Path
from typing import Any

import pytest

from deployment import steps
from deployment.clients import DeploymentError
from tests.deployment.simulated import Cloud, place, quiet

NAMES = {
    "Deskwright test": steps.API,
    "Deskwright test sign-in": steps.SIGN_IN,
    "Deskwright test for customers": steps.READER,
}
CUSTOMERS = {"DESKWRIGHT_FOR_CUSTOMERS": "true"}


def registered(cloud: Cloud, name: str, **more: Any) -> Any:
    """Register an application, with its service principal, as anybody may."""
    body = {"displayName": name, "signInAudience": "AzureADMyOrg", **more}
    made = cloud.graph.send("POST", "/v1.0/applications", body).json()
    cloud.graph.send("POST", "/v1.0/servicePrincipals", {"appId": made["appId"]})
    return made


def refused(cloud: Cloud, where: steps.Place) -> str:
    """Run the step, which has to end before it writes anything; return its message."""
    cloud.wrote.clear()
    with pytest.raises(DeploymentError) as ended:
        steps.register(where, quiet())
    assert cloud.wrote == []
    return str(ended.value)


@pytest.mark.parametrize("more", [{}, {"tags": ["deskwright-1"]}])
def test_an_application_that_has_our_name_is_not_taken_for_ours(tmp_path: Path, more: dict[str, Any]) -> None:
    cloud = Cloud()
    there = registered(cloud, "Deskwright test", **more)
    cloud.graph.send("POST", f"/v1.0/applications/{there['id']}/addPassword", {})
    said = refused(cloud, place(cloud, tmp_path))
    assert f"1 application is named 'Deskwright test' ({there['appId']})" in said
    assert "DESKWRIGHT_API_CLIENT_ID=<id>" in said


@pytest.mark.parametrize("name", NAMES)
def test_what_has_one_of_the_names_is_never_mended(tmp_path: Path, name: str) -> None:
    cloud = Cloud()
    there = registered(cloud, name)
    where = place(cloud, tmp_path, **CUSTOMERS)
    with pytest.raises(DeploymentError, match=f"is named '{name}'"):
        steps.register(where, quiet())
    assert not any(there["id"] in each or there["appId"] in each for each in cloud.wrote[2:])
    assert where.environment.get(NAMES[name]) == ""


def test_an_application_that_a_person_names_is_used_when_nobody_else_can_act_as_it(tmp_path: Path) -> None:
    cloud = Cloud()
    there = registered(cloud, "Another name")
    where = place(cloud, tmp_path, DESKWRIGHT_API_CLIENT_ID=there["appId"])
    steps.register(where, quiet())
    assert where.environment.get(steps.API) == there["appId"]
    roles = cloud.graph.get(f"/v1.0/applications/{there['id']}")["appRoles"]
    assert "CloudPC.Administrator" in {each["value"] for each in roles}
    assert list(cloud.graph.rows("/v1.0/applications?$filter=displayName eq 'Deskwright test'")) == []


def with_secret(cloud: Cloud, app: Any) -> None:
    cloud.graph.send(
        "POST", f"/v1.0/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "x"}}
    )


def with_secret_of_principal(cloud: Cloud, app: Any) -> None:
    path = f"/v1.0/servicePrincipals(appId='{app['appId']}')/addPassword"
    cloud.graph.send("POST", path, {"passwordCredential": {"displayName": "x"}})


def with_federation(cloud: Cloud, app: Any) -> None:
    body = {
        "name": "pipeline",
        "issuer": "https://x.example",
        "subject": "a",
        "audiences": ["api://AzureADTokenExchange"],
    }
    cloud.graph.send("POST", f"/v1.0/applications/{app['id']}/federatedIdentityCredentials", body)


def with_owner(cloud: Cloud, app: Any, kind: str = "applications") -> None:
    person = next(iter(cloud.graph.rows("/v1.0/users")))
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{person['id']}"}
    cloud.graph.send("POST", f"/v1.0/{kind}(appId='{app['appId']}')/owners/$ref", body)


def with_owner_of_principal(cloud: Cloud, app: Any) -> None:
    with_owner(cloud, app, "servicePrincipals")


def for_everybody(cloud: Cloud, app: Any) -> None:
    body = {"signInAudience": "AzureADandPersonalMicrosoftAccount", "api": {"requestedAccessTokenVersion": 2}}
    cloud.graph.send("PATCH", f"/v1.0/applications/{app['id']}", body)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (with_secret, "it has a secret, 'x'"),
        (with_secret_of_principal, "its service principal has a secret, 'x'"),
        (with_federation, "it trusts a of https://x.example ('pipeline')"),
        (with_owner, "owns it: take that away, or accept it by DESKWRIGHT_OWNERS"),
        (with_owner_of_principal, "owns it: take that away, or accept it by DESKWRIGHT_OWNERS"),
        (for_everybody, "its audience is AzureADandPersonalMicrosoftAccount"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_what_others_can_act_as_ends_the_deployment(tmp_path: Path, spoilt: Any, said: str, name: str) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path, **CUSTOMERS)
    steps.register(where, quiet())
    app = cloud.graph.get(f"/v1.0/applications(appId='{where.environment.need(NAMES[name])}')")
    spoilt(cloud, app)
    told = refused(cloud, where)
    assert f"The application '{name}' ({app['appId']}) is not in your hands alone" in told
    assert said in told


def test_an_owner_whom_a_person_accepts_is_no_stranger(tmp_path: Path) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    steps.register(where, quiet())
    with_owner(cloud, {"appId": where.environment.need(steps.API)})
    refused(cloud, where)
    where.environment.set(steps.OWNERS, next(iter(cloud.graph.rows("/v1.0/users")))["id"])
    again = quiet()
    steps.register(where, again)
    assert again.changes == []


def test_a_registration_that_is_gone_is_told_with_what_names_it(tmp_path: Path) -> None:
    cloud = Cloud()
    gone = "0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a"
    said = refused(cloud, place(cloud, tmp_path, DESKWRIGHT_SIGN_IN_CLIENT_ID="", DESKWRIGHT_API_CLIENT_ID=gone))
    assert f"no application {gone}, which DESKWRIGHT_API_CLIENT_ID names" in said


def test_a_registration_that_got_another_name_is_still_ours(tmp_path: Path) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    steps.register(where, quiet())
    api = where.environment.need(steps.API)
    cloud.graph.send("PATCH", f"/v1.0/applications(appId='{api}')", {"displayName": "Cloud PCs"})
    registered(cloud, "Deskwright test")
    again = quiet()
    steps.register(where, again)
    assert (again.changes, where.environment.need(steps.API)) == ([], api)
