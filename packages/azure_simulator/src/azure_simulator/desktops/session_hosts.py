"""Session hosts.

A session host cannot be created over ARM: it appears, Unavailable, when the agent in a machine
registers with a valid token, and turns Available a little later, once the machine is joined. The
record outlives its machine (Unavailable). Source:
learn.microsoft.com/azure/virtual-desktop/session-host-status.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.times import iso_z
from azure_simulator.desktops import host_pools
from azure_simulator.desktops.bodies import invalid, paged, properties_of
from azure_simulator.desktops.provider import DESKTOPS, SDK
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment.registration import tenant_of_machine

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

TYPE = "Microsoft.DesktopVirtualization/hostPools/sessionHosts"
SESSION_HOSTS = ResourceType(
    name=TYPE,
    provider=DESKTOPS,
    params=("pool", "host"),
    models=BodyModels(SDK, "SessionHost", "SessionHostPatch"),
    located=False,
    # between registration and Available: an agent updates itself and restarts
    latencies={"sessionHost.available": about(90, 300, 20)},
)
OPERATIONS = Operations(SESSION_HOSTS)
OPERATIONS.reads(get="sessionHost.get")
BY_MACHINE = Index(TYPE, lambda host: str(host.properties["resourceId"]).lower())
_AGENT = "1.0.10292.500"
_PATCHABLE = frozenset({"allowNewSession", "assignedUser", "friendlyName"})


def registered(world: World, *, vm_id: str, computer_name: str, host_pool: str, token: str, **facts: object) -> None:
    """Let a machine's agent register; a token that is not valid makes no host."""
    pool = host_pools.find_pool(world, host_pool, token)
    if pool is None:
        return
    fqdn = _address(world, vm_id, computer_name, str(facts.get("joined") or ""))
    path, now = f"{pool.id}/sessionHosts/{fqdn}", iso_z(world.now_us)
    known = world.resources.get(path)
    properties: Json = {
        "objectId": world.guid("session host", path),
        "allowNewSession": True,
        "sessions": 0,
        "agentVersion": _AGENT,
        "osVersion": "10.0.26100.2894",
        "sxSStackVersion": "rdp-sxs240814600",
        "resourceId": vm_id,
        "virtualMachineId": str(facts.get("vm_uuid", "")),
        "status": "Unavailable",
        "statusTimestamp": now,
        "lastHeartBeat": now,
        "updateState": "Initial",
        "assignedUser": known.properties.get("assignedUser") if known else None,
        "sessionHostHealthCheckResults": [],
    }
    body = {"id": path, "name": f"{pool.name}/{fqdn}", "type": TYPE, "properties": properties}
    host = world.resources.add(Resource(path, TYPE, body, world.now_us))
    number = world.attempt("sessionHost.available", path)
    due_us = world.now_us + world.duration_us("sessionHost.available", path, number)
    world.at(due_us, lambda: _alive(world, host))


def _address(world: World, vm_id: str, computer_name: str, joined: str) -> str:
    """Return the name an agent registers under: with its domain, when it is in one."""
    if joined != "domain":
        return computer_name
    computers = directory_of(world).by("computer", tenant_of_machine(world, vm_id), "name", computer_name)
    return f"{computer_name}.{computers[0]['domain']}" if computers else computer_name


def _alive(world: World, host: Resource) -> None:
    vm = world.resources.get(str(host.properties["resourceId"]))
    if world.resources.get(host.id) is not host or vm is None:
        return
    joined = bool(vm.facts.get("join"))
    _status(world, host, "Available" if joined else "NotJoinedToDomain", updateState="Succeeded")


def machine_joined(world: World, vm_id: str, **_: object) -> None:
    """Let hosts that waited for the join of their machine become Available."""
    for host in _hosts_of(world, vm_id):
        if host.properties["status"] == "NotJoinedToDomain":
            _status(world, host, "Available")


def _status(world: World, host: Resource, status: str, **more: object) -> None:
    now = iso_z(world.now_us)
    beat = now if status == "Available" else host.properties["lastHeartBeat"]
    host.set(world.now_us, status=status, statusTimestamp=now, lastHeartBeat=beat, **more)


def machine_deleted(world: World, vm_id: str, **_: object) -> None:
    """Leave the record behind, Unavailable."""
    for host in _hosts_of(world, vm_id):
        _status(world, host, "Unavailable", sessions=0)


def machine_power(world: World, vm_id: str, state: str) -> None:
    """Follow the machine: Shutdown when it stops, Available a while after its start."""
    for host in _hosts_of(world, vm_id):
        if state == "running" and host.properties["status"] == "Shutdown":
            number = world.attempt("sessionHost.available", host.id)
            due_us = world.now_us + world.duration_us("sessionHost.available", host.id, number)
            world.at(due_us, lambda host=host: _alive(world, host))  # type: ignore[misc]
        elif state in {"stopped", "deallocated"}:
            _status(world, host, "Shutdown", sessions=0)


def _hosts_of(world: World, vm_id: str) -> list[Resource]:
    return world.resources.find(BY_MACHINE, vm_id.lower())


@OPERATIONS.list_group("sessionHost.list")
def list_hosts(call: Call) -> Answer:
    """List the session hosts of a pool; `pageSize` and `initialSkip` cut pages."""
    call.need(call.path.rpartition("/")[0])
    return paged(call, [each.body for each in call.world.resources.collection(call.path)])


@OPERATIONS.patch("sessionHost.patch")
def patch_host(call: Call) -> Answer:
    """Drain or undrain a host, name it, or assign its user (personal pools; `force` to change)."""
    host, wanted = call.resource(), properties_of(call)
    unknown = sorted(set(wanted) - _PATCHABLE)
    if unknown:
        raise invalid(f"The property '{unknown[0]}' cannot be changed.")
    if "assignedUser" in wanted:
        _check_assignment(call, host, wanted["assignedUser"])
        wanted["assignedUser"] = wanted["assignedUser"] or None
    host.set(call.now_us, **wanted)
    return Answer(host.body)


def _check_assignment(call: Call, host: Resource, user: object) -> None:
    pool = call.need(host.id.rpartition("/sessionHosts/")[0])
    if pool.properties["hostPoolType"] != "Personal":
        raise invalid("Users are assigned in personal host pools only.")
    before = host.properties.get("assignedUser")
    if before and before != user and call.query.get("force", "").lower() != "true":
        text = f"The session host is assigned to {before}; use force to assign it to somebody else."
        raise Problem(409, "Conflict", text)


@OPERATIONS.delete("sessionHost.delete")
def delete_host(call: Call) -> Answer:
    """Delete the record, never the machine; one with sessions only with `force`."""
    host = call.world.resources.get(call.path)
    if host is None:
        return Answer(status=204)
    if host.properties["sessions"] and call.query.get("force", "").lower() != "true":
        raise Problem(409, "Conflict", f"The session host {host.name} has user sessions.")
    call.world.resources.remove(host.id)
    return Answer()


def assigned_twice(world: World) -> list[Json]:
    """List Cloud PC ids of which more than one machine is assigned to a user."""
    tag = f"{world.config.get('tagPrefix', 'deskwright:')}cloudpc"
    assigned: dict[str, list[str]] = defaultdict(list)
    for host in world.resources.of_type(TYPE):
        vm = world.resources.get(str(host.properties["resourceId"]))
        cloud_pc = (vm.body.get("tags") or {}).get(tag) if vm else None
        if cloud_pc and host.properties.get("assignedUser"):
            assigned[cloud_pc].append(host.id)
    return [{"cloudpc": each, "sessionHosts": ids} for each, ids in assigned.items() if len(ids) > 1]


def orphans(world: World) -> list[Json]:
    """List session hosts whose machine is gone."""
    return [
        {"id": host.id, "machine": host.properties["resourceId"]}
        for host in world.resources.of_type(TYPE)
        if world.resources.get(str(host.properties["resourceId"])) is None
    ]
