"""Printed output: for people, for programs, for spreadsheets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import click
import pytest
import yaml
from deskwright import tables
from deskwright.catalogue.service import TENANT
from deskwright.catalogue.spot import SPOT
from deskwright.errors import UsageError
from deskwright.fitting import width
from deskwright.output import FORMATS, Output


@pytest.fixture(autouse=True)
def _machine_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone of the machine again after a test with another."""
    yield
    monkeypatch.undo()
    time.tzset()
    tables.show_times(in_utc=False)


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
    assert (width("日本"), width("e\u0301")) == (4, 1)


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


COLUMNS = (
    *(
        "USER=user",
        "PLAN=plan",
        "STATUS=status",
        "STEP=step",
        "%=percent",
        "COMPUTER=computer",
        "POLICY=policy",
        "ID=id",
    ),
)
"""As ``pc list`` has them."""


def fleet(*statuses: str) -> list[dict[str, Any]]:
    """Cloud PCs like the demonstration's."""
    return [
        {
            "user": f"user{number:02d}@contoso.example",
            "plan": f"Cloud PC Enterprise {2 + number % 2 * 2}vCPU/8GB/128GB",
            "status": status,
            "step": "Ready" if status.startswith("provisioned") else "Assign the Cloud PC to the user",
            "percent": 100,
            "computer": f"CPC-KSMEQT-{number:02d}",
            "policy": "Everybody",
            "id": f"{number:08d}-1aae-4c57-9b0e-2f9f0c0de501",
        }
        for number, status in enumerate(statuses)
    ]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)


@pytest.mark.usefixtures("narrow")
def test_80_columns_tell_the_statuses_apart_and_leave_out_what_every_row_has() -> None:
    statuses = ("provisioned", "provisioning", "provisionedWithWarnings")
    lines = click.unstyle(tables.table(fleet(*statuses), COLUMNS, named=True)).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["USER", "PLAN", "STATUS", "STEP", "COMPUTER"]
    shown = [line[slice(lines[0].index("STATUS"), lines[0].index("STEP"))].strip() for line in lines[1:4]]
    assert shown[:2] == ["provisioned", "provisioning"]
    assert shown[2].startswith("provisionedW")
    assert "…2vCPU/8GB" in lines[1]
    assert "Enterprise" not in lines[1]
    assert lines[-1] == "In every row: POLICY Everybody, % 100"


@pytest.mark.usefixtures("narrow")
def test_an_id_stays_where_nothing_else_names_each_row() -> None:
    twins = [{**each, "user": "ada@contoso.example", "plan": "one"} for each in fleet("failed", "provisioned")]
    for items, named in ((twins, True), (fleet("failed", "provisioned"), False)):
        head, *lines = tables.table(items, COLUMNS, named=named).splitlines()
        assert head.split()[-1] == "ID"
        assert [line.split()[-1] for line in lines[:2]] == [each["id"] for each in items]


@pytest.mark.usefixtures("narrow")
def test_a_table_that_fits_is_whole() -> None:
    items = fleet("provisioned", "provisioned")
    columns = ("USER=user", "STATUS=status", "POLICY=policy")
    shown = click.unstyle(tables.table(items, columns, named=True))
    assert [line.split() for line in shown.splitlines()] == [
        ["USER", "STATUS", "POLICY"],
        *([each["user"], "provisioned", "Everybody"] for each in items),
    ]


@pytest.mark.parametrize(
    ("zone", "utc", "text"),
    [
        ("Europe/Berlin", False, "2026-03-02 09:15:30 +01:00"),
        ("Europe/Berlin", True, "2026-03-02 08:15:30 UTC"),
        ("America/St_Johns", False, "2026-03-02 04:45:30 -03:30"),
        ("UTC", False, "2026-03-02 08:15:30 +00:00"),
    ],
)
def test_a_time_has_its_zone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], zone: str, text: str, *, utc: bool
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    moment = "2026-03-02T08:15:30.123Z"
    Output(utc=utc).item({"at": moment})
    assert capsys.readouterr().out == f"at  {text}\n"
    Output("json", utc=utc).item({"at": moment})
    assert json.loads(capsys.readouterr().out) == {"at": moment}


def test_what_only_looks_like_a_time_stays() -> None:
    assert tables.shown("2026-13-02T08:15:30Z") == "2026-13-02T08:15:30Z"


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


def test_a_day_of_usage_is_read_at_80_columns() -> None:
    """Moments and numbers of a big group are whole there."""
    point = {"intervalStartDateTime": "2026-03-02T08:00:00Z"}
    for noun, verb in ((SPOT, "usage"), (TENANT, "usage")):
        columns = next(each.columns for each in noun.verbs if each.name == verb)
        numbers = {column.rpartition("=")[2]: 123.45 for column in columns}
        lines = tables.table([{**numbers, **point}], columns).splitlines()
        assert lines[1].startswith("2026-03-02 08:00:00")
        assert max(map(len, lines)) <= 80
