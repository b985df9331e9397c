"""Somebody with a browser, who signs in to the simulated Entra ID without sockets."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from azure_simulator.assembly import build
from azure_simulator.core.cloud import Options
from azure_simulator.core.requests import Reply, Request
from azure_simulator.core.times import OwnClock
from azure_simulator.seeds import TENANT_ID, api_app, demo_seed, sign_in_client_id

from packages.azure_simulator.tests.contract.browser import Form, forms_of
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
        """Sign in and consent to every scope; return the parameters that the client was sent."""
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
    """Return the parameters that a redirect brings to the client."""
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


def opened(journal: Path | None = None, **home: Any) -> InProcessCloud:
    """Open a cloud; *home* are members of the seed of the first directory."""
    clock, planted = OwnClock(START_US, 0), seed()
    planted["tenants"][0] |= home
    options = Options(7, "instant", {} if journal and journal.exists() else planted)
    return InProcessCloud(build(clock, keys(), options, journal), clock)


def app_id(person: Person, name: str) -> str:
    apps = person.app.cloud.world.state("directory").all("application", TENANT_ID)
    return str(next(each["appId"] for each in apps if each["displayName"] == name))
