"""Tables of text: columns by paths into JSON, as wide as the terminal allows."""

import re
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import click

_GAP = "  "
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z", re.ASCII)
_NARROWEST = 8
_COLOURS = {
    **dict.fromkeys(("provisioned", "succeeded", "passed", "ready", "available", "running", "success"), "green"),
    **dict.fromkeys(("failed", "canceled", "unhealthy", "clientError", "failure", "unavailable"), "red"),
    **dict.fromkeys(
        ("provisioning", "inGracePeriod", "pending", "warning", "provisionedWithWarnings", "building", "paused"),
        "yellow",
    ),
}


def value_at(item: object, path: str) -> object:
    """Return what is at a path of names in JSON, ``a/b``; None where there is nothing."""
    for name in path.split("/"):
        item = item.get(name) if isinstance(item, Mapping) else None
    return item


def shown(value: object) -> str:
    """Return a value as a cell: on one line, lists joined, nothing for null."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(shown(each) for each in value)
        case Mapping():
            return ", ".join(f"{name}={shown(each)}" for name, each in value.items() if each not in (None, [], {}, ""))
        case str() if moment := _MOMENT.fullmatch(value):
            return f"{moment[1]} {moment[2]}"
        case _:
            return "".join(each if each.isprintable() else " " for each in str(value))


def columns_of(items: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what to show of items of which nothing is known: their scalar properties, at most seven."""
    names = list(dict.fromkeys(name for item in items for name in item if not name.startswith("@odata")))
    scalar = [name for name in names if not any(isinstance(item.get(name), list | Mapping) for item in items)]
    return tuple(scalar[:7])


def heading(column: str) -> str:
    """Return the title of a column: ``TITLE=path``, or the last name of the path in words."""
    title, given, _ = column.partition("=")
    last = title.rpartition("/")[2].removeprefix("@deskwright.")
    words = "".join(f" {each}" if each.isupper() else each for each in last)
    return title if given else words.removesuffix(" Date Time").upper()


def table(items: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return items as aligned lines below their titles; cells are cut only where they would break on a terminal."""
    rows = [[shown(value_at(item, column.rpartition("=")[2])) for column in columns] for item in items]
    titles = [heading(column) for column in columns]
    widths = [max(map(width, cells)) for cells in zip(titles, *rows, strict=True)] if columns else []
    if sys.stdout.isatty():
        widths = _fitted(widths, shutil.get_terminal_size().columns)
    lines = [_line(titles, widths), *(_line(row, widths, coloured=True) for row in rows)]
    return "\n".join(lines)


def facts(item: Mapping[str, Any]) -> str:
    """Return one thing as lines of name and value."""
    told = {
        name: value for name, value in item.items() if not name.startswith("@odata") and value not in (None, [], {})
    }
    most = max(map(len, told), default=0)
    return "\n".join(f"{name:<{most}}{_GAP}{_coloured(shown(value), shown(value))}" for name, value in told.items())


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def _line(cells: Sequence[str], widths: Sequence[int], *, coloured: bool = False) -> str:
    padded = []
    for cell, most in zip(cells, widths, strict=True):
        text = _cut(cell, most)
        padded.append((_coloured(text, cell) if coloured else text) + " " * (most - width(text)))
    return _GAP.join(padded).rstrip()


def _coloured(text: str, word: str) -> str:
    colour = _COLOURS.get(word)
    return click.style(text, fg=colour) if colour else text


def _cut(text: str, most: int) -> str:
    if width(text) <= most:
        return text
    while width(text) > most - 1:
        text = text[:-1]
    return f"{text}…"


def _fitted(widths: list[int], terminal: int) -> list[int]:
    """Return widths that fit: the widest column is made narrower first."""
    while sum(widths) + len(_GAP) * (len(widths) - 1) > terminal and max(widths, default=0) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths
