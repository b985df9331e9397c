"""Session host chosen for a sign-in: assigned, with the most or the fewest sessions, or one to start first.

Sources: learn.microsoft.com/azure/virtual-desktop/{host-pool-load-balancing,drain-mode,start-virtual-machine-connect}.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.core.longrunning import running_on
from azure_simulator.core.times import NEVER
from azure_simulator.desktops import agents, entitlements

if TYPE_CHECKING:
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World


@dataclass(frozen=True, slots=True)
class Choice:
    """A host that takes the session, or why there is none and which ones could be started."""

    host: Resource | None = None
    why: str = ""
    asleep: tuple[Resource, ...] = ()
    waking: bool = False


def usable(world: World, host: Resource) -> bool:
    """Return whether a host takes sessions, as far as its agent goes."""
    return host.properties["status"] in agents.TAKES_SESSIONS and agents.machine_of(world, host) is not None


def choose(world: World, pool: Resource, user: str) -> Choice:
    """Choose a host for a new session of a user's."""
    hosts = world.resources.collection(f"{pool.id}/sessionHosts")
    if pool.properties["hostPoolType"] == "Personal":
        return _assigned(world, pool, hosts, user)
    limit = int(pool.properties.get("maxSessionLimit", agents.NO_LIMIT))
    up = [each for each in hosts if usable(world, each)]
    open_ = [each for each in up if each.properties["allowNewSession"]]
    free = [each for each in open_ if each.properties["sessions"] < limit]
    if free:
        deep = pool.properties["loadBalancerType"] == "DepthFirst"
        return Choice(min(free, key=lambda each: each.properties["sessions"] * (-1 if deep else 1)))
    why = "AllHostsFull" if open_ else "AllHostsDrained" if up else "NoHostAvailable"
    return _none(world, [each for each in hosts if each.properties["allowNewSession"]], why)


def _assigned(world: World, pool: Resource, hosts: list[Resource], user: str) -> Choice:
    known_as = entitlements.identity_of(world, pool.id, user)
    mine = [each for each in hosts if each.facts.get("assignee") == known_as]
    if not mine and pool.properties.get("personalDesktopAssignmentType", "Automatic") == "Automatic":
        mine = [each for each in hosts if not each.properties.get("assignedUser")]
    if not mine:
        return Choice(why="NoAssignedHost")
    open_ = [each for each in mine if each.properties["allowNewSession"]]
    ready = next((each for each in open_ if usable(world, each)), None)
    return Choice(ready) if ready else _none(world, open_, "NoHostAvailable" if open_ else "AllHostsDrained")


def _none(world: World, hosts: list[Resource], why: str) -> Choice:
    asleep, waking = [], False
    for host in hosts:
        vm = agents.machine_of(world, host)
        if vm is None:
            continue
        if running_on(world, vm.id, "vm.start"):
            waking = True
        elif vm.facts.get("power", "running") != "running":
            asleep.append(host)
        else:
            waking |= not usable(world, host) and world.now_us < host.facts.get("aliveUs", NEVER)
    return Choice(None, why, tuple(asleep), waking)
