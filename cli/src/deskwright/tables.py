"""Tables of text: columns by paths into JSON, as wide as the terminal allows."""

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import click

from deskwright.fitting import GAP, Fit, cut, natural, width
from deskwright.terminal import printable

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", re.ASCII)
_IN_UTC = ContextVar("in_utc", default=False)
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
        case str() if _MOMENT.fullmatch(value):
            return _moment(value)
        case _:
            return printable(str(value))


def show_times(*, in_utc: bool) -> None:
    """Choose the time zone of moments: UTC, or the machine's."""
    _IN_UTC.set(in_utc)


def _moment(written: str) -> str:
    """Return a moment to the second with its zone or its distance from UTC; a text that is no moment is unchanged."""
    try:
        at = datetime.fromisoformat(f"{written[:19]}+00:00")
        local = at.astimezone()
    except (ValueError, OverflowError):
        return written
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if _IN_UTC.get() else f"{local:%Y-%m-%d %H:%M:%S} {local.isoformat()[19:25]}"


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


def table(items: Sequence[Mapping[str, Any]], columns: Sequence[str], *, indent: int = 0, named: bool = False) -> str:
    """Return items as aligned lines below their titles. A terminal's width shortens or removes columns.

    The first column is kept whole as long as possible, and ``ID``: one copies them. *named*: what the first columns
    show names an item too, so that its id can go.
    """
    titles = [heading(column) for column in columns]
    rows = [[_cell(value_at(item, column.rpartition("=")[2])) for column in columns] for item in items]
    widths, said = natural(titles, rows) if columns else [], ""
    if sys.stdout.isatty() and columns:
        fit = Fit(titles, rows, shutil.get_terminal_size().columns - indent, named=named)
        rows, widths = fit.rows, fit.widths
        said = ", ".join(f"{title} {value}" for title, value in fit.said.items() if value)
    below = [f"In every row: {said}"] if said else []
    return "\n".join([_line(titles, widths), *(_line(row, widths, coloured=True) for row in rows), *below])


def facts(item: Mapping[str, Any]) -> str:
    """Return one resource as lines of name and value; values that are too long for a line follow below their names."""
    said = {printable(name): value for name, value in item.items() if not name.startswith("@odata")}
    told = {name: value for name, value in said.items() if value not in (None, [], {})} or said
    below = {name: value for name, value in told.items() if _is_long(value)}
    beside = {name: value for name, value in told.items() if name not in below}
    most = max(map(len, beside), default=0)
    lines = [f"{name:<{most}}{GAP}{_coloured(shown(value), shown(value))}".rstrip() for name, value in beside.items()]
    for name, value in below.items():
        lines += [*([""] if lines else []), f"{name}:", *(f"{GAP}{line}".rstrip() for line in _lines(value))]
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
            return table(value, columns, indent=len(GAP)).splitlines()
        return [line for each in value for line in facts(each).splitlines()]
    return [shown(each) for each in value] if isinstance(value, list) else [shown(value)]


def _cell(value: object) -> str:
    """Return a value as a cell of a table; objects in one are only hinted at."""
    nested = isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
    )
    return cut(shown(value), _MOST_NESTED) if nested else shown(value)


def _line(cells: Sequence[str], widths: Sequence[int], *, coloured: bool = False) -> str:
    padded = []
    for cell, most in zip(cells, widths, strict=True):
        if not most:
            continue
        text = cut(cell, most)
        padded.append((_coloured(text, cell) if coloured else text) + " " * (most - width(text)))
    return GAP.join(padded).rstrip()


def _coloured(text: str, word: str) -> str:
    colour = _COLOURS.get(word)
    return click.style(text, fg=colour) if colour else text
