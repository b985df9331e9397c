"""The failure scenarios of change notifications, each played against a whole service that is told of changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.e2e.conftest import options_of
from tests.e2e.scenes import hurry, parts, see

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("listening"), options_of(notifications=True)) as stack:
        yield from hurry(stack)


@pytest.mark.parametrize("name", parts()[3])
def test_it_ends_as_its_file_says(listening: Stack, name: str) -> None:
    see(listening, name)
