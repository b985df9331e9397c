"""Tables of a test's own in the session's Azurite."""

import itertools
import ssl
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, TCPConnector
from azure.core.pipeline.transport import AioHttpTransport

from local.azurite import Azurite
from local.certificates import Certificates
from shared.storage.tables import Tables
from tests.identities import Identity

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def tls(certificates: Certificates) -> ssl.SSLContext:
    return certificates.client_context()


@pytest.fixture
async def tables(azurite_server: Azurite, tls: ssl.SSLContext) -> AsyncIterator[Tables]:
    # Given the bundle's path, azure-core would load it anew for every request.
    session = ClientSession(connector=TCPConnector(ssl=tls))
    transport = AioHttpTransport(session=session, session_owner=False)
    made = Tables(azurite_server.tables_url, Identity, prefix=f"t{next(_numbers)}", transport=transport)
    yield made
    await made.close()
    await session.close()
