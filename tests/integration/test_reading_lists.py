"""The first page of a list of 10,000 Cloud PCs, however it is chosen and ordered: the rows that it reads, counted."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from bench.filing import file_rows
from bench.reading import CountingTransport, fleet_in
from local import azurite
from local.azurite import Azurite
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.storage.cloud_pcs import CloudPcs
from shared.storage.listed import MOST_CHANGES
from shared.storage.tables import Row
from tests.integration import things
from tests.integration.asking import ask

_ALL = 10_000
_IN_CHUNK = 800  # chunks are halved where they are full, so that most are neither full nor half empty
_PAGE_AND_A_HALF = 150
_STATUSES = (Status.PROVISIONED, Status.FAILED, Status.PENDING_PROVISION, Status.IN_GRACE_PERIOD)


def _fleet() -> list[CloudPc]:
    like = things.cloud_pc("ada")
    return [
        like.model_copy(
            update={
                "id": f"{n * 7919 % 1_000_003:036x}",
                "user": like.user.model_copy(update={"id": f"id-{n}", "user_principal_name": f"u{n}@contoso.example"}),
                "status": _STATUSES[n % 4],
            }
        )
        for n in range(_ALL)
    ]


def _rows(rows: CloudPcs) -> list[Row]:
    """Return the rows of the records and of the list, as they are once everything has been folded."""
    fleet = sorted(_fleet(), key=lambda pc: pc.id)
    found = [rows._row(pc) for pc in fleet]
    for at in range(0, _ALL, _IN_CHUNK):
        few = fleet[at : at + _IN_CHUNK]
        name = f"~s:{few[0].id}" if at else "~s:"
        found.append(rows._chunk_row("contoso", name, {pc.id: rows.entry(pc) for pc in few}))
    return found


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Azurite]:
    """An Azurite that has 10,000 Cloud PCs."""
    folder, tls = tmp_path_factory.mktemp("lists"), certificates.client_context()

    async def begin(url: str) -> list[Row]:
        async with fleet_in(url, tls, "many", 0) as (fleet, _):
            await fleet.tenants.insert(things.tenant())
            await fleet.policies.insert(things.policy())
            await fleet.cloud_pcs.insert(things.cloud_pc("like"))  # the file has to have a row like theirs
            assert await fleet.cloud_pcs.repair("contoso") == 0
            return _rows(fleet.cloud_pcs)

    server = azurite.start(folder, certificates, on_disk=True)
    try:
        made = asyncio.run(begin(server.tables_url))
    finally:
        server.stop()
    file_rows(folder / "azurite", "manycloudpcs", made)
    server = azurite.start(folder, certificates, on_disk=True)
    yield server
    server.stop()


@pytest.fixture
async def wire(filed: Azurite, tls: ssl.SSLContext) -> AsyncIterator[tuple[Any, CountingTransport]]:
    """The service on it, of whose Cloud PCs some have just changed."""
    async with fleet_in(filed.tables_url, tls, "many", 0) as (fleet, counting):
        fleet.settings = fleet.settings.model_copy(update={"trust_client_principal": True})
        for pc in _fleet()[:MOST_CHANGES]:
            await fleet.cloud_pcs.change("contoso", pc.id, _renamed)
        yield fleet, counting


def _renamed(pc: CloudPc) -> CloudPc:
    return pc.but(display_name="Renamed")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"$filter": "status eq 'failed'", "$orderby": "createdDateTime desc", "$count": "true"},
        {"$search": "u99 contoso"},
        {"$filter": "not startswith(userPrincipalName,'u1') and status ne 'provisioned'", "$orderby": "status,id desc"},
    ],
    ids=["all", "filter", "search", "both"],
)
@pytest.mark.parametrize("known", [False, True], ids=["a new process", "one that has read it"])
async def test_a_first_page_reads_a_page_and_a_half_of_rows(
    wire: tuple[Any, CountingTransport], routes: dict[str, Any], query: dict[str, str], *, known: bool
) -> None:
    fleet, counting = wire
    if known:
        await fleet.cloud_pcs.entries("contoso")
    counting.take()
    answer = await ask(routes["GET …/cloudPCs"], "GET …/cloudPCs", query=query)
    counts = counting.take()
    assert answer.status_code == 200
    assert counts["rows"] <= _PAGE_AND_A_HALF, counts
    assert len(json.loads(answer.get_body())["value"]) == 100


async def test_counting_all_of_them_reads_the_list_alone(
    wire: tuple[Any, CountingTransport], routes: dict[str, Any]
) -> None:
    counting = wire[1]
    counting.take()
    answer = await ask(routes["GET tenants/{tenant}/summary"], "GET tenants/{tenant}/summary")
    assert json.loads(answer.get_body())["total"] == _ALL
    assert counting.take()["rows"] <= _PAGE_AND_A_HALF - 100
