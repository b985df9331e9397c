"""Roles are looked at before anything is read: generated from what the app registers."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.operations.bulk import BulkStatus
from shared.storage.tables import Table, Tables
from tests.integration import things
from tests.integration.callers import Caller, Office, handlers
from tests.integration.scene import Scene
from tests.integration.scenes import ASKED, BULK, SCENES, WAITING, WORKS
from tests.integration.services import in_place
from triggers.http.openapi import routes
from triggers.http.openapi_metadata import metadata_of
from triggers.http.permissions import OWN

SOMEWHERE = {"id": "x", "site": "x", "number": "1.0.0", "wizard": "create-connection", "host": "h1"}
GUARDED = sorted(
    f"{route.method.upper()} {route.address}"
    for route in routes()
    if route.metadata and route.metadata.verb and route.metadata.verb not in OWN
)


@pytest.fixture
async def here(tables: Tables) -> AsyncIterator[Office]:
    services = Office(tables)
    await services.tenants.insert(things.tenant())
    with in_place(services):
        yield services


@pytest.fixture(scope="session")
def found(functions: list[Any]) -> dict[str, Any]:
    return handlers(functions)


async def test_for_whoever_may_not_nothing_is_read_but_the_tenant(
    here: Office, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[str] = set()
    table_of = Table._table

    def noted(table: Table) -> Any:
        read.add(table._name.removeprefix(here.tables.prefix))
        return table_of(table)

    monkeypatch.setattr(Table, "_table", noted)
    statuses = {}
    for name, handler in found.items():
        metadata = metadata_of(handler)
        if metadata is not None and metadata.verb and metadata.verb not in OWN:
            answer = await Caller(name, Scene(ASKED, {}, at=SOMEWHERE), handler, "Nobody")()
            statuses[name] = answer.status_code
    assert len(statuses) == len(GUARDED)
    assert {name: status for name, status in statuses.items() if status != 403} == {}
    read.discard("audit")  # a refused change is written there; nothing is read
    assert (read, here.directory.reads) == ({"tenants", "accessgrants"}, [])  # grants are rights beside the token


async def test_an_operator_does_in_bulk_only_what_they_may_do_to_one(here: Office, found: dict[str, Any]) -> None:
    begin, resume = "POST tenants/{tenant}/bulkActions", "POST tenants/{tenant}/bulkActions/{id}/resume"
    await here.cloud_pcs.insert(WORKS.but(removal=WAITING))
    await here.bulk_actions.insert(BULK.but(action="confirmRemoval", status=BulkStatus.PAUSED))
    body = {"action": "confirmRemoval", "cloudPcIds": [WORKS.id]}
    scenes = {begin: replace(SCENES[begin], body=body), resume: SCENES[resume]}
    said = {
        (name, role): await Caller(name, scene, found[name], f"CloudPC.{role}")()
        for name, scene in scenes.items()
        for role in ("Operator", "Administrator")
    }
    assert {each: answer.status_code for each, answer in said.items()} == {
        (begin, "Operator"): 403,
        (begin, "Administrator"): 202,
        (resume, "Operator"): 403,
        (resume, "Administrator"): 200,
    }
    assert "cloudPCs/confirmRemoval" in json.loads(said[resume, "Operator"].get_body())["detail"]
