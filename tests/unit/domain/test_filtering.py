"""Filters and orders of lists: what they mean, and what is refused with a reason."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.domain.filtering import (
    FilterError,
    Kind,
    Scalar,
    Together,
    accepts,
    demanded,
    moment,
    names_in,
    read_filter,
    searched,
)
from shared.domain.pages import OrderError, Term, behind, ordered, place_of, read_order, read_token, token_of

KINDS = {"id": Kind.TEXT, "name": Kind.TEXT, "at": Kind.MOMENT, "size": Kind.NUMBER, "done": Kind.FLAG}
ADA = {"id": "1", "name": "Ada's", "at": moment(datetime(2026, 1, 31, 8, tzinfo=UTC)), "size": 4, "done": True}
NOBODY = {"id": "2", "name": None, "at": None, "size": None, "done": None}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("name eq 'ada''s'", "1"),
        ("name ne 'ada''s'", "2"),
        ("name eq null", "2"),
        ("name ne null", "1"),
        ("name in ('x', 'ADA''S')", "1"),
        ("name in ('x', null)", "2"),
        ("startswith(name,'ad')", "1"),
        ("STARTSWITH( name , 'ad' )", "1"),
        ("contains(name,'''s')", "1"),
        ("not startswith(name,'ad')", "2"),
        ("not not (name eq 'x')", ""),
        ("name gt 'a' and name lt 'b'", "1"),
        ("size ge 4 and size le 4.0", "1"),
        ("size lt 100", "1"),
        ("size gt -5", "1"),
        ("done eq true", "1"),
        ("done ne true", "2"),
        ("at ge 2026-01-31 and at lt 2026-02-01", "1"),
        ("at eq 2026-01-31T09:00:00+01:00", "1"),
        ("at le '2026-01-31T08:00:00Z'", "1"),
        ("at gt 2026-01-31T08:00:00Z", ""),
        ("name eq 'x' or id eq '2'", "2"),
        ("name eq 'x' or id eq '1' and size eq 5 or id eq '2'", "2"),  # and binds closer
        ("(name eq 'x' or id eq '1') and size eq 4", "1"),
        ("id eq 'or' OR id eq '2'", "2"),
    ],
)
def test_a_filter_means(text: str, meant: str) -> None:
    condition = read_filter(text, KINDS)
    assert "".join(str(row["id"]) for row in (ADA, NOBODY) if accepts(condition, row)) == meant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "too early"),
        ("name", "compare it with"),
        ("name eq", "too early"),
        ("name eq 'x' and", "too early"),
        ("name like 'x'", "compare it with"),
        ("colour eq 'x'", "properties that can be: at, done, id"),
        ("name eq x", "text in single quotes"),
        ("name eq 4", "text in single quotes"),
        ("size eq 'x'", "write a number"),
        ("size eq 99999999999999999999", "no sense"),
        ("done eq 1", "true or false"),
        ("done gt true", "eq or ne"),
        ("at gt null", "eq or ne"),
        ("at eq 2026-13-01", "write a moment"),
        ("at eq '0001-01-01T00:00:00+14:00'", "write a moment"),
        ("startswith(size,4)", "for texts"),
        ("startswith(name 'x')", ", is missing"),
        ("name in ('x'", ") is missing"),
        ("(name eq 'x'", ") is missing"),
        ("name eq 'x') or (id eq '1'", "no sense"),
        ("name eq 'x' id eq '1'", "no sense"),
        ("name eq 'x", "cannot read it"),
        ("name eq 'x'; drop", "cannot read it"),
        ("(" * 300, "nest at most"),
        ("'x' eq name", "a property is expected"),
    ],
)
def test_what_is_no_filter_is_refused_with_a_reason(text: str, words: str) -> None:
    with pytest.raises(FilterError) as refused:
        read_filter(text, KINDS)
    assert words in str(refused.value)


@pytest.mark.parametrize("text", ["name eq 'foo'", "name ne 'foo'", "name in ('red', 'foo')", "not (name eq 'foo')"])
def test_a_text_that_a_property_never_has_is_refused_with_those_it_may_have(text: str) -> None:
    with pytest.raises(FilterError) as refused:
        read_filter(text, KINDS, {"name": ("red", "green")})
    assert str(refused.value) == "name is never 'foo'; it is one of red, green"


@pytest.mark.parametrize("text", ["name eq 'RED'", "name ne null", "startswith(name,'gr')", "name gt 'a'", "id eq 'x'"])
def test_few_values_of_a_property_refuse_nothing_else(text: str) -> None:
    read_filter(text, KINDS, {"name": ("red", "green")})


def test_every_beginning_of_a_filter_is_read_or_refused() -> None:
    text = "not (startswith(name,'a''b') or at ge 2026-01-31T08:00:00Z) and size in (1, -2.5) or done ne false"
    read_filter(text, KINDS)
    for end, start in itertools.product(range(len(text)), (0, 4, 30)):
        try:
            read_filter(text[start:end], KINDS)
        except FilterError:
            continue


def test_moments_sort_as_texts() -> None:
    first = datetime(2026, 1, 31, 8, tzinfo=UTC)
    moments = [first + timedelta(microseconds=n) for n in (0, 1, 999_999, 1_000_000)]
    there = [moment(each.astimezone(timezone(timedelta(hours=-5)))) for each in moments]
    assert sorted(map(str, there)) == there
    assert moment(None) is None


def test_a_search_wants_each_word_somewhere() -> None:
    row = {"a": "Grüße an Ada", "b": "lovelace"}
    assert accepts(searched("LOVE ada", ["a", "b"]), row)
    assert accepts(searched('"an ada"', ["a", "b"]), row)
    assert not accepts(searched('"ada an"', ["a", "b"]), row)
    assert accepts(searched("  ", ["a"]), row)


def test_what_every_row_must_pass_is_known() -> None:
    condition = read_filter("id eq '1' and (name eq 'x' or size eq 2) and at gt 2026-01-01 and not (id eq '3')", KINDS)
    assert [(each.name, each.operator) for each in demanded(condition)] == [("id", "eq"), ("at", "gt")]
    assert names_in(condition) == {"id", "name", "size", "at"}


@pytest.mark.parametrize("text", ["", "colour", "name up", "name desc desc", "name,name desc", ",", "name;size"])
def test_what_is_no_order_is_refused(text: str) -> None:
    with pytest.raises(OrderError):
        read_order(text, KINDS)


@pytest.mark.parametrize("order", ["name", "name desc", "size desc,name", "at,size desc,name desc", "id desc", ""])
def test_pages_of_any_order_together_hold_every_row_once(order: str) -> None:
    terms = read_order(order, KINDS) if order else ()
    values = itertools.product((None, "B", "a", "b"), (None, 3, 20), (None, "2026-01-01T00:00:00.000000Z"))
    rows: list[dict[str, Scalar]] = [
        {"id": f"{n:02d}", "name": a, "size": b, "at": c} for n, (a, b, c) in enumerate(values)
    ]
    whole = ordered(reversed(rows), terms)
    found: list[dict[str, Scalar]] = []
    rest = whole
    while rest:
        found += rest[:5]
        token = token_of(place_of(rest[:5][-1], terms), terms)
        rest = behind(whole, terms, read_token(token, terms))
    assert found == whole


def test_what_comes_and_goes_between_pages_moves_no_other_row() -> None:
    terms = (Term("size", descending=True),)
    rows: list[dict[str, Scalar]] = [{"id": str(n), "size": n} for n in range(10)]
    place = read_token(token_of(place_of(ordered(rows, terms)[3], terms), terms), terms)
    later = [row for row in rows if row["id"] != "6"] + [{"id": "new", "size": 100}]
    assert [row["id"] for row in behind(ordered(later, terms), terms, place)] == ["5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize("token", ["", "x", "W10", "bnVsbA", "WyJzaXplIGRlc2MiLFt7fV0sIjEiXQ", "é", "=", "A" * 999])
def test_a_token_of_somebody_else_is_refused(token: str) -> None:
    with pytest.raises(OrderError):
        read_token(token, (Term("size", descending=True),))


def test_a_token_belongs_to_its_order() -> None:
    terms = (Term("size"),)
    with pytest.raises(OrderError):
        read_token(token_of(((1,), "x"), terms), (Term("size", descending=True),))


def test_a_search_has_ten_words_at_most_and_each_is_looked_for_once() -> None:
    for text, words in (("a A a b", 2), (" ".join(map(str, range(10))), 10)):
        found = searched(text, ("name",))
        assert isinstance(found, Together)
        assert len(found.parts) == words
    for text in (" ".join(map(str, range(499))), "".join(f'"{number}"' for number in range(499))):
        with pytest.raises(FilterError, match="at most 10 words"):
            searched(text, ("name",))
