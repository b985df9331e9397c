"""Fields of a record written by a newer release survive changes by this release."""

from typing import Any

import pytest

from shared.domain.values import Value
from shared.storage.codec import Codec, SchemaError, joined, newer_of, parts, seen
from shared.storage.tables import Row


class Seat(Value):
    id: str
    side: str = "left"


class Floor(Value):
    name: str
    level: int = 0


class Desk(Value):
    id: str
    floor: Floor
    seats: tuple[Seat, ...] = ()


CODEC = Codec(Desk)
NEWER: dict[str, Any] = {
    "id": "d",
    "lamp": {"watts": 9},
    "floor": {"name": "first", "level": 1, "carpet": "blue"},
    "seats": [{"id": "a", "side": "left", "arm": True}, {"id": "b", "side": "right"}],
}


def row_of(body: Any) -> Row:
    return {"PartitionKey": "contoso", "RowKey": "d", "schema": 1, **parts(body)}


def rewritten(body: Any, **changes: Any) -> Any:
    value, newer = CODEC.read(row_of(body))
    etag = seen("W/1", newer)
    return joined(CODEC.row(value.but(**changes), "contoso", "d", newer=newer_of(etag)))


def test_a_record_with_fields_of_a_newer_release_is_read() -> None:
    seats = (Seat(id="a"), Seat(id="b", side="right"))
    assert CODEC.value(row_of(NEWER)) == Desk(id="d", floor=Floor(name="first", level=1), seats=seats)


def test_they_are_written_back_at_every_depth() -> None:
    seats = (Seat(id="b", side="left"), Seat(id="c"), Seat(id="a", side="right"))
    assert rewritten(NEWER, floor=Floor(name="second"), seats=seats) == {
        "id": "d",
        "lamp": {"watts": 9},
        "floor": {"name": "second", "level": 0, "carpet": "blue"},
        "seats": [
            {"id": "b", "side": "left"},
            {"id": "c", "side": "left"},
            {"id": "a", "side": "right", "arm": True},
        ],
    }


def test_they_are_written_back_again_by_who_writes_twice() -> None:
    value, newer = CODEC.read(row_of(NEWER))
    assert newer is not None
    once = value.but(floor=Floor(name="second"))
    twice = newer.after(once.to_json()).after(once.but(id="e").to_json())
    assert twice.body == {**NEWER, "id": "e", "floor": {"name": "second", "level": 0, "carpet": "blue"}}


def test_what_this_release_takes_away_stays_away() -> None:
    assert rewritten(NEWER, seats=())["seats"] == []


def test_a_record_without_them_has_an_etag_like_any_other() -> None:
    value = Desk(id="d", floor=Floor(name="first"))
    etag = "W/1"
    assert CODEC.read(CODEC.row(value, "contoso", "d")) == (value, None)
    assert seen(etag, None) is etag


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({**row_of(NEWER), "schema": 2}, "it has version 2 of its format, and this release reads 1"),
        (row_of({**NEWER, "floor": {"name": 7}}), "this release does not understand floor.name"),
        (row_of({}), "this release does not understand floor, id"),
        ({"PartitionKey": "contoso", "RowKey": "d", "schema": 1, "body0": "{"}, "it is damaged"),
        ({"PartitionKey": "contoso", "RowKey": "d", "schema": 1}, "it is damaged"),
        ({"PartitionKey": "contoso", "RowKey": "d", **parts(NEWER)}, "it is damaged"),
    ],
    ids=["version", "value", "fields", "json", "empty", "no-schema"],
)
def test_what_cannot_be_read_says_why_in_words_and_without_its_values(row: Row, wrong: str) -> None:
    with pytest.raises(SchemaError) as raised:
        CODEC.read(row)
    assert str(raised.value) == wrong
