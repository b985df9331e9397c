"""A queue full of messages about unknown users: what else is asked for meanwhile is answered meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Iterator
from typing import Any

import pytest

from shared.services.tenants import directory_changes
from shared.services.tenants.directory_changes import DirectoryChange, Received, receive_message
from shared.storage.tables import Table
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.services import IdleHost

HANDED_OVER = 24
"""As many as the host hands over at once: ``batchSize`` and ``newBatchThreshold`` of host.json."""


def messages(number: int) -> Iterator[Received]:
    for each in range(number):
        users = [str(uuid.uuid4()) for _ in range(100)]
        said = {"tenantId": "contoso", "type": "userLicense", "userIds": users, "at": things.NOW.isoformat()}
        yield Received(id=f"m{each}", tries=1, body=json.dumps(said).encode())


async def longest_piece(work: Awaitable[object]) -> float:
    """Return how long the processor was busy at most, between two turns of something else, while *work* was done."""
    longest, over = 0.0, asyncio.Event()

    async def beside() -> None:
        nonlocal longest
        while not over.is_set():
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    other = asyncio.create_task(beside())
    await asyncio.sleep(0)
    await work
    over.set()
    await other
    return longest


async def test_no_call_waits_for_more_than_a_little_of_all_messages(office: Office, routes: dict[str, Any]) -> None:
    """Two dozen messages about a hundred users each, as fast as they come, and calls beside them."""
    host: Any = IdleHost()
    name = "GET tenants/{tenant}/sites"
    answers: list[int] = []

    async def call() -> None:
        while not done.is_set():
            answers.append((await ask(routes[name], name)).status_code)

    done = asyncio.Event()
    await receive_message(office, host, next(messages(1)))  # what is imported at the first use
    calls = asyncio.create_task(call())
    pieces: list[float] = []
    while len(pieces) < 3 and min(pieces, default=1.0) >= 0.1:  # a collection of garbage may fall into one of them
        work = asyncio.gather(*(receive_message(office, host, each) for each in messages(HANDED_OVER)))
        pieces.append(await longest_piece(work))
    done.set()
    await calls
    assert min(pieces) < 0.1
    assert len(answers) > 5
    assert set(answers) == {200}
    assert len(await office.changes.waiting("contoso", 1_000)) == 1_000


async def test_so_many_messages_are_carried_out_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, most = 0, 0

    async def carried_out(*_: Any) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1

    monkeypatch.setattr(directory_changes, "_carry_out", carried_out)
    host: Any = IdleHost()
    await asyncio.gather(*(receive_message(office, host, each) for each in messages(HANDED_OVER)))
    assert (most, at_work) == (2, 0)


async def test_a_tenant_s_only_message_does_not_wait_for_all_of_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    here = asyncio.Event()

    async def carried_out(_: Any, __: Any, change: DirectoryChange) -> None:
        begun.append(change.tenant_id)
        await here.wait()

    async def known(tenant_id: str) -> Any:
        return tenant_id

    monkeypatch.setattr(directory_changes, "_carry_out", carried_out)
    monkeypatch.setattr(office.tenants, "find", known)
    host: Any = IdleHost()
    body = next(messages(1)).body.replace(b"contoso", b"fabrikam")
    come = [*messages(HANDED_OVER), Received(id="last", tries=1, body=body)]
    work = [asyncio.create_task(receive_message(office, host, each)) for each in come]
    await asyncio.sleep(0.1)  # nothing waits for anything but a place
    here.set()
    await asyncio.gather(*work)
    assert len(begun) == len(come)
    assert begun.index("fabrikam") == 3


async def test_who_has_changed_again_stays_when_many_are_settled_together(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [f"id-{number}" for number in range(60)]
    await office.changes.add("contoso", users, things.NOW)
    taken = await office.changes.take("contoso", 100)
    await office.changes.add("contoso", ["id-7"], things.NOW)
    calls, write_all = [], Table.write_all

    async def counted(table: Table, writes: Any) -> list[str]:
        calls.append(len(writes))
        return await write_all(table, writes)

    monkeypatch.setattr(Table, "write_all", counted)
    await office.changes.settle("contoso", {**taken, "id-gone": taken["id-1"]})
    assert list(await office.changes.take("contoso", 100)) == ["id-7"]
    assert max(calls) == 25
