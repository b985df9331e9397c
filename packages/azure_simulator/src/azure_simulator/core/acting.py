"""Requests that somebody inside the cloud makes: other actors of events, the broker that starts a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from azure_simulator.core.answers import Problem
from azure_simulator.core.calls import Call

if TYPE_CHECKING:
    from azure_simulator.core.answers import Answer, Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.principals import Principal
    from azure_simulator.core.world import World


def perform(cloud: Cloud, world: World, action: Json, actor: Principal) -> Answer:
    """Perform `{"method", "path", "body"}` as a request of the actor's; raise a `Problem` when it is refused.

    It is not in the journal: what made it is.
    """
    path, _, query = str(action["path"]).partition("?")
    route, params, _ = cloud.router.find(str(action["method"]), path)
    if route is None:
        raise Problem(404, "NotFound", f"nothing answers to {action['method']} {path}")
    body = action.get("body")
    call = Call(
        world=world,
        route=route,
        method=route.method,
        path=path,
        params=params,
        query={key.lower(): value for key, value in parse_qsl(query)},
        headers={},
        body=world.protector.redact(body) if route.redacted and body is not None else body,
        base="https://localhost",
        principal=actor,
        claims={"oid": actor.object_id},
    )
    cloud.planes[route.plane].check(call)
    return route.handler(call)
