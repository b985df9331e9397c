"""Fixtures of the whole suite."""

import os

import pytest
from azure_simulator.certificates import Certificates, issue
from hypothesis import settings

from packages.azure_simulator.tests.answers import answers_fit

__all__ = ["answers_fit"]

# Other work on the machine must not fail a property that holds. `make test` tries some examples, `make long` many.
settings.register_profile("some", deadline=None, print_blob=True, max_examples=30)
settings.register_profile("many", deadline=None, print_blob=True, max_examples=300)
settings.load_profile(os.environ.get("DESKWRIGHT_EXAMPLES", "some"))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Throw-away certificates; give ``connection_verify=str(certificates.bundle)`` to clients."""
    return issue(tmp_path_factory.mktemp("certificates"))
