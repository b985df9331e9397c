"""``--watch``: print a list or one thing repeatedly, in place on a terminal, elsewhere only changes."""

import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deskwright.output import Output
from deskwright.tables import heading, shown, value_at
from deskwright.terminal import clear, say

_EVERY_SECONDS = 2.0
_OTHER_LINES = 4
"""Lines of a terminal without a row: the titles, the common values, the last line, and the cursor's."""

Item = Mapping[str, Any]


def watch_list(read: Callable[[], Sequence[Item]], output: Output, columns: Sequence[str], *, named: bool) -> None:
    """Show a list until Ctrl-C: elsewhere than on a terminal all of it once, then the items that are new or differ."""
    seen: dict[str, object] = {}
    looked, titled = False, False
    while True:
        items = read()
        if sys.stdout.isatty():
            room = max(1, shutil.get_terminal_size().lines - _OTHER_LINES)
            _redraw(lambda: output.items(items[:room], columns, named=named), len(items) - room)  # noqa: B023 - at once
        else:
            now = {_name(item): _compared(item, output, columns) for item in items}
            news = [item for item in items if seen.get(_name(item)) != now[_name(item)]]
            if news or not looked:
                output.items(news, columns, named=named, titles=not titled)
            for gone in seen.keys() - now.keys():
                say(f"{gone} is in the list no more.")
            seen, looked, titled = now, True, titled or bool(news)
        time.sleep(_EVERY_SECONDS)


def watch_item(read: Callable[[], object], output: Output, columns: Sequence[str], rows: str) -> None:
    """Show one thing until Ctrl-C: elsewhere than on a terminal whenever it has changed."""
    before: object = None
    while True:
        item = read()
        if sys.stdout.isatty():
            _redraw(lambda: output.item(item, columns, rows), 0)  # noqa: B023 - at once
        elif item != before:
            output.item(item, columns, rows)
        before = item
        time.sleep(_EVERY_SECONDS)


def _redraw(show: Callable[[], None], left: int) -> None:
    clear()
    show()
    more = f"{left} more; " if left > 0 else ""
    say(f"{more}again every {_EVERY_SECONDS:g} s; Ctrl-C ends it.")


def _name(item: Item) -> str:
    return str(item.get("id") or item.get("name") or sorted(item.items(), key=str))


def _compared(item: Item, output: Output, columns: Sequence[str]) -> object:
    """Return the printed values of an item, or all: a change of others is not shown."""
    if not (output.in_columns and columns):
        return item
    return [(heading(column), shown(value_at(item, column.rpartition("=")[2]))) for column in columns]
