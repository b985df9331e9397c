"""Key Vault through the real azure-keyvault-secrets client, verification on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity.aio import ManagedIdentityCredential
from azure.keyvault.secrets.aio import SecretClient

from local.certificates import Certificates
from local.cloud.seeds import demo_seed
from tests.contract.running import Running, running

pytestmark = pytest.mark.simulator


@pytest.fixture
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running(certificates, monkeypatch) as found:
        yield found


@pytest.fixture
async def client(cloud: Running) -> AsyncIterator[SecretClient]:
    async with (
        ManagedIdentityCredential() as credential,
        SecretClient(cloud.url, credential, connection_verify=cloud.bundle, retry_total=0) as found,
    ):
        yield found


async def test_a_secret_comes_back_as_it_was_set(client: SecretClient) -> None:
    await client.set_secret("join-password", "s3cret & more", content_type="text/plain", tags={"a": "b"})
    found = await client.get_secret("join-password")
    assert (found.value, found.properties.content_type, found.properties.tags) == (
        "s3cret & more",
        "text/plain",
        {"a": "b"},
    )


async def test_setting_again_makes_a_version_and_keeps_the_old_one(client: SecretClient) -> None:
    # learn.microsoft.com/azure/key-vault/secrets/about-secrets: every set is a new version
    first = await client.set_secret("rotated", "one")
    await client.set_secret("rotated", "two")
    assert (await client.get_secret("rotated")).value == "two"
    assert (await client.get_secret("rotated", first.properties.version)).value == "one"
    versions = [each async for each in client.list_properties_of_secret_versions("rotated")]
    assert len({each.version for each in versions}) == 2


async def test_a_disabled_version_is_forbidden(client: SecretClient) -> None:
    # learn.microsoft.com/rest/api/keyvault/secrets/get-secret: SecretDisabled
    await client.set_secret("disabled", "x")
    await client.update_secret_properties("disabled", enabled=False)
    with pytest.raises(HttpResponseError, match="disabled") as caught:
        await client.get_secret("disabled")
    assert caught.value.status_code == 403


async def test_a_missing_secret_is_not_found(client: SecretClient) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        await client.get_secret("nothing")
    assert caught.value.error is not None
    assert caught.value.error.code == "SecretNotFound"


async def test_a_deleted_name_is_taken_until_recovered_or_purged(client: SecretClient) -> None:
    # learn.microsoft.com/azure/key-vault/general/soft-delete-overview
    await client.set_secret("soft", "x")
    await client.delete_secret("soft")
    with pytest.raises(ResourceExistsError):
        await client.set_secret("soft", "y")
    await client.recover_deleted_secret("soft")
    assert (await client.get_secret("soft")).value == "x"
    await client.delete_secret("soft")
    await client.purge_deleted_secret("soft")
    await client.set_secret("soft", "z")


async def test_lists_go_on_over_pages_without_values(client: SecretClient) -> None:
    for number in range(30):
        await client.set_secret(f"page-{number:02d}", "x")
    names = [each.name async for each in client.list_properties_of_secrets()]
    assert len(names) == len(set(names)) == 30


async def test_without_permission_it_is_403(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = demo_seed(5)["tenants"][0]
    tenant["apps"] = [{"displayName": "reader", "managedIdentity": True, "keyVault": ["get"]}]
    async with (
        running(certificates, monkeypatch, tenants=[tenant]) as cloud,
        ManagedIdentityCredential() as credential,
        SecretClient(cloud.url, credential, connection_verify=cloud.bundle, retry_total=0) as client,
    ):
        with pytest.raises(HttpResponseError, match="secrets set permission") as caught:
            await client.set_secret("a", "b")
    assert caught.value.status_code == 403


async def test_too_many_requests_name_no_time_to_wait(cloud: Running, client: SecretClient) -> None:
    # learn.microsoft.com/azure/key-vault/general/overview-throttling: exponential back-off is up to the client
    await client.set_secret("busy", "x")
    await cloud.sim("buckets/close", {"policy": "KeyVault", "seconds": 10})
    with pytest.raises(HttpResponseError) as caught:
        await client.get_secret("busy")
    headers = getattr(caught.value.response, "headers", {})
    assert (caught.value.status_code, "Retry-After" in headers) == (429, False)
    cloud.advance(11)
    assert (await client.get_secret("busy")).value == "x"


async def test_secrets_survive_a_restart_and_are_unreadable_in_the_journal(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    for value in ("hidden-value-1", None):
        async with (
            running(certificates, monkeypatch, journal=journal) as cloud,
            ManagedIdentityCredential() as credential,
            SecretClient(cloud.url, credential, connection_verify=cloud.bundle) as client,
        ):
            if value:
                await client.set_secret("kept", value)
            assert (await client.get_secret("kept")).value == "hidden-value-1"
    assert b"hidden-value-1" not in journal.read_bytes()
    assert b"demo-join-password" not in journal.read_bytes()
