"""HTML that escapes every text that is not markup already."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, TypeAlias, Union

if TYPE_CHECKING:
    from collections.abc import Iterable

_GUID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_ROUTINE = re.compile(r"/subscriptions/[^/|]+(/resourceGroups)?|/providers(?=/)", re.IGNORECASE)
VOID = frozenset({"input", "meta", "rect", "path"})


class Html(str):
    """Markup: text that can be sent without escaping."""

    __slots__ = ()


Child: TypeAlias = Union[str, int, float, "Iterable[Child]", None]


def tag(name: str, /, *children: Child, **attributes: object) -> Html:
    """Make an element. `class_` writes `class`, `data_x` writes `data-x`; None and False are left out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{''.join(map(_text, children))}</{name}>")


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, (str, int, float)):
        return escape(str(child))
    return "".join(map(_text, child))


def brief(text: str) -> Html:
    """Write a path or a key without its common parts, GUIDs by their beginning; the title has it in full."""
    short = _GUID.sub(r"\1…", _ROUTINE.sub("", text) or text)
    return tag("span", short, title=text if short != text else None)


def pill(text: str, tone: str = "plain", title: str = "") -> Html:
    """Make a small label; `tone` is good, busy, bad, warn or plain."""
    return tag("span", text, class_=f"pill {tone}", title=title or None)


def bar(share: float, tone: str = "good") -> Html:
    """Make a bar that is filled to a share (0..1)."""
    width = round(100 * min(1.0, max(0.0, share)), 1)
    filled = tag("rect", width=width, height=4, class_=tone)
    return tag("svg", filled, class_="bar", viewBox="0 0 100 4", preserveAspectRatio="none", aria_hidden="true")


def table(heads: Iterable[str], rows: Iterable[Iterable[Child]]) -> Html:
    """Make a table; a head that begins with `#` has numbers below it."""
    names = list(heads)
    kinds = ["number" if name.startswith("#") else None for name in names]
    head = tag("tr", [tag("th", name.lstrip("#"), class_=kind) for name, kind in zip(names, kinds, strict=True)])
    body = [tag("tr", [tag("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)]) for row in rows]
    return tag("div", tag("table", tag("thead", head), tag("tbody", body)), class_="scroll")
