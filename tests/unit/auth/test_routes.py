"""Every route is in docs/api.md with the permission that guards it; read from what the routes declare."""

from itertools import combinations, zip_longest
from typing import Any

import pytest

from tests.house.tree import ROOT, text
from triggers.http.graph import BASE
from triggers.http.openapi import routes
from triggers.http.openapi_metadata import Route
from triggers.http.permissions import CHANGING, OWN, VERBS, Role

_LETTERS = {Role.READER: "R", Role.OPERATOR: "O", Role.ADMINISTRATOR: "A", Role.PROVIDER: "P", Role.USER: "U"}
GUARDED = [route for route in routes() if route.metadata is not None and route.metadata.verb]


def verb(route: Route) -> str:
    assert route.metadata is not None
    return route.metadata.verb


def line(route: Route) -> str:
    """Return a route as docs/api.md tells it."""
    shown = route.address.replace(BASE, "…")
    who = "".join(letter for role, letter in _LETTERS.items() if role in VERBS[verb(route)])
    return f"| `{route.method.upper()}` | `/{shown}` | `{verb(route).removeprefix('Microsoft.CloudPC/')}` | {who} |"


def test_every_route_is_told_with_its_permission() -> None:
    told = text(ROOT / "docs" / "api.md")
    assert [line(route) for route in GUARDED if line(route) not in told] == []


def test_every_route_without_a_permission_asks_for_a_key() -> None:
    spoken_to_by_graph = "graph/notifications"  # it knows its callers by clientState
    before_sign_in = "configuration"  # what a client needs to get a token
    opened_by_azure = "templates/customer.json"  # the Azure portal shows it; there is nothing of anybody in it
    open_to_all = {route.address for route in routes() if route not in GUARDED and not route.keyed}
    assert open_to_all == {spoken_to_by_graph, before_sign_in, opened_by_azure}


def test_every_permission_guards_a_route() -> None:
    assert VERBS.keys() - {verb(route) for route in GUARDED} == set()


def test_what_everybody_may_do_concerns_nobody_but_the_caller() -> None:
    public_knowledge = "openapi.json"
    assert {r.address for r in GUARDED if verb(r) in OWN and "me" not in r.address.split("/")} == {public_knowledge}
    assert [r.address for r in GUARDED if verb(r) not in OWN and "me" in r.address.split("/")] == []


def test_what_changes_something_is_what_other_methods_than_get_do() -> None:
    judged = {"Microsoft.CloudPC/tenants/dryRun", "Microsoft.CloudPC/wizards/review"}
    judged.add("Microsoft.CloudPC/reports/read")  # Graph asks for a report with a POST
    changing = {verb(route) for route in GUARDED if route.method != "get"}
    assert changing - judged == CHANGING


def test_graph_shaped_addresses_answer_in_graph_s_shape() -> None:
    shaped = {route.address: route.metadata.graph for route in GUARDED if route.metadata}
    assert [address for address, graph in shaped.items() if ("{version}" in address) != graph] == []


def segments(template: str) -> list[int]:
    """Return the generality of each segment of a route template: 0 a literal, 1 a parameter, 2 all that follows."""
    return [2 if each.startswith("{*") else 1 if "{" in each else 0 for each in template.strip("/").split("/")]


def meet(one: str, other: str) -> bool:
    """Whether some path matches both templates."""
    pairs = zip_longest(one.strip("/").lower().split("/"), other.strip("/").lower().split("/"))
    for a, b in pairs:
        if "{*" in f"{a}{b}":
            return True
        if a is None or b is None or ("{" not in a + b and a != b):
            return False
    return True


def wrongly_ordered(found: list[tuple[str, str, frozenset[str]]]) -> list[tuple[str, str]]:
    """Return the pairs of functions (name, route, methods) of which the host would try the more general one first."""
    by_name = sorted(found, key=lambda one: one[0].upper())
    return [
        (first, second)
        for (first, route, methods), (second, other, others) in combinations(by_name, 2)
        if methods & others and meet(route, other) and segments(route) >= segments(other)
    ]


def test_the_host_tries_routes_by_their_functions_names_and_finds_the_one_that_is_meant(functions: list[Any]) -> None:
    routed = [
        (f.get_function_name(), f.get_trigger().route, frozenset(each.value for each in f.get_trigger().methods))
        for f in functions
        if f.get_trigger().type == "httpTrigger"
    ]
    assert len(routed) == len({name for name, _, _ in routed})
    assert wrongly_ordered(routed) == []


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        ("things/{id}", "things/count", True),
        ("things/count", "things/{id}", False),
        ("things/{*rest}", "things/{id}/parts", True),
        ("{*rest}", "things", True),
        ("things/{id}", "things/{name}", True),
        ("things/{id}/a", "things/{id}/b", False),
        ("things", "things/{id}", False),
    ],
)
def test_a_pair_in_the_wrong_order_is_found(first: str, second: str, *, wrong: bool) -> None:
    get = frozenset({"GET"})
    assert bool(wrongly_ordered([("a", first, get), ("b", second, get)])) is wrong
    assert wrongly_ordered([("a", first, get), ("b", second, frozenset({"PUT"}))]) == []
