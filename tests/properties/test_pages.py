"""Pages of lists that change while somebody reads them: nothing that stays is left out, and nothing comes twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.filtering import Row
from shared.domain.pages import OrderError, Term, ordered, page_of

ROWS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["a", "B", "b", "", "é" * 400])), unique_by=lambda r: r[0]
)


def rows_of(drawn: Sequence[tuple[int, str]], terms: Sequence[Term]) -> list[Row]:
    rows: list[Row] = [{"id": f"{number:03}", "name": name} for number, name in drawn]
    return ordered(rows, terms) if terms else rows


@given(drawn=ROWS, later=st.data(), top=st.integers(1, 7), is_ordered=st.booleans())
def test_what_stays_is_shown_once_whatever_comes_or_goes(
    drawn: list[tuple[int, str]], later: st.DataObject, top: int, *, is_ordered: bool
) -> None:
    terms = (Term("name", descending=True),) if is_ordered else ()
    rows, shown, token = rows_of(drawn, terms), [], None
    stays = {str(row["id"]) for row in rows}
    for turn in range(100):
        page, token = page_of("x", rows, terms, top, token)
        shown += [str(row["id"]) for row in page]
        if token is None:
            break
        before = later.draw(st.booleans())
        new: Row = {"id": f"n{turn:03}", "name": later.draw(st.sampled_from(["a", "b"]))}
        gone = later.draw(st.sampled_from([*shown[:-1], ""]))
        stays.discard(gone)
        kept = [row for row in rows if row["id"] != gone]
        rows = [new, *kept] if before and turn < len(drawn) else kept
        rows = ordered(rows, terms) if terms else rows
    assert len(shown) == len(set(shown))
    assert stays <= set(shown)


@pytest.mark.parametrize("token", ["x", "", "2", "bnVsbA", "WyJ5IiwiIixbXSxbIjEiXSwxXQ", "WyJ4IiwiIixbXSxbXSwxXQ"])
def test_what_is_no_token_of_the_list_is_refused(token: str) -> None:
    with pytest.raises(OrderError):
        page_of("x", [{"id": "1"}], (), 1, token)


def test_after_the_last_rows_of_a_page_have_gone_nothing_is_left_out() -> None:
    rows = [{"id": str(number)} for number in range(9)]
    _, token = page_of("x", rows, (), 3, None)
    page, _ = page_of("x", [row for row in rows if row["id"] not in {"0", "1", "2"}], (), 9, token)
    assert [row["id"] for row in page] == ["3", "4", "5", "6", "7", "8"]
