"""Tables of text: columns by paths into JSON, as wide as the terminal allows."""

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from deskwright.terminal import printable

_GAP = "  "
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z", re.ASCII)
_NARROWEST = 10
_LONG = 80
_MOST_NESTED = 60
_COLOURS = {
    **dict.fromkeys(("provisioned", "succeeded", "passed", "ready", "available", "running", "success"), "green"),
    **dict.fromkeys(("failed", "canceled", "unhealthy", "clientError", "failure", "unavailable"), "red"),
    **dict.fromkeys(
        ("provisioning", "inGracePeriod", "pending", "warning", "provisionedWithWarnings", "building", "paused"),
        "yellow",
    ),
}


def value_at(item: object, path: str) -> object:
    """Return the value at a path of names in JSON, ``a/b``; None without one.

    A number is a place in a list, ``*`` all of one: ``a/*/b`` is a list. ``a|b`` is the first of the two with a value.
    """
    for way in path.split("|"):
        if (found := _follow(item, way.split("/"))) is not None:
            return found
    return None


def _follow(item: object, names: Sequence[str]) -> object:
    for number, name in enumerate(names):
        if name == "*":
            rest = names[number + 1 :]
            return [_follow(each, rest) for each in item] if isinstance(item, list) else None
        if isinstance(item, list) and name.isdecimal():
            item = item[int(name)] if int(name) < len(item) else None
        else:
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
            given = ((name, each) for name, each in value.items() if each not in (None, [], {}, ""))
            return ", ".join(f"{printable(name)}={shown(each)}" for name, each in given)
        case str() if moment := _MOMENT.fullmatch(value):
            return f"{moment[1]} {moment[2]}"
        case _:
            return printable(str(value))


def columns_of(items: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the columns for items of an unknown kind: their scalar properties, at most seven."""
    names = list(dict.fromkeys(name for item in items for name in item if not name.startswith("@odata")))
    scalar = [name for name in names if not any(isinstance(item.get(name), list | Mapping) for item in items)]
    return tuple(scalar[:7])


def heading(column: str) -> str:
    """Return the title of a column: ``TITLE=path``, or the last name of the path in words."""
    title, given, _ = printable(column).partition("=")
    last = title.partition("|")[0].rpartition("/")[2].removeprefix("@deskwright.")
    words = "".join(f" {each}" if each.isupper() else each for each in last)
    return title if given else words.removesuffix(" Date Time").upper()


def table(items: Sequence[Mapping[str, Any]], columns: Sequence[str], *, indent: int = 0) -> str:
    """Return items as aligned lines below their titles. A terminal's width shortens or removes columns.

    The first column is kept whole as long as possible, and ``ID`` always: one copies them.
    """
    titles = [heading(column) for column in columns]
    rows = [[_cell(value_at(item, column.rpartition("=")[2])) for column in columns] for item in items]
    widths = [max(map(width, cells)) for cells in zip(titles, *rows, strict=True)] if columns else []
    if sys.stdout.isatty():
        widths = _fitted(titles, widths, shutil.get_terminal_size().columns - indent)
    lines = [_line(titles, widths), *(_line(row, widths, coloured=True) for row in rows)]
    return "\n".join(lines)


def facts(item: Mapping[str, Any]) -> str:
    """Return one resource as lines of name and value; values that are too long for a line follow below their names."""
    said = {printable(name): value for name, value in item.items() if not name.startswith("@odata")}
    told = {name: value for name, value in said.items() if value not in (None, [], {})} or said
    below = {name: value for name, value in told.items() if _is_long(value)}
    beside = {name: value for name, value in told.items() if name not in below}
    most = max(map(len, beside), default=0)
    lines = [f"{name:<{most}}{_GAP}{_coloured(shown(value), shown(value))}".rstrip() for name, value in beside.items()]
    for name, value in below.items():
        lines += [*([""] if lines else []), f"{name}:", *(f"{_GAP}{line}".rstrip() for line in _lines(value))]
    return "\n".join(lines)


def _is_long(value: object) -> bool:
    """Return whether a value is not for one line: several objects, or more than fits."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(each, Mapping) for each in value):
        return True
    return isinstance(value, list | Mapping) and width(shown(value)) > _LONG


def _lines(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return facts(value).splitlines()
    if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
        if columns := columns_of(value):
            return table(value, columns, indent=len(_GAP)).splitlines()
        return [line for each in value for line in facts(each).splitlines()]
    return [shown(each) for each in value] if isinstance(value, list) else [shown(value)]


def _cell(value: object) -> str:
    """Return a value as a cell of a table; objects in one are only hinted at."""
    nested = isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
    )
    return _cut(shown(value), _MOST_NESTED) if nested else shown(value)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def _line(cells: Sequence[str], widths: Sequence[int], *, coloured: bool = False) -> str:
    padded = []
    for cell, most in zip(cells, widths, strict=True):
        if not most:
            continue
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


def _fitted(titles: Sequence[str], widths: list[int], terminal: int) -> list[int]:
    """Return widths that fit: wide columns are made narrower, then columns left out (0), the last ones first.

    An id is never cut: half of one is of no use.
    """
    ids = {number for number, title in enumerate(titles) if title == "ID"}
    kept = {0, *ids}

    def wider(numbers: Iterable[int], least: int = _NARROWEST) -> list[int]:
        return [number for number in numbers if widths[number] > max(least, 0)]

    while _total(widths) > terminal:
        others = [number for number in range(len(widths)) if number not in kept]
        if wide := wider(others):
            widths[max(wide, key=lambda number: widths[number])] -= 1
        elif shown_others := wider(others, 0):
            widths[shown_others[-1]] = 0
        elif wider(kept - ids):
            widths[0] -= 1
        elif ids and wider(kept - ids, 0):
            widths[0] = 0
        else:
            break
    return widths


def _total(widths: Sequence[int]) -> int:
    there = [each for each in widths if each]
    return sum(there) + len(_GAP) * (len(there) - 1)
