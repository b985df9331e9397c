"""What the tests of Deskwright and of the packages share; slow things start once a session, when first requested."""

import gc
import os
from collections.abc import Iterator

import pytest
from azure_simulator.certificates import Certificates, issue
from hypothesis import settings

from local import azurite
from local.azurite import Azurite

# Other work on the machine must not fail a property that holds. `make test` tries some examples, `make long` many.
settings.register_profile("some", deadline=None, print_blob=True, max_examples=30)
settings.register_profile("many", deadline=None, print_blob=True, max_examples=300)
settings.load_profile(os.environ.get("DESKWRIGHT_EXAMPLES", "some"))


def pytest_collection_finish() -> None:
    """Leave what was imported to itself: searching it for garbage takes half a second, every few tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Throw-away certificates; give ``connection_verify=str(certificates.bundle)`` to clients."""
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def azurite_server(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite in memory, over TLS; it accepts the tokens of any managed identity.

    All tests of a session share it: each uses tables and queues that no other test names.
    """
    started = azurite.start(tmp_path_factory.mktemp("azurite"), certificates)
    yield started
    started.stop()
