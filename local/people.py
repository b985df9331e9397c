"""The page "choose who you are" of ``make run``: it sends a browser to the portal as one of some people.

The portal that is deployed signs people in with Entra ID (MSAL), which wants an issuer with a certificate that the
browser trusts. The simulated one has none, so the bundle of ``make run`` takes a token from this page instead.
"""

import html
import json
import os
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from azure_simulator.graph.directory.records import derived_id
from azure_simulator.seeds import DOMAIN, TENANT_ID, api_app

from local.processes import write_privately
from local.stack import Stack

_END_USERS = ("user01", "user02")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 36rem; margin: 4rem auto; padding: 0 1rem }
ul { list-style: none; padding: 0; display: grid; gap: .75rem }
button { width: 100%; text-align: left; font: inherit; padding: .75rem 1rem; cursor: pointer }
button span { display: block; opacity: .8 }
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be. *key* is their place in addresses, *account* their principal name."""

    key: str
    name: str
    about: str
    account: str
    roles: tuple[str, ...] = ()

    @property
    def object_id(self) -> str:
        """Their object id in the directory: a user's own, where the directory has the user."""
        return derived_id(TENANT_ID, "user", self.account)


PEOPLE: Sequence[Person] = (
    Person(
        "provider",
        "Provider administrator",
        "runs the service: all tenants, everything",
        f"provider@{DOMAIN}",
        ("Provider.Administrator", "CloudPC.Administrator"),
    ),
    Person(
        "administrator",
        "Administrator",
        "one customer's administrator: everything in this tenant",
        f"administrator@{DOMAIN}",
        ("CloudPC.Administrator",),
    ),
    Person("operator", "Operator", "sees everything, acts on Cloud PCs", f"operator@{DOMAIN}", ("CloudPC.Operator",)),
    Person("reader", "Reader", "sees everything, changes nothing", f"reader@{DOMAIN}", ("CloudPC.Reader",)),
    *(
        Person(key, f"User {key[-2:]}", "has a Cloud PC and no role", f"{key}@{DOMAIN}", ("CloudPC.User",))
        for key in _END_USERS
    ),
)


_DEV_PORTAL = "PORTAL_DEV_SERVER"
"""Variable with the address of a portal under development: http://localhost:5173."""


class _Server(ThreadingHTTPServer):
    """Serves the page for one stack, on a free port of this machine only."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stack = stack
        self.host = f"127.0.0.1:{self.server_port}"
        self.origin = os.environ.get(_DEV_PORTAL) or stack.addresses.api
        self.portal = f"{self.origin}/portal/"


class _Handler(BaseHTTPRequestHandler):
    """Answers GET with the page, POST with the way to the portal."""

    server: _Server

    def do_GET(self) -> None:
        """Show the page."""
        if self._is_ours():
            self._send(200, page().encode(), {"Content-Type": "text/html; charset=utf-8"})

    def do_POST(self) -> None:
        """Send the browser to the portal as the person of the address; give a command line their token."""
        key, _, wanted = self.path.removeprefix("/").partition("/")
        chosen = next((each for each in PEOPLE if key == each.key and wanted in {"", "token"}), None)
        if not self._is_ours():
            return
        if chosen is None:
            self._say(404, "There is nobody of this name.")
            return
        if wanted:
            given = json.dumps({"access_token": token_of(self.server.stack, chosen)})
            self._send(200, given.encode(), {"Content-Type": "application/json"})
            return
        said = {"chosen-token": token_of(self.server.stack, chosen), "chosen-page": f"http://{self.server.host}/"}
        self._send(303, b"", {"Location": f"{self.server.portal}#{urllib.parse.urlencode(said)}"})

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal shows the demonstration."""

    def _is_ours(self) -> bool:
        """Refuse other names of this machine: a page of somebody else must not get a token (DNS rebinding)."""
        origin = f"http://{self.server.host}"
        ours = self.headers.get("Host") == self.server.host and self.headers.get("Origin", origin) == origin
        if not ours:
            self._say(403, "Open the address that make run printed.")
        return ours

    def _say(self, status: int, text: str) -> None:
        self._send(status, f"{text}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        # A form's redirect counts for form-action too.
        policy = f"{_POLICY}; form-action 'self' {self.server.origin}"
        for name, value in {**headers, "Content-Security-Policy": policy, "Cache-Control": "no-store"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _enter(stack: Stack) -> None:
    """Let the simulated directory know the people with their roles, so that they can sign in there too (MSAL)."""
    assigned: dict[str, list[str]] = {}
    for each in PEOPLE:
        for role in each.roles:
            assigned.setdefault(role, []).append(each.account)
    users = [
        {"userPrincipalName": each.account, "displayName": each.name} for each in PEOPLE if each.key not in _END_USERS
    ]
    tenant = {"tenantId": TENANT_ID, "domain": DOMAIN, "users": users, "apps": [api_app(assigned)]}
    stack.tell_cloud("seed", {"tenants": [tenant]})


@contextmanager
def offered(stack: Stack) -> Iterator[str]:
    """Serve the page while inside the ``with`` block; give its address."""
    _enter(stack)
    with _Server(stack) as server:
        thread = Thread(target=server.serve_forever, name="people", daemon=True)
        thread.start()
        try:
            with _told(stack, f"http://{server.host}/") as address:
                yield address
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _told(stack: Stack, address: str) -> Iterator[str]:
    """Write the page's address to the file in which the command line finds it, while inside the ``with`` block."""
    file = stack.folder / "people.json"
    write_privately(file, json.dumps({"pid": os.getpid(), "api": stack.addresses.api, "people": address}) + "\n")
    try:
        yield address
    finally:
        file.unlink(missing_ok=True)


def token_of(stack: Stack, person: Person) -> str:
    """Return an access token of a person, good for an hour."""
    wanted: Mapping[str, Any] = {
        "tid": TENANT_ID,
        "oid": person.object_id,
        "name": person.name,
        "roles": person.roles,
        "claims": {"preferred_username": person.account, "scp": "access_as_user"},
    }
    return str(stack.tell_cloud("tokens", wanted)["access_token"])


def page() -> str:
    """Return the page as HTML."""
    people = "".join(
        f'<li><form method="post" action="/{each.key}"><button>{html.escape(each.name)}'
        f"<span>{html.escape(each.about)}</span></button></form></li>"
        for each in PEOPLE
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Choose who you are</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>Choose who you are</h1>"
        "<p>This is the demonstration on your machine. Each tab of your browser can be somebody else.</p>"
        f"<ul>{people}</ul></main></body></html>"
    )
