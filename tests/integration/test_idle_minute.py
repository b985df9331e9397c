"""A minute in which nothing is due: the timer that is deployed asks Table Storage once."""

import ssl
from collections import Counter

from aiohttp import ClientSession, TCPConnector

from bench.reading import CountingTransport
from local.azurite import Azurite
from shared.storage.due import Due, DueIndex, DueKind
from shared.storage.tables import Table, Tables
from tests.identities import Identity
from tests.implementations import timer
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, in_place


async def test_a_minute_in_which_nothing_is_due_costs_one_table_query(
    azurite_server: Azurite, tls: ssl.SSLContext
) -> None:
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        wire = CountingTransport(session)
        tables = Tables(azurite_server.tables_url, Identity, prefix="idleminute", transport=wire)
        services = PaperServices(tables)
        with in_place(services):
            await services.tenants.insert(things.tenant())
            await timer("sweep_starts")(None, IdleHost())  # the first makes the table
            wire.take()
            await timer("sweep_starts")(None, IdleHost())
        assert wire.take() == Counter(requests=1, rows=0)
        await tables.close()


async def test_rows_that_the_release_before_wrote_elsewhere_are_moved_to_where_they_are_swept(tables: Tables) -> None:
    due, old = DueIndex(tables), Due(DueKind.PROGRESS, things.NOW, "contoso", "contoso-x-1", 1)
    await due.put_all([old])
    table = Table(tables, "due")
    (read,) = [each async for each in table.query("PartitionKey ge @all", {"all": ""})]
    await due.drop(old)
    await table.put({**read.row, "PartitionKey": "progress"})
    assert await due.due(DueKind.PROGRESS, things.NOW) == []
    assert (await due.move_in(), await due.move_in()) == (1, 0)
    assert await due.due(DueKind.PROGRESS, things.NOW) == [old]
