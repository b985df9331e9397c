"""The identities of machines: principals that the directory knows a while after they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.latency import about

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World

KIND = "principal.replication"
LATENCIES = {KIND: about(12, 60, 2)}  # a guess
TENANT = "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701"


def shown(world: World, vm_id: str, wanted: Json | None) -> Json | None:
    """Return the identity a machine shows: a principal of its own when system-assigned."""
    if not wanted or wanted.get("type", "None") == "None":
        return None
    identity = {key: value for key, value in wanted.items() if key not in {"principalId", "tenantId"}}
    if "systemassigned" in str(wanted["type"]).lower():
        identity |= {"principalId": _principal(world, vm_id), "tenantId": world.config.get("tenantId", TENANT)}
    return identity


def keep(world: World, vm_id: str, identity: Json | None) -> None:
    """Make the principal of a machine known from a moment on, or forget it."""
    principal, identities = _principal(world, vm_id), _identities(world)
    if identity is None or "principalId" not in identity:
        identities.pop(principal, None)
    elif principal not in identities:
        attempt = world.attempt(KIND, vm_id)
        identities[principal] = world.now_us + world.duration_us(KIND, vm_id, attempt)


def known(world: World, principal: str) -> bool:
    """Return whether a principal is a machine's identity that is visible in the directory."""
    since_us = _identities(world).get(principal.lower())
    return since_us is not None and world.now_us >= since_us


def _principal(world: World, vm_id: str) -> str:
    return world.guid("identity", vm_id)


def _identities(world: World) -> dict[str, int]:
    found: dict[str, int] = world.state("identities")
    return found
