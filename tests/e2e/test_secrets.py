"""No secret in a table, a log, durable history, an answer or a queue: everything is read after a busy day."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import TableServiceClient

from local.portal import Answer, PortalError
from local.stack import PORTAL_SECRET, Stack
from tests.e2e.callers import routes
from tests.e2e.identity import DOMAIN, on_premises
from tests.e2e.office import GALLERY_IMAGE, MEDIUM, SELDOM, Office
from tests.e2e.queues import Minted, texts

pytestmark = pytest.mark.e2e

JOIN_PASSWORD = "demo-join-password"
SECRETS: Mapping[str, re.Pattern[str]] = {
    "join password": re.compile(re.escape(JOIN_PASSWORD)),
    "VM administrator's password": re.compile(r"[\w-]{43}aA1!"),
    "token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}"),
    "storage key": re.compile(r"Eby8vdM02xNOcqFl|AccountKey=|[?&]sig=[\w%]{20,}"),
    "portal's secret": re.compile(re.escape(PORTAL_SECRET)),
}
Json = dict[str, Any]
Texts = Iterator[tuple[str, str]]
"""Pairs of a place and the text found there."""


def rows(stack: Stack) -> Texts:
    """Give every property of every row of every table."""
    bundle = str(stack.certificates.bundle)
    with TableServiceClient(stack.addresses.tables, credential=Minted(stack), connection_verify=bundle) as service:
        for table in service.list_tables():
            for entity in service.get_table_client(table.name).list_entities():
                yield f"table {table.name}", repr(dict(entity))


def database(path: Path) -> Texts:
    """Give every cell of the embedded host's file: history, inbox, activities. Another host has them in the tables."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - the file's own names
                yield f"{path.name} {name}", "\n".join(map(plain, row))


def plain(cell: Any) -> str:
    """Return a cell as text, unpacked if it was packed."""
    if not isinstance(cell, bytes):
        return str(cell)
    with suppress(zlib.error):
        cell = zlib.decompress(cell)
    return bytes(cell).decode(errors="replace")


def files(stack: Stack) -> Texts:
    """Give every log, and the journal of the simulated cloud."""
    for path in [*sorted((stack.folder / "logs").glob("*")), *sorted(stack.folder.glob("cloud.jsonl"))]:
        yield path.name, path.read_text(errors="replace")


def answers(office: Office) -> Texts:
    """Give the answer of every route that reads, of lists also each thing in them."""
    for route in routes(office.stack, office.name):
        if route.method != "GET" or not route.of_a_tenant or "{id}" in route.template:
            continue
        said = office.portal.send("GET", f"/{route.path}?user={office.name}01@contoso.example")
        yield str(route), repr(said.body)
        items = said.body.get("value", []) if isinstance(said.body, dict) else []
        for item in (each for each in items if isinstance(each, dict)):
            one = office.portal.send("GET", f"/{route.path}/{item.get('id')}")
            yield f"{route}/{{id}}", repr(one.body)
    for pc in office.cloud_pcs():
        for part in ("timeline", "signInDetails"):
            yield part, repr(office.portal.send("GET", f"{office.base}/cloudPCs/{pc['id']}/{part}").body)


def leaks(found: Texts) -> list[str]:
    """Return where which secret stands, with a little of its neighbourhood."""
    told = []
    for where, text in found:
        for name, pattern in SECRETS.items():
            if hit := pattern.search(text):
                told.append(f"{name} in {where}: ...{text[max(0, hit.start() - 80) : hit.start() + 12]}...")
    return told


def busy_day(office: Office) -> list[Answer]:
    """Have a connection with a join password, an image built, and a Cloud PC provisioned on the domain.

    And the password rotated, to a wrong one. Return what was answered to requests that have a password in them.
    """
    said = on_premises(office.stack, office.subscription)
    form = {
        "site": {"siteId": "main"},
        "credentials": {**said, "domain": {**DOMAIN, "adDomainPassword": JOIN_PASSWORD}},
        "name": {"displayName": "Domain"},
    }
    wizards, portal = f"{office.base}/wizards", office.portal
    reviewed = portal.ask("POST", f"{wizards}/create-connection/review", form)
    saved = portal.ask("POST", f"{wizards}/create-connection", form, {"Idempotency-Key": "once"})
    # Wrong ones, which say what is wrong with them.
    odd = {**DOMAIN, "adDomainPassword": [JOIN_PASSWORD]}
    wrong = (
        {**form, "site": {"siteId": "nowhere"}},
        {**form, "nonsense": {"adDomainPassword": JOIN_PASSWORD}},
        {**form, "credentials": {**form["credentials"], "domain": odd}},
    )
    refused = [portal.send("POST", f"{wizards}/create-connection", each) for each in wrong]
    connection = str(office.finish(saved)["resourceId"])
    image = {
        "name": {"displayName": "Ours"},
        "site": {"siteId": "main"},
        "version": {"version": "1.0.0"},
        "source": {"galleryImageId": GALLERY_IMAGE},
    }
    office.finish(portal.ask("POST", f"{wizards}/create-device-image", image))
    upn = office.user(1, MEDIUM)
    office.policy("Everyone", connection, office.group("staff", upn), localAdminEnabled=True)
    assert office.settled(upn)["status"] == "provisioned"
    return [reviewed, saved, *refused, *rotated(office, f"{office.graph}/onPremisesConnections/{connection}")]


def rotated(office: Office, connection: str) -> list[Answer]:
    """Give the connection another password in every wrong way, then one that the domain does not know."""
    ways: list[tuple[str, str, Json]] = [
        ("PATCH", "", {"adDomainPassword": [JOIN_PASSWORD]}),
        ("PATCH", "", {"adDomainPassword": JOIN_PASSWORD, "displayName": "<"}),
        *(
            ("POST", "/updateAdDomainPassword", body)
            for body in (
                {"adDomainPassword": {"of": JOIN_PASSWORD}},
                {"adDomainPassword": JOIN_PASSWORD * 20},
                {"adDomainPassword": JOIN_PASSWORD, "more": 1},
                {"AdDomainPassword": JOIN_PASSWORD},
            )
        ),
    ]
    refused = [office.portal.send(method, connection + action, body) for method, action, body in ways]
    assert {answer.status for answer in refused} == {400}
    new = {"adDomainPassword": f"{JOIN_PASSWORD}-next"}
    taken = office.portal.ask("POST", f"{connection}/updateAdDomainPassword", new, {"Idempotency-Key": "rotate"})
    with pytest.raises(PortalError, match="adJoinCheckIncorrectCredentials"):
        office.finish(taken, look=SELDOM)
    return [*refused, taken]


@pytest.mark.timeout(180)
def test_after_a_busy_day_no_secret_lies_about(open_office: Callable[..., Office], stack: Stack) -> None:
    office = open_office()
    said = busy_day(office)
    places = {
        "tables": list(rows(stack)),
        "queues": [(f"queue {name}", text) for name, text in texts(stack)],
        "history": [text for path in stack.folder.glob("host.db") for text in database(path)],
        "files": list(files(stack)),
        "answers": [*answers(office), *(("an answer", repr(answer)) for answer in said)],
    }
    may_be_empty = {"queues"} if stack.moves_time else {"queues", "history"}
    assert {name for name, found in places.items() if not found} <= may_be_empty
    assert [leak for found in places.values() for leak in leaks(iter(found))] == []


def test_the_search_would_find_them() -> None:
    for text in (
        f"'{JOIN_PASSWORD}'",
        "k" * 43 + "aA1!",
        "Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwcyJ9.c2lnbmF0dXJl",
        "eyJhbGciOiJSUzI1NiJ9.0123456789abcdef",
        "AccountKey=abc",
        PORTAL_SECRET,
    ):
        assert leaks(iter([("here", text)])), text
