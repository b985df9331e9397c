"""The order of lists, and the places at which their pages end: OData's ``$orderby``. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.domain import page_tokens
from shared.domain.filtering import Kinds, Row, Scalar

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
    """Return *rows* in order; those that are equal in it by their ids. What has no value comes before what has one."""
    found = sorted(rows, key=lambda row: str(row.get("id", "")))
    for term in reversed(terms):
        found.sort(key=lambda row, name=term.name: _key(row.get(name)), reverse=term.descending)  # type: ignore[misc] # mypy cannot infer a lambda with a default
    return found


def behind(rows: Iterable[R], terms: Sequence[Term], place: Place) -> list[R]:
    """Return those of the sorted *rows* that come after *place*, even if the row of that place no longer exists."""
    return [row for row in rows if _is_behind(row, terms, place)]


def place_of(row: Row, terms: Sequence[Term]) -> Place:
    """Return the place of a row in the order."""
    return tuple(_cut(row.get(term.name)) for term in terms), str(row.get("id", ""))


def token_of(place: Place, terms: Sequence[Term]) -> str:
    """Return the token of the page behind *place*."""
    text = json.dumps([written(terms), list(place[0]), place[1]], separators=(",", ":"), ensure_ascii=False)
    return page_tokens.written(text)


def read_token(token: str, terms: Sequence[Term]) -> Place:
    """Return the place that *token* names in a list with the order *terms*. Raises: OrderError."""
    try:
        order, values, id_ = json.loads(page_tokens.read(token))
        if order != written(terms) or not isinstance(id_, str) or len(values) != len(terms):
            raise OrderError(page_tokens.AS_IT_IS)
        for value in values:
            _key(value)
    except (ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise OrderError(page_tokens.AS_IT_IS) from error
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
