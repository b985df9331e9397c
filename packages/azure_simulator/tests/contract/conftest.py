"""Azure through its real SDK clients: the simulated one, or a real subscription.

With DESKWRIGHT_CONTRACT_SUBSCRIPTION set, the tests that ask for `azure` or `sdk` and do not steer the simulator
run against that subscription with DefaultAzureCredential. All others are skipped: those marked `simulator`, and
those that start a cloud of their own. CONTRIBUTING.md explains how, and what it costs.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from azure import identity
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import demo_seed

from packages.azure_simulator.tests.contract.azure import Azure
from packages.azure_simulator.tests.contract.blocking import BlockingClients
from packages.azure_simulator.tests.contract.receiver import Receiver, receiving
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION, Running, running
from packages.azure_simulator.tests.contract.sdk import Sdk, group_of_its_own, open_clients
from packages.azure_simulator.tests.contract.shared import AioCredential, Credential, Shared, SharedCloud

REAL = os.environ.get("DESKWRIGHT_CONTRACT_SUBSCRIPTION", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests that need the simulator when they run in a real subscription."""
    if not REAL:
        return
    folder = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(folder) and _needs_simulator(item):
            item.add_marker(pytest.mark.skip(reason="needs the simulated cloud; this run is for a real subscription"))


def _needs_simulator(item: pytest.Item) -> bool:
    used: list[str] = getattr(item, "fixturenames", [])
    neither = not {"azure", "sdk"} & set(used)
    return (
        item.get_closest_marker("simulator") is not None or neither or bool({"simulated", "shared_cloud"} & set(used))
    )


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
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """A simulated cloud without latencies, for tests that cannot use a real subscription."""
    async with running(certificates, monkeypatch, profile="instant") as found:
        yield found


@pytest.fixture
async def administered(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """The same, where the managed identity has all rights."""
    tenant = demo_seed()["tenants"][0]
    tenant["apps"] = [{"displayName": "administrator", "managedIdentity": True, "roles": ["*"]}]
    async with running(certificates, monkeypatch, profile="instant", tenants=[tenant]) as found:
        yield found


@pytest.fixture
async def receiver(certificates: Certificates) -> AsyncIterator[Receiver]:
    """The receiver of change notifications."""
    async with receiving(certificates) as found:
        yield found


@pytest.fixture
def simulated(perhaps_simulated: Running | None) -> Running:
    """The simulator, for tests that control it."""
    if perhaps_simulated is None:
        pytest.skip("controls the simulator")
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


@pytest.fixture(scope="session")
def perhaps_shared(certificates: Certificates) -> Iterator[SharedCloud | None]:
    """The cloud that all tests of a session share; None when Azure is the real one."""
    if REAL:
        yield None
        return
    shared = Shared(certificates)
    found = shared.start()
    yield found
    shared.stop()


@pytest.fixture
def shared_cloud(perhaps_shared: SharedCloud | None) -> SharedCloud:
    """The shared simulator, for tests that inspect it."""
    if perhaps_shared is None:
        pytest.skip("inspects the simulator")
    return perhaps_shared


@pytest.fixture(scope="session", params=["sync", "aio"])
def clients(request: pytest.FixtureRequest, perhaps_shared: SharedCloud | None) -> Iterator[Sdk]:
    """The official clients, opened once for each flavour."""
    blocking = BlockingClients(request.param)
    if perhaps_shared is None:
        real = identity.DefaultAzureCredential() if request.param == "sync" else DefaultAzureCredential()
        yield open_clients(blocking, real, REAL, polling_interval=5)
    else:
        credential = Credential(perhaps_shared) if request.param == "sync" else AioCredential(perhaps_shared)
        options = {"base_url": perhaps_shared.url, "connection_verify": perhaps_shared.bundle, "polling_interval": 0}
        yield open_clients(blocking, credential, SUBSCRIPTION, **options)
    blocking.close()


@pytest.fixture
def sdk(request: pytest.FixtureRequest, clients: Sdk) -> Iterator[Sdk]:
    """The clients with a resource group of the test's own; a test must have called the operations that it covers."""
    clients.blocking.seen.clear()
    failures = request.session.testsfailed
    with group_of_its_own(clients):
        yield clients
    if request.session.testsfailed == failures:
        assert set(getattr(request.function, "covers", ())) <= clients.blocking.seen
