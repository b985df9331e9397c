"""Comparison of the records with Azure: machines that are gone, and missing resources that machines share.

A list only makes suspicious. What is recorded rests on a question for the thing itself, and on Azure's 404 to it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.cloud_pcs.desktops import application_group_id
from activities.operations.audit import record_audit_event, record_status_change
from activities.spot.pools import spot_pool
from shared.clients.arm import parse_id, properties
from shared.contracts.inventory import (
    ASK_FOR_MACHINES,
    COMPARE_RESOURCE_GROUP,
    FIND_MISSING,
    RECORD_GONE,
    Asked,
    AskOrder,
    Compared,
    GoneOrder,
    GoneRecorded,
    MissingFound,
    ResourceGroupScanOrder,
    ScanOrder,
)
from shared.contracts.outcomes import DeclinedError, MissingError, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.azure_errors import GONE
from shared.domain.cloud_pcs.adopting import UnknownMachine, unknown
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import CURES, LAST, Missing, OrphanType
from shared.domain.images.image import DeviceImageStatus
from shared.domain.operations.machines_gone import (
    Answer,
    KnownMachine,
    gone_failure,
    lose_host,
    lose_machine,
    machine_known,
    machine_of_host,
)
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.hosts.adopting import unknown_host
from shared.domain.spot.hosts.host import SessionHost
from shared.errors import NotFoundError, ThrottledError, UnavailableError
from shared.storage.due import DueKind, cancel_due
from shared.workflow import Blueprint, implements

bp = Blueprint()
_log = logging.getLogger("deskwright.orphans")

_ADOPTED = frozenset({OwnerKind.CLOUD_PC, OwnerKind.SESSION_HOST})
_MOST_SUSPECTS = 500
"""The most machines of one area that are asked for after one scan; the next scan continues."""


@bp.activity_trigger(input_name="payload")
@implements(COMPARE_RESOURCE_GROUP)
async def compare_resource_group(order: ResourceGroupScanOrder) -> Compared | Refused:
    """Compare records with a resource group: machines without a VM, and tagged VMs without a record."""
    began = dependencies().clock.now()
    vms = dependencies().compute(order.subscription_id).virtual_machines
    listed: set[str] = set()
    tagged: list[UnknownMachine] = []
    try:
        async for each in vms.list(order.resource_group):
            listed.add(str(each.id).casefold())
            if machine := tagged_machine(order.tenant_id, each):
                tagged.append(machine)
    except MissingError as missing:
        if missing.code.casefold() not in GONE:
            raise
    restored = order.tenant_id in await dependencies().restores.comparing()
    records = await _records(order.tenant_id, {each.subject_id for each in tagged}, began, restored=restored)
    absent = [
        known
        for known in records.known
        if known.vm_id.casefold().startswith(f"{order.area}/".casefold()) and known.vm_id.casefold() not in listed
    ]
    found = [each for each in tagged if await _is_unknown(order.tenant_id, each, records, listed, began, restored)]
    return Compared(absent=tuple(absent[:_MOST_SUSPECTS]), unknown=tuple(found[:_MOST_SUSPECTS]))


@dataclass(frozen=True, slots=True)
class _Records:
    """The machines in the records of a tenant, and the records of the listed machines by id."""

    known: list[KnownMachine]
    cloud_pcs: dict[str, CloudPc]
    hosts: dict[str, SessionHost]


async def _records(tenant_id: str, listed: set[str], before: datetime, *, restored: bool) -> _Records:
    """Read the records of a tenant, in one query for each kind: a resource group may have thousands of machines.

    What records know that changed after *before* is left out: the list may be older.
    """
    deps, found = dependencies(), _Records([], {}, {})
    async for stored in deps.machines.each(tenant_id):
        pc = stored.value
        if pc.id in listed:
            found.cloud_pcs[pc.id] = pc
        if pc.last_modified_date_time < before and (known := machine_known(pc)):
            found.known.append(known)
    async for each in deps.session_hosts.each(tenant_id):
        host = each.value
        if host.id in listed:
            found.hosts[host.id] = host
        if host.last_modified_date_time < before and (known := machine_of_host(host, restored=restored)):
            found.known.append(known)
    return found


async def _is_unknown(
    tenant_id: str,
    machine: UnknownMachine,
    records: _Records,
    listed: set[str],
    began: datetime,
    restored: bool,  # noqa: FBT001 - of the tenant
) -> bool:
    """Whether a machine may have to be adopted; not where its record has changed since the list was read.

    A record that was not among those that were read is asked for by its key: it may be one that cannot be read.
    """
    deps = dependencies()
    if machine.of_host:
        host = records.hosts.get(machine.subject_id)
        if host is None and (stored := await deps.session_hosts.find(tenant_id, machine.subject_id)):
            host = stored.value
        changed = host is not None and host.last_modified_date_time >= began
        return not changed and unknown_host(host, restored=restored)
    pc = records.cloud_pcs.get(machine.subject_id)
    if pc is None and (record := await deps.machines.find(tenant_id, machine.subject_id)):
        pc = record.value
    changed = pc is not None and pc.last_modified_date_time >= began
    return not changed and unknown(machine, pc, lambda vm_id: vm_id.casefold() in listed, restored=restored)


def tagged_machine(tenant_id: str, vm: Any) -> UnknownMachine | None:  # noqa: ANN401 - the SDK's model
    """Return the machine that the tags of a VM name, or None unless it is a Cloud PC or session host of the tenant."""
    tags, name = vm.tags or {}, (properties(vm).get("osProfile") or {}).get("computerName")
    owner = Owner.of_tags(tags)
    if owner is None or owner.kind not in _ADOPTED or tags.get(naming.TENANT_TAG) != tenant_id or not name:
        return None
    of_host = owner.kind is OwnerKind.SESSION_HOST
    return UnknownMachine(subject_id=owner.id, of_host=of_host, vm_id=str(vm.id), computer_name=str(name))


@bp.activity_trigger(input_name="payload")
@implements(ASK_FOR_MACHINES)
async def ask_for_machines(order: AskOrder) -> Asked:
    """Ask Azure for each machine, and return the clear answers only."""
    answers = [answer for each in order.machines if (answer := await ask(each)) is not None]
    return Asked(answers=tuple(answers))


async def ask(machine: KnownMachine) -> Answer | None:
    """Ask Azure for one machine; return None if the answer does not settle its existence. Raises: ThrottledError."""
    words = await _why_gone(OrphanType.VIRTUAL_MACHINE, machine.vm_id)
    if words is None:
        return None
    return Answer(machine=machine, at=dependencies().clock.now(), gone=bool(words), words=words or "200: it is there")


async def _why_gone(kind: OrphanType, resource_id: str) -> str | None:
    """Return Azure's 404 for one resource, an empty string if it exists, or None if the answer is unclear."""
    try:
        place = parse_id(resource_id)
        await _operations(kind, place.subscription_id).get(place.resource_group, place.name)
    except ThrottledError:
        raise
    except ValueError:
        return None  # a record that says something else than an id
    except MissingError as missing:
        return f"404 {missing}" if missing.code.casefold() in GONE else None
    except (DeclinedError, UnavailableError) as error:
        _log.warning("nothing is known of %s: %s", resource_id, type(error).__name__)
        return None
    return ""


def _operations(kind: OrphanType, subscription_id: str) -> Any:  # noqa: ANN401 - the SDK's groups of operations
    deps = dependencies()
    match kind:
        case OrphanType.VIRTUAL_MACHINE:
            return deps.compute(subscription_id).virtual_machines
        case OrphanType.GALLERY:
            return deps.compute(subscription_id).galleries
        case OrphanType.VIRTUAL_NETWORK:
            return deps.network(subscription_id).virtual_networks
        case OrphanType.NAT_GATEWAY:
            return deps.network(subscription_id).nat_gateways
        case OrphanType.APPLICATION_GROUP:
            return deps.desktops(subscription_id).application_groups
        case _:
            return deps.desktops(subscription_id).host_pools


@bp.activity_trigger(input_name="payload")
@implements(RECORD_GONE)
async def record_gone(order: GoneOrder) -> GoneRecorded:
    """Ask for each machine a second time, and record those for which Azure answers 404 again."""
    recorded: list[str] = []
    for first in order.first:
        second = await ask(first.machine)
        if second is None or not second.gone:
            continue
        if first.machine.of_host:
            lost = await record_host_lost(order.tenant_id, second, (first.at, first.words)) is not None
        else:
            lost = await record_lost(order.tenant_id, second, (first.at, first.words)) is not None
        if lost:
            recorded.append(first.machine.subject_id)
    return GoneRecorded(subject_ids=tuple(recorded))


async def record_lost(tenant_id: str, last: Answer, *earlier: tuple[datetime, str]) -> CloudPc | None:
    """Record that the machine of a Cloud PC is gone; return None if its record has no machine or another one now."""
    deps, known, at = dependencies(), last.machine, dependencies().clock.now()
    failure = gone_failure(known, (*earlier, (last.at, last.words)))
    found = await deps.machines.find(tenant_id, known.subject_id)
    restored = tenant_id in await deps.restores.comparing()
    lost = lose_machine(found.value, known, failure, at, restored=restored) if found else None
    if found is None or lost is None:
        return None
    if lost.current.clean_up_at is not None:  # before the record: without it the rest would be kept for ever
        generation = lost.current.generation
        await deps.due.put(DueKind.CLEAN_UP, lost.current.clean_up_at, tenant_id, lost.id, generation)

    if lost.status is Status.DEPROVISIONING:
        await deps.due.put_all([cancel_due(lost)])

    def edit(pc: CloudPc) -> CloudPc | None:
        return lose_machine(pc, known, failure, at, restored=restored)

    try:
        after = await deps.machines.change(tenant_id, lost.id, edit, known=found)
    except NotFoundError:
        return None
    if after.current.last_error != failure:
        return None
    _log.warning("the machine of %s/%s is gone: %s", tenant_id, after.id, failure.evidence)
    await record_status_change(found.value, after)
    what, run = {"error": failure.to_json()}, f"{after.current.generation}/machineGone"
    await record_audit_event(tenant_id, ("cloudPC", after.id), "machineGone", what, at=at, run=run)
    return after


async def record_host_lost(tenant_id: str, last: Answer, *earlier: tuple[datetime, str]) -> SessionHost | None:
    """Record that the machine of a session host is gone; return None if its record has no machine, or another one now.

    The engine's next run replaces it, unless it is a dedicated one. After a restore its record ends.
    """
    deps, known, at = dependencies(), last.machine, dependencies().clock.now()
    restored = tenant_id in await deps.restores.comparing()
    failure = gone_failure(known, (*earlier, (last.at, last.words)))

    def edit(host: SessionHost) -> SessionHost | None:
        return lose_host(host, known, failure, at, restored=restored)

    found = await deps.session_hosts.find(tenant_id, known.subject_id)
    lost = edit(found.value) if found else None
    if lost is None:
        return None
    if lost.work is not None:  # before the record: the sweep begins what it says
        await deps.due.put(DueKind.HOST, at, tenant_id, lost.id, lost.work.run)
    try:
        after = await deps.session_hosts.change(tenant_id, known.subject_id, edit, known=found)
    except NotFoundError:
        return None
    if machine_of_host(after, restored=restored) == known:
        return None
    _log.warning("the machine of session host %s/%s is gone: %s", tenant_id, known.subject_id, failure.evidence)
    what = {"error": failure.to_json(), "spotGroupId": after.spot_group_id}
    run = f"{after.run}/machineGone"
    await record_audit_event(tenant_id, ("sessionHost", after.id), "machineGone", what, at=at, run=run)
    return after


@bp.activity_trigger(input_name="payload")
@implements(FIND_MISSING)
async def find_missing(order: ScanOrder) -> MissingFound | Refused:
    """Ask Azure for each shared resource that the records need, and list the missing ones with advice."""
    before = await dependencies().orphan_scans.find(order.tenant_id, LAST)
    since = {each.resource_id.casefold(): each.since for each in before.value.missing} if before else {}
    at, missing, silent = dependencies().clock.now(), list[Missing](), list[str]()
    needed = Counter([each async for each in _needed(order.tenant_id)])
    for (kind, resource_id), count in needed.items():
        words = await _why_gone(kind, resource_id)
        if words is None:
            silent.append(resource_id.rpartition("/")[2])
        elif words:
            missing.append(
                Missing(
                    type=kind,
                    resource_id=resource_id,
                    needed_by=count,
                    evidence=f"GET at {at:%Y-%m-%d %H:%M:%S} UTC: {words}",
                    advice=CURES[kind],
                    since=since.get(resource_id.casefold(), at),
                )
            )
    problem = f"Azure did not say whether these are there: {', '.join(silent)}" if silent else None
    return MissingFound(missing=tuple(missing), problem=problem)


async def _needed(tenant_id: str) -> AsyncIterator[tuple[OrphanType, str]]:
    """Yield the type and id of shared resources, once for each record that needs them."""
    deps = dependencies()
    async for stored in deps.machines.each(tenant_id):
        made = stored.value.current.resources
        if machine_known(stored.value) is None:
            continue
        if made.host_pool_id:
            yield OrphanType.HOST_POOL, made.host_pool_id
            yield OrphanType.APPLICATION_GROUP, application_group_id(made.host_pool_id)
        for each in _network_of(tenant_id, made.subnet_id):
            yield each
    connections = {stored.value.id: stored.value async for stored in deps.connections.each(tenant_id)}
    async for group in deps.spot_groups.each(tenant_id):
        hosts = [each async for each in deps.session_hosts.each(tenant_id, spot_group_id=group.value.id)]
        connection = connections.get(group.value.connection_id)
        if connection is not None and any(machine_of_host(each.value) for each in hosts):
            yield OrphanType.HOST_POOL, spot_pool(group.value, connection).host_pool_id
    async for image in deps.images.each(tenant_id):
        version = image.value.gallery_version_id
        if version and image.value.status in {DeviceImageStatus.READY, DeviceImageStatus.WARNING}:
            yield OrphanType.GALLERY, version.partition("/images/")[0]


def _network_of(tenant_id: str, subnet_id: str | None) -> list[tuple[OrphanType, str]]:
    """Return the parts of the hosted network in which a subnet is; none for a customer's own network."""
    network, found, _ = (subnet_id or "").partition("/subnets/")
    name = network.rpartition("/")[2]
    if not found or naming.region_of_hosted(tenant_id, name) is None:
        return []
    gateway = f"{network.rpartition('/virtualNetworks/')[0]}/natGateways/{name}-nat"
    return [(OrphanType.VIRTUAL_NETWORK, network), (OrphanType.NAT_GATEWAY, gateway)]
