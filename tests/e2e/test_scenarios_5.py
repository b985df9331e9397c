"""The failure scenarios of virtual desktops, each played against the whole service."""

from __future__ import annotations

import pytest

from local.play import begins_at, find
from local.stack import Stack
from tests.e2e.conftest import StartStack
from tests.e2e.scenes import hurried, parts, see

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(2_400)]
__all__ = ["hurried"]


@pytest.mark.parametrize("name", parts()[4])
def test_it_ends_as_its_file_says(hurried: Stack, name: str) -> None:
    see(hurried, name)


def test_the_clocks_go_forward_in_a_stack_of_that_night(start_stack: StartStack) -> None:
    see(start_stack(begins=begins_at(find("55"))), "55")
