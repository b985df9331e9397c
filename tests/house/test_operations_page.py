"""The operations page has the timers, metrics and alerts that the app has."""

import json
import re
from datetime import timedelta
from typing import Any

from functions_host.triggers.ncrontab import parse_schedule

from shared import telemetry
from tests.house.tree import APP_LAYERS, ROOT, below, text
from tests.infra.monitoring import WORKBOOK, monitoring, workbook

PAGE = text(ROOT / "docs" / "operations.md")
WATCHED = [*monitoring()["alerts"], *monitoring()["charts"]]
QUERIES = ["\n".join(each["query"]) for each in WATCHED]
HEADINGS = ["Look at", "Do", "Tried"]
_SIZES = (60, 60, 24)
_DAYS = 30
_DAY_US = 86_400_000_000
_LEAST_SILENCE = timedelta(minutes=30)  # metrics are there some minutes later


def moments(field: str, size: int) -> int:
    """Number of values that a field of an NCRONTAB schedule matches: ``*``, ``*/5``, ``1-5``, ``17``."""
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


def test_the_price_of_watching_is_that_of_the_alerts_and_places_there_are() -> None:
    places = re.search(r"(?s)var places = \[(.*?)\]", text(ROOT / "infra" / "alerts.bicep"))
    assert places is not None
    assert re.search(rf"every five minutes: {len(places[1].split()) * 12 * 24 * _DAYS:,} . 0\.0006", PAGE)
    assert re.search(rf"{len(monitoring()['alerts'])} log alerts . 0\.50", PAGE)


def test_the_requests_of_the_task_hub_are_those_of_the_partitions_there_are() -> None:
    hub = json.loads(text(ROOT / "host.json"))["extensions"]["durableTask"]["storageProvider"]
    looks = 60 // int(hub["maxQueuePollingInterval"].rpartition(":")[2])
    partitions = hub["partitionCount"]
    waiting = partitions * looks + looks + 30 + partitions * 6 + 6 + 2
    told = f"sent {waiting} requests a minute. {partitions * looks} of them look at the {partitions} control queues"
    assert told in " ".join(PAGE.split())
    a_month = (partitions * looks + looks + 2 * 30) * 60 * 24 * _DAYS
    assert f"{partitions + 1} queues asked every 5 s and two every 2 s: {a_month / 1e6:.2f} million" in PAGE


def pauses_of(schedule: str) -> list[timedelta]:
    """The pauses between two ticks of a schedule, of two days."""
    parsed, at, found = parse_schedule(schedule), 0, []
    while at < 2 * _DAY_US:
        before, at = at, parsed.next_after(at)
        found.append(timedelta(microseconds=at - before))
    return found[1:]


def test_every_timer_makes_up_for_a_tick_that_nobody_was_there_for(functions: list[Any]) -> None:
    """Each timer function is scaled to zero; without a monitor an instance that was woken counts from the next tick."""
    triggers = {each.get_function_name(): each.get_trigger() for each in functions}
    timers = {name: each for name, each in triggers.items() if each.type == "timerTrigger"}
    assert [name for name, each in timers.items() if each.use_monitor is False] == []
    assert [name for name, each in timers.items() if min(pauses_of(each.schedule)) < timedelta(minutes=1)] == []


def test_an_alert_watches_every_timer(functions: list[Any]) -> None:
    """A timer may be silent for longer than the pause between two ticks, and for no more than three of them."""
    (query,) = (each for each in QUERIES if "datatable(timer: string, silence: timespan)" in each)
    units = {"m": "minutes", "h": "hours"}
    silences = {
        name: timedelta(**{units[unit]: int(number)})
        for name, number, unit in re.findall(r'"(\w+)", (\d+)([mh])', query)
    }
    triggers = {each.get_function_name(): each.get_trigger() for each in functions}
    longest = {name: max(pauses_of(each.schedule)) for name, each in triggers.items() if each.type == "timerTrigger"}
    assert silences.keys() == longest.keys()
    late = {name: silence for name, silence in silences.items() if not longest[name] < silence}
    lax = {name: silence for name, silence in silences.items() if silence > max(3 * longest[name], _LEAST_SILENCE)}
    assert (late, lax) == ({}, {})


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
    assert asked <= names
    assert words
    assert {each for each in words if each not in app} == set()


def test_every_alert_has_its_runbook_and_no_other_is_there() -> None:
    found = [path for path in below("docs/runbooks", suffix=".md") if path.parent.name == "runbooks"]
    pages = {path.stem: text(path) for path in found}
    assert set(pages) == {each["name"] for each in monitoring()["alerts"]} | {"unreachable"}
    for each in monitoring()["alerts"]:
        assert pages[each["name"]].startswith(f"# {each['title']}\n")
    assert [name for name, page in pages.items() if re.findall(r"(?m)^## (.*)$", page) != HEADINGS] == []


def test_what_a_runbook_was_tried_with_is_there() -> None:
    named = {
        name for path in below("docs/runbooks", suffix=".md") for name in re.findall(r"`(tests/[\w/.]+)`", text(path))
    }
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_workbook_is_that_of_the_charts() -> None:
    assert text(WORKBOOK) == workbook()


def test_every_metric_is_watched() -> None:
    watched = set(re.findall(r'"(deskwright\.[a-z_.]+)"', "\n".join(QUERIES)))
    assert watched == {value for value in vars(telemetry).values() if str(value).startswith("deskwright.")}


def test_labels_that_queries_ask_for_are_sent() -> None:
    app = "\n".join(text(path) for path in below(*APP_LAYERS))
    labels = set[str]()
    for query in QUERIES:
        labels |= set(re.findall(r"customDimensions\.(\w+)", query))
        labels |= set(re.findall(r'customDimensions\["([\w.]+)"\]', query))
    assert labels
    assert {label for label in labels if not re.search(rf"\b{re.escape(label)}\b", app)} == set()


def test_no_alert_takes_what_was_not_sampled_for_absent() -> None:
    """One span in ten is sent, also of the host's requests since its version 4.1048: only others can be missing."""
    queries = {each["name"]: "\n".join(each["query"]) for each in monitoring()["alerts"]}
    of_absence = [each for each in monitoring()["alerts"] if re.search(r"Count == 0|isnull\(", queries[each["name"]])]
    assert of_absence
    assert [
        each["name"] for each in of_absence if re.search(r"\b(requests|dependencies)\b", queries[each["name"]])
    ] == []


def test_an_alert_looks_at_a_time_that_azure_allows() -> None:
    allowed = {"PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D", "P2D"}
    wrong = [each["name"] for each in monitoring()["alerts"] if {each["every"], each["window"]} - allowed]
    assert wrong == []
    assert [each["name"] for each in monitoring()["alerts"] if each["severity"] not in range(5)] == []
