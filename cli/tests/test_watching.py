"""``--watch`` without a terminal: each change is printed once."""

from __future__ import annotations

from typing import Any

import pytest
from deskwright import watching
from deskwright.output import Output
from deskwright.watching import watch_item, watch_list

COLUMNS = ("USER=user", "STATUS=status")


class Looks:
    """The answers of a service, one for each look; at the end somebody presses Ctrl-C."""

    def __init__(self, *answers: Any) -> None:
        self._answers = [*answers]

    def __call__(self) -> Any:
        if not self._answers:
            raise KeyboardInterrupt
        return self._answers.pop(0)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_EVERY_SECONDS", 0.0)


def pc(user: str, status: str, **more: object) -> dict[str, object]:
    return {"id": user, "user": user, "status": status, **more}


def watched(form: str, *answers: list[dict[str, object]]) -> None:
    with pytest.raises(KeyboardInterrupt):
        watch_list(Looks(*answers), Output(form), COLUMNS, named=True)


def test_all_is_printed_once_and_then_what_differs_in_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    first = [pc("ada", "provisioning", percent=1), pc("bob", "failed")]
    later = [pc("ada", "provisioning", percent=2), pc("bob", "failed")]
    last = [pc("ada", "provisioned"), pc("eve", "provisioning")]
    watched("table", first, later, last)
    said = capsys.readouterr()
    assert [line.split() for line in said.out.splitlines()] == [
        ["USER", "STATUS"],
        ["ada", "provisioning"],
        ["bob", "failed"],
        ["ada", "provisioned"],
        ["eve", "provisioning"],
    ]
    assert said.err == "bob is in the list no more.\n"


def test_a_spreadsheet_has_its_titles_once(capsys: pytest.CaptureFixture[str]) -> None:
    watched("csv", [], [pc("ada", "provisioning")], [pc("ada", "failed")])
    assert capsys.readouterr().out.splitlines() == ["USER,STATUS", "ada,provisioning", "ada,failed"]


def test_a_program_sees_every_property_change(capsys: pytest.CaptureFixture[str]) -> None:
    watched("jsonl", [pc("ada", "failed", percent=1)], [pc("ada", "failed", percent=2)])
    assert [line[-13:] for line in capsys.readouterr().out.splitlines()] == [
        '"percent":1}'.rjust(13, ","),
        ',"percent":2}',
    ]


def test_one_thing_is_printed_when_it_has_changed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        watch_item(Looks({"a": 1}, {"a": 1}, {"a": 2}), Output(), (), "")
    assert capsys.readouterr().out.splitlines() == ["a  1", "a  2"]
