"""Whatever a caller sends, the answer is theirs: no request gives a 5xx, and none has an answer without end."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest
from azure.core.exceptions import ClientAuthenticationError

from shared.services import images
from shared.storage.tables import Tables
from tests.implementations import registered
from tests.integration import things
from tests.integration.callers import Office, handlers, signed_in
from tests.integration.scenes import HYBRID, OFFERED, VNET
from tests.integration.services import IdleHost, in_place
from triggers.http.graph import BASE

NESTED = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
ODD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no text": b"\xff\xfe{",
    "UTF-16": json.dumps({"displayName": "x"}).encode("utf-16"),
    "UTF-32": json.dumps({"displayName": "x"}).encode("utf-32"),
    "a long number": b'{"displayName":' + b"9" * 5000 + b"}",
    "deep": NESTED,
    "a list": b"[]",
    "not finite": b'{"displayName": NaN, "hours": Infinity, "settings": {"attempts": -Infinity}}',
    "half a character": rb'{"displayName": "\ud800", "\udfff": 1}',
    "NUL": rb'{"displayName": "\u0000", "\u0000": "\u0000"}',
    "nulls": b'{"displayName": null, "site": null, "settings": null, "value": null}',
}
ODD_QUERIES: dict[str, dict[str, str]] = {
    "a long number": {"$top": "9" * 5000, "$skiptoken": "9" * 5000, "user": "9" * 5000},
    "digits of elsewhere": {"$top": "٣", "$skiptoken": "٣"},
    "control characters": {"$skiptoken": "\x00\n", "user": "\x00", "tenantId": "a\x00b", "search": "\n"},
    "half a character": {"$skiptoken": "\ud800", "$filter": "id eq '\ud800'", "user": "\ud800@x", "search": "\ud800"},
    "a token of nothing": {"$skiptoken": "eyJQYXJ0aXRpb25LZXkiOiJ4XHUwMDAwIiwiUm93S2V5IjoiIn0"},
    "brackets": {"$filter": "(" * 900 + ")" * 900, "$select": "(" * 900, "$expand": "," * 900},
    "delta": {"user": "delta"},
}
ODD_IDS = ["..", "a\\b#?/", "\x00", "é" * 3000, "\ud800"]
ODD_HOSTS = ["http://[", "http://a\u2100b/", "http://x:y:z/", "//"]


class NoIdentity:
    """The credential of a service that has no cloud: nothing leaves this machine."""

    async def get_token(self, *_: Any, **__: Any) -> Any:
        raise ClientAuthenticationError("there is no cloud in this test")

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def office(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async def offered(_: Any) -> Any:
        return (OFFERED,)

    async def none(*_: Any) -> Any:
        return ()

    monkeypatch.setattr(images, "offered_images", offered)
    monkeypatch.setattr(images, "gallery_versions", none)
    services = Office(tables)
    monkeypatch.setitem(vars(services), "credential", NoIdentity())
    await services.tenants.insert(things.tenant())
    await services.sites.insert(things.site())
    await services.connections.insert(things.connection())
    await services.connections.insert(HYBRID)
    with in_place(services):
        yield services
    await services.close()


@pytest.fixture(scope="module")
def routes() -> dict[str, Any]:
    return handlers(registered())


async def ask(
    handler: Any, name: str, *, body: bytes = b"", query: dict[str, str] | None = None, **more: Any
) -> func.HttpResponse:
    method, _, route = name.partition(" ")
    at = {"tenant": "contoso", "version": "beta", "id": "c1", "site": "main", "wizard": "create-connection"}
    at |= more.get("at", {})
    url = more.get("url") or f"http://api/{route.replace('…', BASE).format(**at)}"
    headers = {**signed_in("Provider.Administrator"), **more.get("headers", {})}
    request = func.HttpRequest(method=method, url=url, headers=headers, params=query or {}, route_params=at, body=body)
    names = handler.__code__.co_varnames[: handler.__code__.co_argcount]
    clients = [IdleHost()] if "client" in names else []
    contexts = [SimpleNamespace(invocation_id=f"call-{next(_CALLS)}")] if "context" in names else []
    answer: func.HttpResponse = await handler(request, *clients, *contexts)
    return answer


_CALLS = itertools.count()


def failures(said: dict[str, func.HttpResponse]) -> dict[str, str]:
    """Return what was an error of ours: a 500, or what storage refused. A cloud that is not on paper is none."""
    found = {name: (answer.status_code, answer.get_body().decode()[:300]) for name, answer in said.items()}
    return {name: text for name, (status, text) in found.items() if status == 500 or "the service failed: 400" in text}


def with_bodies(routes: dict[str, Any]) -> Iterator[str]:
    return (name for name in routes if not name.startswith("GET"))


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
async def test_an_odd_body_is_the_caller_s(office: Office, routes: dict[str, Any], body: bytes) -> None:
    said = {name: await ask(routes[name], name, body=body) for name in with_bodies(routes)}
    assert failures(said) == {}


@pytest.mark.parametrize("query", ODD_QUERIES.values(), ids=ODD_QUERIES)
async def test_an_odd_query_is_the_caller_s(office: Office, routes: dict[str, Any], query: dict[str, str]) -> None:
    reading = [name for name in routes if name.startswith("GET")]
    assert failures({name: await ask(routes[name], name, query=query) for name in reading}) == {}


@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: ascii(odd)[:12])
async def test_an_odd_id_is_the_caller_s(office: Office, routes: dict[str, Any], odd: str) -> None:
    for of in ("id", "tenant", "site", "wizard", "version"):
        named = [name for name in routes if f"{{{of}}}" in name.replace("…", BASE) and name.startswith("GET")]
        said = {name: await ask(routes[name], name, at={of: odd}, url="http://api/x") for name in named}
        assert failures(said) == {}


@pytest.mark.parametrize("url", ODD_HOSTS, ids=ascii)
async def test_an_odd_host_is_the_caller_s(office: Office, routes: dict[str, Any], url: str) -> None:
    reading = [name for name in routes if name.startswith("GET")]
    assert failures({name: await ask(routes[name], name, url=url, query={"$top": "1"}) for name in reading}) == {}


async def test_names_are_written_in_one_way(office: Office, routes: dict[str, Any]) -> None:
    body = {"display_name": "x", "region": "westeurope", "resourceGroup": "g"}
    answer = await ask(routes[PUT_SITE], PUT_SITE, body=json.dumps(body).encode(), at={"site": "other"})
    assert (answer.status_code, b"/display_name" in answer.get_body()) == (400, True)
    assert (await ask(routes[PUT_SITE], PUT_SITE, body=ODD_BODIES["UTF-16"])).status_code == 400


PUT_SITE = "PUT tenants/{tenant}/sites/{site}"


async def test_an_answer_does_not_grow_with_what_is_wrong(office: Office, routes: dict[str, Any]) -> None:
    wrong = {f"{n}{'x' * 300}": 1 for n in range(2500)}
    for name in (PUT_SITE, "POST …/provisioningPolicies"):
        answer = await ask(routes[name], name, body=json.dumps(wrong).encode())
        assert answer.status_code == 400
        assert len(answer.get_body()) < 50_000


@pytest.mark.parametrize("separator", [",", ", ", " , "])
async def test_one_of_several_etags_is_enough(office: Office, routes: dict[str, Any], separator: str) -> None:
    stored = await office.tenants.get("contoso")
    headers = {"if-match": separator.join(['"old"', stored.etag])}
    name = "PATCH tenants/{tenant}"
    answer = await ask(routes[name], name, body=b'{"displayName": "New"}', headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("seats", [{"CPC_E_2C_8GB_128GB": 10**9}, {"CPC_E_2C_8GB_128GB": -1}, {"x" * 101: 1}], ids=str)
async def test_seats_are_bounded(office: Office, routes: dict[str, Any], seats: dict[str, int]) -> None:
    name = "PATCH tenants/{tenant}"
    answer = await ask(routes[name], name, body=json.dumps({"settings": {"seats": seats}}).encode())
    assert answer.status_code == 400


PATCH_CONNECTION = "PATCH …/onPremisesConnections/{id}"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"adDomainName": "evil.example"},
        {"adDomainUsername": "corp\\other"},
        {"virtualNetworkId": f"{VNET}2", "subnetId": f"{VNET}2/subnets/a"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_stored_password_goes_to_nobody_else(
    office: Office, routes: dict[str, Any], elsewhere: dict[str, str]
) -> None:
    async def patch(changes: dict[str, str]) -> func.HttpResponse:
        body = json.dumps(changes).encode()
        return await ask(routes[PATCH_CONNECTION], PATCH_CONNECTION, body=body, at={"id": "c3"})

    refused = await patch(elsewhere)
    assert (refused.status_code, b"adDomainPassword" in refused.get_body()) == (400, True)
    assert (await office.connections.get("contoso", "c3")).value == HYBRID
    assert (await patch({**elsewhere, "adDomainPassword": "another"})).status_code == 200


async def test_the_same_domain_in_other_letters_keeps_its_password(office: Office, routes: dict[str, Any]) -> None:
    body = json.dumps({"adDomainName": "CORP.example", "organizationalUnit": "OU=b,DC=corp,DC=example"}).encode()
    answer = await ask(routes[PATCH_CONNECTION], PATCH_CONNECTION, body=body, at={"id": "c3"})
    assert answer.status_code == 200


async def test_a_tenant_that_somebody_else_made_is_not_given_to_a_second_caller(
    office: Office, routes: dict[str, Any]
) -> None:
    body = {"id": "fresh", "displayName": "F", "entraTenantId": things.DIRECTORY, "subscriptionId": things.SUBSCRIPTION}
    said = [
        (
            await ask(
                routes["POST tenants"], "POST tenants", body=json.dumps(body).encode(), headers={"idempotency-key": key}
            )
        ).status_code
        for key in ("one", "two")
    ]
    assert said == [201, 409]
