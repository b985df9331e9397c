"""OData filters and searches match what Graph's documentation describes."""

from typing import Any

import pytest
from azure_simulator.graph.protocol.odata import QueryError, compile_filter
from azure_simulator.graph.protocol.search import check_search, compile_search
from hypothesis import given
from hypothesis import strategies as st

ITEM = {
    "id": "8a1e7d0c-0000-4000-8000-000000000001",
    "displayName": "Cloud PC users",
    "mail": None,
    "accountEnabled": True,
    "members": 3,
    "createdDateTime": "2026-11-01T10:00:00Z",
    "groupTypes": ["Unified"],
    "assignedLicenses": [{"skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06"}],
    "nested": {"a": {"b": "c"}},
}


@pytest.mark.parametrize(
    "text",
    [
        "displayName eq 'cloud pc users'",
        "startswith(displayName,'Cloud')",
        "startsWith(displayName, 'cloud') and accountEnabled eq true",
        "endsWith(displayName,'users')",
        "contains(displayName,'pc')",
        "mail eq null",
        "not (mail ne null)",
        "members ge 3 and members lt 4",
        "members gt 5 or members eq 3",
        "displayName in ('x','Cloud PC users')",
        "groupTypes/any(c:c eq 'Unified')",
        "assignedLicenses/any(x:x/skuId eq 06ebc4ee-1bb5-47dd-8120-11324bc54e06)",
        "assignedLicenses/$count ne 0",
        "nested/a/b eq 'c'",
        "createdDateTime ge 2026-10-31T00:00:00Z",
        "id eq '8A1E7D0C-0000-4000-8000-000000000001'",
    ],
)
def test_a_filter_that_is_true_includes_the_item(text: str) -> None:
    assert compile_filter(text).matches(ITEM)


@pytest.mark.parametrize(
    "text",
    [
        "displayName eq 'cloud'",
        "mail gt 'a'",
        "members gt 'a'",
        "groupTypes/any(c:c eq 'DynamicMembership')",
        "startswith(mail,'a')",
        "accountEnabled eq false",
        "displayName eq 'a' and (members eq 3 or members eq 4)",
    ],
)
def test_a_filter_that_is_false_drops_the_item(text: str) -> None:
    assert not compile_filter(text).matches(ITEM)


@pytest.mark.parametrize("text", ["", "displayName", "displayName eq", "eq 'a'", "a eq 'b", "(a eq 1", "a like 'b'"])
def test_a_filter_that_does_not_parse_is_an_error(text: str) -> None:
    with pytest.raises(QueryError):
        compile_filter(text)


@pytest.mark.parametrize(
    ("text", "advanced"),
    [("a eq 'b'", False), ("startswith(a,'b')", False), ("a ne 'b'", True), ("endswith(a,'b')", True)],
)
def test_ne_not_endswith_and_count_are_advanced(text: str, *, advanced: bool) -> None:
    # learn.microsoft.com/graph/aad-advanced-queries
    assert compile_filter(text).advanced is advanced


@given(st.text(alphabet="ab' é%&?", max_size=12))
def test_any_text_survives_quoting(value: str) -> None:
    quoted = value.replace("'", "''")
    assert compile_filter(f"name eq '{quoted}'").matches({"name": value})


def test_fields_are_those_of_the_item_not_the_variables_of_any() -> None:
    found = compile_filter("assignedLicenses/any(x:x/skuId eq 'a') and mail eq null")
    assert found.fields == {"assignedLicenses", "mail"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"displayName:pc"', True),
        ('"displayName:loud"', False),
        ('"displayName:cloud" AND "displayName:users"', True),
        ('"displayName:nothing" OR "displayName:users"', True),
    ],
)
def test_search_finds_beginnings_of_words(text: str, *, found: bool) -> None:
    check_search(text)
    item: dict[str, Any] = ITEM
    assert compile_search(text)(item) is found


def test_search_wants_quotes() -> None:
    with pytest.raises(QueryError):
        check_search("displayName:pc")
