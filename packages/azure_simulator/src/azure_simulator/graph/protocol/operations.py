"""Common parts of Graph operations: two versions, the tenant, and the age of data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.directory.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.core.world import World

ROUTES = Routes("graph")
_KEY = re.compile(r"(/\w+)/(\{\w+\})")
LAG_S = 20
"""Seconds by which the index of transitive and advanced queries lags in the `real` profile."""


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

    `roles` are application roles of which one is enough, separated by blanks. `units` are the resource units of the
    identity service that it costs (0: Intune's own buckets). A key may be a segment or in brackets: `users('{id}')`
    (OData URL conventions 4.3.1).
    """

    def declare(handler: Handler) -> Handler:
        for version in versions:
            for key, address in (("", path), ("Quoted", _KEY.sub(r"\1('\2')", path, count=1))):
                if key and address == path:
                    continue
                ROUTES.operation(
                    f"graph.{name}{key}" if version == "v1.0" else f"graph.{name}{key}.beta",
                    method,
                    f"/{version}{address}",
                    throttle=f"graph/{units}",
                    action=roles,
                    mutates=mutates,
                )(handler)
        return handler

    return declare


def replica_of(call: Call) -> Replica:
    """Return the directory as a reader sees it: `config.graph.replicaLagSeconds` (0) old.

    Writes and checks use `directory_of`: the lag is between the replica that is written to and the one that is read.
    """
    lag_s = float(call.world.config.get("graph", {}).get("replicaLagSeconds", 0)) if call.method == "GET" else 0
    return Replica(directory_of(call.world), tenant_of(call), call.now_us - int(lag_s * SECOND))


def tenant_of(call: Call) -> str:
    """Return the tenant whose directory the caller's token opens."""
    return str(call.claims.get("tid", "")).lower()


def lag_us(world: World) -> int:
    """Return the lag of the index: `config.graph.lagSeconds`, or `LAG_S` scaled to the profile."""
    configured = world.config.get("graph", {}).get("lagSeconds")
    seconds = LAG_S * world.latency.factor if configured is None else float(configured)
    return int(seconds * SECOND)
