"""What the tests of the app may ask for."""

from importlib import import_module
from typing import Any

import pytest


@pytest.fixture(scope="session")
def functions() -> list[Any]:
    """All that the app registers; a process can ask only once (docs/notes/host.md 3.1)."""
    registered: list[Any] = import_module("function_app").app.get_functions()
    return registered
