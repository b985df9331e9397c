"""No call to a cloud waits for minutes: its row of a sweep would, and its worker. Nor does a request for a token."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from shared.clients.arm import ArmClients
from shared.clients.credentials import FederatedCredential, own_credential
from shared.clients.graph import Graph
from shared.clients.key_vault import Vault
from shared.clients.pipeline import transport
from shared.clients.storage import Blobs, queue_client
from shared.storage.tables import Tables

NOBODY: Any = SimpleNamespace(get_token=None, get_token_info=None)
NO_PACING: Any = SimpleNamespace(clock=None)
CLOUD, STORAGE = (10, 60), (5, 30)
SITE = "https://x.example"


def identity() -> Any:
    made: Any = own_credential("an-identity", identity_endpoint=True)
    return made._credential._client._pipeline


def identity_of_the_system() -> Any:
    made: Any = own_credential(None, identity_endpoint=True)
    return made._credential._client._pipeline


def developer() -> Any:
    made: Any = own_credential(None, identity_endpoint=False)
    return made.credentials[0]._credential._client._pipeline


def customer() -> Any:
    made: Any = FederatedCredential(NOBODY, directory="d", app_client_id="a", authority_url=SITE)
    return made._inner._client._pipeline


TOKENS = [identity, identity_of_the_system, developer, customer]


def graph() -> Any:
    return Graph(NOBODY, SITE, principal="p", directory="d", pacing=NO_PACING)._client._pipeline


def resource_manager() -> Any:
    return SimpleNamespace(
        _transport=ArmClients(lambda _: NOBODY, url=SITE, principal="p", pacing=NO_PACING)._transport
    )


def vault() -> Any:
    made: Any = Vault(NOBODY, "https://v.vault.azure.net", pacing=NO_PACING)
    return made._client._client._client._pipeline


def exports() -> Any:
    made: Any = Blobs(SITE, lambda: NOBODY, "c")._client()
    return made._pipeline


def queue() -> Any:
    made: Any = queue_client(NOBODY, SITE, "q")
    return made._pipeline


def tables() -> Any:
    made: Any = Tables(SITE, lambda: NOBODY).service()
    return made._client._client._pipeline


@pytest.fixture(autouse=True)
def hosted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a managed identity be there, as on Azure."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", SITE)
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [*((each, CLOUD) for each in (*TOKENS, graph, resource_manager, vault, exports, queue)), (tables, STORAGE)],
)
async def test_a_call_gets_seconds_to_connect_and_a_minute_at_most_for_its_answer(
    pipeline: Callable[[], Any], expected: tuple[int, int]
) -> None:
    config = pipeline()._transport.connection_config
    assert (config.timeout, config.read_timeout) == expected


def test_so_does_the_transport_of_every_other() -> None:
    made: Any = transport()
    assert (made.connection_config.timeout, made.connection_config.read_timeout) == CLOUD


@pytest.mark.parametrize("pipeline", TOKENS)
async def test_a_token_is_asked_for_again_twice(pipeline: Callable[[], Any]) -> None:
    found = [each.total_retries for each in pipeline()._impl_policies if hasattr(each, "total_retries")]
    assert found == [2]
