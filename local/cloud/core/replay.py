"""From an accepted request to a journal entry and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cloud.core.calls import Call
from local.cloud.core.times import OwnClock

if TYPE_CHECKING:
    from local.cloud.core.answers import Json
    from local.cloud.core.cloud import Cloud

_KEPT_HEADERS = ("if-match", "if-none-match", "x-identity-header")


def entry_of(call: Call, rule_id: str) -> Json:
    """Describe an accepted request; `body` has its secrets sealed unless the route keeps them."""
    return {
        "t": call.now_us,
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "base": call.base,
        "headers": {name: call.headers[name] for name in _KEPT_HEADERS if name in call.headers},
        "claims": call.claims,
        "body": call.body,
        "fault": call.fault,
        "rule": rule_id,
    }


def replay(cloud: Cloud, entries: list[Json]) -> None:
    """Perform journalled requests at their moments; raise `ValueError` when one has no route."""
    for entry in entries:
        route, params, _ = cloud.router.find(entry["method"], entry["path"])
        if route is None:
            raise ValueError(f"the journal holds {entry['method']} {entry['path']}: unknown")
        if isinstance(cloud.clock, OwnClock):
            cloud.clock.move_to(entry["t"])
        cloud.world.settle(entry["t"])
        call = Call(
            world=cloud.world,
            route=route,
            method=entry["method"],
            path=entry["path"],
            params=params,
            query=entry["query"],
            headers=entry["headers"],
            body=entry["body"],
            base=entry["base"],
            principal=cloud.world.principals.find(entry["claims"]),
            claims=entry["claims"],
            fault=entry["fault"],
        )
        cloud.repeat(call, entry["rule"])
