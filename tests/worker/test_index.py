"""Microsoft's worker and ours find the same functions with the same bindings."""

from typing import Any

import pytest

from tests.worker.workers import Workers

_DIRECTIONS = {"IN": 0, "OUT": 1, "INOUT": 2}


def _functions(reply: dict[str, Any]) -> dict[str, Any]:
    assert "refused" not in reply, reply["refused"]
    return {one["name"]: one for one in reply["functions"]}


def _as_the_host_reads_it(raw: dict[str, Any]) -> dict[str, Any]:
    """The worker writes enum members by name, and Microsoft's host reads those names without regard to case."""
    level = {"authLevel": raw["authLevel"].lower()} if "authLevel" in raw else {}
    return {**raw, "direction": _DIRECTIONS[raw["direction"]], **level}


@pytest.fixture(params=["deskwright", "shapes"])
def read(request: pytest.FixtureRequest) -> Workers:
    workers: Workers = request.getfixturevalue(request.param)
    return workers


def test_both_find_the_same_functions(read: Workers) -> None:
    theirs, ours = map(_functions, read.read)
    assert list(theirs) == list(ours)
    assert len(theirs) > 40


def test_both_see_the_same_bindings(read: Workers) -> None:
    theirs, ours = map(_functions, read.read)
    assert {name: one["bindings"] for name, one in theirs.items()} == {n: one["bindings"] for n, one in ours.items()}


def test_both_see_the_same_details_of_every_binding(read: Workers) -> None:
    theirs, ours = map(_functions, read.read)
    described = {
        name: {binding: _as_the_host_reads_it(raw) for binding, raw in one["raw"].items()}
        for name, one in theirs.items()
    }
    assert described == {name: one["raw"] for name, one in ours.items()}


def test_every_function_loads(read: Workers) -> None:
    names = list(_functions(read.read[0]))
    assert [name for name in names if not read.theirs.call(command="load", name=name)["loaded"]] == []
