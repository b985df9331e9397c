"""Bodies with thousands of mistakes: what is answered is bounded, and so is the work for it."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.json_text import read_json
from shared.domain.wizards import forms
from shared.domain.wizards.forms import parse, problems_of
from shared.errors import InvalidError, Problem, few
from triggers.http.bodies.cloud_pcs import ValidateBulkResizeBody
from triggers.http.bodies.declared import read_declared


class Form(BaseModel):
    """A form with a list."""

    model_config = ConfigDict(extra="forbid")
    items: list[str] = Field(default_factory=list, max_length=100)


def wrong(body: dict[str, Any]) -> ValidationError:
    with pytest.raises(ValidationError) as error:
        parse(Form, body)
    return error.value


def test_fifty_problems_are_worded_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    worded: list[str] = []

    def word(kind: str, *_: object) -> str:
        worded.append(kind)
        return "wrong"

    monkeypatch.setattr(forms, "worded", word)
    found = problems_of(wrong({f"field{number}": 1 for number in range(4_000)}), step="name")
    assert (len(found), len(worded)) == (51, 51)
    assert found[-1] == Problem("", "and 3950 more", "name")


def test_fifty_problems_are_all_shown() -> None:
    found = problems_of(wrong({f"field{number}": 1 for number in range(50)}))
    assert [each.pointer for each in found] == [f"/field{number}" for number in range(50)]


def test_a_body_of_graph_has_as_many() -> None:
    body = {"cloudPcIds": ["x"], "targetServicePlanId": "sku-2"} | {f"field{number}": 1 for number in range(4_000)}
    with pytest.raises(InvalidError) as error:
        read_declared(ValidateBulkResizeBody, body).settle()
    assert len(error.value.problems) == 51
    assert str(error.value).endswith("and 3950 more")


def test_what_is_left_out_is_not_made() -> None:
    made: list[int] = []

    def problem(number: int) -> Problem:
        made.append(number)
        return Problem(f"/{number}", "wrong")

    assert len(few(10_000, map(problem, range(10_000)))) == 51
    assert len(made) == 51


@pytest.mark.parametrize("text", [json.dumps({f"f{n}": 1 for n in range(5_001)}), json.dumps([{"a": 1}] * 5_001)])
def test_a_body_has_no_more_members_than_can_be_judged(text: str) -> None:
    with pytest.raises(InvalidError, match="write at most 5000 members"):
        read_json(text, most_members=5_000)
    assert read_json(text)
