"""People sign in: what the authorization and token endpoints give, ask and refuse."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
from azure_simulator.assembly import build
from azure_simulator.core.cloud import Options
from azure_simulator.core.requests import Reply, Request
from azure_simulator.core.times import OwnClock
from azure_simulator.seeds import TENANT_ID, api_app, api_client_id, demo_seed, sign_in_client_id

from packages.azure_simulator.tests.contract.browser import Form, forms_of
from packages.azure_simulator.tests.directory import Graph
from packages.azure_simulator.tests.in_process import START_US, InProcessCloud, keys

V2 = f"/{TENANT_ID}/oauth2/v2.0"
USER, OTHER, DISABLED = (f"{name}@contoso.example" for name in ("user01", "user02", "gone"))
SPA, PUBLIC, ORIGIN = "http://localhost:7071/portal/", "http://localhost:5005", "http://localhost:7071"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
API = "api://deskwright/access_as_user"
BASICS = "openid profile offline_access"
CUSTOMER = "6c2f0b9e-55d1-4c31-8d2e-7a6f2f1e9b02"


@dataclass
class Person:
    """Somebody with a browser, in a cloud of the test's own."""

    app: InProcessCloud
    cookie: str = ""
    client: str = field(default_factory=sign_in_client_id)
    redirect: str = SPA

    def send(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> Reply:
        bare, _, query = path.partition("?")
        sent = {"host": "cloud", "content-type": "application/x-www-form-urlencoded", **headers}
        sent |= {"cookie": self.cookie} if self.cookie else {}
        reply = self.app.cloud.handle(Request(method, bare, query, sent, urlencode(form or {}).encode()))
        if given := reply.headers.get("Set-Cookie"):
            self.cookie = given.partition(";")[0]
        return reply

    def ask(self, **changes: str | None) -> Reply:
        """Open the authorization endpoint as the client asks to."""
        given: dict[str, str | None] = {
            "client_id": self.client,
            "redirect_uri": self.redirect,
            "response_type": "code",
            "scope": f"{BASICS} {API}",
            "state": "s 1",
            "nonce": "n-1",
            "client_info": "1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        directory = given.pop("tenant", None) or TENANT_ID
        query = urlencode({name: value for name, value in given.items() if value is not None})
        return self.send("GET", f"/{directory}/oauth2/v2.0/authorize?{query}")

    def submit(self, page: Reply, **filled: str) -> Reply:
        """Send the first form of a page."""
        form = forms(page)[0]
        return self.send("POST", form.action, {**form.fields, **filled})

    def sign_in(self, user: str = USER, **changes: str | None) -> dict[str, str]:
        """Sign in and accept what is asked for; return what the client was sent."""
        page = self.submit(self.ask(prompt="select_account", **changes), user=user)
        if page.status == 200:
            page = self.submit(page, accept="user")
        return sent(page)

    def redeem(self, code: str, /, **changes: str | None) -> Reply:
        """Send a code to the token endpoint, as the page or program that was given it."""
        given: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": self.client,
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.token(given)

    def token(self, given: dict[str, str | None]) -> Reply:
        """Send a form to the token endpoint; a page's has its origin, unless `origin` says otherwise."""
        origin = given.pop("origin", ORIGIN if self.redirect == SPA else None)
        form = {name: value for name, value in given.items() if value is not None}
        return self.send("POST", f"{V2}/token", form, **({"origin": origin} if origin else {}))

    def refresh(self, sealed: str, **changes: str | None) -> Reply:
        form = {"grant_type": "refresh_token", "client_id": self.client, "refresh_token": sealed, **changes}
        return self.token(form)


def forms(page: Reply) -> list[Form]:
    assert page.headers["Content-Type"].startswith("text/html"), (page.status, page.headers, page.body)
    return forms_of(page.body.decode())


def sent(reply: Reply) -> dict[str, str]:
    """Return what a redirect brings to the client."""
    assert reply.status == 302, reply.body
    parts = urlsplit(reply.headers["Location"])
    return dict(parse_qsl(parts.query or parts.fragment))


def number(text: str) -> int:
    """Return the AADSTS number in a text."""
    return int(text.partition("AADSTS")[2].partition(":")[0])


def refused(reply: Reply) -> tuple[int, str, int]:
    body = json.loads(reply.body)
    return reply.status, body["error"], body["error_codes"][0]


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def seed() -> dict[str, Any]:
    home = demo_seed(5)["tenants"][0]
    home["users"].append({"userPrincipalName": DISABLED, "accountEnabled": False})
    home["apps"] = [each for each in home["apps"] if each["displayName"] != "deskwright-api"]
    home["apps"] += [
        api_app({"CloudPC.Reader": [USER], "CloudPC.Operator": ["Cloud PC users"]}),
        {"displayName": "single", "redirectUris": {"spa": [SPA]}, "signInAudience": "AzureADMyOrg"},
        {"displayName": "web", "client_secret": "web-secret", "redirectUris": {"web": ["https://web.example/in"]}},
    ]
    other = {"tenantId": CUSTOMER, "domain": "fabrikam.example", "users": [{"userPrincipalName": "a@fabrikam.example"}]}
    return {"tenants": [home, other]}


def opened(journal: Path | None = None) -> InProcessCloud:
    clock = OwnClock(START_US, 0)
    options = Options(7, "instant", {} if journal and journal.exists() else seed())
    return InProcessCloud(build(clock, keys(), options, journal), clock)


@pytest.fixture
def person() -> Person:
    return Person(opened())


def app_id(person: Person, name: str) -> str:
    apps = person.app.cloud.world.state("directory").all("application", TENANT_ID)
    return str(next(each["appId"] for each in apps if each["displayName"] == name))


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


ON_THE_PAGE: list[tuple[dict[str, str | None], int]] = [
    ({"client_id": None}, 900144),
    ({"client_id": "00000000-dead-4dad-8dad-000000000000"}, 700016),
    ({"redirect_uri": None}, 900971),
    ({"redirect_uri": "http://localhost:7071/other"}, 50011),
    ({"redirect_uri": "https://localhost:7071/portal/"}, 50011),
    ({"redirect_uri": "http://localhost.evil.example/portal/"}, 50011),
    ({"redirect_uri": "http://[::1"}, 50011),
    ({"tenant": "nowhere.example"}, 90002),
]


@pytest.mark.parametrize(("changes", "aadsts"), ON_THE_PAGE, ids=str)
def test_what_cannot_safely_be_sent_back_is_told_to_the_person(
    person: Person, changes: dict[str, str | None], aadsts: int
) -> None:
    page = person.ask(**changes)
    assert (page.status, number(page.body.decode())) == (400, aadsts)
    assert "Location" not in page.headers
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


SENT_BACK: list[tuple[dict[str, str | None], str, int]] = [
    ({"scope": None}, "invalid_request", 900144),
    ({"response_type": None}, "invalid_request", 900144),
    ({"response_type": "token"}, "unsupported_response_type", 700051),
    ({"code_challenge": None}, "invalid_request", 9002325),
    ({"code_challenge": "short"}, "invalid_request", 501491),
    ({"code_challenge_method": "S512"}, "invalid_request", 501491),
    ({"prompt": "never"}, "invalid_request", 90023),
    ({"prompt": "none"}, "login_required", 50058),
    ({"scope": f"{API} api://deskwright/.default"}, "invalid_scope", 70011),
]


@pytest.mark.parametrize(("changes", "error", "aadsts"), SENT_BACK, ids=str)
def test_what_is_wrong_with_a_request_is_sent_back(
    person: Person, changes: dict[str, str | None], error: str, aadsts: int
) -> None:
    told = sent(person.ask(**changes))
    assert (told["error"], number(told["error_description"]), told["state"]) == (error, aadsts, "s 1")


@pytest.mark.parametrize(
    ("scope", "error", "aadsts"),
    [
        ("api://deskwright/fly", "invalid_client", 650053),
        ("api://nobody/x", "invalid_resource", 500011),
    ],
)
def test_a_permission_that_there_is_not_is_refused(person: Person, scope: str, error: str, aadsts: int) -> None:
    told = sent(person.submit(person.ask(scope=scope), user=USER))
    assert (told["error"], number(told["error_description"])) == (error, aadsts)


@pytest.mark.parametrize("uri", [SPA, "http://localhost/portal/", "http://127.0.0.1:9/portal/", PUBLIC, f"{PUBLIC}/"])
def test_of_addresses_of_the_own_machine_the_port_does_not_count(person: Person, uri: str) -> None:
    assert "Choose who you are" in person.ask(redirect_uri=uri).body.decode()


@pytest.mark.parametrize(("user", "aadsts"), [(DISABLED, 50057), ("nobody@contoso.example", 50034)])
def test_who_cannot_sign_in_is_told_so_on_the_page(person: Person, user: str, aadsts: int) -> None:
    page = person.submit(person.ask(), user=user)
    assert (page.status, number(page.body.decode())) == (400, aadsts)
    assert "Choose who you are" in page.body.decode()
    assert not person.cookie


def test_an_application_of_one_directory_is_not_for_all(person: Person) -> None:
    person.client = app_id(person, "single")
    page = person.ask(tenant="organizations")
    assert (page.status, number(page.body.decode())) == (400, 50194)
    page = person.ask(tenant=CUSTOMER)
    assert (page.status, number(page.body.decode())) == (400, 700016)
    assert person.ask().status == 200


def test_who_declines_is_sent_back(person: Person) -> None:
    page = person.submit(person.ask(), user=USER)
    told = sent(person.submit(page, accept="no"))
    assert (told["error"], number(told["error_description"])) == ("access_denied", 65004)
    assert told["error_subcode"] == "cancel"


def test_what_only_an_administrator_grants_counts_for_everybody(person: Person) -> None:
    wanted = f"{BASICS} User.Read.All"
    page = person.submit(person.ask(scope=wanted), user=USER)
    assert [value for _, value in forms(page)[0].buttons] == ["everybody", "no"]
    told = sent(person.submit(page, accept="user"))
    assert (told["error"], number(told["error_description"])) == ("access_denied", 90094)
    page = person.submit(person.ask(scope=wanted, prompt="select_account"), user=USER)
    assert "code" in sent(person.submit(page, accept="everybody"))
    other = Person(person.app)
    assert "code" in sent(other.submit(other.ask(scope=wanted), user=OTHER))
    grants = Graph(person.app)("GET", "/oauth2PermissionGrants")["value"]
    (grant,) = [each for each in grants if "User.Read.All" in each["scope"]]
    assert (grant["consentType"], grant["principalId"]) == ("AllPrincipals", None)


def test_a_second_time_nothing_is_asked(person: Person) -> None:
    person.sign_in()
    assert "code" in sent(person.ask())
    assert "code" in sent(person.ask(prompt="none"))
    assert person.ask(prompt="select_account").status == 200
    assert "Permissions requested" in person.ask(prompt="consent").body.decode()
    told = sent(person.ask(prompt="none", scope="User.Read"))
    assert (told["error"], number(told["error_description"])) == ("consent_required", 65001)


def test_of_several_accounts_a_hint_names_one(person: Person) -> None:
    person.sign_in(USER)
    person.sign_in(OTHER)
    told = sent(person.ask(prompt="none"))
    assert (told["error"], number(told["error_description"])) == ("interaction_required", 16000)
    assert person.ask().status == 200
    body = json.loads(person.redeem(sent(person.ask(prompt="none", login_hint=USER.upper()))["code"]).body)
    assert claims_of(body["id_token"])["preferred_username"] == USER


def test_who_signs_out_is_asked_again_and_goes_only_where_an_application_says(person: Person) -> None:
    person.sign_in()
    left = person.send("GET", f"{V2}/logout?{urlencode({'post_logout_redirect_uri': SPA, 'state': 'x y'})}")
    assert (left.status, left.headers["Location"]) == (302, f"{SPA}?state=x+y")
    assert sent(person.ask(prompt="none"))["error"] == "login_required"
    stays = person.send("GET", f"{V2}/logout?post_logout_redirect_uri=https://evil.example/")
    assert (stays.status, "Location" in stays.headers) == (200, False)


def test_an_application_may_want_assigned_users_only(person: Person) -> None:
    graph = Graph(person.app)
    (found,) = graph("GET", f"/servicePrincipals?$filter=appId eq '{sign_in_client_id()}'")["value"]
    graph("PATCH", f"/servicePrincipals/{found['id']}", {"appRoleAssignmentRequired": True})
    told = sent(person.submit(person.ask(), user=USER))
    assert (told["error"], number(told["error_description"])) == ("access_denied", 50105)
    user = graph("GET", f"/users/{USER}")["id"]
    role = {"appRoleId": "00000000-0000-0000-0000-000000000000", "principalId": user, "resourceId": found["id"]}
    graph("POST", f"/users/{user}/appRoleAssignments", role)
    assert "code" in person.sign_in()


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


def test_an_administrator_lets_an_application_into_another_directory(person: Person) -> None:
    graph = Graph(person.app)
    made = graph("POST", "/applications", {
        "displayName": "guest",
        "web": {"redirectUris": ["https://guest.example/done"]},
        "requiredResourceAccess": [{
            "resourceAppId": "00000003-0000-0000-c000-000000000000",
            "resourceAccess": [
                {"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"},
                {"id": "df021288-bdef-4463-88db-98f22de89214", "type": "Role"},
            ],
        }],
    })  # fmt: skip
    query = urlencode({"client_id": made["appId"], "redirect_uri": "https://guest.example/done", "state": "7"})
    page = person.send("GET", f"/{CUSTOMER}/adminconsent?{query}")
    page = person.submit(page, user="a@fabrikam.example")
    assert "Microsoft Graph: User.Read" in page.body.decode()
    told = sent(person.submit(page, accept="everybody"))
    assert told == {"admin_consent": "True", "tenant": CUSTOMER, "state": "7"}
    directory = person.app.cloud.world.state("directory")
    (principal,) = directory.by("servicePrincipal", CUSTOMER, "appId", made["appId"])
    (grant,) = directory.by("oAuth2PermissionGrant", CUSTOMER, "clientId", principal["id"])
    assert (grant["scope"], grant["consentType"]) == ("User.Read", "AllPrincipals")
    (role,) = directory.by("appRoleAssignment", CUSTOMER, "principalId", principal["id"])
    assert role["appRoleId"] == "df021288-bdef-4463-88db-98f22de89214"
    page = person.submit(person.send("GET", f"/{CUSTOMER}/v2.0/adminconsent?{query}"), user="a@fabrikam.example")
    told = sent(person.submit(page, accept="no"))
    assert (told["error"], number(told["error_description"])) == ("access_denied", 65004)


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


def test_pages_of_other_origins_read_what_they_need_and_no_more(person: Person) -> None:
    asked = {"origin": ORIGIN, "access-control-request-headers": "x-client-sku"}
    preflight = person.send("OPTIONS", f"{V2}/token", None, **asked)
    assert (preflight.status, preflight.headers["Access-Control-Allow-Headers"]) == (204, "x-client-sku")
    told = person.send("GET", f"/{TENANT_ID}/v2.0/.well-known/openid-configuration", None, origin=ORIGIN)
    assert told.headers["Access-Control-Allow-Origin"] == ORIGIN
    configuration = json.loads(told.body)
    for name in ("authorization", "token", "device_authorization", "end_session"):
        assert configuration[f"{name}_endpoint"].startswith(f"https://cloud/{TENANT_ID}/oauth2/v2.0/")
    common = json.loads(person.send("GET", "/common/v2.0/.well-known/openid-configuration").body)
    assert common["issuer"] == "https://cloud/{tenantid}/v2.0"
    page = person.send("GET", f"{V2}/authorize", None, origin=ORIGIN)
    assert "Access-Control-Allow-Origin" not in page.headers


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
