"""The headers of a response are ASCII, and those that the OpenAPI document declares for it, on every route."""

from typing import Any

import azure.functions as func
import pytest

from shared.storage.idempotency import KeptResponse
from tests.integration.asking import ask
from tests.integration.callers import Caller, Office, signed_in
from tests.integration.scenes import SCENES, WORKS
from triggers.http.graph import BASE
from triggers.http.openapi import _document


def declared(name: str, status: int) -> set[str]:
    method, _, address = name.partition(" ")
    document = _document()
    path = f"/{address.replace('…', BASE)}"
    described = document["paths"].get(path) or document["paths"][f"{path}()"]  # Graph's functions, either way
    response = described[method.lower()]["responses"][str(status)]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return set(response.get("headers", {}))


def undeclared(name: str, answer: func.HttpResponse) -> set[str]:
    assert all(value.isascii() and value.isprintable() for value in answer.headers.values()), dict(answer.headers)
    return set(answer.headers.keys()) - declared(name, answer.status_code) - {"Content-Type"}


@pytest.mark.parametrize("name", sorted(SCENES))
async def test_what_a_change_answers_is_declared(office: Office, routes: dict[str, Any], name: str) -> None:
    scene = SCENES[name]
    for repository, value in scene.given:
        try:
            await getattr(office, repository).insert(value)
        except Exception:  # noqa: BLE001, S112 - it is there already
            continue
    first = await Caller(name, scene, routes[name])()
    refused = await Caller(name, scene, routes[name], "Nobody")()
    assert (undeclared(name, first), undeclared(name, refused)) == (set(), set())


async def test_what_is_shown_is_declared(office: Office, routes: dict[str, Any]) -> None:
    await office.cloud_pcs.insert(WORKS)
    for name in (each for each in routes if each.startswith("GET ")):
        for who in (signed_in("Provider.Administrator"), {"x-ms-client-principal": ""}):
            answer = await ask(routes[name], name, at={"id": WORKS.id}, headers=who)
            assert undeclared(name, answer) == set(), (name, answer.status_code)


SCAN = "POST tenants/{tenant}/orphans/scan"


async def test_a_german_user_s_name_in_a_header_is_no_error(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The headers of a request, and of an answer that was kept: those of an earlier release may have any script."""
    del office

    def of_jurgen(**kept: Any) -> KeptResponse:
        return KeptResponse(**kept | {"headers": {"Location": "/api/users/Jürgen/山田"}})

    monkeypatch.setattr("triggers.http.idempotency.KeptResponse", of_jurgen)
    headers = {"Idempotency-Key": "Jürgen Groß 山田", "client-request-id": "Jürgen"}
    asked = [await ask(routes[SCAN], SCAN, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in asked] == [202, 202]
    assert asked[1].headers["Idempotent-Replayed"] == "true"
    assert asked[1].headers["Location"] == "/api/users/J%C3%BCrgen/%E5%B1%B1%E7%94%B0"
