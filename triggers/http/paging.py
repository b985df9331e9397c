"""Lists: ``$top`` and ``$skiptoken`` in, ``value`` and ``@odata.nextLink`` out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlunsplit

from shared.errors import InvalidError, Problem
from triggers.http.call import Call, parts_of

USUAL, MOST = 100, 1000
_MOST_DIGITS = 9  # Python itself refuses numbers of more than 4,300


def top_of(call: Call) -> int:
    """Return how many to give at most. Raises: InvalidError."""
    top = call.query("$top")
    if top is None:
        return USUAL
    number = count_of(top)
    if number is None or not 1 <= number <= MOST:
        raise InvalidError(Problem("$top", f"write a number from 1 to {MOST}"))
    return number


def count_of(text: str) -> int | None:
    """Return the number that is written in *text*, None if it is none or too long to be one."""
    return int(text) if len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit() else None


def listed(call: Call, items: Iterable[Any], next_token: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the body of a list."""
    body: dict[str, Any] = {**more, "value": list(items)}
    if call.left_out:
        body["@deskwright.unreadable"] = [{"id": error.id, "reason": str(error)} for error in call.left_out]
    if next_token is not None:
        body["@odata.nextLink"] = next_link(call, next_token)
    return body


def next_link(call: Call, next_token: str) -> str:
    """Return the address of the next page: this one's, with its token."""
    parts = parts_of(call.request)
    query = {**call.params, "$skiptoken": next_token}
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query, safe="$"), ""))
