"""Lighthouse's scores of the portal as the service serves it: Home, the list, a Cloud PC, a wizard; desktop preset.

``make portal/dist-local/index.html`` and ``make .tools/browser/installed`` come first. A busy machine costs points of
performance: of each page the best of three runs counts. ``tests/browser/test_lighthouse.py`` asserts the goals.
"""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from bench.figures import Figure, Missing
from bench.serving import BUNDLE, served
from tests.browser.environment import InstallError, find
from tests.browser.lighthouse import GOALS, PAGES, rated, rater

NAMES = (
    *(f"lighthouse: 95 / performance of {page}" for page in PAGES),
    "lighthouse: 100 / least accessibility of these pages",
    "lighthouse: 100 / least best practices of these pages",
)


def main() -> list[Figure | Missing]:
    """Rate the pages. Returns: goals divided by scores, so that less is better."""
    try:
        find()
    except InstallError as missing:
        return [Missing(name, str(missing)) for name in NAMES]
    if not (BUNDLE / "index.html").exists():
        return [Missing(name, "make portal/dist-local/index.html builds the portal") for name in NAMES]
    with (
        served() as (office, people),
        sync_playwright() as playwright,
        rater(playwright.chromium, people, office) as lighthouse,
    ):
        found = {name: lighthouse.rate(path) for name, path in rated(office).items()}
    scores = [found[page].scores["performance"] for page in PAGES]
    scores += [min(each.scores[name] for each in found.values()) for name in ("accessibility", "best-practices")]
    goals = [GOALS["performance"]] * len(PAGES) + [GOALS["accessibility"], GOALS["best-practices"]]
    notes = ["; ".join(found[page].faults) for page in PAGES]
    notes += ["; ".join(f for each in found.values() for f in each.faults)] * 2
    rows = zip(NAMES, goals, scores, notes, strict=True)
    return [Figure(name, goal, score, "points", 1, 1.0, note) for name, goal, score, note in rows]
