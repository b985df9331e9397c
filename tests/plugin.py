"""Fixtures shared by the tests of Deskwright and of the packages; slow things start once a session, on demand.

The conftest.py of each folder of tests loads this plugin, so that it is there whichever folder a run begins with.
"""

import gc
import itertools
import os
from collections.abc import Iterator

import pytest
from azure_simulator.certificates import Certificates, issue
from hypothesis import settings

from local import azurite
from local.azurite import Azurite
from tests import ordering
from tests.e2e import outcomes

# Other work on the machine must not fail a property that holds. `make test` tries some examples, `make long` many.
settings.register_profile("some", deadline=None, print_blob=True, max_examples=30)
settings.register_profile("many", deadline=None, print_blob=True, max_examples=300)
settings.load_profile(os.environ.get("DESKWRIGHT_EXAMPLES", "some"))


_OUTCOMES = outcomes.Notes()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record each test that passed on a host, and its duration."""
    _OUTCOMES.add(report)


def pytest_sessionfinish() -> None:
    """Keep the notes for the table: ``python -m tests.e2e.outcomes``."""
    _OUTCOMES.write(outcomes.FOLDER, os.environ.get("DESKWRIGHT_E2E_HOST") or "embedded")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: workers to which the Makefile gives files in this order end together."""
    items[:] = ordering.longest_first(items)


def pytest_collection_finish() -> None:
    """Keep imported objects out of Python's collector, whose search takes half a second every few tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Throw-away certificates; give ``connection_verify=str(certificates.bundle)`` to clients."""
    return issue(tmp_path_factory.mktemp("certificates"))


_TEST_ACCOUNTS = tuple(f"tests{number}" for number in range(1, 51))


@pytest.fixture(scope="session")
def accounts_of_tests() -> Iterator[str]:
    """Accounts of the session's Azurite for tests that have tables of their own: many, one after the other."""
    return itertools.cycle(_TEST_ACCOUNTS)


@pytest.fixture(scope="session")
def accounts() -> list[str]:
    """The further accounts of the session's Azurite, one for each stack: whoever takes one removes it."""
    return [f"stack{number}" for number in range(1, 500)]


@pytest.fixture(scope="session")
def azurite_server(
    certificates: Certificates, accounts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Azurite]:
    """Azurite in memory, over TLS; it accepts the tokens of any managed identity.

    All tests of a session share it: each uses tables and queues that no other test names, and each stack an account.
    """
    started = azurite.start(tmp_path_factory.mktemp("azurite"), certificates, further=(*_TEST_ACCOUNTS, *accounts))
    yield started
    started.stop()
