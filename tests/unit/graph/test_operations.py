"""Every operation of Graph's v1.0 on Cloud PCs is one of this API, or it is said here why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triggers.http.graph import BASE
from triggers.http.openapi import routes

ROOT = Path(__file__).parents[3]
METADATA: dict[str, Any] = json.loads(
    (ROOT / "packages/azure_simulator/src/azure_simulator/graph/protocol/paths.json").read_text("utf-8")
)
GRAPH = BASE.partition("deviceManagement")[0]
UNDOCUMENTED = "it follows from the kind alone: Graph's reference of v1.0 has no page for it"
OF_USERS = "what users may not do has no address below /me (docs/decisions/0122)"
DECIDED = "docs/decisions/0144"
READ_ONLY = ("auditEvents", "cloudPCs", "galleryImages", "servicePlans")
ASSIGNMENTS = ("provisioningPolicies/{id}/assignments", "userSettings/{id}/assignments")
ITEM = ("GET", "PATCH", "DELETE")
LEFT_OUT = {
    "users/{id}/cloudPCs": DECIDED,
    "POST me/cloudPCs/{id}/resize": OF_USERS,
    "POST me/cloudPCs/{id}/endGracePeriod": OF_USERS,
    "GET userSettings/{id}/assignments": UNDOCUMENTED,
    "GET provisioningPolicies/{id}/assignments/{id}/assignedUsers": UNDOCUMENTED,
    **{f"{method} {one}/{{id}}": UNDOCUMENTED for method in ITEM for one in ASSIGNMENTS},
    **{f"POST {place}": UNDOCUMENTED for place in (*READ_ONLY, *ASSIGNMENTS, "me/cloudPCs")},
    **{f"{method} {one}/{{id}}": UNDOCUMENTED for method in ITEM[1:] for one in (*READ_ONLY, "me/cloudPCs")},
    **{f"{method} report": UNDOCUMENTED for method in ITEM},
}


def operations(kind: str, path: str) -> Iterator[str]:
    """Yield the operations that the metadata has at a place of a kind, and below it; users are not followed."""
    name = kind.strip("*")
    if name == "user":
        yield f"GET {path}"
        return
    if kind.startswith("*"):
        yield from (f"{method} {path}" for method in ("GET", "POST"))
        yield from bound(kind, path)
        path += "/{id}"
    yield from (f"{method} {path}" for method in ITEM)
    yield from bound(name, path)
    for part, inside in METADATA["types"][name].get("links", {}).items():
        yield from operations(inside, f"{path}/{part}")


def bound(kind: str, path: str) -> Iterator[str]:
    """Yield the functions and actions that are bound to a kind."""
    for name, (sort, _) in METADATA["bound"].get(kind, {}).items():
        yield f"{'POST' if sort == 'Action' else 'GET'} {path}/{name}"


def graph_s() -> set[str]:
    links = METADATA["types"]["virtualEndpoint"]["links"].items()
    mine = [f"{place}/cloudPCs" for place in ("me", "users/{id}")]
    return {
        *(each for name, kind in links for each in operations(kind, name)),
        *(each for place in mine for each in operations(METADATA["types"]["user"]["links"]["cloudPCs"], place)),
    }


def ours() -> set[str]:
    shown = (
        f"{route.method.upper()} {route.address}".replace("()", "") for route in routes() if GRAPH in route.address
    )
    return {each.replace(f"{BASE}/", "").replace(GRAPH, "") for each in shown}


def left_out(operation: str) -> str | None:
    """Return the exception that an operation is, or is below."""
    of_place = next((place for place in LEFT_OUT if operation.partition(" ")[2].startswith(place)), None)
    return operation if operation in LEFT_OUT else of_place


def test_every_operation_of_v1_0_is_here_or_left_out_with_a_reason() -> None:
    missing = graph_s() - ours()
    assert {each for each in missing if left_out(each) is None} == set()
    assert {left_out(each) for each in missing} == set(LEFT_OUT)
    assert {"GET servicePlans/{id}", "POST cloudPCs/{id}/reprovision", "GET me/cloudPCs"} <= graph_s() & ours()


def test_what_is_left_out_by_decision_is_named_there() -> None:
    (page,) = (ROOT / "docs" / "decisions").glob("0144-*.md")
    said = page.read_text("utf-8")
    for operation, reason in LEFT_OUT.items():
        assert reason != DECIDED or operation.partition(" ")[2].rpartition("/")[2] in said or operation in said
