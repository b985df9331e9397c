"""An instance makes the calls of the release under which it began."""

from __future__ import annotations

from typing import Any

import pytest

from shared.workflow import predates
from tests.stories.tell import Context


@pytest.mark.parametrize(
    ("began", "version", "before"),
    [("1.0", "1.1", True), ("1.1", "1.1", False), ("1.10", "1.9", False), ("1.9", "1.10", True), ("", "1.1", True)],
)
def test_versions_are_compared_number_by_number(began: str, version: str, *, before: bool) -> None:
    context: Any = Context(began)
    assert predates(context, version) is before
