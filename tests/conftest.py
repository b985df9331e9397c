"""Fixtures of the tests of the app."""

from typing import Any

import pytest

from tests.implementations import registered


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.plugin")


@pytest.fixture(scope="session")
def functions() -> list[Any]:
    """All functions that the app registers."""
    return registered()
