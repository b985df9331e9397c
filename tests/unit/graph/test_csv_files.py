"""A list as CSV: what a spreadsheet shows is what is there."""

import csv
import io

import pytest

from triggers.http.lists import csv_file


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d", "\uff20"])
async def test_no_cell_begins_as_a_formula_does(begin: str) -> None:
    assert cells(await csv_file(["a"], [[f"{begin}cmd|' /C calc'!A0"]]))[1][0].startswith("'")


async def test_values_stay_what_they_are() -> None:
    row = ['He said "so", twice;\r\nthen left', None, True, -4, {"a": ["ü"]}, "plain"]
    written = await csv_file(["a", "b", "c", "d", "e", "f"], [row])
    assert written.startswith("\ufeff")
    assert cells(written)[1] == [row[0], "", "true", "-4", '{"a": ["ü"]}', "plain"]
    assert written.count("\r\n") == 3
