"""What every Graph operation has in common: its two versions, its tenant, its errors, its lag."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND
from azure_simulator.graph.directory import Directory
from azure_simulator.graph.replicas import Replica

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.core.world import World

ROUTES = Routes("graph")
STATE = "directory"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LAG_S = 20
"""How far the index behind transitive and advanced queries lags in the `real` profile."""


def operation(
    name: str,
    method: str,
    path: str,
    *,
    roles: str,
    units: int = 1,
    mutates: bool | None = None,
    versions: tuple[str, ...] = ("v1.0", "beta"),
) -> Callable[[Handler], Handler]:
    """Declare a Graph operation under `/v1.0` and `/beta`.

    `roles` are application roles of which one is enough, separated by blanks; `units` is what it
    costs of the identity service's resource units (0: Intune's own buckets).
    """

    def keep(handler: Handler) -> Handler:
        for version in versions:
            ROUTES.operation(
                f"graph.{name}" if version == "v1.0" else f"graph.{name}.beta",
                method,
                f"/{version}{path}",
                throttle=f"graph/{units}",
                action=roles,
                mutates=mutates,
            )(handler)
        return handler

    return keep


def directory(world: World) -> Directory:
    """Return the directory of a world."""
    found = world.state(STATE)
    if not isinstance(found, Directory):
        raise TypeError(f"shelf {STATE} holds {type(found).__name__}")
    found.now_us, found.publish = world.now_us, world.publish
    return found


def seen(call: Call) -> Replica:
    """Return the directory as a reader sees it: `config.graph.replicaLagSeconds` (0) old.

    Writers and checks use `directory`: the lag is between the replica written to and the one read.
    """
    lag_s = float(call.world.config.get("graph", {}).get("replicaLagSeconds", 0)) if call.method == "GET" else 0
    return Replica(directory(call.world), tenant_of(call), call.now_us - int(lag_s * SECOND))


def tenant_of(call: Call) -> str:
    """Return the tenant whose directory the caller's token opens."""
    return str(call.claims.get("tid", "")).lower()


def lag_us(world: World) -> int:
    """Return how old the index is: `config.graph.lagSeconds`, or `LAG_S` scaled to the profile."""
    wanted = world.config.get("graph", {}).get("lagSeconds")
    seconds = LAG_S * world.latency.factor if wanted is None else float(wanted)
    return int(seconds * SECOND)


def is_id(text: str) -> bool:
    """Tell whether a text is a GUID."""
    return _GUID.fullmatch(text) is not None


def check_id(text: str) -> str:
    """Return an object id; raise the directory's 400 for what is no GUID."""
    if not is_id(text):
        raise Problem(400, "Request_BadRequest", f"Invalid object identifier '{text}'.")
    return text


def not_found(what: str) -> Problem:
    """Make the directory's 404."""
    return Problem(
        404,
        "Request_ResourceNotFound",
        f"Resource '{what}' does not exist or one of its queried reference-property objects are not present.",
    )
