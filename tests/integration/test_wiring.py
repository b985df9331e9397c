"""Dependencies of a process: made when asked for, once, and closed together."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from local.azurite import Azurite
from shared.clock import FileClock, SystemClock
from shared.config import Settings, SettingsError
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies, dependencies, use
from shared.storage.tables import Tables
from tests.integration import things

ENVIRONMENT = {
    "DESKWRIGHT_TABLES_URL": "https://tables.invalid",
    "DESKWRIGHT_QUEUES_URL": "https://queues.invalid",
    "DESKWRIGHT_KEY_VAULT_URL": "https://vault.invalid",
    "DESKWRIGHT_PROVIDER_TENANT_ID": things.DIRECTORY,
    "DESKWRIGHT_API_AUDIENCE": things.DIRECTORY,
}
STRANGE = things.tenant(id="fabrikam", entra_tenant_id="00000000-0000-4000-8000-000000000001")


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A process that has not asked for its services yet."""
    for name in [name for name in os.environ if name.startswith("DESKWRIGHT_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "any")
    before = use(None)
    yield monkeypatch
    use(before)


@pytest.fixture
async def made(process: pytest.MonkeyPatch) -> AsyncIterator[Dependencies]:
    here = dependencies()
    yield here
    await here.close()


async def test_a_process_is_made_once(made: Dependencies) -> None:
    assert dependencies() is made
    assert made.cloud_pcs is made.cloud_pcs
    assert made.graph(things.tenant()) is made.graph(things.tenant())
    with on_behalf_of("contoso"):
        assert made.compute(things.SUBSCRIPTION) is made.compute(things.SUBSCRIPTION)
    assert made.queue("directory-changes") is made.queue("directory-changes")
    assert made.vault() is made.vault()


async def test_what_a_process_writes_is_noted_for_open_pages(made: Dependencies) -> None:
    assert made.tables.on_write == made.latest_writes.note


async def test_tenants_share_no_client_of_azure_and_so_no_token(made: Dependencies) -> None:
    with on_behalf_of("contoso"):
        contoso = made.compute(things.SUBSCRIPTION)
    with on_behalf_of("fabrikam"):
        assert made.compute(things.SUBSCRIPTION) is not contoso


async def test_azure_is_never_asked_on_nobodys_behalf(made: Dependencies) -> None:
    with pytest.raises(LookupError):
        made.compute(things.SUBSCRIPTION)


async def test_without_a_clock_file_the_system_tells_the_time(made: Dependencies) -> None:
    assert isinstance(made.clock, SystemClock)


def test_with_a_clock_file_the_file_tells_the_time(process: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "clock").write_bytes(b"DWCLOCK1" + bytes(120))
    process.setenv("DESKWRIGHT_CLOCK_FILE", str(tmp_path / "clock"))
    clock = dependencies().clock
    assert isinstance(clock, FileClock)
    clock.close()


def test_a_process_with_wrong_settings_does_not_start(process: pytest.MonkeyPatch) -> None:
    process.delenv("DESKWRIGHT_TABLES_URL")
    with pytest.raises(SettingsError, match="DESKWRIGHT_TABLES_URL: not set"):
        dependencies()


async def test_a_customers_directory_needs_the_app_that_customers_trust(made: Dependencies) -> None:
    with pytest.raises(DeclinedError) as declined:
        made.graph(STRANGE)
    assert declined.value.refused.final


async def test_a_customers_directory_is_not_the_providers(process: pytest.MonkeyPatch) -> None:
    process.setenv("DESKWRIGHT_APP_CLIENT_ID", "00000000-0000-4000-8000-000000000002")
    made = dependencies()
    assert made.graph(STRANGE) is not made.graph(things.tenant())
    await made.close()


async def test_ids_are_all_different(made: Dependencies) -> None:
    assert len({made.new_id() for _ in range(100)}) == 100


@pytest.mark.azurite
async def test_tables_are_made_when_first_missed(azurite_server: Azurite, tables: Tables) -> None:
    settings = Settings(
        tables_url=azurite_server.tables_url,
        queues_url=azurite_server.queues_url,
        key_vault_url="https://vault.invalid",
        provider_tenant_id=things.DIRECTORY,
        api_audience=things.DIRECTORY,
    )
    here = Dependencies(settings, SystemClock(), tables)
    assert [s async for s in here.policies.each("contoso")] == []
    assert await here.requests.newest("contoso") is None
    assert await here.timeline.entries("contoso", "pc") == []
