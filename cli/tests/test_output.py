"""Printed output: for people, for programs, for spreadsheets."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from deskwright import tables
from deskwright.errors import UsageError
from deskwright.output import FORMATS, Output

ITEMS: list[dict[str, Any]] = [
    {"name": "Ada", "status": "failed", "count": 2, "tags": ["a", "b"], "@odata.etag": "x"},
    {"name": "=cmd|' /C calc'!A0", "status": None, "count": -1, "tags": []},
]


def printed(capsys: pytest.CaptureFixture[str], form: str, query: str | None = None, **more: object) -> str:
    Output(form, query).items(ITEMS, **more)  # type: ignore[arg-type]
    return capsys.readouterr().out


def test_a_table_is_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "table", columns=("NAME=name", "count")).splitlines()
    assert [line.split()[0] for line in lines] == ["NAME", "Ada", "=cmd|'"]
    assert len({line.rindex(word) for line, word in zip(lines, ("COUNT", "2", "-1"), strict=True)}) == 1


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(printed(capsys, "json")) == ITEMS
    assert [json.loads(line) for line in printed(capsys, "jsonl").splitlines()] == ITEMS


def test_a_spreadsheet_takes_nothing_for_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "csv", columns=("name", "count", "tags"))
    assert text.splitlines()[0] == "name,count,tags"
    assert text.splitlines()[2] == "'=cmd|' /C calc'!A0,-1,[]"


def test_a_query_is_applied_to_the_whole_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(printed(capsys, "json", "[?count > `0`].name")) == ["Ada"]
    assert printed(capsys, "tsv", "[].name").splitlines() == ["Ada", "=cmd|' /C calc'!A0"]


def test_a_wrong_query_is_told() -> None:
    with pytest.raises(UsageError, match="--query"):
        Output("json", "[?").items(ITEMS)


def test_none_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "none") == ""


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), (True, "yes"), ([1, "b"], "1, b"), ({"a": 1, "b": None}, "a=1"), ("a\nb\x1b[2J", "a b [2J")],
)
def test_a_cell_is_one_line_of_text(value: object, cell: str) -> None:
    assert tables.shown(value) == cell


def test_wide_letters_and_accents_count_as_a_terminal_shows_them() -> None:
    assert (tables.width("日本"), tables.width("e\u0301")) == (4, 1)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a/0/b", 1),
        ("a/*/b", [1, 2]),
        ("a/7/b", None),
        ("x|a/1/b", 2),
        ("a/b", None),
    ],
)
def test_a_path_leads_into_lists(path: str, found: object) -> None:
    assert tables.value_at({"a": [{"b": 1}, {"b": 2}]}, path) == found


def test_one_thing_shows_what_is_in_it_below_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    rules = [{"name": "a", "count": 1}, {"name": "b", "count": 2}]
    Output().item({"id": "7", "note": None, "rules": rules, "small": {"a": 1}})
    lines = ["id     7", "small  a=1", "", "rules:", "  NAME  COUNT", "  a     1", "  b     2"]
    assert capsys.readouterr().out.splitlines() == lines


def test_a_thing_of_which_nothing_is_set_shows_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    Output().item({"paused": None})
    assert capsys.readouterr().out == "paused\n"


@pytest.mark.parametrize(
    ("columns", "titles"),
    [(200, "NAME STATUS POLICY ID"), (80, "NAME STATUS POLICY ID"), (50, "NAME ID"), (40, "NAME ID"), (20, "ID")],
)
def test_on_a_narrow_terminal_columns_go_and_ids_stay(
    monkeypatch: pytest.MonkeyPatch, columns: int, titles: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    item = {"name": "a" * 20, "status": "provisioned" * 2, "policy": "p" * 40, "id": "i" * 20}
    lines = tables.table([item], ("NAME=name", "STATUS=status", "POLICY=policy", "ID=id")).splitlines()
    assert lines[0].split() == titles.split()
    assert max(map(len, lines)) <= columns
    assert lines[1].split()[-1] == "i" * 20


STEERING = "\x1b[2J\x1b]0;gone\x07\x1b[31m\x9b2J\x7f\x08"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("query", [None, "[]", "[0]", "[0].status", "[].status"])
def test_nothing_that_a_service_says_steers_a_terminal(
    capsys: pytest.CaptureFixture[str], form: str, query: str | None
) -> None:
    item = {f"na{STEERING}me": STEERING, "status": STEERING, "deep": {f"a{STEERING}": [STEERING], "b": STEERING}}
    Output(form, query).items([item, {"status": 1}])
    Output(form, query if query is None else "status").item(item)
    Output(form).item({**item, "rows": [item]}, rows="rows")
    said = capsys.readouterr().out
    assert [each for each in said if not each.isprintable() and each not in "\n\t\ufffd"] == []


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml"])
def test_what_steers_a_terminal_is_escaped_and_read_again(capsys: pytest.CaptureFixture[str], form: str) -> None:
    Output(form).item({"name": STEERING})
    assert yaml.safe_load(capsys.readouterr().out) == {"name": STEERING}
