"""What a function sets on an ``Out[str]`` becomes the messages that Azure's queue binding sends."""

from typing import Any

import pytest
from functions_host.generic import GenericConverter
from functions_host.outputs import _bodies


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("tëxt", ["tëxt"]),
        (b"raw", ["raw"]),
        (3, ["3"]),
        (0.5, ["0.5"]),
        ({"a": 1}, ['{"a": 1}']),
        (["one", {"b": 2}, 3], ["one", '{"b": 2}', "3"]),
    ],
)
def test_what_is_set_is_sent(value: Any, sent: list[str]) -> None:
    datum = GenericConverter.encode(value, expected_type=None)
    assert [body.decode() for body in _bodies(datum)] == sent


def test_what_has_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match='unsupported type "generic" for Python type "object"'):
        GenericConverter.encode(object(), expected_type=None)
