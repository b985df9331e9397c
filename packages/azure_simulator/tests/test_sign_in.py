"""People sign in: what the authorization endpoint and its pages ask, and where they send the browser."""

import json
from urllib.parse import urlencode

import pytest
from azure_simulator.graph.directory.first_party import MICROSOFT_GRAPH
from azure_simulator.seeds import TENANT_ID, sign_in_client_id

from packages.azure_simulator.tests.directory import Graph
from packages.azure_simulator.tests.signing_in import (
    API,
    BASICS,
    CUSTOMER,
    DISABLED,
    ORIGIN,
    OTHER,
    PUBLIC,
    SPA,
    USER,
    V2,
    Person,
    app_id,
    claims_of,
    forms,
    number,
    opened,
    sent,
)


@pytest.fixture
def person() -> Person:
    return Person(opened())


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


@pytest.fixture
def closed() -> Person:
    """Somebody in a directory whose users may not consent."""
    return Person(opened(usersMayConsent=False))


def test_where_users_may_not_consent_nobody_comes_past_the_page(closed: Person) -> None:
    page = closed.submit(closed.ask(prompt="select_account"), user=USER)
    told = sent(page)
    assert (told["error"], number(told["error_description"])) == ("access_denied", 90094)


def test_what_an_administrator_has_consented_to_for_everybody_asks_nobody(closed: Person) -> None:
    graph = Graph(closed.app)
    ids = [graph("GET", f"/servicePrincipals(appId='{each}')")["id"] for each in (closed.client, MICROSOFT_GRAPH)]
    body = {"clientId": ids[0], "consentType": "AllPrincipals", "resourceId": ids[1], "scope": BASICS}
    graph("POST", "/oauth2PermissionGrants", body)
    assert "code" in closed.sign_in()


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
