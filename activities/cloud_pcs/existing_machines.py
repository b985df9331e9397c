"""Machines that are there before a build: adopted, or recognised and used again.

One list a minute for each resource group that has machines of the tenant, however many builds and plans there are.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial

from activities.cloud_pcs.adopting import adopt_cloud_pc
from activities.cloud_pcs.comparing import tagged_machine
from activities.cloud_pcs.orphans import places_of
from activities.machines.identities import graph_of
from activities.machines.vms import read_vm_health, vm_of
from activities.spot.adopting_hosts import adopt_host
from activities.spot.pools import spot_pool
from shared.caching import TtlCache
from shared.clients.arm import properties
from shared.contracts.machines import Machine
from shared.contracts.outcomes import DeclinedError, MissingError, Refused
from shared.contracts.provisioning import RECOGNIZE_MACHINE, Recognized, RecognizeOrder, Unrecognized
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.azure_errors import GONE
from shared.domain.cloud_pcs.adopting import UnknownMachine, several_claim
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.orphans import LAST
from shared.domain.owner import Owner
from shared.domain.planning.plans import Plan
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.hosts.adopting import numbers_of
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.tenants.tenant import Tenant
from shared.errors import ThrottledError, UnavailableError
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

_log = logging.getLogger("deskwright.orphans")

_AT_ONCE = 25
"""The most machines that one plan adopts, at some ten requests each; the next plan adopts further ones."""

_LISTED: TtlCache[list[UnknownMachine]] = TtlCache(timedelta(minutes=1))
"""The machines of each resource group, for a minute: adoption itself notices a listed machine that is gone, and a
machine that is missing in the list has no user yet, because a build takes longer.
"""

_LATER = "a machine of it is there already; it is adopted when others have been"
_SILENT = "Azure did not say whether a machine of it is there already; it is asked again"


async def adopt_first(plan: Plan, tenant: Tenant, stored: Mapping[str, Stored[CloudPc]]) -> Plan:
    """Adopt the existing machines of planned Cloud PCs, and return *plan* without the builds of these Cloud PCs.

    A build waits, with the reason in its record, where several machines could be meant or Azure does not answer.
    """
    known = {pc_id: each.value for pc_id, each in stored.items()} | {pc.id: pc for pc in plan.writes}
    new = [known[pc_id] for pc_id in plan.start if _has_no_machine(known[pc_id])]
    if not new:
        return plan
    there, silent = await _machines(tenant)
    held: dict[str, str] = {}
    adopted: set[str] = set()
    for pc in new:
        machines = there.get(pc.id)
        if machines and len(adopted) == _AT_ONCE:
            held[pc.id] = _LATER
        elif machines:
            why = await _adopt(tenant, machines)
            if why is None:
                adopted.add(pc.id)
            elif why:
                held[pc.id] = why
        elif silent:
            held[pc.id] = f"{_SILENT} ({', '.join(silent)})"
    if not held and not adopted:
        return plan
    waiting = {pc.id: pc for pc in plan.waiting} | {pc_id: known[pc_id] for pc_id in held}
    told = {pc.id: pc.with_current(reason=held[pc.id]) if pc.id in held else pc for pc in waiting.values()}
    new_ids = {pc.id for pc in plan.provision}
    return plan.but(
        provision=tuple(told.get(pc.id, pc) for pc in plan.provision if pc.id not in adopted),
        waiting=tuple(
            pc
            for pc in told.values()
            if pc.id not in new_ids | adopted and (pc.id not in stored or stored[pc.id].value != pc)
        ),
        start=tuple(pc_id for pc_id in plan.start if pc_id not in held and pc_id not in adopted),
    )


def _has_no_machine(pc: CloudPc) -> bool:
    return pc.current.attempt == 0 and pc.current.resources == Resources() and pc.replacement is None


async def _adopt(tenant: Tenant, machines: list[UnknownMachine]) -> str | None:
    """Adopt the machine and return None; otherwise return why the build waits, or an empty string if it need not."""
    if len(machines) > 1:
        return f"not built: {several_claim(machines)}; delete in Azure what nobody needs"
    try:
        tried = await adopt_cloud_pc(tenant.id, machines[0])
    except ThrottledError:
        raise
    except (DeclinedError, UnavailableError) as error:
        _log.warning("nothing is known of %s: %s", machines[0].vm_id, type(error).__name__)
        return _SILENT
    if tried.adopted:
        return None
    if not tried.in_use:
        return ""
    return f"not built: {machines[0].vm_id} is there, and is not adopted: {tried.why_not}; delete it if nobody needs it"


async def _machines(tenant: Tenant) -> tuple[dict[str, list[UnknownMachine]], list[str]]:
    """Return the machines of Cloud PCs that are there, by their ids; and the resource groups that did not answer.

    A resource group that refuses counts only where something of the tenant was seen: nothing is built there either.
    """
    found: defaultdict[str, list[UnknownMachine]] = defaultdict(list)
    silent: list[str] = []
    places = {(each.casefold(), group.casefold()): (each, group) for each, group in sorted(await places_of(tenant))}
    of_spot_groups = naming.spot_resource_group(tenant.id, "").casefold()
    for subscription_id, group in places.values():
        if group.casefold().startswith(of_spot_groups):
            continue
        area = f"/subscriptions/{subscription_id}/resourceGroups/{group}"
        try:
            key = (tenant.id, area)
            listed = await _LISTED.get_or(dependencies(), key, partial(machines_in, tenant.id, subscription_id, group))
            for machine in listed:
                if not machine.of_host:
                    found[machine.subject_id].append(machine)
        except ThrottledError:
            raise
        except DeclinedError as declined:
            if await _was_used(tenant.id, area):
                silent.append(f"{area}: {declined.code}")
        except UnavailableError:
            silent.append(area)
    return found, silent


async def machines_in(tenant_id: str, subscription_id: str, resource_group: str) -> list[UnknownMachine]:
    """Return the machines of Cloud PCs and session hosts of a tenant in a resource group, which need not exist."""
    vms = dependencies().compute(subscription_id).virtual_machines
    try:
        return [found async for each in vms.list(resource_group) if (found := tagged_machine(tenant_id, each))]
    except MissingError as missing:
        if missing.code.casefold() not in GONE:
            raise
        return []


async def _was_used(tenant_id: str, area: str) -> bool:
    """Whether records have machines in a resource group, or the last scan found something of the tenant there."""
    scan = await dependencies().orphan_scans.find(tenant_id, LAST)
    if scan and any(each.found for each in scan.value.looked_at if each.area.casefold() == area.casefold()):
        return True
    async for stored in dependencies().machines.each(tenant_id):
        made = stored.value.current.resources
        if f"/subscriptions/{made.subscription_id}/resourceGroups/{made.resource_group}".casefold() == area.casefold():
            return True
    return False


async def adopt_lost_hosts(group: SpotGroup, hosts: Iterable[SessionHost], given: int) -> tuple[int, str | None, bool]:
    """Adopt the session hosts of a group that no record knows, before others are built beside them.

    Return the highest number that a host has which is there or on record, why nothing can be built now, and whether
    any was adopted. *given*: the number of the last host that was planned, as far as is known.
    """
    deps = dependencies()
    connection = await deps.connections.find(group.tenant_id, group.connection_id)
    if connection is None:
        return given, None, False
    known, pool = {host.id for host in hosts}, spot_pool(group, connection.value)
    try:
        machines = await machines_in(group.tenant_id, pool.subscription_id, pool.resource_group)
        lost = [each for each in machines if each.of_host and each.subject_id not in known]
        tried = [await adopt_host(group.tenant_id, each) for each in lost[:_AT_ONCE]]
    except ThrottledError:
        raise
    except (DeclinedError, UnavailableError) as error:
        _log.warning("nothing is known of the hosts of %s: %s", group.id, type(error).__name__)
        return given, "Azure did not say whether hosts are there already that no record knows: none is built.", False
    numbers = numbers_of(group.id, known | {each.subject_id for each in lost}, given)
    return max((given, *numbers.values())), None, any(each.adopted for each in tried)


bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECOGNIZE_MACHINE)
async def recognize_machine(order: RecognizeOrder) -> Recognized | Unrecognized | Refused:
    """Check that machine and devices have not changed since the attempt before. Reads only."""
    if why := await _difference(order.machine):
        return Unrecognized(why=why)
    if order.entra_device_id is None:
        return Recognized()
    graph, name = await graph_of(order.machine.tenant_id), order.machine.computer_name
    device = next((each for each in await graph.devices(name) if each.device_id == order.entra_device_id), None)
    if device is None:
        return Unrecognized(why=f"the device of {name} is no longer in Entra ID")
    if order.managed_device_id is not None:
        managed = await graph.managed_devices(device_id=order.entra_device_id)
        if order.managed_device_id not in {each.id for each in managed}:
            return Unrecognized(why=f"{name} is no longer in Intune")
    return Recognized(device_object_id=device.object_id)


async def _difference(machine: Machine) -> str | None:
    """Return how the VM differs from the machine of the attempt before, or None if it is the same and answers."""
    try:
        vm, found = await vm_of(machine), await read_vm_health(machine)
    except MissingError:
        return f"{machine.vm_name} is gone"
    there = properties(vm)
    named = str(there.get("osProfile", {}).get("computerName", ""))
    if named.casefold() != machine.computer_name.casefold():
        return f"{machine.vm_name} is {named or 'another machine'}, not {machine.computer_name}"
    if Owner.of_tags(vm.tags or {}) != machine.owner:
        return f"{machine.vm_name} no longer has our tag"
    if not found.answers or there.get("provisioningState") == "Deleting":
        return f"{machine.vm_name} is {found.power or 'not there yet'}, its agent {found.agent or 'silent'}"
    return None
