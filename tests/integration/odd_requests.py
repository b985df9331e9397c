"""Requests that nobody in their right mind sends, for every route: each a little wrong, or wrong everywhere."""

import base64
import copy
import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.integration import things
from tests.integration.bodies import BODIES
from tests.integration.callers import signed_in
from tests.integration.scenes import SCENES, WORKS
from tests.integration.test_wrong_bodies import at, places

PRINCIPAL = "x-ms-client-principal"
DIRECTORY = things.DIRECTORY

SHORT = [
    "",
    " ",
    "\x00",
    "\r\nX-Other: 1",
    "\ud800",
    "é",
    "٣",
    "..",
    "a/b",
    "a\\b#?",
    "%2e%2e",
    "delta",
    "'",
    "null",
    "*",
]
LONG = ["9" * 5000, "x" * 1001, "😀" * 400, "-1", "1e400", "$count", "(" * 500, "id eq '", "2026-13-01", "\ufeff", "{}"]
SHARP = st.sampled_from([*SHORT, *LONG])
TEXTS = SHARP | st.text(max_size=40)
NUMBERS = st.sampled_from([0, -1, 10**12, 2**63, -(2**80), 1e308, float("nan"), float("inf"), 0.5])
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    LEAVES, lambda more: st.lists(more, max_size=3) | st.dictionaries(TEXTS, more, max_size=3), max_leaves=6
)
DEPTHS = st.sampled_from([50, 900, 20_000])
OF_COLLECTION = {
    "cloudPCs": WORKS.id,
    "onPremisesConnections": "c3",
    "deviceImages": "i1",
    "provisioningPolicies": "p1",
    "bulkActions": "b1",
}
OPTIONS: tuple[str, ...] = (
    "$top",
    "$skiptoken",
    "$filter",
    "$select",
    "$count",
    "$expand",
    "user",
    "search",
    "status",
    "action",
    "type",
)
OPTIONS += ("policyId", "validationToken", "tenantId", "siteId", "regionGroup", "colour", "\ud800")
HEADERS = ("if-match", "idempotency-key", "content-type", "prefer", "client-request-id", "host", "accept")
HOSTS = ("http://[", "http://a\u2100b/x", "http://x:y:z/", "//", "http://\r\n/")


@dataclass(frozen=True)
class Odd:
    """A request to the route *name* (method and address). *at*: parts of its address."""

    name: str
    body: bytes
    at: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    url: str | None = None


def _nested(depth: int, opening: str, closing: str) -> str:
    return opening * depth + "1" + closing * depth


@st.composite
def spoilt(draw: st.DrawFn, body: Any) -> Any:
    """Draw a body with up to three of its values changed, or left out, and perhaps something more."""
    changed = copy.deepcopy(body)
    for _ in range(draw(st.integers(0, 3))):
        found = list(places(changed))
        if not found:
            break
        place = draw(st.sampled_from(found))
        holder = at(changed, place[:-1])
        if draw(st.booleans()):
            holder[place[-1]] = draw(VALUES)
        elif isinstance(holder, dict):
            del holder[place[-1]]
    if draw(st.booleans()) and isinstance(changed, dict):
        changed[draw(TEXTS)] = draw(VALUES)
    return changed


@st.composite
def bodies(draw: st.DrawFn, usual: Any) -> bytes:
    """Draw a body: the *usual* one, changed a little; any JSON; or no JSON at all."""
    kind = draw(st.integers(0, 9))
    if kind < 6:
        return json.dumps(draw(spoilt(usual))).encode()
    if kind == 6:
        return json.dumps(draw(VALUES)).encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-32"])))
    if kind == 7:
        opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}"), ("[{", "}]")]))
        return _nested(draw(DEPTHS), opening, closing).encode()
    return draw(st.binary(max_size=60))


@st.composite
def principals(draw: st.DrawFn) -> str:
    """Draw the header in which App Service authentication names who calls."""
    claims: Any = [{"typ": "tid", "val": DIRECTORY}, {"typ": "roles", "val": "Provider.Administrator"}]
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return draw(TEXTS)
    if kind == 1:
        opening, closing = draw(st.sampled_from([("[", "]"), ('{"claims":', "}")]))
        return base64.b64encode(_nested(draw(DEPTHS), opening, closing).encode()).decode()
    if kind == 2:
        claims = draw(VALUES)
    else:
        claims = [*claims, {"typ": "oid", "val": draw(VALUES)}, {"typ": "name", "val": draw(VALUES)}]
    return base64.b64encode(json.dumps({"claims": claims, "role_typ": draw(VALUES)}).encode()).decode()


@st.composite
def callers(draw: st.DrawFn) -> dict[str, str]:
    """Draw a caller: a client principal, or a token."""
    if draw(st.booleans()):
        return {PRINCIPAL: draw(principals())}
    scheme = draw(st.sampled_from(["Bearer ", "bearer\t", "Basic ", "", "\udcff\udcfe "]))
    return {"authorization": scheme + draw(TEXTS | st.just("a.b.c") | st.just("eyJhbGciOiJub25lIn0.e30."))}


@st.composite
def requests(draw: st.DrawFn, names: list[str]) -> Odd:
    """Draw a request to one of the routes *names*, odd in one or two places: so most of them get far."""
    name = draw(st.sampled_from(names))
    odd = draw(st.sets(st.sampled_from(["body", "body", "address", "query", "headers", "caller", "url"]), max_size=2))
    forms = [(body, where) for route, body, where in BODIES.values() if route == name]
    usual, where = draw(st.sampled_from(forms)) if forms else (SCENES[name].body if name in SCENES else {}, {})
    held = next((held for part, held in OF_COLLECTION.items() if part in name), "gone")
    place = {"id": held, **(SCENES[name].at if name in SCENES and held == "gone" else {}), **where}
    sent = {} if name.startswith("GET") else {"body": usual}
    keyed = {name: draw(TEXTS) for name in draw(st.sets(st.sampled_from(HEADERS)))} if "headers" in odd else {}
    stale = {"if-match": "old"} if name.startswith("DELETE") else {}  # what is gone can be asked for nothing more
    return Odd(
        name,
        draw(bodies(usual)) if "body" in odd and sent else json.dumps(usual).encode() if usual and sent else b"",
        place | ({part: draw(TEXTS) for part in draw(st.sets(st.sampled_from(PARTS)))} if "address" in odd else {}),
        draw(st.dictionaries(st.sampled_from(OPTIONS), TEXTS, max_size=3)) if "query" in odd else {},
        (draw(callers()) if "caller" in odd else signed_in("Provider.Administrator")) | stale | keyed,
        draw(st.sampled_from(HOSTS)) if "url" in odd else None,
    )


PARTS = ("tenant", "version", "id", "site", "wizard")
