"""Tables of a test's own in the session's Azurite, and the service on them."""

import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
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
from tests.integration.asking import furnished
from tests.integration.callers import Office, handlers
from tests.integration.scenes import OFFERED
from tests.integration.services import PaperServices, in_place

__all__ = ["effects_hold"]

NO_CONTENT = 204
Prepare = Callable[..., Awaitable[None]]
_numbers = itertools.count(1)


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
HERE_TABLES = (*TENANT_TABLES, "images")
OFFICE_TABLES = (*HERE_TABLES, "policies", "imagesets", "imageversions", "audit")
"""The tables that a fixture's first records go to, or most of its tests."""


@pytest.fixture
async def prepare(azurite_server: Azurite, session: ClientSession, tables: Tables) -> Prepare:
    """Make tables before they are found missing: that costs a test three requests for each, and an SDK's.

    A table that is not prepared is made when it is missing, as in the service.
    """

    async def made(*names: str) -> None:
        token = await Identity().get_token("https://storage.azure.com/.default")
        headers = {"Accept": "application/json;odata=nometadata", "x-ms-version": "2019-02-02"}
        headers |= {"Authorization": f"Bearer {token.token}", "Prefer": "return-no-content"}
        for name in names:
            body = {"TableName": tables.prefix + name}
            async with session.post(f"{azurite_server.tables_url}/Tables", json=body, headers=headers) as answer:
                assert answer.status == NO_CONTENT, await answer.text()

    return made


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
async def contoso(paper: PaperServices, prepare: Prepare) -> PaperServices:
    """The service with one tenant, its site and its connection."""
    await prepare(*TENANT_TABLES)
    await paper.tenants.insert(things.tenant())
    await paper.sites.insert(things.site())
    await paper.connections.insert(things.connection())
    return paper


@pytest.fixture
async def office(tables: Tables, prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """The service behind App Service authentication, with one of everything."""
    await prepare(*OFFICE_TABLES)
    services = await furnished(tables, monkeypatch)
    with in_place(services):
        yield services
    await services.close()


@pytest.fixture(scope="session")
def routes() -> dict[str, Any]:
    """The functions behind the HTTP routes, by method and address."""
    return handlers(registered())


@pytest.fixture
async def here(tables: Tables, prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """The service as it changes things: a tenant, its site and connection, an image, and one that can be built."""

    async def offered(_: Any) -> Any:
        return (OFFERED,)

    async def none(*_: Any) -> Any:
        return ()

    monkeypatch.setattr(device_images, "offered_images", offered)
    monkeypatch.setattr(device_images, "own_images", none)
    await prepare(*HERE_TABLES)
    services = Office(tables)
    await services.tenants.insert(things.tenant())
    await services.sites.insert(things.site())
    await services.connections.insert(things.connection())
    await services.images.insert(things.image(status="ready", gallery_version_id="/v", regions=("westeurope",)))
    with in_place(services):
        yield services
    await services.close()
