"""Azure through its real SDK clients: the simulated one, or a real subscription.

With DESKWRIGHT_CONTRACT_SUBSCRIPTION set, the tests that do not steer the simulator (no `simulator`
mark) run against that subscription with DefaultAzureCredential; the others are skipped.
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

from local.certificates import Certificates
from tests.contract.azure import Azure
from tests.contract.running import SUBSCRIPTION, Running, running

REAL = os.environ.get("DESKWRIGHT_CONTRACT_SUBSCRIPTION", "")


@pytest.fixture
async def perhaps_simulated(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running | None]:
    """A cloud without latencies, whose clock moves by hand; None when Azure is the real one."""
    if REAL:
        yield None
        return
    async with running(certificates, monkeypatch, profile="instant") as found:
        yield found


@pytest.fixture
def simulated(perhaps_simulated: Running | None) -> Running:
    """The simulator, for tests that steer it."""
    if perhaps_simulated is None:
        pytest.skip("steers the simulator")
    return perhaps_simulated


@pytest.fixture
async def azure(perhaps_simulated: Running | None) -> AsyncIterator[Azure]:
    """The SDK clients, and a resource group of the test's own."""
    cloud = perhaps_simulated
    async with AsyncExitStack() as stack:
        if cloud is None:
            credential = await stack.enter_async_context(DefaultAzureCredential())
            connected = Azure.connect(credential, REAL)
        else:
            identity = await stack.enter_async_context(ManagedIdentityCredential())
            connected = Azure.connect(identity, SUBSCRIPTION, url=cloud.url, bundle=cloud.bundle)
        found = await stack.enter_async_context(connected)
        await found.make_group()
        yield found
        await found.drop_group()
