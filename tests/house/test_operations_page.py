"""The operations page has the timers, metrics and alerts that the app has."""

import re
from typing import Any

from shared import telemetry
from tests.house.tree import APP_LAYERS, ROOT, below, text

PAGE = text(ROOT / "docs" / "operations.md")
QUERIES = re.findall(r"```kusto\n(.*?)```", PAGE, re.DOTALL)
_SIZES = (60, 60, 24)
_DAYS = 30


def moments(field: str, size: int) -> int:
    """How many values a field of an NCRONTAB schedule matches: ``*``, ``*/5``, ``1-5``, ``17``."""
    if field.startswith("*"):
        return size // int(field.removeprefix("*").removeprefix("/") or 1)
    first, _, last = field.partition("-")
    return int(last or first) - int(first) + 1


def ticks_a_month(schedule: str) -> int:
    fields = schedule.split()
    assert fields[3:] == ["*", "*", "*"]
    found = _DAYS
    for field, size in zip(fields, _SIZES, strict=False):
        found *= moments(field, size)
    return found


def test_the_price_of_the_timers_is_that_of_the_timers_there_are(functions: list[Any]) -> None:
    triggers = [function.get_trigger() for function in functions]
    ticks = sum(ticks_a_month(trigger.schedule) for trigger in triggers if trigger.type == "timerTrigger")
    assert f"{ticks:,} ticks" in PAGE


def test_the_page_has_every_metric_and_no_other() -> None:
    described = set(re.findall(r"(?m)^\| `(deskwright\.[a-z_.]+)` \|", PAGE))
    assert described == {value for value in vars(telemetry).values() if str(value).startswith("deskwright.")}


def test_alerts_ask_for_metrics_functions_and_words_that_there_are(functions: list[Any]) -> None:
    names = {function.get_function_name() for function in functions}
    app = "\n".join(text(path) for path in below(*APP_LAYERS))
    metrics, asked, words = set[str](), set[str](), set[str]()
    for query in QUERIES:
        metrics |= set(re.findall(r'"(deskwright\.[a-z_.]+)"', query))
        asked |= set(re.findall(r'requests .* name == "(\w+)"', query))
        words |= set(re.findall(r'message (?:startswith|has) "([^"]+)"', query))
    assert metrics
    assert {metric for metric in metrics if f'"{metric}"' not in app} == set()
    assert asked
    assert asked <= names
    assert words
    assert {each for each in words if each not in app} == set()
