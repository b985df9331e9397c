"""``python -m bench.published`` (``make figures``): measure the table of docs/performance.md, and date it.

The rest of the page stays as it is. A figure that cannot be measured here is named as missing. With names of
benchmarks, such as ``lighthouse``, only their rows are measured; each of these says when.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from bench.figures import Figure, Missing

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- make figures writes from here -->", "<!-- to here -->"
PUBLISHED = {
    "importing": ("import function_app / floor import",),
    "engine": ("activities a second: durabletask in memory / embedded host, fsynced",),
    "makespan": ("makespan of 200 Cloud PCs / lower bound", "makespan of 1000 Cloud PCs / lower bound"),
    "cloud": ("cloud: GET of a machine / bare aiohttp over TLS", "cloud: GET among 100,000 machines / among 100"),
    "fairness": (
        "time of 5 Cloud PCs beside 200 of another tenant, a directory and a subscription of their own / alone",
        "time of 5 Cloud PCs beside 200 of another tenant, one directory and subscription / alone",
    ),
    "portal": (
        "portal: until the first row / 1.5 s",
        "portal: until a selected row is drawn / 150 ms",
        "portal: nodes in the page / 1,500",
    ),
    "portal_service": ("portal on the service: until the first row of 10,000 / 1.5 s",),
    "lighthouse": (
        "lighthouse: 95 / performance of Home",
        "lighthouse: 95 / performance of the list of Cloud PCs",
        "lighthouse: 95 / performance of a Cloud PC",
        "lighthouse: 95 / performance of a wizard",
        "lighthouse: 100 / least accessibility of these pages",
        "lighthouse: 100 / least best practices of these pages",
    ),
    "spot": ("spot: host-hours / always on", "spot: host-hours / Azure Virtual Desktop's autoscale"),
}
"""The figures of the table, by benchmark, in the order of its table."""


def table(found: Iterable[Figure | Missing], on: date) -> str:
    """Return the table of the published figures among *found*. Raises: KeyError if one was not made."""
    by_name = {each.name: each for each in found}
    rows = [_row(by_name[name]) for names in PUBLISHED.values() for name in names]
    where = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    head = [f"Measured on {on}, in one run, {where}:", "", "| figure | measured | goal |", "|---|---|---|"]
    return "\n".join([*head, *rows])


def _row(figure: Figure | Missing, on: date | None = None) -> str:
    said = [] if on is None else [str(on)]
    if isinstance(figure, Missing):
        return f"| {figure.name} | not measured: {figure.note} | |"
    if figure.goal is not None and figure.ratio > figure.goal:
        said = ["missed", *said]
    note = f" ({', '.join(said)})" if said else ""
    goal = "" if figure.goal is None else f"{figure.goal:.2f} "
    return f"| {figure.name} | {figure.ratio:.2f}{note} | {goal}|"


def with_rows(shown: str, found: Iterable[Figure | Missing], on: date) -> str:
    """Return the table *shown* with the rows of the published figures among *found*, each with its day.

    Raises: ValueError if the table has no row of one of them.
    """
    published = {name for names in PUBLISHED.values() for name in names}
    for figure in found:
        if figure.name in published:
            before, row, after = shown.partition(f"\n| {figure.name} |")
            if not row:
                message = f"the table has no row of {figure.name}; make figures writes all of it"
                raise ValueError(message)
            shown = f"{before}\n{_row(figure, on)}{after[after.index(chr(10)) :]}"
    return shown


def replaced(page: str, text: str) -> str:
    """Return *page* with *text* between the two marks. Raises: ValueError if they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"docs/performance.md has no place for the figures: {BEGIN} ... {END}"
        raise ValueError(message)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def main(names: Sequence[str] = ()) -> None:
    """Measure, and write the table: the rows of the benchmarks *names*, or all."""
    if unknown := set(names) - PUBLISHED.keys():
        sys.exit(f"no published benchmark: {', '.join(sorted(unknown))}; there are {', '.join(PUBLISHED)}")
    found: list[Figure | Missing] = []
    for name in names or PUBLISHED:
        print(f"{name} ...", file=sys.stderr, flush=True)
        made = importlib.import_module(f"bench.{name}").main()
        for figure in made:
            print(figure.line(), flush=True)
        found += made
    today = datetime.now(UTC).date()  # noqa: TID251 - the day of the run
    page = PAGE.read_text()
    PAGE.write_text(with_rows(page, found, today) if names else replaced(page, table(found, today)))


if __name__ == "__main__":
    main(sys.argv[1:])
