"""Whatever a function takes and returns is converted, or refused, alike under Microsoft's worker and under ours."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.conftest import FakeServices, settings
from tests.worker.test_invocations import MESSAGE
from tests.worker.workers import Reply, Workers, request, text

APP = Path(__file__).parent / "app"
VALUES = list(importlib.import_module("tests.worker.app.conversions").VALUES)


@pytest.fixture(scope="module")
def conversions(worker_python: Path, services: FakeServices) -> Iterator[Workers]:
    workers = Workers.of(worker_python, settings(services))
    workers.read = workers.index(APP, "conversions.py")
    yield workers
    workers.end()


def _without_addresses(reply: Reply) -> Reply:
    """Remove memory addresses from a message."""
    return {"raised": re.sub(r" at 0x[0-9a-f]+", "", reply["raised"])} if "raised" in reply else reply


def _alike(both: tuple[Reply, Reply]) -> None:
    """Check that both return the same, or both refuse it (a value that cannot be encoded: with different messages)."""
    theirs, ours = map(_without_addresses, both)
    if "raised" not in theirs:
        assert ours == theirs
    else:
        assert "raised" in ours, (theirs, ours)
        assert ours == theirs or "unable to encode outgoing TypedData" in theirs["raised"]


# A QueueMessage can be written since azure-functions 2.x, which is what Python 3.13 has.
@pytest.mark.parametrize("value", [value for value in VALUES if value != "message"])
def test_what_an_activity_returns(conversions: Workers, value: str) -> None:
    _alike(conversions.invoke("gives", {"name": text(json.dumps(value))}))


@pytest.mark.parametrize("value", VALUES)
def test_what_a_route_returns(conversions: Workers, value: str) -> None:
    _alike(conversions.invoke("answers", {"req": request("GET", params={"name": value})}))


@pytest.mark.parametrize("value", [value for value in VALUES if value != "not a number"])
def test_what_is_set_on_a_queue_output(conversions: Workers, value: str) -> None:
    _alike(conversions.invoke("sends", {"msg": text(value)}, MESSAGE))


@pytest.mark.parametrize("given", ["null", "1", '"a"', "[1]", '{"a": {"b": "ü"}}', "", "plain", '{"a"', "NaN", "1e999"])
def test_what_an_activity_gets(conversions: Workers, given: str) -> None:
    conversions.agreed("back", {"given": text(given)})


def test_a_timer_that_returns_something(conversions: Workers) -> None:
    value = {"type": "json", "value": '{"IsPastDue": true}'}
    theirs, ours = conversions.invoke("returns", {"timer": value})
    # The worker's message lacks a space and is not formatted.
    assert theirs["raised"].startswith("RuntimeError: ('function %s without a $return binding")
    assert ours == {"raised": "RuntimeError: function 'returns' without a $return binding returned a non-None value"}


def test_what_a_message_and_the_context_hold(conversions: Workers) -> None:
    assert "'tells', '5f0c'" in conversions.agreed("tells", {"msg": text("hi")}, MESSAGE)["raised"]
