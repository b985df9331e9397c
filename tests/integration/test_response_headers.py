"""The headers of a response are those that the OpenAPI document declares for it, on every route."""

from typing import Any

import azure.functions as func
import pytest

from tests.integration.asking import ask
from tests.integration.callers import Caller, Office, signed_in
from tests.integration.scenes import SCENES, WORKS
from triggers.http.graph import BASE
from triggers.http.openapi import _document


def declared(name: str, status: int) -> set[str]:
    method, _, address = name.partition(" ")
    document = _document()
    response = document["paths"][f"/{address.replace('…', BASE)}"][method.lower()]["responses"][str(status)]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return set(response.get("headers", {}))


def undeclared(name: str, answer: func.HttpResponse) -> set[str]:
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
