"""Troubleshooting: everything that a Cloud PC needs to work is examined, with advice for each problem."""

from __future__ import annotations

from typing import Literal

from activities.desktops import USABLE, application_group_id, find_host
from activities.fencing import of_its_machine
from activities.identities import graph_of
from activities.rights import DESKTOP_USER, MACHINE_USER, assignment_id
from activities.vms import read_vm_health
from shared.clients.arm import parse_id
from shared.contracts.outcomes import Refused
from shared.contracts.refusals import MissingError
from shared.contracts.remote_actions import EXAMINE, Check, Examined, RemoteOrder
from shared.dependencies import dependencies
from shared.domain.networks.connection import JoinType
from shared.workflow import Blueprint, implements

bp = Blueprint()

_TITLES = {
    "power": "The machine runs",
    "agent": "Azure's agent in Windows answers",
    "sessionHost": "The desktop agent answers, and the desktop is the user's",
    "device": "The device is in Entra ID",
    "managedDevice": "The device is in Intune",
    "signInRights": "The user may sign in",
}
_ANEW = "Reprovision the Cloud PC."


def _check(name: str, evidence: str, wrong: str | None) -> Check:
    """Return a check; *wrong*: what to do about it, None when it passed."""
    status: Literal["passed", "failed"] = "failed" if wrong else "passed"
    return Check(name=name, title=_TITLES[name], status=status, evidence=evidence, recommended_action=wrong)


@bp.activity_trigger(input_name="payload")
@implements(EXAMINE, fence=of_its_machine)
async def examine(order: RemoteOrder) -> Examined | Refused:
    """Examine the machine, its agents, its devices and the user's rights."""
    checks = (
        *await _machine(order),
        await _session_host(order),
        await _device(order),
        await _managed_device(order),
        await _rights(order),
    )
    group = application_group_id(order.host_pool_id) if order.host_pool_id else None
    return Examined(checks=checks, application_group_id=group)


async def _machine(order: RemoteOrder) -> tuple[Check, Check]:
    machine = order.machine
    try:
        found = await read_vm_health(machine)
    except MissingError:
        gone = f"{machine.vm_name} is no longer there"
        return _check("power", gone, _ANEW), _check("agent", gone, _ANEW)
    stopped = None if found.power == "running" else "Troubleshoot starts it; if it cannot, the operation says why."
    silent = None if found.answers else "Restart it; if that is no help, reprovision it."
    return (
        _check("power", f"{machine.vm_name} is {found.power or 'neither running nor stopped'}", stopped),
        _check("agent", f"the agent is {found.agent or 'silent'}", silent),
    )


async def _session_host(order: RemoteOrder) -> Check:
    machine = order.machine
    if order.host_pool_id is None:
        return _check("sessionHost", "the host pool is not known", _ANEW)
    host = await find_host(machine, parse_id(order.host_pool_id))
    if host is None or (host.resource_id or "").casefold() != machine.vm_id.casefold():
        return _check("sessionHost", f"{machine.computer_name} is not in its host pool", _ANEW)
    status = str(getattr(host.status, "value", host.status))
    assigned = (host.assigned_user or "").casefold() == order.user_principal_name.casefold()
    evidence = f"{machine.computer_name} is {status}, assigned to {host.assigned_user or 'nobody'}"
    if status not in USABLE:
        return _check(
            "sessionHost", evidence, "Wait some minutes after a start; else look at its network, or restart it."
        )
    if not assigned or not host.allow_new_session:
        closed = "" if host.allow_new_session else ", and lets no new session begin"
        return _check("sessionHost", evidence + closed, "Troubleshoot gives it to the user and opens it.")
    return _check("sessionHost", evidence, None)


async def _device(order: RemoteOrder) -> Check:
    name = order.machine.computer_name
    found = await (await graph_of(order.machine.tenant_id)).devices(name)
    known = any(device.device_id == order.device_id for device in found)
    evidence = f"{name} is {order.device_id}" if known else f"there are {len(found)} devices of the name {name}"
    return _check("device", evidence, None if known else f"Somebody has deleted its device. {_ANEW}")


async def _managed_device(order: RemoteOrder) -> Check:
    if order.device_id is None:
        return _check("managedDevice", "its Entra device is not known", _ANEW)
    found = await (await graph_of(order.machine.tenant_id)).managed_devices(device_id=order.device_id)
    ids = ", ".join(sorted(device.id for device in found))
    evidence = f"Intune knows it as {ids}" if ids else f"Intune does not know the device {order.device_id}"
    return _check("managedDevice", evidence, None if ids else f"Somebody has retired or deleted it. {_ANEW}")


async def _rights(order: RemoteOrder) -> Check:
    subscription = order.machine.subscription_id
    assignments = dependencies().authorization(subscription).role_assignments
    wanted = [(application_group_id(order.host_pool_id), DESKTOP_USER)] if order.host_pool_id else []
    if order.join_type is JoinType.AZURE_AD_JOIN:
        wanted.append((order.machine.vm_id, MACHINE_USER))
    missing = []
    for scope, role in wanted:
        try:
            await assignments.get(scope, assignment_id(scope, role, order.user_id))
        except MissingError:
            missing.append(scope.rpartition("/")[2])
    if missing:
        return _check("signInRights", f"no role on {', '.join(missing)}", "Troubleshoot gives it back.")
    return _check("signInRights", f"{len(wanted)} roles are there", None)
