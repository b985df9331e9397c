"""Versions of the subjects of pages: each write to a table changes the versions of its subject alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from shared.domain.cloud_pcs.build import Step, TimelineEntry
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.subjects import PageSubject, share_of
from shared.errors import UnavailableError
from shared.storage.latest_writes import AT_LEAST
from tests.integration import things
from tests.integration.asking import ask, told
from tests.integration.callers import Office

CHANGES = "GET tenants/{tenant}/changes"


@pytest.fixture
def watched(office: Office) -> Office:
    """An office whose writes are noted, as in the service's own process."""
    office.tables.on_write = office.latest_writes.note
    return office


async def versions(office: Office, routes: dict[str, Any], **query: str) -> dict[str, str]:
    await office.latest_writes.flush()
    answer = await ask(routes[CHANGES], CHANGES, query=query)
    assert answer.status_code == 200, answer.get_body()
    found: dict[str, str] = json.loads(answer.get_body())["versions"]
    return found


async def changed(office: Office, routes: dict[str, Any], before: dict[str, str], **query: str) -> set[str]:
    now = await versions(office, routes, **query)
    return {name for name in now if now[name] != before.get(name)}


async def test_a_write_changes_the_version_of_its_subject_and_of_no_other(
    watched: Office, routes: dict[str, Any]
) -> None:
    before = await versions(watched, routes)
    stored = await watched.cloud_pcs.insert(things.cloud_pc("anna"))
    assert await changed(watched, routes, before) == {"cloudPCs"}
    before = await versions(watched, routes)
    assert await changed(watched, routes, before) == set()
    await watched.cloud_pcs.replace(stored.value.but(display_name="Another"), seen=stored.etag)
    assert await changed(watched, routes, before) == {"cloudPCs"}
    before = await versions(watched, routes)
    await watched.cloud_pcs.remove(stored.value.tenant_id, stored.value.id)
    assert await changed(watched, routes, before) == {"cloudPCs"}


async def test_one_cloud_pc_is_told_apart_and_its_timeline_belongs_to_it(
    watched: Office, routes: dict[str, Any]
) -> None:
    anna, bert = (things.cloud_pc(name) for name in ("anna", "bert"))
    assert share_of(PageSubject.CLOUD_PCS, anna.id) != share_of(PageSubject.CLOUD_PCS, bert.id)
    of = f"cloudPCs/{anna.id},cloudPCs/{bert.id}"
    for pc in (anna, bert):
        await watched.cloud_pcs.insert(pc)
    before = await versions(watched, routes, of=of)
    assert set(before) >= {f"cloudPCs/{anna.id}", f"cloudPCs/{bert.id}"}
    first = TimelineEntry(generation=1, attempt=1, step=Step.CREATE_VM, started_at=things.NOW)
    await watched.timeline.begin(anna.tenant_id, anna.id, first)
    assert await changed(watched, routes, before, of=of) == {"cloudPCs", f"cloudPCs/{anna.id}"}


async def test_the_time_of_a_look_that_found_the_same_is_no_change(watched: Office, routes: dict[str, Any]) -> None:
    state = SpotGroupState(tenant_id="contoso", id="g1")
    await watched.spot_states.insert(state)
    before = await versions(watched, routes)
    await watched.spot_states.change("contoso", "g1", lambda there: there.but(planned_at=things.NOW))
    assert (await watched.spot_states.get("contoso", "g1")).value.planned_at == things.NOW
    assert await changed(watched, routes, before) == set()
    await watched.spot_states.change("contoso", "g1", lambda there: there.but(active_sessions=3))
    assert await changed(watched, routes, before) == {"spotGroups"}


async def test_what_a_list_keeps_beside_its_records_is_no_change(watched: Office, routes: dict[str, Any]) -> None:
    await watched.cloud_pcs.insert(things.cloud_pc("anna"))
    before = await versions(watched, routes)
    await watched.cloud_pcs.fold("contoso")
    assert await changed(watched, routes, before) == set()


async def test_a_tenant_is_told_of_its_own_settings_and_of_no_other_tenant(
    watched: Office, routes: dict[str, Any]
) -> None:
    before = await versions(watched, routes)
    await watched.tenants.insert(things.tenant(id="fabrikam"))
    await watched.cloud_pcs.insert(things.cloud_pc("anna", tenant_id="fabrikam"))
    assert await changed(watched, routes, before) == set()
    stored = await watched.tenants.get("contoso")
    await watched.tenants.replace(stored.value.but(display_name="Contoso 2"), seen=stored.etag)
    assert await changed(watched, routes, before) == {"tenant"}


async def test_many_writes_are_told_in_few_requests_and_soon(watched: Office, routes: dict[str, Any]) -> None:
    """Nobody waits for it, and nobody asks for it: the task of the process writes."""
    asked: list[int] = []
    table = watched.latest_writes._table
    write_all = table.write_all

    async def counted(writes: Any) -> list[str]:
        asked.append(len(writes))
        return await write_all(writes)

    table.write_all = counted  # type: ignore[method-assign]
    before = await versions(watched, routes)
    began = asyncio.get_running_loop().time()
    for number in range(20):
        await watched.operations.insert(things.operation(id=f"o{number}"))
    task = watched.latest_writes._task
    assert task is not None
    await task
    assert "operations" in await changed_only(watched, routes, before)
    assert 0 < len(asked) <= 2 + (asyncio.get_running_loop().time() - began) / AT_LEAST


async def changed_only(office: Office, routes: dict[str, Any], before: dict[str, str]) -> set[str]:
    answer = await ask(routes[CHANGES], CHANGES)
    now: dict[str, str] = json.loads(answer.get_body())["versions"]
    return {name for name in now if now[name] != before.get(name)}


async def test_what_has_not_changed_is_not_sent_again(watched: Office, routes: dict[str, Any]) -> None:
    await watched.cloud_pcs.insert(things.cloud_pc("anna"))
    await watched.latest_writes.flush()
    first = await ask(routes[CHANGES], CHANGES)
    again = await ask(routes[CHANGES], CHANGES, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


async def test_a_process_that_cannot_write_its_notes_says_so_and_goes_on(
    watched: Office, routes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    table = watched.latest_writes._table

    async def broken(writes: Any) -> list[str]:
        raise UnavailableError("storage is busy")

    write_all, table.write_all = table.write_all, broken  # type: ignore[method-assign]
    before = await changed_only(watched, routes, {})
    await watched.cloud_pcs.insert(things.cloud_pc("anna"))
    await watched.latest_writes.flush()
    assert "could not be noted" in caplog.text
    table.write_all = write_all  # type: ignore[method-assign]
    await watched.cloud_pcs.insert(things.cloud_pc("bert"))
    await watched.latest_writes.flush()
    assert await changed_only(watched, routes, {}) - before == {"cloudPCs"}


@pytest.mark.parametrize("of", ["cloudPCs", "policies/p1", "cloudPCs/", ",".join(f"operations/{n}" for n in range(11))])
async def test_only_some_single_things_can_be_named(watched: Office, routes: dict[str, Any], of: str) -> None:
    answer = await ask(routes[CHANGES], CHANGES, query={"of": of})
    assert (answer.status_code, [pointer for pointer, _ in told(answer)]) == (400, ["of"])
