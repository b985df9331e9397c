"""A request as it arrives and the reply as it leaves; free of any server library."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LARGEST = 4 << 20
"""Bytes of the largest body that Azure Resource Manager reads."""
DEEPEST = 64
"""Levels of the deepest body: the default of the library that Azure's services read JSON with."""
_DIGITS = 18
_LONGEST = 4096
"""Characters of the longest value of a header that is sent."""


class TooLargeError(ValueError):
    """A body of more than 4 MiB."""


class TooDeepError(ValueError):
    """A body with more levels than are read."""

    def __str__(self) -> str:
        """Word it as Azure's reader of JSON does."""
        return f"The reader's MaxDepth of {DEEPEST} has been exceeded"


@dataclass
class Request:
    """Raw parts of a request. `path` is still percent-encoded, header names are lower-cased."""

    method: str
    path: str
    query_string: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "https"

    @cached_property
    def query(self) -> dict[str, str]:
        """Return the query by lower-cased name."""
        pairs = parse_qsl(self.query_string, keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}

    @property
    def base(self) -> str:
        """Return the address this caller reaches us at."""
        return f"{self.scheme}://{self.headers.get('host', 'localhost')}"

    @property
    def media(self) -> str:
        """Return the media type of the body, such as `application/json`; empty without one."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def parsed(self, *, forms: bool = False) -> Any:  # noqa: ANN401 - JSON
        """Read the body: JSON, or where `forms` come one as an object; `None` when empty.

        Raises `ValueError` for what is no JSON, or nested too deep; `TooLargeError` for more than 4 MiB.
        """
        if not self.body:
            return None
        if len(self.body) > LARGEST:
            raise TooLargeError
        if forms and self.media == "application/x-www-form-urlencoded":
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        try:
            found = json.loads(self.body, parse_constant=_no_number)
        except RecursionError:
            raise TooDeepError from None
        if b"\\u" in self.body or self.body.count(b"{") + self.body.count(b"[") > DEEPEST:
            _check(found)
        return found


def whole(text: str) -> int | None:
    """Read a whole number of a query or a header; `None` for other texts and for absurdly long ones."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def sendable(value: str) -> str:
    """Return a header's value in a form that can be sent: a caller's own text may be echoed in it."""
    return value if value.isascii() and value.isprintable() and len(value) <= _LONGEST else quote(value)[:_LONGEST]


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _check(value: object) -> None:
    """Raise `ValueError` for JSON that is nested too deep, and for halves of characters, which no text can hold."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise TooDeepError
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner += [*each, *each.values()]
            elif isinstance(each, list):
                inner += each
            elif isinstance(each, str):
                each.encode()
        level = inner


@dataclass(slots=True)
class Reply:
    """Reply that the server sends, and its faults.

    `drop` closes the connection instead; `hold_us` (simulated) and `hold_s` (real) delay it. With
    `later` this is no reply yet: await what it calls.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    drop: bool = False
    hold_us: int = 0
    hold_s: float = 0.0
    later: Callable[[], Awaitable[Reply]] | None = None

    @property
    def code(self) -> str:
        """Return the code of an error in its body; empty when it is no error, or has no code."""
        if self.status < 400 or not self.body.startswith(b"{"):  # noqa: PLR2004 - the range of errors
            return ""
        try:
            error = json.loads(self.body).get("error", {})
        except ValueError:
            return ""
        return str(error.get("code", "")) if isinstance(error, dict) else ""
