"""Azurite as the app sees it: over TLS, with a managed identity's token, through the SDKs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient
from azure_simulator.certificates import Certificates

from local import azurite
from local.azurite import Azurite
from tests.identities import TENANT, Identity


@asynccontextmanager
async def tables(
    azurite_server: Azurite, certificates: Certificates, identity: Identity
) -> AsyncIterator[TableServiceClient]:
    client = TableServiceClient(
        azurite_server.tables_url, credential=identity, connection_verify=str(certificates.bundle), retry_total=0
    )
    async with client:
        yield client


@asynccontextmanager
async def queues(
    azurite_server: Azurite, certificates: Certificates, identity: Identity
) -> AsyncIterator[QueueServiceClient]:
    client = QueueServiceClient(
        azurite_server.queues_url, credential=identity, connection_verify=str(certificates.bundle), retry_total=0
    )
    async with client:
        yield client


async def test_tables_work_with_a_token(azurite_server: Azurite, certificates: Certificates) -> None:
    identity = Identity()
    async with tables(azurite_server, certificates, identity) as service:
        table = await service.create_table("desks")
        row = {"PartitionKey": "contoso", "RowKey": "1", "size": "D2"}
        await table.create_entity(row)
        await table.submit_transaction([("create", {**row, "RowKey": str(n)}) for n in range(2, 101)])
        read = await table.get_entity("contoso", "1")
        await table.update_entity(
            {**read, "size": "D4"},
            mode=UpdateMode.REPLACE,
            etag=read.metadata["etag"],
            match_condition=MatchConditions.IfNotModified,
        )
        found = [e async for e in table.query_entities("PartitionKey eq 'contoso'")]
    assert len(found) == 100
    assert set(identity.asked) == {"https://storage.azure.com/.default"}


async def test_queues_work_with_a_token(azurite_server: Azurite, certificates: Certificates) -> None:
    identity = Identity()
    async with queues(azurite_server, certificates, identity) as service:
        queue = await service.create_queue("directory-changes")
        await queue.send_message("joined")
        received = [m async for m in queue.receive_messages(visibility_timeout=30)]
        await queue.delete_message(received[0])
        left = (await queue.get_queue_properties()).approximate_message_count
    assert [message.content for message in received] == ["joined"]
    assert left == 0
    assert set(identity.asked) == {"https://storage.azure.com/.default"}


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0"},
        {"aud": "https://management.azure.com"},
        {"exp": 1},
        {"iat": None},
        {"nbf": None},
    ],
    ids=["a v2 issuer", "another audience", "expired", "no iat", "no nbf"],
)
async def test_a_wrong_token_is_refused(
    azurite_server: Azurite, certificates: Certificates, changed: dict[str, Any]
) -> None:
    async with tables(azurite_server, certificates, Identity(changed)) as service:
        with pytest.raises(HttpResponseError) as refused:
            await service.create_table("refused")
    async with queues(azurite_server, certificates, Identity(changed)) as queue_service:
        with pytest.raises(HttpResponseError) as refused_too:
            await queue_service.create_queue("refused")
    assert {refused.value.status_code, refused_too.value.status_code} <= {401, 403}


def test_it_stops_and_starts_again_on_the_same_ports(certificates: Certificates, tmp_path: Path) -> None:
    first = azurite.start(tmp_path, certificates)
    first.stop()
    assert not first.part.is_running
    second = azurite.start(tmp_path, certificates, ports=first.ports)
    assert second.ports == first.ports
    second.stop()
