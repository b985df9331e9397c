"""Access to the planes."""

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, VMS, open_cloud


def test_no_token_is_401_with_a_challenge() -> None:
    app = open_cloud()
    reply = app.send("GET", GROUP, authorization="")
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"audience": "https://graph.microsoft.com"}, "InvalidAuthenticationTokenAudience"),
        ({"audience": "https://management.azure.com", "expiresIn": -5}, "ExpiredAuthenticationToken"),
        ({"audience": "https://management.azure.com", "wrongKey": True}, "InvalidAuthenticationToken"),
    ],
)
def test_a_wrong_token_is_distinguished(wanted: dict[str, object], code: str) -> None:
    app = open_cloud()
    token = app.sim("POST", "tokens", wanted)["access_token"]
    assert app.error("GET", GROUP, authorization=f"Bearer {token}") == (401, code)


def test_a_principal_may_do_what_it_was_granted_and_no_more() -> None:
    app = open_cloud()
    app.sim("POST", "tokens", {"name": "reader"})
    oid = app.sim("POST", "tokens", {"name": "reader"})["claims"]["oid"]
    app.request("PUT", GROUP, {"location": REGION})
    app.sim("POST", "seed", {"principals": [{"id": oid, "name": "reader", "actions": ["*/read"]}]})
    assert app.send("GET", GROUP, caller="reader").status == 200
    assert app.error("PUT", GROUP, {"location": REGION}, caller="reader") == (403, "AuthorizationFailed")


def test_a_caller_without_a_role_is_refused_when_principals_are_strict() -> None:
    app = open_cloud()
    app.sim("POST", "config", {"strictPrincipals": True})
    assert app.error("GET", VMS, caller="other") == (403, "AuthorizationFailed")


def test_a_body_that_is_not_json_is_refused() -> None:
    from azure_simulator.core.requests import Request

    app = open_cloud()
    headers = {"host": "cloud", "authorization": f"Bearer {app.token()}"}
    reply = app.cloud.handle(Request("PUT", GROUP, "", headers, b"{not json"))
    assert reply.status == 400
    assert b"InvalidRequestContent" in reply.body


def test_a_provider_that_is_not_registered_is_refused_until_it_is() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", {"unregisteredProviders": ["Microsoft.Compute"]})
    sub = GROUP.partition("/resourceGroups")[0]
    assert b"MissingSubscriptionRegistration" in app.create_machine("cpc-1", subnet).body
    app.request("POST", f"{sub}/providers/Microsoft.Compute/register")
    assert app.create_machine("cpc-1", subnet).status == 201


def test_what_is_locked_cannot_be_deleted() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.sim("POST", "config", {"locks": [GROUP]})
    assert app.error("DELETE", f"{VMS}/cpc-1") == (409, "ScopeLocked")
    app.sim("POST", "config", {"locks": None})
    assert app.send("DELETE", f"{VMS}/cpc-1").status == 202
