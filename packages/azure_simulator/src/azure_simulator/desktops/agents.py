"""The agents of session hosts: they register, report, stop and lose their tokens; nothing else changes a status.

A machine whose agent registers with a valid token becomes a session host, Unavailable until the agent has updated
itself; then its status follows the machine: whether it is joined, runs, can reach its profile share, and what the
setting `desktopAgents` makes of it. Windows that shuts down says so (Shutdown); a machine that just goes away does not
(NoHeartbeat). An agent that has been off for longer than its token lives stays Unavailable (EXPIRED_MACHINE_TOKEN).
Sources: learn.microsoft.com/azure/virtual-desktop/session-host-status; docs/notes.md 7.3 and 7.4.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.times import NEVER, SECOND, iso_z
from azure_simulator.desktops import host_pools, machine_policies
from azure_simulator.desktops.bodies import shown_id, shown_type, system_data
from azure_simulator.desktops.provider import SESSION_HOST
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment.registration import tenant_of_machine

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World

BY_MACHINE = Index(SESSION_HOST, lambda host: str(host.properties["resourceId"]).lower())
KIND = "sessionHost.available"
TOKEN_DAYS = 30
"""For how long an agent may be off ("about a month": docs/notes.md 7.3)."""
BEAT_US = 30 * SECOND
STATUSES = frozenset(
    (
        *("Available", "Unavailable", "Shutdown", "Disconnected", "Upgrading", "UpgradeFailed", "NoHeartbeat"),
        *("NotJoinedToDomain", "DomainTrustRelationshipLost", "SxSStackListenerNotReady", "FSLogixNotHealthy"),
        "NeedsAssistance",
    )
)
NO_LIMIT = 999_999
TAKES_SESSIONS = frozenset({"Available", "NeedsAssistance", "Upgrading", "UpgradeFailed"})
_SILENT = frozenset({"Unavailable", "Shutdown", "NoHeartbeat"})
_VERSIONS: Json = {
    "agentVersion": "1.0.13229.200",
    "osVersion": "10.0.26100.7171",
    "sxSStackVersion": "rdp-sxs251112650",
}


def behaviour(world: World, computer: str) -> object:
    """Return the value of the setting `desktopAgents` for a computer's agent; empty without one."""
    for glob, value in world.config.get("desktopAgents", {}).items():
        if fnmatchcase(computer.lower(), glob.lower()):
            return value
    return ""


def registered(world: World, *, vm_id: str, computer_name: str, host_pool: str, token: str, **facts: object) -> None:
    """Let a machine's agent register; a token that is not valid makes no host, nor an agent that is told `never`."""
    pool = host_pools.find_pool(world, host_pool, token)
    wanted = behaviour(world, computer_name)
    if pool is None or wanted == "never":
        return
    fqdn = _address(world, vm_id, computer_name, str(facts.get("joined") or ""))
    path, vm = f"{pool.id}/sessionHosts/{fqdn}", world.resources.get(vm_id)
    known = world.resources.get(path)
    properties: Json = {
        "objectId": world.guid("session host", path),
        "allowNewSession": True,
        "sessions": len(world.resources.collection(f"{path}/userSessions")),
        **_VERSIONS,
        "resourceId": vm_id,
        "virtualMachineId": str(facts.get("vm_uuid", "")),
        "status": "Unavailable",
        "updateState": "Initial",
        "updateErrorMessage": "",
        **({"assignedUser": known.properties["assignedUser"]} if known and "assignedUser" in known.properties else {}),
    }
    body = {
        "id": shown_id(path),
        "name": f"{pool.name}/{fqdn}",
        "type": shown_type(SESSION_HOST),
        "properties": properties,
        "systemData": system_data(iso_z(world.now_us)),
    }
    hidden = {"computer": computer_name, "vmId": str(vm.properties.get("vmId", "")) if vm else ""}
    hidden |= {"assignee": known.facts["assignee"]} if known and "assignee" in known.facts else {}
    host = world.resources.add(Resource(path, SESSION_HOST, body, world.now_us, {**hidden, "beatUs": world.now_us}))
    _comes_up(world, host)


def _address(world: World, vm_id: str, computer_name: str, joined: str) -> str:
    """Return the name an agent registers under: with its domain, when it is in one."""
    if joined != "domain":
        return computer_name
    computers = directory_of(world).by("computer", tenant_of_machine(world, vm_id), "name", computer_name)
    return f"{computer_name}.{computers[0]['domain']}" if computers else computer_name


def _comes_up(world: World, host: Resource) -> None:
    """Let an agent report after a while; until then its host keeps its status."""
    number = world.attempt(KIND, host.id)
    delay_us = world.duration_us(KIND, host.id, number)
    told = behaviour(world, host.facts["computer"])
    if isinstance(told, int | float):
        delay_us = int(told * SECOND)
    host.facts = {**host.facts, "aliveUs": world.now_us + delay_us, "downUs": None}
    world.at(world.now_us + delay_us, lambda: refresh(world, host))


def machine_of(world: World, host: Resource) -> Resource | None:
    """Return the machine that the agent is in; `None` when it is gone, also when another one has its name."""
    vm = world.resources.get(str(host.properties["resourceId"]))
    return vm if vm is not None and str(vm.properties.get("vmId", "")) == host.facts.get("vmId", "") else None


def status_of(world: World, host: Resource) -> str:
    """Return the present status of a session host."""
    vm, facts = machine_of(world, host), host.facts
    if vm is None or facts.get("expired"):
        return "Unavailable"
    if vm.facts.get("power", "running") != "running":
        return "NoHeartbeat" if facts.get("abrupt") else "Shutdown"
    if world.now_us < facts.get("aliveUs", NEVER):
        return str(host.properties["status"])
    return _health(world, host, vm)


def _health(world: World, host: Resource, vm: Resource) -> str:
    """Return the status that the agent of a running machine reports."""
    told = behaviour(world, host.facts["computer"])
    if told in {"never", "silent"}:
        return "NoHeartbeat"
    if not vm.facts.get("join"):
        return "NotJoinedToDomain"
    if told in STATUSES:
        return str(told)
    return "Available" if machine_policies.reaches_profiles(world, vm) else "FSLogixNotHealthy"


def refresh(world: World, host: Resource) -> None:
    """Update the status of a session host, and tell the broker if the host begins to take sessions."""
    if world.resources.get(host.id) is not host:
        return
    before, now = host.properties["status"], status_of(world, host)
    if now == before:
        return
    more = {"updateState": "Succeeded"} if now not in _SILENT else {}
    host.facts = {**host.facts, "beatUs": world.now_us, "statusUs": world.now_us}
    host.set(world.now_us, status=now, lastUpdateTime=iso_z(world.now_us), **more)
    world.publish("session_host_status", host_id=host.id, before=before, status=now)


def heartbeat(world: World, host: Resource) -> str:
    """Return the last heartbeat as Azure shows it: on one host in four it changes with the status only.

    Recorded: hosts that were Available with a heartbeat eight hours, and four days, old.
    """
    heard_us = int(host.facts.get("beatUs", host.created_us))
    lags = world.rng("heartbeat", host.id).random() < 0.25  # noqa: PLR2004 - one in four
    if host.properties["status"] not in _SILENT and not lags:
        heard_us = max(heard_us, world.now_us // BEAT_US * BEAT_US)
    return iso_z(heard_us)


def machine_joined(world: World, vm_id: str, **_: object) -> None:
    """Let hosts that waited for the join of their machine become Available."""
    for host in hosts_of(world, vm_id):
        refresh(world, host)


def machine_deleted(world: World, vm_id: str, **_: object) -> None:
    """Leave the record behind, Unavailable."""
    for host in hosts_of(world, vm_id):
        world.publish("session_host_down", host_id=host.id, cause="deleted")
        refresh(world, host)


def machine_power(world: World, vm_id: str, state: str, *, abrupt: bool = False, hibernated: bool = False) -> None:
    """Follow the machine: sessions end with Windows (hibernation keeps them), the agent comes back after a start."""
    for host in hosts_of(world, vm_id):
        if machine_of(world, host) is None:
            continue  # another machine of the name: the agent was in the one before
        if state == "running":
            _began(world, host)
        elif host.facts.get("downUs") is None:
            cause = "hibernated" if hibernated else "evicted" if abrupt else "stopped"
            world.publish("session_host_down", host_id=host.id, cause=cause)
            host.facts = {**host.facts, "downUs": world.now_us, "abrupt": abrupt}
            refresh(world, host)


def _began(world: World, host: Resource) -> None:
    down_us = host.facts.get("downUs")
    if down_us is None:
        world.publish("session_host_down", host_id=host.id, cause="restarted")
    else:
        days = float(world.config.get("machineTokenDays", TOKEN_DAYS))
        expired = world.now_us - down_us > days * 86_400 * SECOND
        host.facts = {**host.facts, **({"expired": True, "agentError": "EXPIRED_MACHINE_TOKEN"} if expired else {})}
    host.set(world.now_us, status="Unavailable" if down_us is None else host.properties["status"])
    _comes_up(world, host)


def configured(world: World, **_: object) -> None:
    """Follow a change of the settings."""
    for host in world.resources.of_type(SESSION_HOST):
        refresh(world, host)


def policies_changed(world: World, vm_id: str) -> None:
    """Follow a change of Windows settings."""
    for host in hosts_of(world, vm_id):
        refresh(world, host)


def hosts_of(world: World, vm_id: str) -> list[Resource]:
    """Return the session hosts that a machine has been registered as."""
    return world.resources.find(BY_MACHINE, vm_id.lower())
