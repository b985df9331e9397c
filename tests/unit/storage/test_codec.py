"""Rows and values: schema versions, parts, keys."""

from typing import Any

import pytest

from shared.domain.values import Value
from shared.errors import TooLargeError
from shared.storage.codec import Codec, SchemaError, escaped, parts
from shared.storage.tables import Row


class Desk(Value):
    id: str
    people: int


def upgraded(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": body["id"], "people": len(body["names"])}


OLD_ROW: Row = {"schema": 1, "body0": '{"id":"d","names":["ada","bob"]}'}
PRESENT = Codec(Desk, version=2, upgrade=upgraded)


def test_a_row_of_the_version_before_is_read() -> None:
    assert PRESENT.value(OLD_ROW) == Desk(id="d", people=2)


def test_a_row_is_written_in_the_current_version() -> None:
    row = PRESENT.row(Desk(id="d", people=2), "contoso", "d")
    assert row["schema"] == 2
    assert PRESENT.value(row) == Desk(id="d", people=2)


@pytest.mark.parametrize("version", [0, 3])
def test_a_row_of_any_other_version_is_refused(version: int) -> None:
    with pytest.raises(SchemaError):
        PRESENT.value({**OLD_ROW, "schema": version})


def test_without_an_upgrade_only_the_current_version_is_read() -> None:
    with pytest.raises(SchemaError):
        Codec(Desk, version=2).value(OLD_ROW)


def test_absent_columns_are_left_out() -> None:
    row = PRESENT.row(Desk(id="d", people=2), "contoso", "d", {"floor": None, "room": "7"})
    assert "floor" not in row
    assert row["room"] == "7"


def test_no_part_is_longer_than_a_property_may_be() -> None:
    assert max(len(part.encode("utf-16-le")) for part in parts("🖥" * 20_000).values()) <= 64 * 1024


def test_a_value_that_does_not_fit_into_a_row_is_too_large() -> None:
    with pytest.raises(TooLargeError):
        parts("x" * 500_000)


def test_plain_keys_stay_as_they_are() -> None:
    assert escaped("5d0f6a0e-93f4:ada@contoso.example_1") == "5d0f6a0e-93f4:ada@contoso.example_1"


def test_characters_not_allowed_in_a_key_are_written_in_hex() -> None:
    assert escaped("a/b\\c#d?e\n") == "a~2fb~5cc~23d~3fe~0a"
