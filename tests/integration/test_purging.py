"""Old rows go in chunks: a tick has a limited number of requests, and the next one goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.services.operations.maintenance import delete_old, delete_on
from shared.storage import tables as storage
from shared.storage.purging import Chunk
from shared.storage.tables import Table, Write
from tests.integration import things
from tests.integration.services import PaperServices

DAY = timedelta(days=1)
ROWS, OF_A_TICK = 2_500, 1_000


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests to tables."""
    made: list[str] = []
    really = Table._do

    async def counted(table: Table, *rest: Any) -> Any:
        made.append(table._name)
        return await really(table, *rest)

    monkeypatch.setattr(Table, "_do", counted)
    return made


async def fill(services: PaperServices, table: str, keys: list[tuple[str, str]]) -> None:
    rows = [Write({"PartitionKey": tenant, "RowKey": key, "day": "2020-01-01"}, None) for tenant, key in keys]
    for tenant in sorted({each for each, _ in keys}):
        await Table(services.tables, table).write_all([each for each in rows if each.row["PartitionKey"] == tenant])


async def test_a_tick_deletes_a_chunk_and_the_next_one_goes_on(contoso: PaperServices, requests: list[str]) -> None:
    await fill(contoso, "usage", [(f"t{n % 2}", f"{n:06d}") for n in range(ROWS)])
    deleted, asked = [], []
    for _ in range(4):
        requests.clear()
        chunk = Chunk(OF_A_TICK)
        deleted.append((await contoso.usage.delete_before(things.NOW.date(), chunk), chunk.more))
        asked.append(len(requests))
    assert deleted == [(1_000, True), (1_000, True), (500, False), (0, False)]
    pages, batches = OF_A_TICK // 1_000 + 1, OF_A_TICK // storage.BATCH + 2
    assert max(asked) <= pages + batches


async def test_what_a_night_leaves_goes_with_the_next_tick(contoso: PaperServices) -> None:
    await delete_on(contoso)
    await fill(contoso, "noticeevents", [("contoso", f"2020-01-01T00:00:00.{n:06d}") for n in range(250)])
    assert (await delete_old(contoso, things.NOW, Chunk(100))).notices == 100
    await delete_on(contoso)
    assert [each async for each in Table(contoso.tables, "noticeevents").query("RowKey ge @a", {"a": ""})] == []
    await fill(contoso, "noticeevents", [("contoso", "2020-01-01T00:00:00.000000")])
    await delete_on(contoso)  # nothing was left
    assert len([each async for each in Table(contoso.tables, "noticeevents").query("RowKey ge @a", {"a": ""})]) == 1


async def test_audit_events_have_an_end_only_where_somebody_has_set_one(contoso: PaperServices) -> None:
    for ago in (10, 40):
        at = things.NOW - ago * DAY
        await contoso.audit.append(things.audit_event(ago, activity_date_time=at))
    assert (await delete_old(contoso, things.NOW)).audit_events == 0
    contoso.settings = contoso.settings.model_copy(update={"audit_kept_in_days": 30})
    assert (await delete_old(contoso, things.NOW)).audit_events == 1
    (left,) = [each.value async for each in contoso.audit.each("contoso")]
    assert left.activity_date_time == things.NOW - 10 * DAY
