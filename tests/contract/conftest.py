"""Azure through its real SDK clients: the simulated one, or a real subscription.

With DESKWRIGHT_CONTRACT_SUBSCRIPTION set, the tests that ask for `azure` and do not steer the simulator run
against that subscription with DefaultAzureCredential. All others are skipped: those marked `simulator`, and
those that bring a cloud of their own.
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

from local.certificates import Certificates
from tests.contract.azure import Azure
from tests.contract.running import SUBSCRIPTION, Running, running

REAL = os.environ.get("DESKWRIGHT_CONTRACT_SUBSCRIPTION", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what needs the simulator away from a real subscription."""
    if not REAL:
        return
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and _needs_simulator(item):
            item.add_marker(pytest.mark.skip(reason="needs the simulated cloud; this run is for a real subscription"))


def _needs_simulator(item: pytest.Item) -> bool:
    asked: list[str] = getattr(item, "fixturenames", [])
    return item.get_closest_marker("simulator") is not None or "azure" not in asked or "simulated" in asked


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
