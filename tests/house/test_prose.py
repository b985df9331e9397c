"""Prose is wrapped: a reader of a diff sees the sentence that has changed."""

import re
from pathlib import Path

import pytest

from tests.house.tree import relative, text, tracked

WIDTH = 120
PAGES = [path for path in tracked() if path.suffix == ".md"]

_LINK_TARGET = re.compile(r"\]\([^)\s]*\)")
_ADDRESS = re.compile(r"https?://\S+")
_FENCE = re.compile(r"^\s*```")


def prose(page: Path) -> list[tuple[int, str]]:
    """Return the lines of a page with their numbers, without blocks of code, tables, headings and comments."""
    lines = list[tuple[int, str]]()
    in_code = in_comment = False
    for number, line in enumerate(text(page).splitlines(), 1):
        if _FENCE.match(line):
            in_code = not in_code
        elif line.lstrip().startswith("<!--"):
            in_comment = True
        elif not in_code and not in_comment and line[:1] not in {"|", "#"}:
            lines.append((number, line))
        if in_comment and line.rstrip().endswith("-->"):
            in_comment = False
    return lines


def width(line: str) -> int:
    """Return the length of a line without its unbreakable parts: the targets of links, addresses, one long word."""
    shown = _ADDRESS.sub("", _LINK_TARGET.sub("]()", line))
    return len(shown) if " " in shown.strip(" -*") else 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(relative(page)))
def test_prose_is_wrapped(page: Path) -> None:
    assert [f"{number}: {line[:60]}" for number, line in prose(page) if width(line) > WIDTH] == []


@pytest.mark.parametrize(
    ("line", "too_long"),
    [
        ("word " * 25, True),
        ("word " * 24, False),
        (f"See [the page](https://learn.microsoft.com/{'a' * 120}) for more.", False),
        (f"- `{'a' * 130}`", False),
    ],
)
def test_a_line_is_measured_without_what_cannot_be_broken(line: str, *, too_long: bool) -> None:
    assert (width(line) > WIDTH) is too_long
