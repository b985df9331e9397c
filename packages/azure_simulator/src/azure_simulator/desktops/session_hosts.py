"""Session hosts: the properties that are shown, and those that an administrator can change.

A session host cannot be created over ARM: it appears when the agent in a machine registers (`agents`). The record
outlives its machine. Source: learn.microsoft.com/rest/api/desktopvirtualization/session-hosts; docs/notes.md 7.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.settings import NUMBER
from azure_simulator.core.times import iso_z
from azure_simulator.desktops import agents, entitlements, machine_policies
from azure_simulator.desktops.bodies import invalid, nulls, paged, properties_of, refused, show, stamped
from azure_simulator.desktops.provider import DESKTOPS, HOST_LISTS, SDK, SESSION_HOST

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

SESSION_HOSTS = ResourceType(
    name=SESSION_HOST,
    provider=DESKTOPS,
    params=("pool", "host"),
    models=BodyModels(SDK, "SessionHost", "SessionHostPatch"),
    located=False,
    throttle={"LIST": HOST_LISTS},
    # between registration and Available: an agent updates itself and restarts
    latencies={agents.KIND: about(90, 300, 20)},
    settings={
        "desktopAgents": (
            {"*": (str, *NUMBER)},
            "agents by computer name (globs): `never`, `silent`, a status of a session host, or seconds to come up",
        ),
        "machineTokenDays": (NUMBER, "how long an agent may be off before it has to register again (30)"),
        "sessionHostLists": (NUMBER, "lists of the session hosts of a pool that a caller may ask for in five minutes"),
        "fileShares": ({"*": str}, "profile shares (globs) that are `away`"),
    },
)
OPERATIONS = Operations(SESSION_HOSTS)
nulls(SESSION_HOST, "", inside="friendlyName lastHeartBeat statusTimestamp lastUpdateTime assignedUser")
_PATCHABLE = frozenset({"allowNewSession", "assignedUser", "friendlyName"})
_CHECKS = {
    "DomainJoinedCheck": "NotJoinedToDomain",
    "DomainTrustCheck": "DomainTrustRelationshipLost",
    "SxSStackListenerCheck": "SxSStackListenerNotReady",
    "MonitoringAgentCheck": "",
    "MetaDataServiceCheck": "",
    "AppAttachHealthCheck": "",
    "TURNRelayAccessHealthCheck": "NeedsAssistance",
    "AADJoinedHealthCheck": "",
    "FSLogixHealthCheck": "FSLogixNotHealthy",
}
"""The health checks (recorded in 2026; FSLogix is documented), each with the status of a host that fails it."""
_REPORTS = frozenset(each for each in _CHECKS.values() if each) | {"Available", "Upgrading", "UpgradeFailed"}


def shown_host(call: Call, host: Resource) -> Json:
    """Show a session host with its last heartbeat and its health checks."""
    vm = agents.machine_of(call.world, host)
    left_out = set() if vm is not None and machine_policies.profile_shares(vm) else {"FSLogixHealthCheck"}
    left_out |= set() if vm is not None and vm.facts.get("join") == "entra" else {"AADJoinedHealthCheck"}
    names = _CHECKS if host.properties["status"] in _REPORTS else ()
    checks = [_check(host, name) for name in names if name not in left_out]
    return show(host, lastHeartBeat=agents.heartbeat(call.world, host), sessionHostHealthCheckResults=checks)


def _check(host: Resource, name: str) -> Json:
    failing = _CHECKS[name]
    failed = host.properties["status"] == failing
    details = {
        "message": f"SessionHost unhealthy: {failing}" if failed else "",
        "errorCode": 1 if failed else 0,
        "lastHealthCheckDateTime": iso_z(host.facts.get("statusUs", host.created_us)),
    }
    result = "HealthCheckFailed" if failed else "HealthCheckSucceeded"
    return {"healthCheckName": name, "healthCheckResult": result, "additionalFailureDetails": details}


def _needed(call: Call) -> Resource:
    host = call.world.resources.get(call.path)
    if host is None:
        raise refused(call.world, 404, "SessionHost does not exist")
    return host


@OPERATIONS.get("sessionHost.get")
def get_host(call: Call) -> Answer:
    """Show a session host."""
    return Answer(shown_host(call, _needed(call)))


@OPERATIONS.list_group("sessionHost.list")
def list_hosts(call: Call) -> Answer:
    """List the session hosts of a pool; `pageSize` and `initialSkip` cut pages."""
    call.need(call.path.rpartition("/")[0])
    return paged(call, [shown_host(call, each) for each in call.world.resources.collection(call.path)])


@OPERATIONS.patch("sessionHost.patch")
def patch_host(call: Call) -> Answer:
    """Drain or undrain a host, name it, or assign its user (personal pools; `force` to change)."""
    host, wanted = _needed(call), properties_of(call)
    unknown = sorted(set(wanted) - _PATCHABLE)
    if unknown:
        raise invalid(f"The property '{unknown[0]}' cannot be changed.")
    if "assignedUser" in wanted:
        wanted["assignedUser"] = wanted["assignedUser"] or None
        _check_assignment(call, host, wanted["assignedUser"])
        assign(call.world, host, wanted["assignedUser"])
    host.set(call.now_us, **wanted)
    host.replace({**host.body, "systemData": stamped(call, host)}, call.now_us)
    return Answer(shown_host(call, host))


def assign(world: World, host: Resource, user: str | None) -> None:
    """Assign a host to a user, or to nobody; the service keeps the object id beside the name that it shows."""
    pool_id = host.id.rpartition("/sessionHosts/")[0]
    host.facts = {**host.facts, "assignee": user and entitlements.identity_of(world, pool_id, user)}
    host.set(world.now_us, assignedUser=user)


def _check_assignment(call: Call, host: Resource, user: str | None) -> None:
    pool = call.need(host.id.rpartition("/sessionHosts/")[0])
    if pool.properties["hostPoolType"] != "Personal":
        raise invalid("Users are assigned in personal host pools only.")
    before = host.properties.get("assignedUser")
    same = user is not None and entitlements.identity_of(call.world, pool.id, user) == host.facts.get("assignee")
    if before and not same and call.query.get("force", "").lower() != "true":
        text = f"The session host is assigned to {before}; use force to assign it to somebody else."
        raise Problem(409, "Conflict", text)


@OPERATIONS.delete("sessionHost.delete")
def delete_host(call: Call) -> Answer:
    """Delete the record, never the machine; if it has sessions, only with `force`, which ends them."""
    host = call.world.resources.get(call.path)
    if host is None:
        return Answer(status=204)
    if host.properties["sessions"] and call.query.get("force", "").lower() != "true":
        text = f"The SessionHost {host.name} could not be deleted because it still has user sessions."
        raise refused(call.world, 400, text)
    call.world.publish("session_host_down", host_id=host.id, cause="hostRemoved")
    call.world.resources.remove(host.id)
    return Answer(status=204)  # recorded


def assigned_twice(world: World) -> list[Json]:
    """List Cloud PC ids of which more than one machine is assigned to a user."""
    tag = f"{world.config.get('tagPrefix', 'deskwright:')}cloudpc"
    assigned: dict[str, list[str]] = defaultdict(list)
    for host in world.resources.of_type(SESSION_HOST):
        vm = world.resources.get(str(host.properties["resourceId"]))
        cloud_pc = (vm.body.get("tags") or {}).get(tag) if vm else None
        if cloud_pc and host.properties.get("assignedUser"):
            assigned[cloud_pc].append(host.id)
    return [{"cloudpc": each, "sessionHosts": ids} for each, ids in assigned.items() if len(ids) > 1]


def orphans(world: World) -> list[Json]:
    """List session hosts whose machine is gone."""
    return [
        {"id": host.id, "machine": host.properties["resourceId"]}
        for host in world.resources.of_type(SESSION_HOST)
        if world.resources.get(str(host.properties["resourceId"])) is None
    ]
