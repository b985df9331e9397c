"""A value set on an ``Out[str]`` is sent as by Azure's queue binding."""

from typing import Any

import pytest
from functions_host.functions.generic_binding import GenericConverter
from functions_host.functions.outputs import _bodies


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("tëxt", ["tëxt"]),
        (b"raw", ["raw"]),
        (3, ["3"]),
        (0.5, ["0.5"]),
        ({"a": 1}, ['{\n  "a": 1\n}']),
        (["one", {"b": 2}, 3], ["one", '{\n  "b": 2\n}', "3"]),
    ],
)
def test_outputs_are_sent_as_messages(value: Any, sent: list[str]) -> None:
    datum = GenericConverter.encode(value, expected_type=None)
    assert [body.decode() for body in _bodies(datum)] == sent


def test_an_output_that_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(TypeError, match='unsupported type "generic" for Python type "object"'):
        GenericConverter.encode(object(), expected_type=None)
