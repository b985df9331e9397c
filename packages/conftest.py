"""The tests of the packages use the fixtures of the repository."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.plugin")
