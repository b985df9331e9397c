"""Pages of lists that were read as a whole: each begins where the one before has ended, whatever came or went. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from shared.domain import page_tokens
from shared.domain.filtering import Row
from shared.domain.ordering import OrderError, Term, behind, place_of, written

R = TypeVar("R", bound=Row)

_REMEMBERED = 5
"""Ids of the last rows of a page that its token names.

The next page goes on behind the last of them that is there; where all have gone, at the number at which the first was.
"""


def page_of(
    name: str, rows: Sequence[R], terms: Sequence[Term], top: int, token: str | None
) -> tuple[Sequence[R], str | None]:
    """Return at most *top* of *rows*, which are in order and have an id each, and the token of those behind them.

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
    return page_tokens.written(text)


def _first(name: str, rows: Sequence[R], terms: Sequence[Term], token: str) -> int:
    """Return the number of the row with which the page begins that *token* names."""
    try:
        read: list[Any] = json.loads(page_tokens.read(token))
        there, order, values, ids, end = read
        right = there == name and order == written(terms) and len(values) == len(terms) and ids
        if not right or not all(isinstance(each, str) for each in ids) or type(end) is not int or end < 0:
            raise OrderError(page_tokens.AS_IT_IS)
        if terms:
            return len(rows) - len(behind(rows, terms, (tuple(values), ids[-1])))
    except (ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise OrderError(page_tokens.AS_IT_IS) from error
    places = {str(row["id"]): number for number, row in enumerate(rows)}
    return next((places[each] + 1 for each in reversed(ids) if each in places), max(0, end - len(ids)))
