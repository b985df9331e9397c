"""The simulated cloud's tokens open Azurite, as Azure's tokens open a storage account."""

from collections.abc import AsyncIterator

import pytest
from azure.data.tables.aio import TableServiceClient
from azure.identity.aio import ManagedIdentityCredential
from azure_simulator.certificates import Certificates

from local.azurite import Azurite
from packages.azure_simulator.tests.contract.running import Running, running

pytestmark = pytest.mark.simulator


@pytest.fixture
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running(certificates, monkeypatch) as found:
        yield found


@pytest.mark.azurite
async def test_azurite_accepts_the_token_for_storage(
    cloud: Running, azurite_server: Azurite, certificates: Certificates
) -> None:
    # `--oauth basic` checks iss, aud, nbf, exp and iat of the token
    async with (
        ManagedIdentityCredential() as credential,
        TableServiceClient(
            azurite_server.tables_url, credential=credential, connection_verify=str(certificates.bundle)
        ) as client,
    ):
        assert (await client.create_table("tokensOfTheCloud")).table_name == "tokensOfTheCloud"
