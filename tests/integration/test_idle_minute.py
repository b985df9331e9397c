"""Timers that have nothing to do: how often they ask the storage."""

import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import ClientSession, TCPConnector

from bench.reading import CountingTransport
from local.azurite import Azurite
from shared.domain.health.report import HealthReport
from shared.domain.tenants.tenant import Tenant
from shared.errors import UnavailableError
from shared.services.directory.tenants import TenantIds
from shared.services.health import checking
from shared.storage.due import Due, DueKind
from shared.storage.due_index import DueIndex
from shared.storage.repository import Stored
from shared.storage.tables import Table, Tables
from tests.identities import Identity
from tests.implementations import timer
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, in_place
from triggers import timers

Former = Callable[..., Awaitable[None]]


async def test_a_minute_in_which_nothing_is_due_costs_one_table_query(
    azurite_server: Azurite, tls: ssl.SSLContext
) -> None:
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        wire = CountingTransport(session)
        tables = Tables(azurite_server.tables_url, Identity, prefix="idleminute", transport=wire)
        services = PaperServices(tables)
        with in_place(services):
            await services.tenants.insert(things.tenant())
            await timer("sweep")(None, IdleHost())  # the first makes the table
            wire.take()
            await timer("sweep")(None, IdleHost())
        assert wire.take() == Counter(requests=1, rows=0)
        await tables.close()


async def test_a_quarter_of_an_hour_reads_the_tenants_once(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    services = PaperServices(tables)
    await services.tenants.insert(things.tenant())
    read, each = list[object](), services.tenants.each

    def counted(*key: str, **wanted: str) -> AsyncIterator[Stored[Tenant]]:
        read.append(wanted)
        return each(*key, **wanted)

    monkeypatch.setattr(services.tenants, "each", counted)
    monkeypatch.setattr(timers, "measure_queues", asleep)
    monkeypatch.setattr(checking, "check_service", nobody)
    monkeypatch.setattr(checking, "check_tenant", nobody)
    with in_place(services):
        await timer("settle_and_measure")(None)
    assert len(read) == 1


async def asleep(deps: PaperServices) -> None:
    del deps


async def nobody(*asked: object) -> HealthReport:
    del asked
    return HealthReport(tenant_id="contoso", checked_date_time=things.NOW, sections=())


async def test_a_step_that_cannot_read_the_tenants_leaves_it_to_the_next(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = contoso.tenants.each

    def fail(*key: str, **wanted: str) -> AsyncIterator[Stored[Tenant]]:
        raise UnavailableError("Table Storage answered 503")

    tenant_ids = TenantIds(contoso)
    monkeypatch.setattr(contoso.tenants, "each", fail)
    with pytest.raises(UnavailableError):
        await tenant_ids()
    monkeypatch.setattr(contoso.tenants, "each", real)
    assert await tenant_ids() == [things.TENANT_ID]


@pytest.fixture
def former(tables: Tables) -> Former:
    """Put rows of a kind where the release before had them."""
    table, due = Table(tables, "due"), DueIndex(tables)

    async def put(partition: str, *dues: Due) -> None:
        await due.put_all(dues)
        for read in [each async for each in table.query("PartitionKey eq @soon", {"soon": "soon"})]:
            await table.put({**read.row, "PartitionKey": partition})
            await table.delete("soon", str(read.row["RowKey"]))

    return put


@pytest.mark.parametrize(
    ("partition", "kind"),
    [
        ("progress", DueKind.PROGRESS),
        ("deprovision", DueKind.DEPROVISION),
        ("cleanUp", DueKind.CLEAN_UP),
        ("recheck", DueKind.RECHECK),
        ("directories", DueKind.CATCH_UP),
        ("orphans", DueKind.ORPHANS),
    ],
)
async def test_rows_that_the_release_before_wrote_elsewhere_are_found_by_the_first_sweep(
    tables: Tables, former: Former, partition: str, kind: DueKind
) -> None:
    old = [Due(kind, things.NOW, "contoso", f"subject-{number}", 1) for number in range(101)]
    await former(partition, *old)
    due = DueIndex(tables)
    assert await due.due(kind, things.NOW) == []
    assert sorted(await due.due_among([kind], things.NOW), key=str) == sorted(old, key=str)
    assert await due.move_in(things.NOW) == 0
    assert len(await due.due(kind, things.NOW)) == 101


async def test_a_damaged_row_of_the_release_before_stops_no_sweep(tables: Tables, former: Former) -> None:
    good, bad = (Due(DueKind.RECHECK, things.NOW, "contoso", subject) for subject in ("good", "bad"))
    await former("recheck", good, bad)
    table = Table(tables, "due")
    for read in [each async for each in table.query("subject_id eq @bad", {"bad": "bad"})]:
        await table.put({**read.row, "kind": "ofNobody"})
    due = DueIndex(tables)
    assert await due.due_among([DueKind.RECHECK], things.NOW) == [good]
    assert [row.subject_id for row in await due.aside.all()] == ["bad"]


async def test_what_the_release_before_set_aside_returns_to_where_it_is_swept(tables: Tables, former: Former) -> None:
    old = Due(DueKind.RECHECK, things.NOW, "contoso", "site")
    await former("recheck", old)
    table = Table(tables, "due")
    (read,) = [each async for each in table.query("PartitionKey eq @there", {"there": "recheck"})]
    due = DueIndex(tables)
    await due.aside.put(read.row, "its-key", "It failed.", things.NOW, things.NOW)
    assert await due.put_back(things.NOW) == 1
    assert await due.due(DueKind.RECHECK, things.NOW) == [old]
