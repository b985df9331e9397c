"""Two requests that save one name at the same moment: one has it, and the other is refused at the field."""

import asyncio
import json
from typing import Any

import pytest

from tests.integration import things
from tests.integration.callers import Caller, Office, handlers
from tests.integration.scene import Scene, Trace
from tests.integration.scenes import OFFERED, PASSWORD, VNET

WIZARD = "POST tenants/{tenant}/wizards/{wizard}"
POLICY = {
    "displayName": "Second",
    "imageType": "custom",
    "imageId": "i1",
    "domainJoinConfigurations": [{"onPremisesConnectionId": "c1"}],
}
IMAGE = {
    "name": {"displayName": "Lab"},
    "site": {"siteId": "west"},
    "version": {"version": "1.0.0"},
    "source": {"galleryImageId": OFFERED.id},
}
DOMAIN = {"adDomainName": "corp.example", "adDomainUsername": "corp\\join", "adDomainPassword": PASSWORD}
HYBRID_FORM = {
    "site": {"siteId": "west"},
    "credentials": {
        "joinType": "hybridAzureADJoin",
        "network": {"virtualNetworkId": VNET, "subnetIds": [f"{VNET}/subnets/a"]},
        "domain": DOMAIN,
    },
    "name": {"displayName": "Second"},
}
SAVED = {
    "a policy": ("POST …/provisioningPolicies", Scene(Trace.MADE, POLICY), "policies", "/displayName"),
    "a connection": (
        WIZARD,
        Scene(Trace.MADE, HYBRID_FORM, at={"wizard": "create-connection"}),
        "connections",
        "/name/displayName",
    ),
    "an image": (
        WIZARD,
        Scene(Trace.MADE, IMAGE, at={"wizard": "create-device-image"}),
        "images",
        "/version/version",
    ),
}


def pointers(answer: Any) -> set[str]:
    body = json.loads(answer.get_body())
    errors = body.get("errors") or [{"pointer": each["target"]} for each in body["error"]["details"]]
    return {each["pointer"] for each in errors}


@pytest.mark.parametrize("kind", SAVED)
async def test_of_four_saved_at_once_one_is_saved(here: Office, functions: list[Any], kind: str) -> None:
    route, scene, repository, field = SAVED[kind]
    before = len([1 async for _ in getattr(here, repository).each("contoso")])
    callers = [Caller(route, scene, handlers(functions)[route]) for _ in range(4)]
    for caller in callers:
        caller.headers = {}
    answers = await asyncio.gather(*(caller() for caller in callers))
    assert sorted(answer.status_code for answer in answers)[1:] == [400, 400, 400], answers[0].get_body()
    assert {p for answer in answers if answer.status_code == 400 for p in pointers(answer)} == {field}
    assert len([1 async for _ in getattr(here, repository).each("contoso")]) == before + 1
    assert sum(len(caller.host.started) for caller in callers) == (0 if kind == "a policy" else 1)
    assert len(here.paper.kept) == (1 if kind == "a connection" else 0)  # no password of one that was not saved


RENAMED = {
    "policies": ("PATCH …/provisioningPolicies/{id}", things.policy),
    "connections": ("PATCH …/onPremisesConnections/{id}", things.connection),
    "images": ("PATCH …/deviceImages/{id}", things.image),
}


@pytest.mark.parametrize("kind", RENAMED)
async def test_of_two_renamed_at_once_one_is_renamed(here: Office, functions: list[Any], kind: str) -> None:
    route, make = RENAMED[kind]
    for each in ("r1", "r2"):
        await getattr(here, kind).insert(make(id=each))
    scenes = [Scene(Trace.CHANGED, {"displayName": name}, at={"id": n}) for n, name in (("r1", "New"), ("r2", "NEW"))]
    answers = await asyncio.gather(*(Caller(route, scene, handlers(functions)[route])() for scene in scenes))
    assert sorted(answer.status_code // 100 for answer in answers) == [2, 4]
    (refused,) = [answer for answer in answers if answer.status_code == 400]
    assert pointers(refused) == {"/displayName"}
