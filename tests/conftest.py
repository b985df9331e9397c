"""What the tests of the app may ask for."""

from typing import Any

import pytest

from tests.implementations import registered


@pytest.fixture(scope="session")
def functions() -> list[Any]:
    """All that the app registers."""
    return registered()
