"""Route templates as ASP.NET reads them."""

import pytest
from functions_host.errors import RouteError
from functions_host.http.route_templates import Route, path_segments


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
        ("a/{x}", "a/b%2Fc", {"x": "b/c"}),
    ],
)
def test_a_template_matches_as_documented(template: str, path: str, values: dict[str, str] | str | None) -> None:
    found = Route(template).match(path_segments(path))
    assert found is not None if values == "any" else found == values


@pytest.mark.parametrize(
    "template",
    [
        "a/{x:odd}", "a/{}", "a/{x", "a/x}", "a/{x}/{X}", "{*rest}/more", "a?b=1", "a/{x:int(}", "a/{x:min(y)}",
        "a/{x:regex([)}", "a/{x:range(1)}",
    ],
)  # fmt: skip
def test_a_bad_template_is_refused(template: str) -> None:
    with pytest.raises(RouteError):
        Route(template)
