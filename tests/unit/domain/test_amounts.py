"""Numbers of things have the plural that people expect."""

import pytest

from shared.domain.values import amount


@pytest.mark.parametrize(("count", "text"), [(0, "0 Cloud PCs"), (1, "1 Cloud PC"), (2, "2 Cloud PCs")])
def test_one_thing_is_singular(count: int, text: str) -> None:
    assert amount(count, "Cloud PC") == text
