"""Every route is in docs/api.md with the permission that guards it; read from what the routes declare."""

from pathlib import Path

from triggers.http.graph import BASE
from triggers.http.openapi import routes
from triggers.http.openapi_metadata import Route
from triggers.http.permissions import OWN, VERBS, Role

ROOT = Path(__file__).parents[3]
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
    told = (ROOT / "docs" / "api.md").read_text()
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
    assert {r.address for r in GUARDED if verb(r) in OWN and r.address.split("/")[0] != "me"} == {public_knowledge}
    assert [r.address for r in GUARDED if verb(r) not in OWN and r.address.split("/")[0] == "me"] == []


def test_graph_shaped_addresses_answer_in_graph_s_shape() -> None:
    shaped = {route.address: route.metadata.graph for route in GUARDED if route.metadata}
    assert [address for address, graph in shaped.items() if (BASE in address) != graph] == []
