"""Key Vault through the real azure-keyvault-secrets client, verification on."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential as SyncManagedIdentity
from azure.identity.aio import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient as SyncSecretClient
from azure.keyvault.secrets.aio import SecretClient
from azure_simulator.certificates import Certificates
from azure_simulator.core.times import SECOND
from azure_simulator.seeds import demo_seed

from packages.azure_simulator.tests.contract.running import Running, running

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


async def test_setting_again_adds_a_version_beside_the_old_one(client: SecretClient) -> None:
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


async def test_dates_are_informative_unless_configured_otherwise(cloud: Running, client: SecretClient) -> None:
    # learn.microsoft.com/azure/key-vault/secrets/about-secrets#date-time-controlled-operations
    now = datetime.fromtimestamp(cloud.cloud.world.now_us / SECOND, UTC)
    hour = timedelta(hours=1)
    await client.set_secret("over", "a", expires_on=now - hour)
    await client.set_secret("early", "b", not_before=now + hour)
    assert [(await client.get_secret(name)).value for name in ("over", "early")] == ["a", "b"]
    await cloud.sim("config", {"vault": {"refuseOutsideDates": True}})
    for name, code in (("over", "SecretExpired"), ("early", "SecretNotYetValid")):
        with pytest.raises(HttpResponseError) as refused:
            await client.get_secret(name)
        assert (refused.value.status_code, inner(refused.value)) == (403, code)
    cloud.advance(3_600)
    assert (await client.get_secret("early")).value == "b"


def inner(error: HttpResponseError) -> str:
    assert error.response is not None
    return str(json.loads(error.response.text())["error"]["innererror"]["code"])


@pytest.mark.parametrize(
    "attributes", [{"enabled": "yes"}, {"exp": "tomorrow"}, {"nbf": 5, "exp": 4}, {"exp": True}], ids=str
)
async def test_attributes_that_make_no_sense_are_refused(cloud: Running, attributes: dict[str, Any]) -> None:
    token = await cloud.token("https://vault.azure.net")
    body = {"value": "x", "attributes": attributes}
    headers = {"Authorization": f"Bearer {token}"}
    answer = await cloud.call("PUT", "/secrets/x?api-version=7.4", json=body, headers=headers)
    assert (answer.status, answer.error) == (400, "BadParameter")
    tags = {"value": "x", "tags": {f"tag{number}": "x" for number in range(16)}}
    answer = await cloud.call("PUT", "/secrets/x?api-version=7.4", json=tags, headers=headers)
    assert (answer.status, answer.error) == (400, "BadParameter")
    answer = await cloud.call("GET", "/secrets/x?api-version=1.0", headers=headers)
    assert (answer.status, answer.error) == (400, "BadParameter")


async def test_deleting_and_recovering_take_their_time(cloud: Running, client: SecretClient) -> None:
    # the SDK's poller reads the other collection until it has the secret
    await client.set_secret("slow", "a")
    await cloud.sim("config", {"latency": {"vault.delete": {"value": 5}, "vault.recover": {"value": 5}}})
    token = await cloud.token("https://vault.azure.net")
    headers, version = {"Authorization": f"Bearer {token}"}, "api-version=7.4"
    await cloud.call("DELETE", f"/secrets/slow?{version}", headers=headers)

    async def seen() -> list[int]:
        paths = (f"/secrets/slow?{version}", f"/deletedsecrets/slow?{version}")
        return [(await cloud.call("GET", path, headers=headers)).status for path in paths]

    assert await seen() == [404, 404]
    with pytest.raises(ResourceExistsError, match="being deleted"):
        await client.set_secret("slow", "b")
    with pytest.raises(ResourceExistsError, match="being deleted"):  # recorded for keys: test_keyvault_softdelete
        await client.recover_deleted_secret("slow")
    cloud.advance(5)
    assert await seen() == [404, 200]
    await cloud.call("POST", f"/deletedsecrets/slow/recover?{version}", headers=headers)
    assert await seen() == [404, 404]
    cloud.advance(5)
    assert await seen() == [200, 404]


async def test_after_ninety_days_a_deleted_name_is_free(cloud: Running, client: SecretClient) -> None:
    await client.set_secret("old", "a")
    await client.delete_secret("old")
    cloud.advance(91 * 86_400)
    assert [each async for each in client.list_deleted_secrets()] == []
    assert (await client.set_secret("old", "b")).value == "b"


@pytest.mark.parametrize(("rbac", "code"), [(0, "ForbiddenByPolicy"), (1, "ForbiddenByRbac")])
async def test_permissions_can_be_removed_during_a_run(
    cloud: Running, client: SecretClient, rbac: int, code: str
) -> None:
    await client.set_secret("mine", "a")
    await cloud.sim("config", {"vault": {"denied": ["get"], "rbac": rbac}})
    with pytest.raises(HttpResponseError) as refused:
        await client.get_secret("mine")
    assert (refused.value.status_code, inner(refused.value)) == (403, code)
    await cloud.sim("config", {"vault": {"denied": None}})
    assert (await client.get_secret("mine")).value == "a"


async def test_the_sync_client_works_as_well(cloud: Running) -> None:
    def use() -> tuple[str | None, int]:
        with (
            SyncManagedIdentity() as credential,
            SyncSecretClient(cloud.url, credential, connection_verify=cloud.bundle, retry_total=0) as client,
        ):
            client.set_secret("sync", "a")
            client.set_secret("sync", "b")
            versions = list(client.list_properties_of_secret_versions("sync"))
            client.begin_delete_secret("sync").wait()
            client.begin_recover_deleted_secret("sync").wait()
            return client.get_secret("sync").value, len(versions)

    assert await asyncio.to_thread(use) == ("b", 2)


async def test_a_missing_secret_is_not_found(client: SecretClient) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        await client.get_secret("nothing")
    assert caught.value.error is not None
    assert caught.value.error.code == "SecretNotFound"


async def test_a_deleted_name_is_reserved_until_it_is_recovered_or_purged(client: SecretClient) -> None:
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


async def test_a_secret_that_exists_is_not_recovered(client: SecretClient) -> None:
    # recorded: Azure/azure-cli, keyvault/test_keyvault_softdelete (2023)
    await client.set_secret("kept", "a")
    with pytest.raises(HttpResponseError) as caught:
        await client.recover_deleted_secret("kept")
    assert caught.value.error is not None
    assert (caught.value.status_code, caught.value.error.code) == (400, "MethodNotAllowed")


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
