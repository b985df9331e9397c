"""The recorded apps on this host: each answer is that of Microsoft's host, or on the list of known differences."""

import json
from collections.abc import Callable

import pytest
from host_testing.recorded import RECORDED, by_chance, reasons

Judge = Callable[..., None]


@pytest.mark.timeout(900)
def test_http_answers_are_those_of_azure(judge: Judge) -> None:
    judge("http")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_timers_and_queues_are_called_as_on_azure(judge: Judge) -> None:
    judge("triggers")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_management_api_answers_as_on_azure(judge: Judge) -> None:
    judge("durable")


def test_every_listed_difference_has_its_reason_in_the_readme() -> None:
    named = {reason for listed in _listed().values() for reason in listed}
    assert named - reasons().keys() == set()
    assert by_chance() < named


@pytest.mark.parametrize(
    ("recording", "keys", "least"), [("http", True, 560), ("triggers", False, 110), ("durable", False, 570)]
)
def test_as_many_answers_agree_as_was_promised(recording: str, *, keys: bool, least: int) -> None:
    names = [row["name"] for row in json.loads((RECORDED / f"{recording}.json").read_text("utf-8"))]
    listed = {row for rows in _listed()[recording].values() for row in rows}
    assert sum(name not in listed for name in names if "master" not in name or not keys) >= least


def _listed() -> dict[str, dict[str, list[str]]]:
    listed: dict[str, dict[str, list[str]]] = json.loads((RECORDED / "known_differences.json").read_text("utf-8"))
    return listed
