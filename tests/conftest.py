"""What every kind of test may ask for; slow things start once a session, when first asked for."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from azure_simulator.certificates import Certificates, issue
from hypothesis import settings

from local import azurite
from local.azurite import Azurite

# Other work on the machine must not fail a law that holds.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def functions() -> list[Any]:
    """All that the app registers; a process can ask only once (docs/notes/host.md 3.1)."""
    registered: list[Any] = import_module("function_app").app.get_functions()
    return registered


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Throw-away certificates; give ``connection_verify=str(certificates.bundle)`` to clients."""
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def azurite_server(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite in memory, over TLS, for tokens of ``tests.identities.Identity``.

    All tests of a session share it: each uses tables and queues that nobody else names.
    """
    started = azurite.start(tmp_path_factory.mktemp("azurite"), certificates)
    yield started
    started.stop()
