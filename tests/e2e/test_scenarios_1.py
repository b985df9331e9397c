"""The first part of the failure scenarios, each played against the whole service."""

from __future__ import annotations

import pytest

from local.stack import Stack
from tests.e2e.scenes import hurried, parts, see

pytestmark = [pytest.mark.e2e, pytest.mark.long]
__all__ = ["hurried"]


@pytest.mark.parametrize("name", parts()[0])
def test_it_ends_as_its_file_says(hurried: Stack, name: str) -> None:
    see(hurried, name)
