"""People have signed in: the token endpoint's answers to codes, refresh tokens and device codes."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure_simulator.core.requests import Reply
from azure_simulator.seeds import TENANT_ID, api_client_id, sign_in_client_id

from packages.azure_simulator.tests.directory import Graph
from packages.azure_simulator.tests.signing_in import (
    API,
    BASICS,
    DISABLED,
    ORIGIN,
    PUBLIC,
    USER,
    V2,
    Person,
    app_id,
    claims_of,
    number,
    opened,
    refused,
    sent,
)


@pytest.fixture
def person() -> Person:
    return Person(opened())


def test_a_page_gets_tokens_that_name_who_signed_in(person: Person) -> None:
    told = person.sign_in(response_mode="fragment")
    assert told["state"] == "s 1"
    assert set(told) == {"code", "state", "client_info", "session_state"}
    reply = person.redeem(told["code"])
    body = json.loads(reply.body)
    assert (reply.status, body["token_type"], body["scope"]) == (200, "Bearer", API)
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    identity, access = claims_of(body["id_token"]), claims_of(body["access_token"])
    assert (identity["aud"], identity["nonce"], identity["preferred_username"]) == (sign_in_client_id(), "n-1", USER)
    assert (identity["iss"], identity["tid"]) == (f"https://cloud/{TENANT_ID}/v2.0", TENANT_ID)
    assert (access["aud"], access["scp"], access["oid"]) == (api_client_id(), "access_as_user", identity["oid"])
    assert sorted(access["roles"]) == ["CloudPC.Operator", "CloudPC.Reader"]
    assert identity["sub"] != access["sub"] != identity["oid"]
    info = json.loads(base64.urlsafe_b64decode(body["client_info"] + "=="))
    assert info == {"uid": identity["oid"], "utid": TENANT_ID}


def test_a_code_is_redeemed_once(person: Person) -> None:
    code = person.sign_in()["code"]
    assert person.redeem(code).status == 200
    assert refused(person.redeem(code)) == (400, "invalid_grant", 54005)


NOT_REDEEMED: list[tuple[dict[str, str | None], tuple[int, str, int]]] = [
    ({"code": "nonsense"}, (400, "invalid_grant", 9002313)),
    ({"code": None}, (400, "invalid_request", 900144)),
    ({"client_id": None}, (400, "invalid_request", 900144)),
    ({"client_id": api_client_id()}, (400, "invalid_grant", 70000)),
    ({"redirect_uri": "http://localhost/portal/"}, (400, "invalid_client", 500112)),
    ({"code_verifier": "w" * 43}, (400, "invalid_grant", 501481)),
    ({"code_verifier": None}, (400, "invalid_grant", 501481)),
    ({"origin": None}, (400, "invalid_request", 9002327)),
    ({"origin": "https://evil.example"}, (400, "invalid_request", 9002326)),
    ({"client_secret": "x"}, (401, "invalid_client", 700025)),
    ({"scope": "openid User.Read"}, (400, "invalid_grant", 65001)),
]


@pytest.mark.parametrize(("changes", "answer"), NOT_REDEEMED, ids=str)
def test_what_does_not_fit_a_code_is_refused_and_costs_nothing(
    person: Person, changes: dict[str, str | None], answer: tuple[int, str, int]
) -> None:
    code = person.sign_in()["code"]
    assert refused(person.redeem(code, **changes)) == answer
    assert person.redeem(code).status == 200


def test_a_code_ends_and_so_do_refresh_tokens_of_a_page(person: Person) -> None:
    person.app.sim("POST", "config", {"signIn": {"codeSeconds": 0}})
    assert refused(person.redeem(person.sign_in()["code"])) == (400, "invalid_grant", 70008)
    person.app.sim("POST", "config", {"signIn": {"codeSeconds": None, "spaRefreshSeconds": 0}})
    body = json.loads(person.redeem(person.sign_in()["code"]).body)
    assert body["refresh_token_expires_in"] == 0
    assert refused(person.refresh(body["refresh_token"])) == (400, "invalid_grant", 700082)


def test_refresh_tokens_are_replaced_and_those_of_a_page_do_not_live_longer(person: Person) -> None:
    first = json.loads(person.redeem(person.sign_in()["code"]).body)
    assert 86_000 < first["refresh_token_expires_in"] <= 86_400
    second = json.loads(person.refresh(first["refresh_token"]).body)
    assert second["refresh_token"] != first["refresh_token"]
    assert second["refresh_token_expires_in"] <= first["refresh_token_expires_in"]
    assert claims_of(second["id_token"])["preferred_username"] == USER
    assert refused(person.refresh(first["refresh_token"], origin=None)) == (400, "invalid_request", 9002327)
    assert refused(person.refresh("x")) == (400, "invalid_grant", 9002313)
    person.redirect = PUBLIC
    assert "refresh_token_expires_in" not in json.loads(person.redeem(person.sign_in()["code"]).body)


@pytest.mark.parametrize(("change", "aadsts"), [({"accountEnabled": False}, 50057), (None, 50034)])
def test_who_may_no_longer_sign_in_gets_no_new_token(
    person: Person, change: dict[str, Any] | None, aadsts: int
) -> None:
    body = json.loads(person.redeem(person.sign_in()["code"]).body)
    graph = Graph(person.app)
    graph("PATCH" if change else "DELETE", f"/users/{USER}", change)
    assert refused(person.refresh(body["refresh_token"])) == (400, "invalid_grant", aadsts)
    assert sent(person.ask(prompt="none"))["error"] == "login_required"


def test_a_web_application_needs_its_secret_and_no_page_may_redeem_for_it(person: Person) -> None:
    person.client, person.redirect = app_id(person, "web"), "https://web.example/in"
    code = person.sign_in(code_challenge=None, scope=f"{BASICS} User.Read")["code"]
    given = {"code_verifier": None}
    assert refused(person.redeem(code, **given)) == (401, "invalid_client", 7000218)
    assert refused(person.redeem(code, **given, client_secret="wrong")) == (401, "invalid_client", 7000215)
    with_origin = {**given, "client_secret": "web-secret", "origin": "https://web.example"}
    assert refused(person.redeem(code, **with_origin)) == (400, "invalid_request", 9002326)
    body = json.loads(person.redeem(code, **given, client_secret="web-secret").body)
    access = claims_of(body["access_token"])
    assert (access["appidacr"], access["ver"], access["aud"]) == ("1", "1.0", "https://graph.microsoft.com")


def test_a_signed_in_user_reads_what_their_scopes_allow(person: Person) -> None:
    wanted = {"scope": f"{BASICS} User.Read"}
    body = json.loads(person.redeem(person.sign_in(**wanted)["code"]).body)
    graph = Graph(person.app)
    assert graph.error("GET", "/users", token=body["access_token"])[0] == 403
    everybody = {"client": sign_in_client_id(), "scope": "User.Read.All"}
    person.app.sim("POST", "entra/consents", everybody)
    body = json.loads(person.refresh(body["refresh_token"], scope="User.Read.All").body)
    assert graph("GET", "/users", token=body["access_token"])["value"]


def device(person: Person, **changes: str) -> dict[str, Any]:
    form = {"client_id": person.client, "scope": f"{BASICS} {API}", **changes}
    return dict(json.loads(person.send("POST", f"{V2}/devicecode", form).body))


def poll(person: Person, codes: dict[str, Any]) -> Reply:
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    form = {"grant_type": grant, "client_id": person.client, "device_code": codes["device_code"], "origin": None}
    return person.token(form)


def test_a_device_waits_until_somebody_signs_in(person: Person) -> None:
    codes = device(person)
    assert (codes["expires_in"], codes["interval"], codes["user_code"] in codes["message"]) == (900, 5, True)
    assert refused(poll(person, codes)) == (400, "authorization_pending", 70016)
    assert refused(poll(person, codes)) == (400, "slow_down", 70016)
    where = urlsplit(codes["verification_uri"]).path
    page = person.send("GET", f"{where}?otc={codes['user_code']}")
    assert number(person.submit(person.submit(page), user=DISABLED).body.decode()) == 50057
    page = person.submit(person.submit(page), user=USER)
    assert "You have signed in" in person.submit(page, accept="user").body.decode()
    body = json.loads(poll(person, codes).body)
    assert claims_of(body["access_token"])["scp"] == "access_as_user"
    assert refused(poll(person, codes)) == (400, "bad_verification_code", 70019)
    assert person.submit(person.send("GET", where), user_code=codes["user_code"]).status == 400


def test_a_device_that_waits_too_long_or_is_declined_gets_nothing(person: Person) -> None:
    codes = device(person)
    page = person.submit(person.submit(person.send("GET", "/common/oauth2/deviceauth"), user_code=codes["user_code"]))
    assert page.status == 200
    person.send("POST", "/common/oauth2/deviceauth", {"user_code": codes["user_code"], "user": USER, "accept": "no"})
    assert refused(poll(person, codes)) == (400, "authorization_declined", 70018)
    person.app.sim("POST", "config", {"signIn": {"deviceCodeSeconds": 0}})
    codes = device(person)
    assert refused(poll(person, codes)) == (400, "expired_token", 70020)
    person.client = app_id(person, "web")
    person.app.sim("POST", "config", {"signIn": {"deviceCodeSeconds": None}})
    codes = device(person)
    person.app.sim("POST", "entra/deviceCodes", {"userCode": codes["user_code"], "user": USER})
    assert refused(poll(person, codes)) == (401, "invalid_client", 7000218)


def test_consents_devices_and_refresh_tokens_outlast_a_restart_and_no_secret_is_kept(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    person = Person(opened(journal))
    told = person.sign_in()
    body = json.loads(person.redeem(told["code"]).body)
    codes = device(person)
    person.app.sim("POST", "entra/deviceCodes", {"userCode": codes["user_code"], "user": USER})
    person.app.cloud.journal.close()
    kept = journal.read_text()
    secrets = (told["code"], body["refresh_token"], body["access_token"], person.cookie.partition("=")[2])
    assert [each for each in (*secrets, codes["device_code"]) if each in kept] == []
    person.app = opened(journal)
    assert person.refresh(body["refresh_token"]).status == 200
    assert "code" in sent(person.ask(prompt="none"))
    assert poll(person, codes).status == 200


def test_azure_cli_needs_no_registration_and_no_consent(person: Person) -> None:
    person.client, person.redirect = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", PUBLIC
    told = sent(person.submit(person.ask(scope=f"{BASICS} https://management.core.windows.net//.default"), user=USER))
    body = json.loads(person.redeem(told["code"]).body)
    claims = claims_of(body["access_token"])
    assert (claims["aud"], claims["scp"]) == ("https://management.core.windows.net/", "user_impersonation")
    assert (claims["ver"], claims["upn"], claims["appidacr"]) == ("1.0", USER, "0")
    assert body["scope"].split() == [
        f"https://management.core.windows.net//{each}" for each in ("user_impersonation", ".default")
    ]
