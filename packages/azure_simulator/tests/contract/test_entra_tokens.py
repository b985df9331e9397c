"""Tokens through the real azure-identity clients, checked as relying parties check them."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ManagedIdentityCredential as SyncManagedIdentity
from azure.identity.aio import (
    ClientAssertionCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)
from azure_simulator.certificates import Certificates
from azure_simulator.core.keys import Keys
from azure_simulator.graph.directory.records import derived_id
from azure_simulator.seeds import TENANT_ID, api_client_id, demo_seed

from packages.azure_simulator.tests.contract.running import Running, keys, running

pytestmark = pytest.mark.simulator
CUSTOMER = "6c2f0b9e-55d1-4c31-8d2e-7a6f2f1e9b02"
APP = "b7a0f1de-0d3c-4b5e-9a55-2f9a3c1d4e03"
IDENTITY = "00000000-aaaa-4aaa-8aaa-000000000001"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def tenants() -> list[dict[str, Any]]:
    """Return the demo tenant and a customer in which our multi-tenant app is present."""
    home = demo_seed(5, portal_roles=["CloudPC.Reader"])["tenants"][0]
    home["subscriptions"] = ["22222222-2222-4222-8222-222222222222"]
    app = {"displayName": "deskwright-customers", "appId": APP, "roles": ["User.Read.All"]}
    home["apps"] = [
        {"displayName": "deskwright", "managedIdentity": True, "objectId": IDENTITY},
        *home["apps"][1:],
        {**app, "federatedCredentials": [{"subject": IDENTITY}]},
    ]
    return [home, {"tenantId": CUSTOMER, "domain": "fabrikam.example", "apps": [app]}]


@pytest.fixture
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running(certificates, monkeypatch, tenants=tenants()) as found:
        yield found


def read(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


async def published(cloud: Running, token: str) -> Any:
    answer = await cloud.call("GET", f"/{TENANT_ID}/discovery/v2.0/keys")
    return jwt.PyJWKSet.from_dict(answer.body)[jwt.get_unverified_header(token)["kid"]]


async def test_a_managed_identity_gets_a_token_that_names_resource_and_identity(cloud: Running) -> None:
    # learn.microsoft.com/azure/app-service/overview-managed-identity: expires_on is epoch seconds
    async with ManagedIdentityCredential() as credential:
        token = await credential.get_token("https://management.azure.com/.default")
    claims = read(token.token)
    assert (claims["aud"], claims["tid"], claims["oid"]) == (
        "https://management.azure.com",
        TENANT_ID,
        IDENTITY,
    )
    assert token.expires_on == claims["exp"] > time.time()


async def test_the_sync_client_works_as_well(cloud: Running) -> None:
    token = await asyncio.to_thread(SyncManagedIdentity().get_token, "https://graph.microsoft.com/.default")
    assert read(token.token)["aud"] == "https://graph.microsoft.com"


async def test_the_default_credential_finds_the_managed_identity(
    cloud: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    # docs/notes.md 3.2: AZURE_TOKEN_CREDENTIALS is honoured since azure-identity 1.27
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    async with DefaultAzureCredential() as credential:
        assert (await credential.get_token("https://vault.azure.net/.default")).token


async def test_an_unknown_client_id_has_no_identity(cloud: Running) -> None:
    async with ManagedIdentityCredential(client_id="00000000-dead-4dad-8dad-000000000000") as credential:
        with pytest.raises(ClientAuthenticationError, match="No managed identity"):
            await credential.get_token("https://graph.microsoft.com/.default")


async def test_a_wrong_identity_header_is_401(cloud: Running) -> None:
    await cloud.sim("config", {"identityHeader": "right"})
    path = f"{cloud.msi}/msi/token?resource=https://graph.microsoft.com&api-version=2019-08-01"
    async with cloud.session.get(path, headers={"X-IDENTITY-HEADER": "wrong"}) as answer:
        assert (answer.status, (await answer.json())["statusCode"]) == (401, 401)


async def test_a_client_secret_gives_a_token_for_our_api(cloud: Running) -> None:
    portal = cloud_app(cloud, "portal")
    async with ClientSecretCredential(
        TENANT_ID,
        portal["appId"],
        "demo-portal-secret",
        authority=cloud.url,
        disable_instance_discovery=True,
        connection_verify=cloud.bundle,
    ) as credential:
        token = (await credential.get_token("api://deskwright/.default")).token
    claims = jwt.decode(token, await published(cloud, token), ["RS256"], audience=api_client_id())
    assert claims["iss"] == f"{cloud.url}/{TENANT_ID}/v2.0"
    assert (claims["roles"], claims["azp"], claims["sub"]) == (["CloudPC.Reader"], portal["appId"], claims["oid"])


def cloud_app(cloud: Running, name: str) -> dict[str, Any]:
    apps = cloud.cloud.world.state("directory").all("servicePrincipal", TENANT_ID)
    return next(each for each in apps if each["displayName"] == name)


async def test_a_customers_tenant_is_reached_with_a_managed_identity_as_the_secret(cloud: Running) -> None:
    # learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
    async with ManagedIdentityCredential() as identity:

        async def assertion() -> str:
            return str((await identity.get_token("api://AzureADTokenExchange/.default")).token)

        tokens = {"first": await assertion()}
        async with ClientAssertionCredential(
            CUSTOMER,
            APP,
            lambda: tokens["first"],
            authority=cloud.url,
            disable_instance_discovery=True,
            connection_verify=cloud.bundle,
        ) as credential:
            token = (await credential.get_token("https://graph.microsoft.com/.default")).token
    assert (read(token)["tid"], read(token)["roles"]) == (CUSTOMER, ["User.Read.All"])


@pytest.mark.parametrize(
    ("changes", "status", "number"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_id": "nobody"}, 400, 700016),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, 1002012),
        ({"scope": "api://nobody/.default"}, 400, 500011),
        ({"grant_type": "password"}, 400, 70003),
        ({"grant_type": ""}, 400, 900144),
        ({"client_id": ""}, 400, 900144),
        ({"scope": ""}, 400, 900144),
        ({"client_secret": None}, 401, 7000218),
        ({"client_secret": None, "client_assertion": "x"}, 400, 900144),
        ({"client_secret": None, "client_assertion": "x", "client_assertion_type": ASSERTION}, 401, 700027),
    ],
    ids=str,
)
async def test_the_token_endpoint_refuses_with_an_aadsts_number(
    cloud: Running, changes: dict[str, str | None], status: int, number: int
) -> None:
    # learn.microsoft.com/entra/identity-platform/reference-error-codes
    form = {
        "grant_type": "client_credentials",
        "client_id": cloud_app(cloud, "portal")["appId"],
        "client_secret": "demo-portal-secret",
        "scope": "api://deskwright/.default",
    }
    sent = {name: value for name, value in (form | changes).items() if value is not None}
    answer = await cloud.call("POST", f"/{TENANT_ID}/oauth2/v2.0/token", data=sent)
    assert (answer.status, answer.body["error_codes"]) == (status, [number])


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"tid": CUSTOMER}, 700211),
        ({"oid": "somebody-else"}, 700213),
        ({"audience": "api://deskwright"}, 700212),
        ({"expiresIn": -5}, 700024),
        ({"wrongKey": True}, 700027),
        ({"claims": {"tid": CUSTOMER}}, 700211),
        ({}, 0),
    ],
    ids=str,
)
async def test_a_federated_credential_trusts_one_issuer_subject_and_audience(
    cloud: Running, changes: dict[str, Any], number: int
) -> None:
    # learn.microsoft.com/entra/workload-id/workload-identity-federation
    wanted = {"tid": TENANT_ID, "oid": IDENTITY, "audience": "api://AzureADTokenExchange", **changes}
    assertion = (await cloud.sim("tokens", wanted))["access_token"]
    form = {
        "grant_type": "client_credentials",
        "client_id": APP,
        "scope": "https://graph.microsoft.com/.default",
        "client_assertion": assertion,
        "client_assertion_type": ASSERTION,
    }
    answer = await cloud.call("POST", f"/{CUSTOMER}/oauth2/v2.0/token", data=form)
    assert answer.body.get("error_codes", [0]) == [number], answer.body


@pytest.mark.parametrize(
    ("changes", "number"), [({"accountEnabled": False}, 7000112), ({"secretExpired": True}, 7000222)]
)
async def test_apps_can_be_disabled_and_their_secrets_expire(
    cloud: Running, changes: dict[str, Any], number: int
) -> None:
    portal, home = cloud_app(cloud, "portal"), tenants()[0]
    app = {"displayName": "portal", "client_secret": "demo-portal-secret", **changes}
    seed = {"tenants": [{"tenantId": TENANT_ID, "domain": home["domain"], "apps": [app]}]}
    assert (await cloud.call("POST", "/_sim/seed", json=seed)).status == 200
    form = {"grant_type": "client_credentials", "client_id": portal["appId"], "scope": "api://deskwright/.default"}
    answer = await cloud.call(
        "POST", f"/{TENANT_ID}/oauth2/v2.0/token", data={**form, "client_secret": "demo-portal-secret"}
    )
    assert answer.body["error_codes"] == [number]


@pytest.mark.parametrize("name", ["client_id", "object_id", "principal_id", "mi_res_id"])
async def test_a_user_assigned_identity_is_named_in_four_ways(cloud: Running, name: str) -> None:
    # learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
    second = {"displayName": "second", "managedIdentity": True, "objectId": "o-2", "appId": "a-2", "resourceId": "/i/2"}
    home = {"tenantId": TENANT_ID, "domain": "contoso.example", "apps": [second]}
    await cloud.sim("seed", {"tenants": [home]})
    value = {"client_id": "a-2", "mi_res_id": "/i/2"}.get(name, "o-2")
    query = f"resource=https://graph.microsoft.com&api-version=2019-08-01&{name}={value}"
    async with cloud.session.get(f"{cloud.msi}/msi/token?{query}", headers={"X-IDENTITY-HEADER": "x"}) as answer:
        assert (answer.status, (await answer.json())["client_id"]) == (200, "a-2")


async def test_a_slow_or_broken_token_endpoint_is_a_fault_rule(cloud: Running) -> None:
    # docs/notes.md 6, scenario 50; azure-identity tries a 500 again
    do = {"kind": "http", "status": 500, "body": {"error": "server_error", "error_description": "AADSTS90033"}}
    await cloud.sim("faults", {"match": {"op": "entra.token"}, "when": {"max_hits": 1}, "do": do})
    portal = cloud_app(cloud, "portal")
    async with ClientSecretCredential(
        TENANT_ID,
        portal["appId"],
        "demo-portal-secret",
        authority=cloud.url,
        disable_instance_discovery=True,
        connection_verify=cloud.bundle,
        retry_backoff_factor=0,
    ) as credential:
        assert (await credential.get_token("api://deskwright/.default")).token
    statuses = [each["status"] for each in (await cloud.call("GET", "/_sim/requests?op=entra.token")).body]
    assert statuses == [500, 200]


async def test_keys_roll_over_and_retire(cloud: Running) -> None:
    # learn.microsoft.com/entra/identity-platform/signing-key-rollover
    old = (await cloud.sim("tokens", {"tid": TENANT_ID}))["access_token"]
    rolled = (await cloud.sim("keys", {"roll": True}))["rolled"]
    new = (await cloud.sim("tokens", {"tid": TENANT_ID}))["access_token"]
    assert jwt.get_unverified_header(new)["kid"] == rolled
    for token in (old, new):
        jwt.decode(token, await published(cloud, token), ["RS256"], audience=api_client_id())
    await cloud.sim("keys", {"retire": True})
    with pytest.raises(KeyError):
        await published(cloud, old)
    with pytest.raises(jwt.InvalidSignatureError):
        keys().read(old)


async def test_common_is_no_tenant_for_an_app(cloud: Running) -> None:
    answer = await cloud.call("POST", "/common/oauth2/v2.0/token", data={"grant_type": "client_credentials"})
    assert answer.body["error_codes"] == [50059]


async def test_a_tenant_that_does_not_exist_is_refused(cloud: Running) -> None:
    answer = await cloud.call("POST", "/nowhere.example/oauth2/v2.0/token", data={"grant_type": "client_credentials"})
    assert answer.body["error_codes"] == [90002]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"expiresIn": -5}, jwt.ExpiredSignatureError),
        ({"audience": "api://somebody-else"}, jwt.InvalidAudienceError),
        ({"wrongKey": True}, jwt.InvalidSignatureError),
    ],
)
async def test_invalid_tokens_can_be_requested(cloud: Running, changes: dict[str, Any], error: type[Exception]) -> None:
    made = await cloud.sim("tokens", {"tid": TENANT_ID, "roles": ["CloudPC.Reader"], **changes})
    key = await published(cloud, made["access_token"])
    with pytest.raises(error):
        jwt.decode(made["access_token"], key, ["RS256"], audience=api_client_id())


async def test_a_valid_users_token_names_its_roles_and_user(cloud: Running) -> None:
    made = await cloud.sim("tokens", {"tid": CUSTOMER, "roles": ["A", "B"], "name": "Someone", "oid": "o"})
    key = await published(cloud, made["access_token"])
    claims = jwt.decode(made["access_token"], key, ["RS256"], audience=api_client_id())
    assert (claims["tid"], claims["roles"], claims["name"], claims["oid"]) == (CUSTOMER, ["A", "B"], "Someone", "o")


async def test_the_published_configuration_names_the_keys(cloud: Running) -> None:
    answer = await cloud.call("GET", f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")
    assert answer.body["issuer"] == f"{cloud.url}/{TENANT_ID}/v2.0"
    assert (await cloud.call("GET", answer.body["jwks_uri"])).body["keys"][0]["kid"] == keys().kid


async def test_a_token_for_another_service_is_refused(cloud: Running) -> None:
    token = await cloud.token("https://management.azure.com")
    answer = await cloud.call("GET", "/v1.0/users", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status, answer.error) == (401, "InvalidAuthenticationToken")


def test_keys_are_the_same_after_a_restart(tmp_path: Path) -> None:
    first = Keys(tmp_path / "tokens.pem")
    assert Keys(tmp_path / "tokens.pem").read(first.sign({"sub": "x"}))["sub"] == "x"
    rolled = first.roll()
    again = Keys(tmp_path / "tokens.pem")
    assert (again.kid, len(again.published()["keys"])) == (rolled, 2)
    assert (tmp_path / "tokens.pem").stat().st_mode & 0o077 == 0


async def test_a_client_finds_the_services_of_this_cloud_as_az_does(cloud: Running) -> None:
    # az cloud register reads this document, signs in and lists the subscriptions of the directory
    found = (await cloud.call("GET", "/metadata/endpoints?api-version=2022-09-01")).body
    assert found["authentication"]["loginEndpoint"] == cloud.url
    assert found["resourceManager"].rstrip("/") == cloud.url
    old = await cloud.call("GET", "/metadata/endpoints?api-version=2015-01-01")
    assert old.status == 400
    async with ManagedIdentityCredential() as credential:
        arm = (await credential.get_token("https://management.azure.com/.default")).token
    headers = {"Authorization": f"Bearer {arm}"}
    listed = await cloud.call("GET", "/subscriptions?api-version=2022-12-01", headers=headers)
    assert [each["subscriptionId"] for each in listed.body["value"]] == tenants()[0]["subscriptions"]


async def test_a_token_for_the_cloud_s_own_address_is_one_for_graph(cloud: Running) -> None:
    form = {"grant_type": "client_credentials", "client_id": "portal", "client_secret": "demo-portal-secret"}
    portal = next(each for each in demo_seed(5)["tenants"][0]["apps"] if each["displayName"] == "portal")
    form["client_id"] = portal.get("appId") or derived_id(TENANT_ID, "app", "portal")
    path = f"/{TENANT_ID}/oauth2/v2.0/token"
    given = await cloud.call("POST", path, data={**form, "scope": f"{cloud.url}//.default"})
    assert read(given.body["access_token"])["aud"] == "https://graph.microsoft.com"
