"""Fixtures of the tests of the app."""

from typing import Any

import pytest

from tests.implementations import registered


@pytest.fixture(scope="session")
def functions() -> list[Any]:
    """All functions that the app registers."""
    return registered()
