"""Every route is in docs/api.md with the permission that guards it; read from the source, where both stand together."""

import re
from pathlib import Path

from triggers.graph import BASE
from triggers.permissions import VERBS, Role

ROOT = Path(__file__).parents[3]
_ROUTE = re.compile(
    r'@bp\.route\(\s*route=(?:f?"(?P<route>[^"]+)"),\s*methods=\["(?P<method>\w+)"\],\s*auth_level=_OPEN\)'
    r'(?:\n@bp\.durable_client_input\(client_name="client"\))?\n@endpoint\("(?P<verb>[^"]+)"(?P<graph>, graph=True)?\)'
)
_LETTERS = {Role.READER: "R", Role.OPERATOR: "O", Role.ADMINISTRATOR: "A", Role.PROVIDER: "P"}


def routes() -> list[tuple[str, str, str, bool]]:
    """Return (method, address, verb, whether Graph-shaped) of every route that asks for a token."""
    found = []
    for module in sorted((ROOT / "triggers").glob("*.py")):
        for route in _ROUTE.finditer(module.read_text()):
            address = route["route"].replace("{BASE}", BASE).replace("{{", "{").replace("}}", "}")
            found.append((route["method"], address, route["verb"], bool(route["graph"])))
    return found


def line(method: str, address: str, verb: str) -> str:
    """Return a route as docs/api.md tells it."""
    shown = address.replace(BASE, "…")
    who = "".join(letter for role, letter in _LETTERS.items() if role in VERBS[verb])
    return f"| `{method}` | `/{shown}` | `{verb.removeprefix('Microsoft.CloudPC/')}` | {who} |"


def test_every_route_is_told_with_its_permission() -> None:
    told = (ROOT / "docs" / "api.md").read_text()
    assert [route for route in routes() if line(*route[:3]) not in told] == []


def test_no_route_is_overlooked() -> None:
    declared = sum(module.read_text().count('@endpoint("') for module in (ROOT / "triggers").glob("*.py"))
    assert len(routes()) == declared


def test_every_permission_guards_a_route() -> None:
    assert VERBS.keys() - {verb for _, _, verb, _ in routes()} == set()


def test_graph_shaped_addresses_answer_in_graph_s_shape() -> None:
    assert [route for route in routes() if (BASE in route[1]) != route[3] and not route[1].endswith("/users")] == []
