"""The list that is kept beside records: it has every record once, as it is, whoever writes, folds or breaks off."""

import asyncio
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.storage import listed
from shared.storage.cloud_pcs import CloudPcs
from shared.storage.repository import Stored
from shared.storage.tables import Table, Tables
from tests.integration import things


def named(numbers: Iterable[int], **changes: Any) -> list[CloudPc]:
    return [things.cloud_pc(f"u{n}", **changes) for n in numbers]


async def add(rows: CloudPcs, numbers: Iterable[int], **changes: Any) -> None:
    await rows.save_all([Stored(pc, "") for pc in named(numbers, **changes)])


def named_anew(pc: CloudPc, name: str) -> CloudPc:
    return pc.but(display_name=name)


def touched(pc: CloudPc, at: datetime) -> CloudPc:
    return pc.but(last_modified_date_time=at)


async def is_true(rows: CloudPcs) -> bool:
    """Whether the list equals the records, for this process and for one that has read nothing yet."""
    told = {id_: entry for entry in await rows.entries("contoso") if (id_ := str(entry["id"]))}
    fresh = {str(entry["id"]): entry for entry in await CloudPcs(rows._table._tables).entries("contoso")}
    records = {stored.value.id: rows.entry(stored.value) async for stored in rows.each("contoso")}
    return told == fresh == records


@pytest.fixture
async def rows(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> CloudPcs:
    """Thirty Cloud PCs, ten in a chunk at most."""
    monkeypatch.setattr(listed, "_MOST_IN_CHUNK", 10)
    monkeypatch.setattr(listed, "MOST_CHANGES", 5)
    made = CloudPcs(tables)
    await add(made, range(30))
    assert await made.fold("contoso") == 0  # the first time it is looked through, and nothing is wrong
    return made


async def test_records_of_before_there_were_lists_come_onto_them(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = CloudPcs(tables)
    for pc in named(range(3)):
        await rows._table.insert(rows._row(pc))
    assert await is_true(rows)  # read one by one, as long as nothing is kept
    assert await rows.fold("contoso") == 3
    monkeypatch.setattr(CloudPcs, "each", None)  # from now on only what is kept is read
    assert len(await rows.entries("contoso")) == 3


async def test_every_write_is_on_the_list_at_once(rows: CloudPcs) -> None:
    (one, two, three, *_) = named(range(30))
    await rows.change("contoso", one.id, lambda pc: pc.but(display_name="Another"))
    stored = await rows.get("contoso", two.id)
    await rows.replace(stored.value.but(status=Status.FAILED), seen=stored.etag)
    await rows.remove("contoso", three.id)
    await rows.insert(things.cloud_pc("late"))
    found = {entry["id"]: entry for entry in await rows.entries("contoso")}
    assert (found[one.id]["displayName"], found[two.id]["status"]) == ("Another", "failed")
    assert three.id not in found
    assert len(found) == 30
    assert await is_true(rows)


async def test_a_change_that_no_list_shows_writes_no_row_of_it(rows: CloudPcs, monkeypatch: pytest.MonkeyPatch) -> None:
    (one, *_) = named(range(1))
    monkeypatch.delattr(Table, "write_all")
    await rows.change("contoso", one.id, lambda pc: pc.with_current(reason="otherwise"))


async def test_a_write_that_is_stale_is_on_no_list(rows: CloudPcs) -> None:
    (one, *_) = named(range(1))
    with pytest.raises(StaleError):
        await rows.replace(one.but(display_name="Stale"), seen='W/"x"')
    assert await is_true(rows)


async def test_what_is_folded_stays_what_it_was(rows: CloudPcs) -> None:
    for pc in named(range(0, 30, 2)):
        await rows.change("contoso", pc.id, lambda there: there.but(display_name=f"New {there.id}"))
    await rows.remove("contoso", things.cloud_pc("u1").id)
    assert await rows.fold("contoso") == 16
    assert await is_true(rows)
    assert await rows.fold("contoso") == 0


async def test_a_list_in_which_nothing_has_changed_is_asked_once_and_its_entries_are_not_read(
    rows: CloudPcs, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    real = Table.page

    async def page(table: Table, *where: Any, **more: Any) -> Any:
        read.append(more["select"])
        return await real(table, *where, **more)

    monkeypatch.setattr(Table, "page", page)
    assert await CloudPcs(rows._table._tables).fold("contoso") == 0
    assert read == [["RowKey", "columns"]]


async def test_who_reads_many_changes_folds_some_of_them(rows: CloudPcs) -> None:
    for pc in named(range(12)):
        await rows.change("contoso", pc.id, lambda there: there.but(display_name="New"))
    for _ in range(10):
        await rows.entries("contoso")
    assert len(await rows._changes("contoso")) <= listed.MOST_CHANGES
    assert await is_true(rows)


async def test_a_fold_that_breaks_off_anywhere_loses_nothing(rows: CloudPcs, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all, left = Table.write_all, 0

    async def breaking(self: Table, writes: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise UnavailableError("cut")
        return await write_all(self, writes)

    for after in range(3):
        for pc in named(range(after, 30, 3)):
            await rows.change("contoso", pc.id, partial(named_anew, name=f"Cut {after}"))
        left = after
        monkeypatch.setattr(Table, "write_all", breaking)
        with pytest.raises(UnavailableError):
            await CloudPcs(rows._table._tables).fold("contoso")
        monkeypatch.undo()
        monkeypatch.setattr(listed, "_MOST_IN_CHUNK", 10)
        assert await is_true(rows)


@pytest.mark.parametrize("seed", range(3))
async def test_writers_readers_and_folders_at_once_agree(rows: CloudPcs, seed: int) -> None:
    dice, others = random.Random(seed), [CloudPcs(rows._table._tables) for _ in range(3)]
    people = [f"u{n}" for n in range(40)]

    async def write(by: CloudPcs) -> None:
        for _ in range(15):
            pc = things.cloud_pc(dice.choice(people))
            if await by.find("contoso", pc.id) is None:
                await by.insert(pc)
            elif dice.random() < 0.3:
                await by.remove("contoso", pc.id)
            else:
                moved = things.NOW + timedelta(seconds=dice.randrange(10**6))
                await by.change("contoso", pc.id, partial(touched, at=moved))

    async def look(by: CloudPcs) -> None:
        for _ in range(15):
            ids = [entry["id"] for entry in await by.entries("contoso")]
            assert len(ids) == len(set(ids))
            await by.fold("contoso")

    done = await asyncio.gather(*(write(by) for by in others), *(look(by) for by in others), return_exceptions=True)
    assert {type(each) for each in done} <= {type(None), StaleError, ConflictError, NotFoundError}
    assert await is_true(rows)


async def test_a_repair_cures_what_is_missing_invented_or_old(rows: CloudPcs) -> None:
    missing, invented, old = named(range(3))
    await rows._table.put(rows._change_row("contoso", missing.id, None))
    await rows._table.put(rows._change_row("contoso", "invented", rows.entry(invented)))
    await rows._table.put(rows._change_row("contoso", old.id, rows.entry(old.but(display_name="Old"))))
    assert not await is_true(rows)
    assert await rows.repair("contoso") == 3
    assert await is_true(rows)
    assert await rows.repair("contoso") == 0


async def test_a_repair_never_puts_an_older_entry_before_a_newer_one(
    rows: CloudPcs, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one, *_) = named(range(1))
    await rows._table.put(rows._change_row("contoso", one.id, None))
    rewrite = CloudPcs._rewrite

    async def overtaken(self: CloudPcs, few: Any) -> int:
        monkeypatch.setattr(CloudPcs, "_rewrite", rewrite)
        await rows.change("contoso", one.id, lambda pc: pc.but(display_name="Newer"))
        return await rewrite(self, few)

    monkeypatch.setattr(CloudPcs, "_rewrite", overtaken)
    await rows.repair("contoso")
    assert await is_true(rows)


async def test_what_another_release_has_written_is_read_from_the_records(
    rows: CloudPcs, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = CloudPcs(rows._table._tables)
    monkeypatch.setattr(other, "_listing", listed.Listing({"displayName": lambda pc: pc.display_name}, version=2))
    one, two, *_ = named(range(2))
    await other.change("contoso", one.id, lambda pc: pc.but(display_name="By the other"))
    await other.remove("contoso", two.id)
    assert await is_true(rows)  # its entries have other columns
    assert {entry["displayName"] for entry in await other.entries("contoso") if entry["id"] == one.id} == {
        "By the other"
    }
    assert await other.fold("contoso") > 0
    assert len(await other.entries("contoso")) == 29


async def test_the_rows_of_a_list_are_no_records(rows: CloudPcs) -> None:
    assert len([stored async for stored in rows.each("contoso")]) == 30
    assert len([stored async for stored in rows.of_all()]) == 30
    assert len((await rows.page("contoso", 100)).items) == 30
