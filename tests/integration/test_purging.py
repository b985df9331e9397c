"""Old rows go in chunks: a tick has a limited number of requests, and the next one goes on, also in another process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.build import Step, TimelineEntry
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.operation import OperationStatus
from shared.domain.spot.hosts.release import ReleaseStatus
from shared.services.operations.purges import PURGES, delete_old, delete_on
from shared.storage import tables as storage
from shared.storage.purging import Chunk
from shared.storage.repository import Stored
from shared.storage.tables import Table, Tables, Write
from tests.integration import things
from tests.integration.desks import spot_group
from tests.integration.services import PaperServices
from tests.integration.test_release_progress import release

DAY = timedelta(days=1)
YEARS_AGO = things.NOW - 3 * 365 * DAY
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


async def left(services: PaperServices, table: str) -> int:
    return len([each async for each in Table(services.tables, table).query("RowKey ge @a", {"a": ""})])


async def test_a_tick_deletes_a_chunk_and_the_next_one_goes_on(contoso: PaperServices, requests: list[str]) -> None:
    await fill(contoso, "usage", [(f"t{n % 2}", f"{n:06d}") for n in range(ROWS)])
    deleted, asked, place = [], [], None
    for _ in range(4):
        requests.clear()
        chunk = Chunk(OF_A_TICK, place)
        deleted.append((await contoso.usage.delete_before(things.NOW.date(), chunk), chunk.more))
        asked.append(len(requests))
        place = chunk.place
    assert deleted == [(1_000, True), (1_000, True), (500, False), (0, False)]
    pages, batches = OF_A_TICK // 1_000 + 1, OF_A_TICK // storage.BATCH + 2
    assert max(asked) <= pages + batches


async def test_what_a_night_leaves_goes_with_the_next_ticks_of_another_process(contoso: PaperServices) -> None:
    await fill(contoso, "noticeevents", [("contoso", f"2020-01-01T00:00:00.{n:06d}") for n in range(450)])
    assert (await delete_old(contoso, things.NOW, 200))["noticeevents"] == 200
    another = PaperServices(contoso.tables)
    await delete_on(another, 200)
    assert await left(contoso, "noticeevents") == 50
    await delete_on(another, 200)
    assert await left(contoso, "noticeevents") == 0
    assert await contoso.purges.open() == {}
    await fill(contoso, "noticeevents", [("contoso", "2020-01-01T00:00:00.000000")])
    await delete_on(another, 200)  # nothing was left
    assert await left(contoso, "noticeevents") == 1


async def test_rows_that_are_kept_are_looked_at_once_a_night(contoso: PaperServices, requests: list[str]) -> None:
    """Old operations behind many that are kept are reached, though each chunk begins among the latter."""
    kept = [things.operation(id=f"a{n:03d}", status=OperationStatus.SUCCEEDED) for n in range(500)]
    gone = things.operation(id="z", status=OperationStatus.FAILED, last_modified_date_time=YEARS_AGO)
    runs = things.operation(id="zz", status=OperationStatus.RUNNING, last_modified_date_time=YEARS_AGO)
    await contoso.operations.save_all([Stored(each, "") for each in (*kept, gone, runs)])
    assert (await delete_old(contoso, things.NOW, 200))["operations"] == 0
    reads = []
    while await contoso.purges.open():
        requests.clear()
        await delete_on(PaperServices(contoso.tables), 200)
        reads.append(sum(name.endswith("operations") for name in requests))
    assert max(reads) <= 3  # a page, and the record that goes is read and removed
    assert len([each async for each in contoso.operations.each("contoso")]) == 501
    assert await contoso.operations.find("contoso", "z") is None


async def until_it_ends(services: PaperServices) -> None:
    while True:
        await delete_old(services, things.NOW, 100)


class KilledError(BaseException):
    """The end of a process."""


@pytest.mark.parametrize("at", range(0, 60, 7))
async def test_a_process_that_is_killed_at_any_request_is_followed_by_one_that_goes_on(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    await fill(contoso, "noticeevents", [("contoso", f"2020-01-01T00:00:00.{n:06d}") for n in range(300)])
    for n in range(3):
        at_end = YEARS_AGO + timedelta(seconds=n)
        await contoso.audit.append(things.audit_event(n, activity_date_time=at_end))
    contoso.settings = contoso.settings.model_copy(update={"audit_kept_in_days": 30})
    await contoso.purges.begin(PURGES)
    really, made = Table._do, []

    async def killed(table: Table, *rest: Any) -> Any:
        made.append(table)
        if len(made) > at:
            raise KilledError
        return await really(table, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "_do", killed)
        with pytest.raises(KilledError):
            await until_it_ends(contoso)
    another = PaperServices(contoso.tables)
    another.settings = contoso.settings
    for _ in range(10):
        await delete_on(another, 100)
    assert (await left(contoso, "noticeevents"), await left(contoso, "audit")) == (0, 0)
    assert await contoso.purges.open() == {}


async def test_a_purge_that_fails_leaves_the_others_and_goes_on(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(contoso, "noticeevents", [("contoso", "2020-01-01T00:00:00.000000")])
    with monkeypatch.context() as patch:
        patch.setattr(contoso.operations, "look_through", fails)
        with pytest.raises(OSError, match="no table"):
            await delete_old(contoso, things.NOW)
    assert await left(contoso, "noticeevents") == 0
    assert await contoso.purges.open() == {"operations": None}
    await delete_on(contoso)
    assert await contoso.purges.open() == {}


def fails(*_: object) -> Any:
    raise OSError("no table")


async def test_a_place_that_storage_does_not_know_any_more_begins_anew(tables: Tables) -> None:
    services = PaperServices(tables)
    await fill(services, "usage", [("t", "1")])
    assert await services.usage.delete_before(things.NOW.date(), Chunk(place="of another release")) == 1


async def test_audit_events_have_an_end_only_where_somebody_has_set_one(contoso: PaperServices) -> None:
    for ago in (10, 40):
        at = things.NOW - ago * DAY
        await contoso.audit.append(things.audit_event(ago, activity_date_time=at))
    assert (await delete_old(contoso, things.NOW))["audit"] == 0
    contoso.settings = contoso.settings.model_copy(update={"audit_kept_in_days": 30})
    assert (await delete_old(contoso, things.NOW))["audit"] == 1
    (there,) = [each.value async for each in contoso.audit.each("contoso")]
    assert there.activity_date_time == things.NOW - 10 * DAY


def entry(generation: int, **changes: Any) -> TimelineEntry:
    made = TimelineEntry(generation=generation, attempt=1, step=Step.ALLOCATE_CAPACITY, started_at=YEARS_AGO)
    return made.but(**changes)


async def test_entries_of_builds_that_were_replaced_go_and_those_of_the_current_one_stay(
    contoso: PaperServices,
) -> None:
    works = things.cloud_pc("ada", status=Status.PROVISIONED, generation=7)
    ended = things.cloud_pc("bob", status=Status.NOT_PROVISIONED, generation=7)
    for pc in (works, ended):
        await contoso.cloud_pcs.insert(pc)
    for pc_id in (works.id, ended.id, "gone"):
        for each in (entry(5), entry(6, started_at=things.NOW), entry(7)):
            await contoso.timeline.begin("contoso", pc_id, each)
    assert (await delete_old(contoso, things.NOW))["timeline"] == 1 + 2 + 2
    found = {pc_id: await contoso.timeline.entries("contoso", pc_id) for pc_id in (works.id, ended.id, "gone")}
    generations = {pc_id: [each.generation for each in entries] for pc_id, entries in found.items()}
    assert generations == {works.id: [6, 7], ended.id: [6], "gone": [6]}


async def test_a_timeline_stays_where_the_record_of_its_cloud_pc_cannot_be_read(contoso: PaperServices) -> None:
    pc = things.cloud_pc("ada", status=Status.PROVISIONED, generation=7)
    await contoso.timeline.begin("contoso", pc.id, entry(5))
    await Table(contoso.tables, "cloudpcs").put({"PartitionKey": "contoso", "RowKey": pc.id, "schema": 99})
    assert (await delete_old(contoso, things.NOW))["timeline"] == 0


async def test_releases_go_a_year_after_their_end_but_for_open_ones_and_the_latest(contoso: PaperServices) -> None:
    await contoso.spot_groups.insert(spot_group(release_id="latest"))
    old = {"ended_date_time": YEARS_AGO, "last_modified_date_time": YEARS_AGO}
    done, failed = ReleaseStatus.SUCCEEDED, ReleaseStatus.FAILED
    for id_, changes in {
        "latest": {"status": done, **old},
        "old": {"status": done, **old},
        "young": {"status": done, "ended_date_time": things.NOW},
        "stopped": {"status": failed, "last_modified_date_time": YEARS_AGO},
        "of a group that is gone": {"status": done, "spot_group_id": "other", **old},
    }.items():
        await contoso.releases.insert(release(id=id_, **changes))
    assert (await delete_old(contoso, things.NOW))["releases"] == 2
    assert {each.value.id async for each in contoso.releases.each("contoso")} == {"latest", "young", "stopped"}
