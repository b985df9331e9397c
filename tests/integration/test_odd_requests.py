"""Whatever a caller sends, the answer is theirs: no request gives a 5xx, and none has an answer without end."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import azure.functions as func
import pytest

from shared.clients.graph import Graph
from tests.integration import things
from tests.integration.asking import ask, told
from tests.integration.callers import Office, signed_in
from tests.integration.scenes import HYBRID, VNET
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


class ListingGraph(Graph):
    """Answers whatever is read with a list, as Graph answers ``/users/delta``."""

    def __init__(self) -> None:
        """Connect to nothing."""

    async def request(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"value": [], "@odata.deltaLink": "https://graph.example/delta"}


ODD_IDS = ["..", "a\\b#?/", "\x00", "é" * 3000, "\ud800"]
EXPLAIN = "GET tenants/{tenant}/explain"
ODD_HOSTS = ["http://[", "http://a\u2100b/", "http://x:y:z/", "//", "http://a b/", "http://<b>/", "http://a@b/"]
ODD_HOSTS += ["http://a:0/", "http://a:65536/", "http://[1.2.3.4]/", "http://[::1/", "http://a..b/", "http://-a/"]
ODD_HOSTS += ["http://\u0661.example/", f"http://{'a' * 64}.example/", f"http://{'a.' * 130}example/", 'http://a"/']
HOSTS = ["http://localhost:7071/", "https://[::1]:7071/", "https://dw.azurewebsites.net/", "http://10.0.0.4/"]
HOSTS += ["http://deskwright_api:80/", "https://cloud.example./"]


def failures(said: dict[str, func.HttpResponse]) -> dict[str, str]:
    """Return the answers with an error of the service."""
    found = {name: (answer.status_code, answer.get_body().decode()[:300]) for name, answer in said.items()}
    return {name: text for name, (status, text) in found.items() if status >= 500}


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


@pytest.mark.parametrize("word", ["delta", "delta()", "$count", "microsoft.graph.user"])
async def test_a_word_of_graph_s_addresses_is_no_user(office: Office, routes: dict[str, Any], word: str) -> None:
    office.directory.user = ListingGraph().user  # type: ignore[method-assign]
    answer = await ask(routes[EXPLAIN], EXPLAIN, query={"user": word})
    assert (answer.status_code, b"no user" in answer.get_body()) == (404, True)


@pytest.mark.parametrize("depth", [50, 900, 20_000])
async def test_a_deep_client_principal_is_nobody_s(office: Office, routes: dict[str, Any], depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"claims":', "}"), ('{"claims":[{"typ":"tid","val":', "}]}")):
        deep = base64.b64encode((opening * depth + "1" + closing * depth).encode()).decode()
        answer = await ask(routes[EXPLAIN], EXPLAIN, headers={"x-ms-client-principal": deep})
        assert answer.status_code == 401


async def test_a_client_principal_that_names_a_member_twice_is_nobody_s(office: Office, routes: dict[str, Any]) -> None:
    del office
    whole = base64.b64decode(signed_in("Provider.Administrator")["x-ms-client-principal"])
    twice = base64.b64encode(whole[:-1] + b', "claims": []}').decode()
    assert (await ask(routes[EXPLAIN], EXPLAIN, headers={"x-ms-client-principal": twice})).status_code == 401


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("oid", "\ud800"),
        ("oid", "x" * 5000),
        ("oid", "a\nb"),
        ("tid", "\x00"),
        ("name", "\ud800"),
        ("name", "x" * 70_000),
    ],
    ids=ascii,
)
async def test_an_odd_claim_is_refused_or_kept_so_that_it_can_be_shown(
    office: Office, routes: dict[str, Any], claim: str, value: str
) -> None:
    claims = {"tid": things.DIRECTORY, "oid": "id-eve", "roles": "Provider.Administrator", claim: value}
    sent = json.dumps({"claims": [{"typ": kind, "val": each} for kind, each in claims.items()]})
    headers = {"x-ms-client-principal": base64.b64encode(sent.encode()).decode(), "idempotency-key": "k"}
    body = b'{"reason": "x"}'
    name = "POST tenants/{tenant}/pause"
    answer = await ask(routes[name], name, body=body, headers=headers)
    assert answer.status_code == (200 if claim == "name" else 401)
    events = [stored.value async for stored in office.audit.each("contoso")]
    assert all(len(event.actor.name) <= 256 and event.actor.name.isprintable() for event in events)
    assert bool(events) == (claim == "name")


@pytest.mark.parametrize("key", ["", "x" * 201, "\ud800", "a\x00b", "\r\n"], ids=ascii)
async def test_an_odd_idempotency_key_is_the_caller_s(office: Office, routes: dict[str, Any], key: str) -> None:
    name = "POST tenants/{tenant}/orphans/scan"
    answer = await ask(routes[name], name, headers={"idempotency-key": key})
    assert (answer.status_code, [pointer for pointer, _ in told(answer)]) == (400, ["Idempotency-Key"])


async def test_the_same_request_at_another_host_name_is_the_same_request(
    office: Office, routes: dict[str, Any]
) -> None:
    body = {"id": "fresh", "displayName": "F", "entraTenantId": things.DIRECTORY, "subscriptionId": things.SUBSCRIPTION}
    first, second = [
        await ask(
            routes["POST tenants"],
            "POST tenants",
            body=json.dumps(body).encode(),
            headers={"idempotency-key": "one"},
            url=f"{host}/api/tenants",
        )
        for host in ("http://127.0.0.1:7071", "https://desks.contoso.example")
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.get_body() == first.get_body()


@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: ascii(odd)[:12])
async def test_an_odd_id_is_the_caller_s(office: Office, routes: dict[str, Any], odd: str) -> None:
    for of in ("id", "tenant", "site", "wizard", "version"):
        named = [name for name in routes if f"{{{of}}}" in name.replace("…", BASE) and name.startswith("GET")]
        said = {name: await ask(routes[name], name, at={of: odd}, url="http://api/x") for name in named}
        assert failures(said) == {}


@pytest.mark.parametrize("slash", ["%2F", "%2f", "%5C", "/", "\\"])
async def test_an_id_with_a_slash_is_nobody_s(office: Office, routes: dict[str, Any], slash: str) -> None:
    """Microsoft's host hands ``%2F`` over as it was sent; a host that decodes it names no other thing by that."""
    del office
    for part, several in {"id": "versions", "tenant": "sites", "site": "west", "number": "0.0.1", "host": "h1"}.items():
        for name in (each for each in routes if f"{{{part}}}" in each.replace("…", BASE)):
            answer = await ask(routes[name], name, at={part: f"x{slash}{several}"}, body=b"{}")
            assert (answer.status_code, [of for of, _ in told(answer)]) == (400, [part]), name


@pytest.mark.parametrize("url", ODD_HOSTS, ids=ascii)
async def test_an_odd_host_is_the_caller_s_and_stands_in_no_answer(
    office: Office, routes: dict[str, Any], url: str
) -> None:
    del office
    asked = [name for name in routes if name not in ANSWERING_ANYBODY]
    said = {name: await ask(routes[name], name, url=url) for name in asked}
    assert {name: told(answer) for name, answer in said.items() if not of_host(answer)} == {}


ANSWERING_ANYBODY = {
    "POST graph/notifications",
    "GET health",
    "GET openapi.json",
    "GET configuration",
    "GET templates/customer.json",
}
"""Routes without authentication; no address stands in their answers."""


def of_host(answer: func.HttpResponse) -> bool:
    return (answer.status_code, [pointer for pointer, _ in told(answer)]) == (400, ["Host"])


@pytest.mark.parametrize("url", HOSTS)
async def test_the_address_of_the_service_is_as_it_was_called(office: Office, routes: dict[str, Any], url: str) -> None:
    del office
    name = "GET …/servicePlans"
    answer = await ask(routes[name], name, url=url, query={"$top": "1"})
    found = json.loads(answer.get_body())
    assert found["@odata.context"].startswith(f"{url}api/tenants/contoso/beta/$metadata")
    assert found["@odata.nextLink"].startswith(url)


async def test_names_are_written_in_one_way(office: Office, routes: dict[str, Any]) -> None:
    body = {"display_name": "x", "region": "westeurope", "resourceGroup": "g"}
    answer = await ask(routes[PUT_SITE], PUT_SITE, body=json.dumps(body).encode(), at={"site": "other"})
    assert (answer.status_code, b"/display_name" in answer.get_body()) == (400, True)
    assert (await ask(routes[PUT_SITE], PUT_SITE, body=ODD_BODIES["UTF-16"])).status_code == 400


PUT_SITE = "PUT tenants/{tenant}/sites/{site}"


async def test_an_answer_does_not_grow_with_what_is_wrong(office: Office, routes: dict[str, Any]) -> None:
    wrong = {f"{n}{'x' * 300}": 1 for n in range(2500)}
    for name in with_bodies(routes):
        answer = await ask(routes[name], name, body=json.dumps(wrong).encode())
        assert answer.status_code in {200 if name.endswith("/review") else 400, 404, 202}
        assert len(answer.get_body()) < 60_000


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
