"""Tables on a terminal: the columns that fit, their widths, and values that are printed once below them."""

import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "
_NARROWEST = 10
_LONGEST_WORD = 24
"""Width up to which a column shows the words that distinguish its cells, such as statuses; longer texts are cut."""
_SHORTEST_PART = 5


class Fit:
    """A table fitted to the terminal: *rows* with shorter cells, *widths* of which 0 leaves a column out.

    First go what others say too and what every row has: an *id* where the first columns name each row (*named*), the
    words with which each cell of a column begins, and columns with one value, which are said once below the table
    (*said*). Then cells are cut, so that those that differ still do; then columns are left out, the last ones first.
    An id is never cut, because half of one is of no use.
    """

    def __init__(self, titles: Sequence[str], rows: Sequence[Sequence[str]], terminal: int, *, named: bool) -> None:
        self._titles, self._terminal = titles, terminal
        self.rows = [list(row) for row in rows]
        self.widths = natural(titles, self.rows)
        self.said: dict[str, str] = {}
        self._ids = {number for number, title in enumerate(titles) if title == "ID"}
        if named and self._too_wide and self._tells_rows_apart():
            for number in self._ids:
                self.widths[number] = 0
        if self._too_wide and len(self.rows) > 1:
            self._shorten_beginnings()
            self._leave_out_same()
        self._cut()

    @property
    def _too_wide(self) -> bool:
        there = [each for each in self.widths if each]
        return sum(there) + len(GAP) * (len(there) - 1) > self._terminal

    @property
    def _others(self) -> list[int]:
        """The columns that are neither the first nor an id."""
        return [number for number in range(len(self.widths)) if number and number not in self._ids]

    def _tells_rows_apart(self) -> bool:
        names = [tuple(row[:2]) for row in self.rows]
        return len(self._ids) < len(self._titles) and len({*names}) == len(names) and all(name[0] for name in names)

    def _shorten_beginnings(self) -> None:
        """Put … in the place of the words with which each cell of a column begins."""
        for number in self._others:
            cells = [row[number] for row in self.rows]
            same = _common_words(cells)
            if len({*cells}) > 1 and len(same) >= _SHORTEST_PART:
                for row in self.rows:
                    row[number] = f"…{row[number][len(same) :]}"
        shown = [bool(width) for width in self.widths]
        self.widths = [width if is_shown else 0 for width, is_shown in zip(self._natural(), shown, strict=True)]

    def _natural(self) -> list[int]:
        return natural(self._titles, self.rows)

    def _leave_out_same(self) -> None:
        """Leave out columns with one value, the last ones first, while the table is too wide."""
        for number in reversed(self._others):
            values = {row[number] for row in self.rows}
            if self._too_wide and len(values) == 1:
                self.widths[number] = 0
                self.said[self._titles[number]] = values.pop()

    def _cut(self) -> None:
        least = [_least(row[number] for row in self.rows) for number in range(len(self.widths))]

        def wider(numbers: Iterable[int], *, whole: bool = False) -> list[int]:
            return [number for number in numbers if self.widths[number] > (0 if whole else least[number])]

        while self._too_wide:
            first = {0} - self._ids
            if wide := wider(self._others):
                self.widths[max(wide, key=lambda number: self.widths[number])] -= 1
            elif shown := wider(self._others, whole=True):
                self.widths[shown[-1]] = 0
            elif wider(first):
                self.widths[0] -= 1
            elif self._ids and wider(first, whole=True):
                self.widths[0] = 0
            else:
                break


def natural(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the widths of columns in which nothing is cut."""
    return [max(map(width, cells)) for cells in zip(titles, *rows, strict=True)]


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def cut(text: str, most: int) -> str:
    """Return a text cut to a number of columns, with … at its end if it is cut."""
    if width(text) <= most:
        return text
    while width(text) > most - 1:
        text = text[:-1]
    return f"{text}…"


def _common_words(cells: Sequence[str]) -> str:
    """Return the whole words with which all cells begin, with the space after them."""
    low, high = min(cells), max(cells)
    same = next((number for number, each in enumerate(low) if high[number : number + 1] != each), len(low))
    return low[: low.rfind(" ", 0, same) + 1]


def _least(cells: Iterable[str]) -> int:
    """Return the width down to which a column is cut, so that no cell that is cut could be another one."""
    distinct = {*cells}
    for least in range(_NARROWEST, _LONGEST_WORD + 1):
        shortened = [cut(each, least).removesuffix("…") for each in distinct if width(each) > least]
        if all(sum(each.startswith(begun) for each in distinct) == 1 for begun in shortened):
            return least
    return _NARROWEST
