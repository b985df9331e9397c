"""Fixtures of the whole suite."""

import pytest
from azure_simulator.certificates import Certificates, issue
from hypothesis import settings

from packages.azure_simulator.tests.answers import answers_fit

__all__ = ["answers_fit"]

# Other work on the machine must not fail a property that holds.
settings.register_profile("azure_simulator", deadline=None, print_blob=True)
settings.load_profile("azure_simulator")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Throw-away certificates; give ``connection_verify=str(certificates.bundle)`` to clients."""
    return issue(tmp_path_factory.mktemp("certificates"))
