"""Tables of a test's own in the session's Azurite, and the service on them."""

import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
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
from tests.integration.furniture import Furniture
from tests.integration.scenes import OFFERED
from tests.integration.services import PaperServices, in_place

__all__ = ["effects_hold"]

Prepare = Callable[..., Awaitable[None]]
_numbers = itertools.count(1)


@pytest.fixture
def azurite_server(azurite_server: Azurite, accounts_of_tests: Iterator[str]) -> Azurite:
    """The session's Azurite, by one account of many: it finds a table by going through all names of the account."""
    return replace(azurite_server, account=next(accounts_of_tests))


@pytest.fixture(scope="session")
def tls(certificates: Certificates) -> ssl.SSLContext:
    return certificates.client_context()


@pytest.fixture
async def session(tls: ssl.SSLContext) -> AsyncIterator[ClientSession]:
    """Connections that are kept, to Azurite's tables."""
    # Given the bundle's path, azure-core would load it anew for every request.
    async with ClientSession(connector=TCPConnector(ssl=tls)) as opened:
        yield opened


@pytest.fixture
async def tables(azurite_server: Azurite, session: ClientSession) -> AsyncIterator[Tables]:
    transport = AioHttpTransport(session=session, session_owner=False)
    made = Tables(azurite_server.tables_url, Identity, prefix=f"t{next(_numbers)}", transport=transport)
    yield made
    await made.close()


TENANT_TABLES = ("tenants", "sites", "connections")
"""The tables of a tenant's first records."""


@pytest.fixture
def furniture(azurite_server: Azurite, session: ClientSession, tables: Tables) -> Furniture:
    """A writer of the rows that many tests begin with."""
    return Furniture(azurite_server.tables_url, session, tables)


@pytest.fixture
def prepare(furniture: Furniture) -> Prepare:
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
async def contoso(paper: PaperServices, furniture: Furniture) -> PaperServices:
    """The service with one tenant, its site and its connection."""

    async def written() -> None:
        await paper.tenants.insert(things.tenant())
        await paper.sites.insert(things.site())
        await paper.connections.insert(things.connection())

    await furniture.put("contoso", written)
    return paper


@pytest.fixture
async def office(tables: Tables, furniture: Furniture, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
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
async def here(tables: Tables, furniture: Furniture, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
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
