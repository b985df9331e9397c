"""Route templates as ASP.NET reads them."""

import pytest
from functions_host.errors import RouteError
from functions_host.http.paths import decoded, encoded
from functions_host.http.route_templates import Route


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("a/{x}", "a/1", {"x": "1"}),
        ("a/{x?}", "a", {}),
        ("a/{x=7}", "a", {"x": "7"}),
        ("a/{x=7}", "a/8", {"x": "8"}),
        ("a/{x:int=7}", "a/b", None),
        ("{*rest}", "a/b/c", {"rest": "a/b/c"}),
        ("a/{*rest}", "a", {}),
        ("a/{x:guid}", "a/6f9619ff-8b86-d011-b42d-00cf4fc964ff", "any"),
        ("a/{x:guid}", "a/6f", None),
        ("a/{x:length(2,3)}", "a/bcd", {"x": "bcd"}),
        ("a/{x:length(2,3)}", "a/b", None),
        ("a/{x:int:min(3)}", "a/2", None),
        ("a/{x:range(1,5)}", "a/5", {"x": "5"}),
        ("a/{x:alpha}", "a/b1", None),
        ("a/{x:bool}", "a/TRUE", {"x": "TRUE"}),
        ("a/{x:regex(^\\d{{3}}$)}", "a/123", {"x": "123"}),
        ("a/{x:regex(^b+$)}", "a/bb", {"x": "bb"}),
        ("a/{x}.json", "a/b.json", {"x": "b"}),
        ("a/{x}-{y}", "a/1-2", {"x": "1", "y": "2"}),
        ("a/{x-id}.json", "a/7.json", {"x-id": "7"}),
        ("A/b", "a/B", {}),
        ("a", "a/b", None),
        ("", "", {}),
        ("a/{x}", "a/b%2Fc", {"x": "b%2Fc"}),
        ("a/{x}", "a/%C3%A9%FF", {"x": "é%FF"}),
        ("a/{x}", "a//b", None),
        ("a/{*rest}", "a/b//c/", {"rest": "b//c/"}),
        ("a/{x}", "a/b/../c/", {"x": "c"}),
        ("a/{x}-{y}", "a/1-2-3", {"x": "1-2", "y": "3"}),
        ("a/{x}.{y?}", "a/b", {"x": "b"}),
        ("a/{x:double}", "a/-1,5", {"x": "-1,5"}),
    ],
)
def test_a_template_matches_as_documented(template: str, path: str, values: dict[str, str] | str | None) -> None:
    found = Route(template).match(decoded(f"/{path}"))
    assert found is not None if values == "any" else found == values


@pytest.mark.parametrize(
    "template",
    [
        "a/{x:odd}", "a/{}", "a/{x", "a/x}", "a/{x}/{X}", "{*rest}/more", "a?b=1", "a/{x:int(}", "a/{x:min(y)}",
        "a/{x:regex([)}", "a/{x:range(1)}", "a/{x}{y}", "a//b", "api//", "a/{x*}", "a/{x=1?}",
    ],
)  # fmt: skip
def test_a_bad_template_is_refused(template: str) -> None:
    with pytest.raises(RouteError):
        Route(template)


def test_a_regular_expression_may_be_read_only_when_a_value_is_checked() -> None:
    route = Route("a/{x:regex([)}", lazy=True)
    assert route.match("/b/1") is None
    with pytest.raises(RouteError, match="cannot be read"):
        route.match("/a/1")


def test_an_encoded_slash_stays_encoded() -> None:
    assert encoded(decoded("/a%2Fb/%e9 é")) == "/a%2Fb/%e9%20%C3%A9"
