"""People sign in through the real MSAL for Python, as a command line does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import jwt
import msal
import pytest
import requests
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import TENANT_ID, api_app, api_client_id, demo_seed, sign_in_client_id

from packages.azure_simulator.tests.contract.browser import Browser
from packages.azure_simulator.tests.contract.running import Running, running

pytestmark = [
    pytest.mark.simulator,
    pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended"),  # the other modes are tested too
]
SCOPE = "api://deskwright/access_as_user"
REDIRECT = "http://localhost:5005"
USER = "user01@contoso.example"


@pytest.fixture
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    home = demo_seed(5)["tenants"][0]
    apps = [each for each in home["apps"] if each["displayName"] != "deskwright-api"]
    home["apps"] = [*apps, api_app({"CloudPC.Reader": [USER], "CloudPC.Operator": ["Cloud PC users"]})]
    async with running(certificates, monkeypatch, profile="instant", tenants=[home]) as found:
        yield found


@pytest.fixture
def http(cloud: Running) -> Iterator[requests.Session]:
    """The connections of a client."""
    with requests.Session() as session:
        session.verify, session.trust_env = cloud.bundle, False  # the environment has other roots
        yield session


@pytest.fixture
def browser(cloud: Running) -> Iterator[Browser]:
    found = Browser(cloud.url, cloud.bundle)
    yield found
    found.session.close()


def client(
    cloud: Running, http: requests.Session, directory: str = TENANT_ID, kept: msal.TokenCache | None = None
) -> msal.PublicClientApplication:
    """Make the client; it asks the cloud at once, so that it must not be made in the event loop."""
    options = {"authority": f"{cloud.url}/{directory}", "instance_discovery": False, "http_client": http}
    return msal.PublicClientApplication(sign_in_client_id(), token_cache=kept, **options)


def sign_in(app: msal.PublicClientApplication, browser: Browser, **more: Any) -> Any:
    """Sign in with a code, consenting to every scope."""
    flow = app.initiate_auth_code_flow([SCOPE], redirect_uri=REDIRECT, **more)
    browser.open(flow["auth_uri"])
    if "Choose who you are" in browser.text:
        browser.choose("User 01")
    if "Permissions requested" in browser.text:
        browser.press("user")
    return app.acquire_token_by_auth_code_flow(flow, browser.answer)


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


@pytest.mark.parametrize(
    ("directory", "mode"), [(TENANT_ID, None), ("contoso.example", "fragment"), ("organizations", "form_post")]
)
async def test_a_person_signs_in_with_a_code_and_silently_afterwards(
    cloud: Running, http: requests.Session, browser: Browser, directory: str, mode: str | None
) -> None:
    app = await asyncio.to_thread(client, cloud, http, directory)
    found = await asyncio.to_thread(sign_in, app, browser, response_mode=mode)
    assert "error" not in found, found
    told = found["id_token_claims"]
    assert (told["preferred_username"], told["tid"], told["name"]) == (USER, TENANT_ID, "User 01")
    assert found["scope"] == SCOPE
    claims = claims_of(found["access_token"])
    assert (claims["aud"], claims["ver"], claims["scp"]) == (api_client_id(), "2.0", "access_as_user")
    assert (claims["oid"], claims["azp"], claims["preferred_username"]) == (told["oid"], sign_in_client_id(), USER)
    assert sorted(claims["roles"]) == ["CloudPC.Operator", "CloudPC.Reader"]
    (account,) = app.get_accounts()
    assert account["username"] == USER
    kept = await asyncio.to_thread(app.acquire_token_silent, [SCOPE], account)
    assert kept["access_token"] == found["access_token"]
    fresh = await asyncio.to_thread(app.acquire_token_silent, [SCOPE], account, force_refresh=True)
    assert claims_of(fresh["access_token"])["oid"] == claims["oid"]


async def test_a_second_sign_in_asks_nothing_and_another_api_needs_its_consent(
    cloud: Running, http: requests.Session, browser: Browser
) -> None:
    app = await asyncio.to_thread(client, cloud, http)
    await asyncio.to_thread(sign_in, app, browser)
    flow = app.initiate_auth_code_flow([SCOPE], redirect_uri=REDIRECT, prompt="none")
    await asyncio.to_thread(browser.open, flow["auth_uri"])
    found = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, browser.answer)
    assert "access_token" in found
    (account,) = app.get_accounts()
    refused = await asyncio.to_thread(app.acquire_token_silent_with_error, ["User.Read"], account)
    assert (refused["error"], refused["classification"]) == ("invalid_grant", "consent_required")
    await cloud.sim("entra/consents", {"client": sign_in_client_id(), "scope": "User.Read", "user": USER})
    other = await asyncio.to_thread(client, cloud, http, kept=app.token_cache)  # the first one remembers the refusal
    given = await asyncio.to_thread(other.acquire_token_silent_with_error, ["User.Read"], account)
    claims = claims_of(given["access_token"])
    assert (claims["aud"], claims["ver"], claims["upn"]) == ("https://graph.microsoft.com", "1.0", USER)
    assert "User.Read" in claims["scp"].split()


async def test_a_device_signs_in_once_somebody_enters_its_code(
    cloud: Running, http: requests.Session, browser: Browser
) -> None:
    await cloud.sim("config", {"signIn": {"deviceIntervalSeconds": 1}})
    app = await asyncio.to_thread(client, cloud, http, "organizations")
    flow = await asyncio.to_thread(app.initiate_device_flow, [SCOPE])
    pending = await asyncio.to_thread(app.acquire_token_by_device_flow, flow, exit_condition=lambda _: True)
    assert pending["error"] == "authorization_pending"

    def enter() -> None:
        browser.open(flow["verification_uri"]).press("", user_code=flow["user_code"].lower())
        browser.choose("User 02").press("user")

    await asyncio.to_thread(enter)
    assert "You have signed in" in browser.text
    found = await asyncio.to_thread(app.acquire_token_by_device_flow, flow)
    assert found["id_token_claims"]["preferred_username"] == "user02@contoso.example"
    again = await asyncio.to_thread(app.acquire_token_by_device_flow, flow)
    assert again["error"] == "bad_verification_code"


async def test_a_declined_device_is_told_so(cloud: Running, http: requests.Session) -> None:
    app = await asyncio.to_thread(client, cloud, http)
    flow = await asyncio.to_thread(app.initiate_device_flow, [SCOPE])
    await cloud.sim("entra/deviceCodes", {"userCode": flow["user_code"], "declined": True})
    found = await asyncio.to_thread(app.acquire_token_by_device_flow, flow)
    assert found["error"] == "authorization_declined"


async def test_a_web_application_signs_people_in_with_its_secret(
    cloud: Running, http: requests.Session, browser: Browser
) -> None:
    web = {"displayName": "web", "client_secret": "only-here", "redirectUris": {"web": ["https://web.example/in"]}}
    home = {"tenantId": TENANT_ID, "domain": "contoso.example", "apps": [web]}
    await cloud.sim("seed", {"tenants": [home]})
    apps = cloud.cloud.world.state("directory").all("application", TENANT_ID)
    app_id = next(each["appId"] for each in apps if each["displayName"] == "web")
    options = {"authority": f"{cloud.url}/{TENANT_ID}", "instance_discovery": False, "http_client": http}
    redirect = "https://web.example/in"
    for secret, error in (("wrong", 7000215), ("only-here", None)):
        make = partial(msal.ConfidentialClientApplication, app_id, client_credential=secret, **options)
        app = await asyncio.to_thread(make)
        flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=redirect, prompt="select_account")
        await asyncio.to_thread(lambda: browser.open(flow["auth_uri"]).choose("User 01"))  # noqa: B023 - used at once
        if "Permissions requested" in browser.text:
            await asyncio.to_thread(browser.press, "user")
        found = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, browser.answer)
        assert found.get("error_codes") == ([error] if error else None), found
    assert found["id_token_claims"]["aud"] == app_id
