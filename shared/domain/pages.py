"""Lists in order: how they are ordered, cut into pages, and continued."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.domain.filtering import Kinds, Row, Scalar

AS_IT_IS = "use the address in @odata.nextLink as it is"
"""Advice instead of writing a token."""


def encoded(place: str) -> str:
    """Return the token of a place."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decoded(token: str) -> str:
    """Return the place of a token. Raises: ValueError."""
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()


_COMPARED = 100
"""Characters of a text by which rows are ordered: the place where a page ends has to fit into an address."""

R = TypeVar("R", bound=Mapping[str, Any])
Place = tuple[tuple[Scalar, ...], str]
"""Position of a row: its values by which a list is ordered, and its id."""


class OrderError(ValueError):
    """An order, or the token of a page, that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """One property to order by."""

    name: str
    descending: bool = False


def read_order(text: str, kinds: Kinds) -> tuple[Term, ...]:
    """Return the terms in *text*: ``name``, ``name asc`` or ``name desc``, joined by commas. Raises: OrderError."""
    terms: list[Term] = []
    for part in text.split(","):
        words = part.split()
        if not 1 <= len(words) <= 2 or (len(words) == 2 and words[1].lower() not in {"asc", "desc"}):  # noqa: PLR2004 - a name and a direction
            raise OrderError("write it as: property desc, property asc")
        if words[0] not in kinds:
            possible = ", ".join(sorted(kinds)) or "none"
            raise OrderError(f"cannot order by {words[0]}; properties that can be: {possible}")
        if words[0] in {term.name for term in terms}:
            raise OrderError(f"{words[0]}: name it once")
        terms.append(Term(words[0], descending=words[-1].lower() == "desc"))
    return tuple(terms)


def ordered(rows: Iterable[R], terms: Sequence[Term]) -> list[R]:
    """Return *rows* sorted by *terms*, and then by id; missing values come first."""
    found = sorted(rows, key=lambda row: str(row.get("id", "")))
    for term in reversed(terms):
        found.sort(key=lambda row, name=term.name: _key(row.get(name)), reverse=term.descending)  # type: ignore[misc] # mypy cannot infer a lambda with a default
    return found


def behind(rows: Iterable[R], terms: Sequence[Term], place: Place) -> list[R]:
    """Return the sorted *rows* after *place*; the row at *place* may have been deleted."""
    return [row for row in rows if _is_behind(row, terms, place)]


def place_of(row: Row, terms: Sequence[Term]) -> Place:
    """Return the place of a row in the order."""
    return tuple(_cut(row.get(term.name)) for term in terms), str(row.get("id", ""))


def token_of(place: Place, terms: Sequence[Term]) -> str:
    """Return the token of the page behind *place*."""
    text = json.dumps([written(terms), list(place[0]), place[1]], separators=(",", ":"), ensure_ascii=False)
    return encoded(text)


def read_token(token: str, terms: Sequence[Term]) -> Place:
    """Return the place that *token* names in a list with the order *terms*. Raises: OrderError."""
    try:
        order, values, id_ = json.loads(decoded(token))
        if order != written(terms) or not isinstance(id_, str) or len(values) != len(terms):
            raise OrderError(AS_IT_IS)
        for value in values:
            _key(value)
    except (ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise OrderError(AS_IT_IS) from error
    return tuple(values), id_


def written(terms: Sequence[Term]) -> str:
    """Return an order as the token of a page names it."""
    return ",".join(f"{term.name} {'desc' if term.descending else 'asc'}" for term in terms)


def _key(value: Scalar) -> tuple[int, float, str]:
    """Return the sort key of a value: nothing comes first, then numbers, then texts without regard to case."""
    if value is None:
        return (0, 0.0, "")
    return (2, 0.0, value[:_COMPARED].casefold()) if isinstance(value, str) else (1, float(value), "")


def _cut(value: Scalar) -> Scalar:
    return value[:_COMPARED] if isinstance(value, str) else value


def _is_behind(row: Row, terms: Sequence[Term], place: Place) -> bool:
    values, id_ = place
    for term, value in zip(terms, values, strict=True):
        own, other = _key(row.get(term.name)), _key(value)
        if own != other:
            return (own < other) if term.descending else (own > other)
    return str(row.get("id", "")) > id_


Shown = TypeVar("Shown", bound=Row)

_REMEMBERED = 5
"""Ids of the last rows of a page that its token names.

The next page goes on behind the last of them that is there; where all have gone, at the number at which the first was.
"""


def page_of(
    name: str, rows: Sequence[Shown], terms: Sequence[Term], top: int, token: str | None
) -> tuple[Sequence[Shown], str | None]:
    """Return at most *top* of the sorted *rows* and the token of the next page, or None at the end.

    *name*: of the list; the tokens of others are no places in it. *terms*: by which it is ordered, and then by id;
    without any the order is the list's own. Raises: OrderError for a token that is none.
    """
    first = _first(name, rows, terms, token) if token is not None else 0
    page, end = rows[first : first + top], first + top
    return page, _token(name, page, terms, end) if end < len(rows) else None


def _token(name: str, page: Sequence[Row], terms: Sequence[Term], end: int) -> str:
    values, _ = place_of(page[-1], terms)
    ids = [str(row["id"]) for row in page[-_REMEMBERED:]]
    text = json.dumps([name, written(terms), list(values), ids, end], separators=(",", ":"), ensure_ascii=False)
    return encoded(text)


def _first(name: str, rows: Sequence[Shown], terms: Sequence[Term], token: str) -> int:
    """Return the number of the row with which the page begins that *token* names."""
    try:
        read: list[Any] = json.loads(decoded(token))
        there, order, values, ids, end = read
        right = there == name and order == written(terms) and len(values) == len(terms) and ids
        if not right or not all(isinstance(each, str) for each in ids) or type(end) is not int or end < 0:
            raise OrderError(AS_IT_IS)
        if terms:
            return len(rows) - len(behind(rows, terms, (tuple(values), ids[-1])))
    except (ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise OrderError(AS_IT_IS) from error
    places = {str(row["id"]): number for number, row in enumerate(rows)}
    return next((places[each] + 1 for each in reversed(ids) if each in places), max(0, end - len(ids)))
