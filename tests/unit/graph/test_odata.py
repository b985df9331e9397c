"""The supported part of OData, and how the rest is refused."""

import pytest

from shared.domain.filtering import accepts
from shared.errors import InvalidError
from triggers.http.odata import (
    Collection,
    context,
    kinds_of,
    named_parameters,
    read_query,
    refuse_unselectable,
    row_of,
    selected,
)

THINGS = Collection(
    name="things",
    kinds=kinds_of("displayName", "upn", "inner/name", moments="made", numbers="size", flags="done"),
    searched=("displayName", "upn"),
    hidden=frozenset({"secretive"}),
    expands=frozenset({"children"}),
    own=("upn", "other"),
)
VIEW = {"id": "1", "displayName": "Ada's", "upn": "a@b", "secretive": 1, "children": [], "empty": None}
THING = {**VIEW, "made": "2026-01-31T08:00:00Z", "size": 4, "done": True, "inner": {"name": "In"}}


def test_without_options_everything_is_shown_but_what_must_be_selected() -> None:
    assert set(selected(VIEW, read_query({}, THINGS), THINGS)) == {"id", "displayName", "upn", "empty"}


def test_select_shows_the_selected_properties_and_the_id() -> None:
    query = read_query({"$select": "secretive, displayName"}, THINGS)
    assert selected(VIEW, query, THINGS) == {"id": "1", "secretive": 1, "displayName": "Ada's"}


def test_expand_shows_a_related_collection() -> None:
    assert "children" in selected(VIEW, read_query({"$expand": "children"}, THINGS), THINGS)


@pytest.mark.parametrize(
    ("params", "meant"),
    [
        ({"$filter": "displayName eq 'Ada''s' and upn eq 'A@B'"}, True),
        ({"$filter": "inner/name eq 'in' and made gt 2026-01-31 and size le 4 and done eq true"}, True),
        ({"$filter": "made ge 2026-01-31T09:00:00+00:30"}, False),
        ({"$search": "ada a@"}, True),
        ({"$search": "ada other"}, False),
        ({"upn": "A@b"}, True),
        ({"upn": "x", "$search": "ada"}, False),
        ({"other": "x"}, True),
    ],
)
def test_what_the_options_say_chooses_together(params: dict[str, str], *, meant: bool) -> None:
    assert accepts(read_query(params, THINGS).condition, row_of(THING, THINGS)) is meant


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("$count", "maybe", "true or false"),
        ("$expand", "parents", "cannot be expanded"),
        ("$filter", "empty eq 'x'", "properties that can be: displayName, done"),
        ("$orderby", "empty", "properties that can be: displayName, done"),
        ("$orderby", "upn up", "write it as"),
    ],
)
def test_what_is_not_supported_is_refused_with_a_reason(name: str, value: str, words: str) -> None:
    with pytest.raises(InvalidError, match=r".*") as refused:
        read_query({name: value}, THINGS)
    assert words in str(refused.value)
    assert refused.value.problems[0].pointer == name


def test_a_property_that_is_not_there_cannot_be_selected() -> None:
    with pytest.raises(InvalidError, match=r"no property colour; .* selected: displayName, done, error"):
        refuse_unselectable(read_query({"$select": "colour"}, THINGS), THINGS, {"error", "id"})


def test_a_property_that_an_item_lacks_can_be_selected() -> None:
    query = read_query({"$select": "error,size"}, THINGS)
    refuse_unselectable(query, THINGS, {"error", "id"})
    assert selected({"id": "1", "size": 4, "upn": "x"}, query, THINGS) == {"id": "1", "size": 4}


@pytest.mark.parametrize("name", ["$apply", "$skip", "$Colour", "$"])
@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_an_option_that_is_not_supported_is_refused(name: str, version: str) -> None:
    with pytest.raises(InvalidError, match=r"unknown query parameter; there are .*filter") as refused:
        named_parameters({name: "x"}, THINGS, graph=True, version=version)
    assert refused.value.problems[0].pointer == name


def test_parameters_that_are_not_odata_s_do_not_matter() -> None:
    for version in ("v1.0", "beta"):
        assert named_parameters({"code": "x", "apply": "y"}, THINGS, graph=True, version=version) == {}


def test_options_are_read_in_any_case_and_in_beta_without_their_dollar() -> None:
    # https://learn.microsoft.com/graph/query-parameters: $skipToken; "On the beta endpoint, the $ prefix is optional."
    assert named_parameters({"$skipToken": "x"}, THINGS, graph=True, version="v1.0") == {"$skiptoken": "x"}
    assert named_parameters({"filter": "x"}, THINGS, graph=True, version="beta") == {"$filter": "x"}
    assert named_parameters({"filter": "x"}, THINGS, graph=True, version="v1.0") == {}


@pytest.mark.parametrize("name", ["colour", "$filter", "Kind", "top"])
def test_an_own_route_refuses_what_it_does_not_know_and_names_what_there_is(name: str) -> None:
    with pytest.raises(InvalidError, match=r"there are \$top, kind"):
        named_parameters({"kind": "x", name: "x"}, ("kind", "$top"), graph=False, version="")
    with pytest.raises(InvalidError, match="there are none here"):
        named_parameters({name: "x"}, (), graph=False, version="")


def test_the_context_names_the_collection_and_what_was_selected() -> None:
    query = read_query({"$select": "id,upn"}, THINGS)
    expected = "https://x/beta/$metadata#deviceManagement/virtualEndpoint/things(id,upn)"
    assert context("https://x/beta", THINGS, query) == expected
