"""Key Vault's data plane through SecretClient: sync and aio alike."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from azure.keyvault import secrets
from azure.keyvault.secrets import aio

from packages.azure_simulator.tests.contract.blocking import BlockingClients
from packages.azure_simulator.tests.contract.sdk import refused
from packages.azure_simulator.tests.contract.shared import AioCredential, Credential, SharedCloud

pytestmark = pytest.mark.simulator


@pytest.fixture(params=["sync", "aio"])
def vault(request: pytest.FixtureRequest, shared_cloud: SharedCloud) -> Iterator[Any]:
    """A client of the vault; its answer to the first, empty request is the challenge."""
    blocking = BlockingClients(request.param)
    credential: Any = Credential(shared_cloud) if request.param == "sync" else AioCredential(shared_cloud)
    made: Any = secrets.SecretClient if request.param == "sync" else aio.SecretClient
    client = made(shared_cloud.url, credential, connection_verify=shared_cloud.bundle, retry_total=0)
    yield blocking.wrap("vault", client)
    blocking.close()


@pytest.fixture
def name() -> str:
    """The name of a secret that no other test has."""
    return f"s{uuid4().hex[:12]}"


def delete(vault: Any, name: str) -> None:
    """Wait for a deletion: sync clients give a poller, aio clients wait themselves."""
    if hasattr(vault, "begin_delete_secret"):
        vault.begin_delete_secret(name).result()
    else:
        vault.delete_secret(name)


def recover(vault: Any, name: str) -> None:
    """Wait for a recovery."""
    if hasattr(vault, "begin_recover_deleted_secret"):
        vault.begin_recover_deleted_secret(name).result()
    else:
        vault.recover_deleted_secret(name)


def test_a_secret_has_versions_and_properties(vault: Any, name: str) -> None:
    first = vault.set_secret(name, "one", content_type="text/plain", tags={"a": "b"})
    vault.set_secret(name, "two")
    assert vault.get_secret(name).value == "two"
    assert vault.get_secret(name, first.properties.version).value == "one"
    assert len(list(vault.list_properties_of_secret_versions(name))) == 2
    assert name in [each.name for each in vault.list_properties_of_secrets()]


def test_a_disabled_version_is_refused(vault: Any, name: str) -> None:
    vault.set_secret(name, "x")
    vault.update_secret_properties(name, enabled=False)
    error = refused(lambda: vault.get_secret(name))
    assert (error.status, error.code) == (403, "Forbidden")


def test_what_is_deleted_can_be_recovered_or_purged(vault: Any, name: str) -> None:
    vault.set_secret(name, "x")
    delete(vault, name)
    assert vault.get_deleted_secret(name).name == name
    assert name in [each.name for each in vault.list_deleted_secrets()]
    assert refused(lambda: vault.get_secret(name)).code == "SecretNotFound"
    assert refused(lambda: vault.set_secret(name, "y")).status == 409
    recover(vault, name)
    assert vault.get_secret(name).value == "x"
    delete(vault, name)
    vault.purge_deleted_secret(name)
    assert vault.set_secret(name, "z").value == "z"
