"""How old the oldest message of a queue is, as the timer measures it: on Azurite, where nobody reads."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector
from azure.core.pipeline.transport import AioHttpTransport
from azure.storage.queue.aio import QueueServiceClient

from local.azurite import Azurite
from shared.services.directory_changes import POISON, QUEUE
from shared.services.measuring import measure_queues
from tests.identities import Identity
from tests.integration.services import PaperServices
from tests.measured import Seen, measured


@pytest.fixture
async def queues(azurite_server: Azurite, tls: ssl.SSLContext) -> AsyncIterator[QueueServiceClient]:
    session = ClientSession(connector=TCPConnector(ssl=tls))
    transport = AioHttpTransport(session=session, session_owner=False)
    async with QueueServiceClient(azurite_server.queues_url, credential=Identity(), transport=transport) as service:
        yield service
        async for each in service.list_queues():
            await service.delete_queue(each.name)
    await session.close()


@pytest.fixture
def reading(paper: PaperServices, queues: QueueServiceClient, monkeypatch: pytest.MonkeyPatch) -> PaperServices:
    """The service, with the queues of Azurite."""
    monkeypatch.setattr(paper, "queue", queues.get_queue_client)
    return paper


def ages(seen: Seen) -> dict[str, float]:
    return {point.attributes["queue"]: point.value for point in seen.points("deskwright.queues.age")}


async def test_a_message_that_nobody_reads_grows_old(reading: PaperServices, queues: QueueServiceClient) -> None:
    queue = await queues.create_queue(QUEUE)
    await queue.send_message("no base64: é")
    with measured() as seen:
        async with asyncio.timeout(30):
            while ages(seen).get(QUEUE, 0) < 1:
                await measure_queues(reading)
        assert ages(seen)[POISON] == 0
    (still_there,) = await queue.peek_messages()
    assert still_there.dequeue_count == 0


async def test_an_empty_queue_has_no_age_and_a_younger_message_does_not_count(
    reading: PaperServices, queues: QueueServiceClient
) -> None:
    aside: Any = await queues.create_queue(POISON)
    await queues.create_queue(QUEUE)
    with measured() as seen:
        await measure_queues(reading)
        assert ages(seen) == {QUEUE: 0, POISON: 0}
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
