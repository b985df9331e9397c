"""No call to a cloud waits for minutes: its row of a sweep would, and its worker."""

from types import SimpleNamespace
from typing import Any

from shared.clients.key_vault import Vault
from shared.clients.pipeline import transport


def test_a_call_gets_ten_seconds_to_connect_and_sixty_for_its_answer() -> None:
    made: Any = transport()
    assert (made.connection_config.timeout, made.connection_config.read_timeout) == (10, 60)


def test_so_does_a_call_to_the_vault() -> None:
    clock: Any = SimpleNamespace(clock=None)
    credential: Any = SimpleNamespace(get_token=None)
    vault: Any = Vault(credential, "https://v.vault.azure.net", pacing=clock)
    config = vault._client._client._client._pipeline._transport.connection_config
    assert (config.timeout, config.read_timeout) == (10, 60)
