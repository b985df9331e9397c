"""The oldest message of a queue and the texts of the first ones: on Azurite, where nobody reads."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from uuid import uuid4

import pytest
from aiohttp import ClientSession, TCPConnector
from azure.core.exceptions import ResourceExistsError
from azure.core.pipeline.transport import AioHttpTransport
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.azurite import Azurite
from shared.clients.notice_queue import QUEUE as NOTICES
from shared.clients.storage import first_texts
from shared.services.maintenance.measuring import measure_queues
from shared.services.tenants.directory_changes import POISON, QUEUE
from tests.identities import Identity
from tests.integration.services import PaperServices
from tests.measured import Seen, measured

Queues = Callable[[str], QueueClient]


@pytest.fixture
async def queues(azurite_server: Azurite, tls: ssl.SSLContext) -> AsyncIterator[Queues]:
    """Return the client of a queue by the service's name for it; no other test has the queue behind it."""
    apart = uuid4().hex
    session = ClientSession(connector=TCPConnector(ssl=tls))
    transport = AioHttpTransport(session=session, session_owner=False)
    async with QueueServiceClient(azurite_server.queues_url, credential=Identity(), transport=transport) as service:
        yield lambda name: service.get_queue_client(f"{apart}-{name}")
        async for each in service.list_queues(name_starts_with=apart):
            await service.delete_queue(each.name)
    await session.close()


@pytest.fixture
def reading(paper: PaperServices, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> PaperServices:
    """The service, with the queues of Azurite."""
    monkeypatch.setattr(paper, "queue", queues)
    return paper


async def create(queue: QueueClient) -> QueueClient:
    """Create a queue; a request that the SDK sends again finds the queue that its first one has made."""
    with suppress(ResourceExistsError):
        await queue.create_queue()
    return queue


def ages(seen: Seen) -> dict[str, float]:
    """Return the newest age of each queue."""
    return {point.attributes["queue"]: point.max for point in seen.points("deskwright.queues.age")}


async def test_a_message_that_nobody_reads_grows_old(reading: PaperServices, queues: Queues) -> None:
    queue = await create(queues(QUEUE))
    await queue.send_message("no base64: é")
    with measured() as seen:
        async with asyncio.timeout(30):
            while ages(seen).get(QUEUE, 0) < 1:
                await measure_queues(reading)
        assert ages(seen)[POISON] == 0
    (still_there,) = await queue.peek_messages()
    assert still_there.dequeue_count == 0


async def test_an_empty_queue_has_no_age_and_a_younger_message_does_not_count(
    reading: PaperServices, queues: Queues
) -> None:
    aside = await create(queues(POISON))
    await create(queues(QUEUE))
    with measured() as seen:
        await measure_queues(reading)
        assert ages(seen) == {QUEUE: 0, POISON: 0, NOTICES: 0}
        await aside.send_message("first")
        async with asyncio.timeout(30):
            while ages(seen)[POISON] < 1:
                await measure_queues(reading)
        await aside.send_message("second")
        await measure_queues(reading)
        assert ages(seen)[POISON] >= 1
        await aside.clear_messages()
        await measure_queues(reading)
        assert ages(seen)[POISON] == 0


async def test_the_first_texts_are_those_in_base64_and_nothing_where_there_is_no_queue(queues: Queues) -> None:
    assert await first_texts(queues(POISON)) == []
    aside = await create(queues(POISON))
    for text in (base64.b64encode(b"first").decode(), "no base64: é", base64.b64encode(b"\xff").decode(), "bGFzdA=="):
        await aside.send_message(text)
    assert await first_texts(aside) == ["first", "last"]
