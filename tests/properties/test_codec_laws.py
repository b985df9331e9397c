"""A value written into a row is read from it unchanged."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.values import Value
from shared.storage.codec import Codec, escaped, joined, parts
from shared.storage.tables import Row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Note(Value):
    id: str
    words: dict[str, Any]


@given(st.text(), st.dictionaries(st.text(), JSON))
def test_a_value_is_read_as_it_was_written(id: str, words: dict[str, Any]) -> None:  # noqa: A002 - the field's name
    codec, note = Codec(Note), Note(id=id, words=words)
    assert codec.value(codec.row(note, "contoso", id)) == Note.model_validate(note.to_json())


@given(st.text(min_size=1, max_size=30), st.integers(0, 2_000))
def test_what_was_split_is_joined_again(words: str, often: int) -> None:
    text = words * often
    row: Row = dict(parts({"text": text}))
    assert joined(row) == {"text": text}
    assert all(len(str(part)) <= 32_000 for part in row.values())
    assert json.loads("".join(str(row[f"body{n}"]) for n in range(len(row)))) == {"text": text}


@given(st.text(), st.text())
def test_different_keys_stay_different_and_are_legal(one: str, other: str) -> None:
    assert (escaped(one) == escaped(other)) == (one == other)
    assert len(escaped(one)) <= 512
    assert not set("/\\#?%'") & set(escaped(one))
    assert escaped(one).isascii()
    assert escaped(one).isprintable()
