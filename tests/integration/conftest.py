"""Tables of a test's own, in memory or in the session's Azurite, and the service on them."""

import itertools
import os
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector
from azure.core.pipeline.transport import AioHttpTransport
from azure_simulator.certificates import Certificates

from local.azurite import Azurite
from shared.clients.storage import Blobs
from shared.services.images import device_images
from shared.storage.tables import Tables
from tests.effects import effects_hold
from tests.identities import Identity
from tests.implementations import registered
from tests.integration import things
from tests.integration.asking import furnish, unfurnished
from tests.integration.callers import Office, handlers
from tests.integration.furniture import Furniture, MemoryFurniture
from tests.integration.memory_tables import URL, MemoryTransport, Store, unserialized
from tests.integration.scenes import OFFERED
from tests.integration.services import PaperServices, in_place

__all__ = ["effects_hold"]

Prepare = Callable[..., Awaitable[None]]
_numbers = itertools.count(1)
_ONE_IN = 20
_EVERYWHERE = os.environ.get("DESKWRIGHT_TABLES") == "azurite"


def on_azurite(item: pytest.Item) -> bool:
    """Whether a test has its tables in Azurite: those of storage itself, one in twenty of the others, or all."""
    marked = item.get_closest_marker("azurite") is not None
    return _EVERYWHERE or marked or zlib.crc32(item.nodeid.encode()) % _ONE_IN == 0


@pytest.fixture
def azurite_server(azurite_server: Azurite, accounts_of_tests: Iterator[str]) -> Azurite:
    """The session's Azurite, by one account of many: it finds a table by going through all names of the account."""
    return replace(azurite_server, account=next(accounts_of_tests))


@pytest.fixture(scope="session")
def tls(certificates: Certificates) -> ssl.SSLContext:
    return certificates.client_context()


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Store | None:
    """The tables of a test in memory, None: they are in Azurite (decision 257)."""
    return None if on_azurite(request.node) else Store()


@pytest.fixture
def account(request: pytest.FixtureRequest, store: Store | None) -> str:
    """The address of a test's tables: Azurite is started when it is needed."""
    if store is not None:
        return URL
    server: Azurite = request.getfixturevalue("azurite_server")
    return server.tables_url


@pytest.fixture
async def session(tls: ssl.SSLContext) -> AsyncIterator[ClientSession]:
    """Connections that are kept, to Azurite's tables."""
    # Given the bundle's path, azure-core would load it anew for every request.
    async with ClientSession(connector=TCPConnector(ssl=tls)) as opened:
        yield opened


@pytest.fixture
async def tables(account: str, store: Store | None, session: ClientSession) -> AsyncIterator[Tables]:
    wire = AioHttpTransport(session=session, session_owner=False) if store is None else MemoryTransport(store)
    made = Tables(account, Identity, prefix=f"t{next(_numbers)}", transport=wire)
    with nullcontext() if store is None else unserialized():
        yield made
    await made.close()


TENANT_TABLES = ("tenants", "sites", "connections")
"""The tables of a tenant's first records."""


@pytest.fixture
def furniture(account: str, store: Store | None, session: ClientSession, tables: Tables) -> Furniture | MemoryFurniture:
    """A writer of the rows that many tests begin with."""
    return Furniture(account, session, tables) if store is None else MemoryFurniture(store, tables.prefix)


@pytest.fixture
def prepare(furniture: Furniture | MemoryFurniture) -> Prepare:
    """Make tables before they are found missing. One that is not prepared is made when it is missing, as ever."""
    return furniture.make


@pytest.fixture
async def blobs(azurite_server: Azurite, tls: ssl.SSLContext) -> AsyncIterator[Blobs]:
    session = ClientSession(connector=TCPConnector(ssl=tls))
    transport = AioHttpTransport(session=session, session_owner=False)
    made = Blobs(azurite_server.blobs_url, Identity, f"exports{next(_numbers)}", transport=transport)
    yield made
    await made.close()
    await session.close()


@pytest.fixture
def elsewhere(tables: Tables) -> Tables:
    """An empty account: tables of another prefix."""
    other = Tables("", Identity, prefix=f"{tables.prefix}e")
    other.service = tables.service  # type: ignore[method-assign]
    return other


@pytest.fixture
def paper(tables: Tables) -> Iterator[PaperServices]:
    """The service, with nothing in it."""
    services = PaperServices(tables)
    with in_place(services):
        yield services


@pytest.fixture
async def contoso(paper: PaperServices, furniture: Furniture | MemoryFurniture) -> PaperServices:
    """The service with one tenant, its site and its connection."""

    async def written() -> None:
        await paper.tenants.insert(things.tenant())
        await paper.sites.insert(things.site())
        await paper.connections.insert(things.connection())

    await furniture.put("contoso", written)
    return paper


@pytest.fixture
async def office(
    tables: Tables, furniture: Furniture | MemoryFurniture, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """The service behind App Service authentication, with one of everything."""
    services = unfurnished(tables, monkeypatch)
    await furniture.make("audit")  # most of its tests write it
    await furniture.put("office", lambda: furnish(services))
    with in_place(services):
        yield services
    await services.close()


@pytest.fixture(scope="session")
def routes() -> dict[str, Any]:
    """The functions behind the HTTP routes, by method and address."""
    return handlers(registered())


@pytest.fixture
async def here(
    tables: Tables, furniture: Furniture | MemoryFurniture, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """The service as it changes things: a tenant, its site and connection, an image, and one that can be built."""

    async def offered(_: Any) -> Any:
        return (OFFERED,)

    async def none(*_: Any) -> Any:
        return ()

    monkeypatch.setattr(device_images, "offered_images", offered)
    monkeypatch.setattr(device_images, "own_images", none)
    services = Office(tables)

    async def written() -> None:
        await services.tenants.insert(things.tenant())
        await services.sites.insert(things.site())
        await services.connections.insert(things.connection())
        await services.images.insert(things.image(status="ready", gallery_version_id="/v", regions=("westeurope",)))

    await furniture.put("here", written)
    with in_place(services):
        yield services
    await services.close()
