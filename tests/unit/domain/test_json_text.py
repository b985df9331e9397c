"""JSON from outside has one meaning only."""

import json

import pytest

from shared.domain.json_text import read_json
from shared.errors import InvalidError


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('{"a": 1, "a": 1}', "/a"),
        ('{"a": 1, "\\u0061": 2}', "/a"),
        ('{"": 1, "": 2}', "/"),
        ('{"x": [[], {}, {"y": {"a/b~": 1, "a/b~": 2}}]}', "/x/2/y/a~1b~0"),
        ('{"a": {"b": 1, "b": 2}, "a": 3}', "/a"),
        ('[{"a": 1}, {"a": 1}, {"a": 1, "b": 2, "a": 3}]', "/2/a"),
    ],
)
def test_a_member_that_is_named_twice_is_refused_by_its_pointer(text: str, pointer: str) -> None:
    with pytest.raises(InvalidError) as raised:
        read_json(text)
    assert [problem.pointer for problem in raised.value.problems] == [pointer]


@pytest.mark.parametrize("depth", [1, 90, 300])
def test_however_deep_it_is(depth: int) -> None:
    text = '{"a":' * depth + '{"b":1,"b":2}' + "}" * depth
    with pytest.raises(InvalidError) as raised:
        read_json(text)
    assert raised.value.problems[0].pointer == "/a" * depth + "/b"


def test_a_wide_and_deep_text_is_read_in_a_moment_of_memory() -> None:
    """A pointer for each place of this text would take gigabytes."""
    text = '{"a":' * 300 + "[" + "1," * 300_000 + '{"b":1,"b":2}]' + "}" * 300
    with pytest.raises(InvalidError) as raised:
        read_json(text)
    assert raised.value.problems[0].pointer == "/a" * 300 + "/300000/b"


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "", "{", "9" * 5000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"a": {"a": [{"a": 1}, {"a": 2}]}}], ids=json.dumps)
def test_everything_else_is_read_as_it_is(value: object) -> None:
    assert read_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (r'{"a": "\ud800"}', "/a"),
        (r'{"a": [1, {"b": "x\uDFFFy"}]}', "/a/1/b"),
        (r'{"a": {"\udc00": 1}}', "/a"),
        (r'"\ud83d"', ""),
    ],
)
def test_half_of_a_character_is_refused_by_its_pointer_where_texts_are_kept(text: str, place: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_json(text, whole=True)
    assert [problem.pointer for problem in refused.value.problems] == [place]
    read_json(text)


def test_a_character_in_two_escapes_is_whole() -> None:
    assert read_json(r'{"a": "\ud83d\ude00", "b": "\u00e9"}', whole=True) == {"a": "\U0001f600", "b": "\u00e9"}
