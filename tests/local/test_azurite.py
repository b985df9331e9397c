"""Azurite as the app sees it: over TLS, with a managed identity's token, through the SDKs."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import jwt
import pytest
from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient
from cryptography.hazmat.primitives.asymmetric import rsa

from local import azurite
from local.azurite import Azurite
from local.certificates import Certificates, issue

TENANT = "5d0f6a0e-93f4-4f0a-9a53-1f1fd5d4c0de"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Identity:
    """A managed identity that mints its tokens itself, as the simulated cloud does."""

    changed: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked.extend(scopes)
        now = int(time.time())
        claims = {
            "iss": f"https://sts.windows.net/{TENANT}/",
            "aud": scopes[0].removesuffix("/.default"),
            "iat": now,
            "nbf": now - 300,
            "exp": now + 3600,
            "tid": TENANT,
        } | self.changed
        claims = {name: value for name, value in claims.items() if value is not None}
        return AccessToken(jwt.encode(claims, KEY, algorithm="RS256"), now + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def running(issued: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    started = azurite.start(tmp_path_factory.mktemp("run"), issued)
    yield started
    started.stop()


@asynccontextmanager
async def tables(running: Azurite, issued: Certificates, identity: Identity) -> AsyncIterator[TableServiceClient]:
    client = TableServiceClient(
        running.tables_url, credential=identity, connection_verify=str(issued.bundle), retry_total=0
    )
    async with client:
        yield client


@asynccontextmanager
async def queues(running: Azurite, issued: Certificates, identity: Identity) -> AsyncIterator[QueueServiceClient]:
    client = QueueServiceClient(
        running.queues_url, credential=identity, connection_verify=str(issued.bundle), retry_total=0
    )
    async with client:
        yield client


async def test_tables_work_with_a_token(running: Azurite, issued: Certificates) -> None:
    identity = Identity()
    async with tables(running, issued, identity) as service:
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


async def test_queues_work_with_a_token(running: Azurite, issued: Certificates) -> None:
    identity = Identity()
    async with queues(running, issued, identity) as service:
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
async def test_a_wrong_token_is_refused(running: Azurite, issued: Certificates, changed: dict[str, Any]) -> None:
    async with tables(running, issued, Identity(changed)) as service:
        with pytest.raises(HttpResponseError) as refused:
            await service.create_table("refused")
    async with queues(running, issued, Identity(changed)) as queue_service:
        with pytest.raises(HttpResponseError) as refused_too:
            await queue_service.create_queue("refused")
    assert {refused.value.status_code, refused_too.value.status_code} <= {401, 403}


def test_it_stops_and_starts_again_on_the_same_ports(issued: Certificates, tmp_path: Path) -> None:
    first = azurite.start(tmp_path, issued)
    first.stop()
    assert not first.part.is_running
    second = azurite.start(tmp_path, issued, ports=first.ports)
    assert second.ports == first.ports
    second.stop()
