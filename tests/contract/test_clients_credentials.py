"""A customer's directory is read without a secret, by the app that trusts our managed identity."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import demo_seed

from shared.clients.credentials import FederatedCredential
from shared.clients.graph import Graph
from shared.contracts.outcomes import DeclinedError
from tests.contract.worker import Worker, working

pytestmark = pytest.mark.simulator
CUSTOMER = "6c2f0b9e-55d1-4c31-8d2e-7a6f2f1e9b02"
APP = "b7a0f1de-0d3c-4b5e-9a55-2f9a3c1d4e03"
IDENTITY = "00000000-aaaa-4aaa-8aaa-000000000001"


def tenants() -> list[dict[str, Any]]:
    home = demo_seed(5)["tenants"][0]
    app = {"displayName": "customers", "appId": APP, "roles": ["User.Read.All"]}
    home["apps"][0]["objectId"] = IDENTITY
    home["apps"].append({**app, "federatedCredentials": [{"subject": IDENTITY}]})
    people = [{"userPrincipalName": "ada@fabrikam.example", "displayName": "Ada"}]
    return [home, {"tenantId": CUSTOMER, "domain": "fabrikam.example", "apps": [app], "users": people}]


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch, profile="instant", tenants=tenants()) as found:
        yield found


async def directory(worker: Worker, app_client_id: str) -> AsyncIterator[Graph]:
    deps = worker.deps
    url = deps.settings.authority_url
    async with FederatedCredential(
        deps.credential, directory=CUSTOMER, app_client_id=app_client_id, authority_url=url
    ) as credential:
        found = Graph(credential, url, principal=app_client_id, directory=CUSTOMER, pacing=deps.pacing)
        yield found
        await found.close()


async def test_the_app_reads_the_customers_directory(worker: Worker) -> None:
    async for graph in directory(worker, APP):
        assert (await graph.user("ada@fabrikam.example")).display_name == "Ada"


async def test_the_app_has_only_the_permissions_that_the_customer_consented_to(worker: Worker) -> None:
    async for graph in directory(worker, APP):
        with pytest.raises(DeclinedError) as declined:
            await graph.devices("CPC-1")
        assert declined.value.refused.final
        assert "docs/permissions.md" in (declined.value.refused.advice or "")


async def test_without_the_customers_consent_the_refusal_has_advice(worker: Worker) -> None:
    async for graph in directory(worker, "00000000-0000-4000-8000-000000000009"):
        with pytest.raises(DeclinedError) as declined:
            await graph.user("ada@fabrikam.example")
        assert declined.value.refused.code == "AADSTS700016"
        assert "consent" in (declined.value.refused.advice or "")
