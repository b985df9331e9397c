"""Pages name as many recorded answers of Microsoft's host, and as many differences, as the lists have."""

import json
import re

import pytest

from tests.house.tree import ROOT, text

RECORDED = ROOT / "packages/functions_host/tests/recorded"
SAID = {
    "packages/functions_host/README.md": [
        "{http} answers by HTTP, {triggers} observations of timers and queues, {durable} of Durable Functions",
        "of Durable Functions, {schedules} schedules",
        "{http_alike} answers by HTTP, {triggers_alike} observations of timers and queues and {durable_alike} of",
    ],
    "docs/func.md": [
        "{http} requests over HTTP, {triggers} observations of timers and queues, and {durable} of Durable Functions",
        "{http_alike}, {triggers_alike} and {durable_alike} answers are alike",
    ],
    "docs/host.md": ["of {all:,} observations {all_differ} differ"],
    "docs/critique.md": ["{all:,} observations", "{all_differ} differ, {durable_differ} of the {durable} of Durable"],
    "CHANGELOG.md": ["{http_alike} of {http} recorded answers", "{durable_alike} of {durable} recorded observations"],
}
"""The sentences of each page, with the counts by their names."""


def counts() -> dict[str, int]:
    differing = json.loads(text(RECORDED / "known_differences.json"))
    found = {"all": 0, "all_differ": 0, "schedules": len(text(RECORDED / "ncrontab.jsonl").splitlines())}
    for name, listed in differing.items():
        rows, differ = len(json.loads(text(RECORDED / f"{name}.json"))), sum(map(len, listed.values()))
        found |= {name: rows, f"{name}_differ": differ, f"{name}_alike": rows - differ}
        found |= {"all": found["all"] + rows, "all_differ": found["all_differ"] + differ}
    return found


@pytest.mark.parametrize("page", SAID)
def test_a_page_has_the_counts_of_the_lists(page: str) -> None:
    words = re.sub(r"\s+", " ", text(ROOT / page))
    found = counts()
    assert [said for each in SAID[page] if (said := each.format_map(found)) not in words] == []
