"""Every route that may change something reads its body by the same rules, also one that has no field to write."""

import json
from typing import Any

import pytest

from tests.integration.asking import ask, graph_shaped, told
from tests.integration.bodies import BODIES, SET
from tests.integration.callers import Office
from tests.integration.desks import with_a_host
from tests.integration.scenes import SETTING, WORKS

OTHERWISE = {"POST graph/notifications"}
"""Graph reads only the status (``test_notifications.py``)."""


def mutating(routes: dict[str, Any]) -> list[str]:
    return [name for name in routes if not name.startswith("GET") and name not in OTHERWISE]


def bodies(routes: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any], dict[str, str]]]:
    """Return for each route a body that it takes, and the parts of its address: several of those that take several."""
    taking = {name for name, _, _ in BODIES.values()}
    without: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
        name: (name, {}, place(name)) for name in mutating(routes) if name not in taking
    }
    return BODIES | without


def place(name: str) -> dict[str, str]:
    if "imageSets" in name:
        return {**SET, "number": "0.0.0"}
    return {"id": WORKS.id}


@pytest.fixture
async def furnished(office: Office) -> Office:
    await office.cloud_pcs.insert(WORKS)
    await with_a_host(office)
    await office.user_settings.insert(SETTING)
    return office


async def said(routes: dict[str, Any], which: str, raw: bytes) -> tuple[int, list[tuple[str, str]]]:
    name, _, where = bodies(routes)[which]
    answer = await ask(routes[name], name, body=raw, at={"id": WORKS.id, **where})
    return answer.status_code, told(answer)


@pytest.mark.usefixtures("furnished")
async def test_a_field_that_there_is_not_is_refused_everywhere(routes: dict[str, Any]) -> None:
    found = {}
    for which, (name, body, _) in bodies(routes).items():
        status, errors = await said(routes, which, json.dumps({**body, "nobodyKnowsThis": 1}).encode())
        wanted = 200 if name.endswith("/review") else 400
        if status != wanted or "/nobodyKnowsThis" not in [pointer for pointer, _ in errors]:
            found[which] = (status, errors)
    assert found == {}


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("raw", [b"[]", b"null", b'"x"', b"1", b"{", b"x", b'{"a": NaN}', b"\xff"], ids=repr)
async def test_a_body_that_is_no_object_is_refused_everywhere(routes: dict[str, Any], raw: bytes) -> None:
    found = {which: (await said(routes, which, raw))[0] for which in bodies(routes)}
    assert {which: status for which, status in found.items() if status != 400} == {}


@pytest.mark.usefixtures("furnished")
async def test_a_field_that_is_named_twice_is_refused_everywhere_and_named(routes: dict[str, Any]) -> None:
    found = {}
    for which, (_, body, _) in bodies(routes).items():
        members = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in body.items()] or ['"x": 1']
        twice = next(iter(body), "x")
        answer = await said(routes, which, ("{" + ", ".join([*members, members[0]]) + "}").encode())
        if answer != (400, [(f"/{twice}", "is named twice; write it once")]):
            found[which] = answer
    assert found == {}


@pytest.mark.usefixtures("furnished")
async def test_annotations_of_graph_s_clients_are_left_alone_on_routes_of_graph_s_shape(routes: dict[str, Any]) -> None:
    found = {}
    for which, (name, body, _) in bodies(routes).items():
        status, errors = await said(routes, which, json.dumps({**body, "@odata.type": "#microsoft.graph.x"}).encode())
        named = "/@odata.type" in [pointer for pointer, _ in errors]
        if named == graph_shaped(name):
            found[which] = (status, errors)
    assert found == {}
