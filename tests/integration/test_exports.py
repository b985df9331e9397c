"""The exports and the way back: real tables, real blobs, nothing lost and nothing changed."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clients.storage import Blobs
from shared.dependencies import Dependencies, use
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.exporting import EXPORTED, manifest_name
from shared.errors import ConflictError, NotFoundError, UnavailableError
from shared.services.maintenance import exporting
from shared.services.maintenance.after_restore import end_comparison
from shared.services.maintenance.exporting import delete_exports, export_regularly, export_tables, read_manifest
from shared.services.maintenance.restoring import DamagedError, restore_tables
from shared.services.operations.sweeps import sweep_due
from shared.storage.contents import Contents
from shared.storage.due import Due, DueKind
from shared.storage.tables import Row, Tables
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices

NIGHT = datetime(2026, 11, 21, 1, 40, tzinfo=UTC)
DAY = "2026-11-21"
BOB = things.cloud_pc("bob", status=Status.PROVISIONED)
LISTS = "~"
"""The keys of the rows of a list begin with it."""


@pytest.fixture
async def here(tables: Tables) -> Dependencies:
    """A service with something in it."""
    services = PaperServices(tables)
    await services.tenants.insert(things.tenant())
    await services.sites.insert(things.site())
    await services.policies.insert(things.policy())
    await services.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PROVISIONING, generation=7))
    await services.cloud_pcs.insert(BOB)
    await services.audit.append(things.audit_event())
    await services.due.put(DueKind.WATCH, NIGHT + timedelta(hours=1), "contoso", "x", 3)
    return services


async def everything(tables: Tables) -> dict[str, list[Row]]:
    """All rows of all exported tables, but the promises, the scan and the lists that a restore makes by itself."""
    contents = Contents(tables)
    return {
        table: [row for row in (await contents.page(table)).rows if not str(row["RowKey"]).startswith(LISTS)]
        for table in EXPORTED
        if table not in {"due", "orphanscans"}
    }


async def compared(tables: Tables) -> dict[str, list[Row]]:
    """All rows, when the restored records were compared with what is there: until then the tenant is paused."""
    await end_comparison(PaperServices(tables), "contoso", NIGHT)
    return await everything(tables)


@dataclass
class Writing:
    """The names of the blobs that are written, of which no more than *allowed* may be."""

    allowed: int = 1_000
    names: list[str] = field(default_factory=list)


@pytest.fixture
def writing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> Writing:
    """Writes to *blobs*."""
    seen, real = Writing(), blobs.put

    async def put(name: str, *content: Any) -> None:
        if len(seen.names) == seen.allowed:
            raise UnavailableError("the power is off")
        seen.names.append(name)
        await real(name, *content)

    monkeypatch.setattr(blobs, "put", put)
    return seen


@pytest.fixture
def of_two_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Export little, where only the number and the age of exports count."""
    monkeypatch.setattr(exporting, "EXPORTED", ("tenants", "audit"))


def silent(_: str) -> None:
    """Nobody listens."""


async def test_what_was_exported_comes_back_as_it_was(here: Dependencies, blobs: Blobs, elsewhere: Tables) -> None:
    manifest = await export_tables(here.tables, blobs, NIGHT)
    done = await restore_tables(elsewhere, blobs, DAY, merge=False, report=silent)
    assert await compared(elsewhere) == await everything(here.tables)
    assert done.rows == done.added == manifest.rows
    shown = [await service.cloud_pcs.entries("contoso") for service in (here, PaperServices(elsewhere))]
    assert [sorted(str(each["id"]) for each in entries) for entries in shown] == [
        sorted([things.cloud_pc("ada").id, BOB.id])
    ] * 2
    assert {table: sum(part.rows for part in parts) for table, parts in manifest.tables.items() if parts[0].rows} == {
        "tenants": 1,
        "sites": 1,
        "policies": 2,  # one record, and its name
        "cloudpcs": 4,  # two records, and the licence that each claims
        "audit": 1,
        "due": 1,
    }


async def test_nothing_of_a_tenant_begins_before_its_restored_records_are_compared(
    here: Dependencies, blobs: Blobs, elsewhere: Tables
) -> None:
    await export_tables(here.tables, blobs, NIGHT)
    await restore_tables(elsewhere, blobs, DAY, merge=False, report=silent)
    restored, acted = PaperServices(elsewhere), list[DueKind]()
    restored.hand.at = NIGHT + timedelta(hours=2)

    async def act(_deps: Dependencies, _client: Any, due: Due) -> None:
        acted.append(due.kind)

    async def swept() -> list[DueKind]:
        acted.clear()
        client: Any = IdleHost()
        before = use(restored)
        try:
            await sweep_due(client, {DueKind.WATCH: act, DueKind.ORPHANS: act})
        finally:
            use(before)
        return acted

    paused = (await restored.tenants.get("contoso")).value.paused
    assert paused is not None
    assert "restored" in paused.reason
    assert await swept() == [DueKind.ORPHANS]
    await end_comparison(restored, "contoso", NIGHT)
    restored.hand.advance(timedelta(minutes=6))
    assert set(await swept()) == {DueKind.WATCH}
    assert (await restored.tenants.get("contoso")).value.paused is None


async def test_rows_say_their_schema_and_no_etag(here: Dependencies, blobs: Blobs) -> None:
    manifest = await export_tables(here.tables, blobs, NIGHT)
    (part,) = manifest.tables["cloudpcs"]
    rows = [json.loads(line) for line in (await blobs.get(part.name) or b"").splitlines()]
    assert part.schemas == {"1": 4}
    assert {row["schema"] for row in rows} == {1}
    assert [name for row in rows for name in row if name.lower() in {"etag", "odata.etag", "timestamp"}] == []


async def test_the_manifest_is_the_last_to_be_written(here: Dependencies, blobs: Blobs, writing: Writing) -> None:
    await export_tables(here.tables, blobs, NIGHT)
    *parts, last = writing.names
    assert last == manifest_name(DAY)
    assert [name.split("/")[1] for name in parts] == list(EXPORTED)


async def test_an_export_that_broke_off_goes_on_where_it_was(
    here: Dependencies, blobs: Blobs, writing: Writing, elsewhere: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PART_BYTES", 1)  # a part for each page
    writing.allowed = 7
    with pytest.raises(UnavailableError):
        await export_tables(here.tables, blobs, NIGHT)
    assert await read_manifest(blobs, DAY) is None
    with pytest.raises(NotFoundError):
        await restore_tables(elsewhere, blobs, DAY, merge=False, report=silent)
    writing.allowed = 1_000
    await export_tables(here.tables, blobs, NIGHT + timedelta(hours=1))
    assert len(writing.names) == len(set(writing.names)) == len(EXPORTED) + 1
    await restore_tables(elsewhere, blobs, DAY, merge=False, report=silent)
    assert await compared(elsewhere) == await everything(here.tables)


async def test_an_export_that_is_whole_is_not_made_again(here: Dependencies, blobs: Blobs) -> None:
    first = await export_tables(here.tables, blobs, NIGHT)
    await here.cloud_pcs.insert(things.cloud_pc("eve"))
    assert await export_tables(here.tables, blobs, NIGHT + timedelta(hours=2)) == first


@pytest.mark.usefixtures("of_two_tables")
async def test_there_is_one_export_for_each_interval(
    tables: Tables, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = PaperServices(tables)
    hourly = services.settings.model_copy(update={"export_every_hours": 1})
    monkeypatch.setattr(services, "settings", hourly)
    monkeypatch.setattr(services, "exports", blobs)
    whole: list[tuple[str, ...]] = []
    for minutes in (0, 19, 20, 40, 79, 80):
        services.hand.at = NIGHT + timedelta(minutes=minutes)
        await export_regularly(services)
        whole.append(tuple(await blobs.folders()))
    hours = ("2026-11-21T01", "2026-11-21T02", "2026-11-21T03")
    assert whole == [hours[:1], hours[:1], hours[:2], hours[:2], hours[:2], hours]


@pytest.mark.usefixtures("of_two_tables")
async def test_old_exports_are_looked_for_when_a_new_one_is_whole_and_at_no_other_look(
    tables: Tables, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = PaperServices(tables)
    monkeypatch.setattr(services, "exports", blobs)
    await blobs.put("2026-01-01/manifest.json", b"{}")
    listed, folders = list[datetime](), blobs.folders

    async def counted() -> list[str]:
        listed.append(services.hand.at)
        return await folders()

    monkeypatch.setattr(blobs, "folders", counted)
    for minutes in range(0, 26 * 60, 20):
        services.hand.at = NIGHT + timedelta(minutes=minutes)
        await export_regularly(services)
    assert listed == [NIGHT, datetime(2026, 11, 22, 1, 0, tzinfo=UTC)]
    assert await folders() == ["2026-11-21", "2026-11-22"]


async def test_an_export_of_an_hour_that_broke_off_is_resumed_until_the_hour_ends(
    here: Dependencies, blobs: Blobs, writing: Writing, elsewhere: Tables
) -> None:
    hour, minutes = timedelta(hours=1), timedelta(minutes=1)
    for later in (0 * minutes, 30 * minutes):  # twice: the second hour begins anew
        writing.allowed = len(writing.names) + 7
        with pytest.raises(UnavailableError):
            await export_tables(here.tables, blobs, NIGHT + later, hour)
    writing.allowed = 1_000
    made = await export_tables(here.tables, blobs, NIGHT + 50 * minutes, hour)
    assert (made.name, len(writing.names)) == ("2026-11-21T02", 7 + len(EXPORTED) + 1)
    assert await read_manifest(blobs, "2026-11-21T01") is None
    await restore_tables(elsewhere, blobs, made.name, merge=False, report=silent)
    assert await compared(elsewhere) == await everything(here.tables)


async def test_a_table_of_several_parts_comes_back_whole(
    here: Dependencies, blobs: Blobs, elsewhere: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PART_ROWS", 1)
    rows: list[Row] = [{"PartitionKey": "p", "RowKey": f"{n:05d}", "n": n, "yes": True} for n in range(1_003)]
    await Contents(here.tables).add("requests", rows)
    manifest = await export_tables(here.tables, blobs, NIGHT)
    assert [part.rows for part in manifest.tables["requests"]] == [1_000, 3]
    await restore_tables(elsewhere, blobs, DAY, merge=False, report=silent)
    again = Contents(elsewhere)
    first = await again.page("requests")
    assert [*first.rows, *(await again.page("requests", first.next_token)).rows] == rows


async def test_an_account_with_rows_is_left_alone(here: Dependencies, blobs: Blobs) -> None:
    await export_tables(here.tables, blobs, NIGHT)
    await here.cloud_pcs.remove("contoso", BOB.id)
    before = await everything(here.tables)
    with pytest.raises(ConflictError, match="cloudpcs"):
        await restore_tables(here.tables, blobs, DAY, merge=False, report=silent)
    assert await everything(here.tables) == before


async def test_merging_adds_what_is_missing_and_changes_nothing(here: Dependencies, blobs: Blobs) -> None:
    await export_tables(here.tables, blobs, NIGHT)
    ada = things.cloud_pc("ada", status=Status.PROVISIONING, generation=7)
    await here.cloud_pcs.remove("contoso", BOB.id)
    await here.cloud_pcs.change("contoso", ada.id, lambda pc: pc.but(display_name="Newer"))
    done = await restore_tables(here.tables, blobs, DAY, merge=True, report=silent)
    assert done.added == 2  # the record, and its licence
    assert (await here.cloud_pcs.get("contoso", BOB.id)).value == BOB
    assert (await here.cloud_pcs.get("contoso", ada.id)).value.display_name == "Newer"


async def test_a_restore_that_broke_off_is_finished_by_the_next(
    here: Dependencies, blobs: Blobs, elsewhere: Tables
) -> None:
    await export_tables(here.tables, blobs, NIGHT)

    def stop(line: str) -> None:
        if line.startswith("policies"):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await restore_tables(elsewhere, blobs, DAY, merge=False, report=stop)
    done = await restore_tables(elsewhere, blobs, DAY, merge=False, report=silent)
    assert 0 < done.added < done.rows
    assert await compared(elsewhere) == await everything(here.tables)
    with pytest.raises(ConflictError):  # now it is an account with rows, as any other
        await restore_tables(elsewhere, blobs, DAY, merge=False, report=silent)


@pytest.mark.parametrize("damage", ["changed", "gone"])
async def test_a_damaged_export_is_found_before_anything_is_written(
    here: Dependencies, blobs: Blobs, elsewhere: Tables, damage: str
) -> None:
    manifest = await export_tables(here.tables, blobs, NIGHT)
    (part,) = manifest.tables["due"]  # the last: to verify while writing would have written everything
    if damage == "gone":
        await blobs.delete(part.name)
    else:
        await blobs.put(part.name, (await blobs.get(part.name) or b"").replace(b"contoso", b"contosa"))
    with pytest.raises(DamagedError, match=part.name):
        await restore_tables(elsewhere, blobs, DAY, merge=False, report=silent)
    assert [rows for rows in (await everything(elsewhere)).values() if rows] == []


@pytest.mark.usefixtures("of_two_tables")
async def test_old_exports_are_removed_and_others_stay(here: Dependencies, blobs: Blobs) -> None:
    for days in (0, 30, 31):
        await export_tables(here.tables, blobs, NIGHT - timedelta(days=days))
        await export_tables(here.tables, blobs, NIGHT - timedelta(days=days), timedelta(hours=1))
    await blobs.put("notes/mine.txt", b"not an export")
    gone = await delete_exports(blobs, NIGHT, timedelta(days=30), timedelta(days=30), newest="2026-11-21")
    assert gone == ["2026-10-21", "2026-10-21T01"]
    assert await blobs.folders() == ["2026-10-22", "2026-10-22T01", "2026-11-21", "2026-11-21T01", "notes"]


@pytest.mark.usefixtures("of_two_tables")
async def test_of_earlier_days_the_first_whole_export_stays_and_nothing_that_is_no_export_goes(
    here: Dependencies, blobs: Blobs
) -> None:
    hour = timedelta(hours=1)
    for before in (0, 2, 3, 4):
        for hours in (0, 1, 2):
            await export_tables(here.tables, blobs, NIGHT - timedelta(days=before) + hours * hour, hour)
    first = "2026-11-18T01"
    await blobs.delete(f"{first}/manifest.json")  # of this day the first export is not whole
    for half in ("2026-11-17T01", "2026-11-17T02", "2026-11-17T03"):
        await blobs.delete(f"{half}/manifest.json")  # and of this one none is
    await blobs.put("2026-11-18T03/notes.txt", b"somebody's own")

    gone = await delete_exports(blobs, NIGHT, timedelta(days=30), timedelta(days=2), newest="2026-11-21T03")
    assert gone == [first, "2026-11-18T03"]
    left = await blobs.folders()
    assert [each for each in left if each.startswith("2026-11-18")] == ["2026-11-18T02", "2026-11-18T03"]
    assert [each.name for each in await blobs.folder("2026-11-18T03")] == ["2026-11-18T03/notes.txt"]
    assert len([each for each in left if each.startswith(("2026-11-17", "2026-11-19", "2026-11-21"))]) == 9
    assert (await read_manifest(blobs, "2026-11-18T02")) is not None


@pytest.mark.usefixtures("of_two_tables")
async def test_the_newest_whole_export_stays_however_old_it_is(here: Dependencies, blobs: Blobs) -> None:
    for days in (40, 50):
        await export_tables(here.tables, blobs, NIGHT - timedelta(days=days))
    newest = f"{NIGHT - timedelta(days=40):%Y-%m-%d}"
    assert newest not in await delete_exports(blobs, NIGHT, timedelta(days=30), timedelta(days=2), newest=newest)
    assert await blobs.folders() == [newest]
