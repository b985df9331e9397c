"""Adoption of a session host that no record knows: reading the evidence of its owner, and writing its record."""

from __future__ import annotations

import logging
from typing import Any

from activities.cloud_pcs.comparing import ask
from activities.cloud_pcs.desktops import find_host, host_name
from activities.cloud_pcs.principal_names import users_named
from activities.cloud_pcs.sightings import image_of_vm, in_directory, keep_name, machine_seen
from activities.operations.audit import record_audit_event
from activities.spot.pools import save_state, spot_pool
from activities.spot.session_hosts import status_of
from shared.clients.arm import parse_id, properties
from shared.contracts.inventory import AdoptionTried
from shared.contracts.outcomes import MissingError
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.adopting import UnknownMachine, doubt_about
from shared.domain.networks.connection import Connection
from shared.domain.operations.machines_gone import KnownMachine
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.hosts.adopting import (
    HostClaim,
    HostSighting,
    adopted_host,
    contradictions_of_host,
    image_version_of,
    numbers_of,
    unknown_host,
)
from shared.domain.spot.hosts.host import HostStatus, SessionHost
from shared.errors import ConflictError, StaleError, UnavailableError
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.orphans")
_GOES = frozenset({HostStatus.FAILED, HostStatus.REMOVING})


async def adopt_host(tenant_id: str, machine: UnknownMachine) -> AdoptionTried:
    """Adopt a session host if its tags, its place in the group's pool and its user agree.

    One whose build the records show, and which nobody uses, is left to that build. Raises: UnavailableError if that is
    not answered, or a record changed meanwhile.
    """
    deps, at = dependencies(), dependencies().clock.now()
    stored = await deps.session_hosts.find(tenant_id, machine.subject_id)
    before = stored.value if stored else None
    if not unknown_host(before, restored=tenant_id in await deps.restores.comparing()):
        return AdoptionTried(adopted=False)
    try:
        read = await _read(tenant_id, machine)
    except MissingError:
        return AdoptionTried(adopted=False, why_not="it is not there any more")
    if isinstance(read, str):
        return AdoptionTried(adopted=False, why_not=read)
    group, sighting = read
    if before is not None and not sighting.in_use:
        return AdoptionTried(adopted=False)
    state = await deps.spot_states.find(tenant_id, group.id)
    given = state.value.host_number if state else 0
    number = numbers_of(group.id, {machine.subject_id}, given).get(machine.subject_id)
    claim = await _claim(group, machine.subject_id, sighting)
    why_not = contradictions_of_host(sighting, group, claim, number)
    if isinstance(claim, str) or number is None or why_not is not None:
        serves = sighting.resources.session_host is not None
        return AdoptionTried(adopted=False, why_not=why_not, in_use=serves)
    versions = [each.value async for each in deps.image_versions.each(tenant_id)]
    image = image_version_of(sighting.image, group, versions)
    after = adopted_host(before, machine.subject_id, sighting, group, claim, image, at)
    await keep_name(machine, tenant_id)
    if number > given:  # before the record: no number is given twice
        await save_state(state.value if state else SpotGroupState(id=group.id, tenant_id=tenant_id), host_number=number)
    try:
        await deps.session_hosts.save_all([Stored(after, stored.etag if stored else "")])
    except (ConflictError, StaleError) as error:
        raise UnavailableError("the record changed while its machine was looked at") from error
    await _tell(before, after)
    return AdoptionTried(adopted=True)


async def _tell(before: SessionHost | None, after: SessionHost) -> None:
    made = after.resources
    _log.warning("session host %s/%s has adopted the machine %s", after.tenant_id, after.id, made.computer_name)
    what = {
        "computerName": made.computer_name,
        "vmId": made.vm_id,
        "before": before.status.value if before else None,
        "spotGroupId": after.spot_group_id,
    }
    run, at = f"{after.run}/adopted", after.last_modified_date_time
    await record_audit_event(after.tenant_id, ("sessionHost", after.id), "adopted", what, at=at, run=run)


async def _read(tenant_id: str, machine: UnknownMachine) -> tuple[SpotGroup, HostSighting] | str:
    """Return the group of a machine and the machine as Azure shows it, or in words why it cannot be adopted.

    Raises: MissingError.
    """
    deps, place = dependencies(), parse_id(machine.vm_id)
    vm = await deps.compute(place.subscription_id).virtual_machines.get(place.resource_group, place.name)
    there, tags = properties(vm), vm.tags or {}
    owner = Owner(kind=OwnerKind.SESSION_HOST, id=machine.subject_id)
    if (tags.get(naming.TENANT_TAG), Owner.of_tags(tags)) != (tenant_id, owner):
        return "it no longer carries the tags of this session host"
    if str(there.get("provisioningState")) != "Succeeded":
        return f"Azure says that it is {there.get('provisioningState')}"
    found = await deps.spot_groups.find(tenant_id, str(tags.get(naming.SPOT_GROUP_TAG)))
    if found is None or found.value.deleting_since is not None:
        return "its Spot Group is not known, or it is being deleted"
    connection = await deps.connections.find(tenant_id, found.value.connection_id)
    if connection is None:
        return "the connection of its Spot Group is gone"
    return found.value, await _sighting(machine, owner, vm, there, found.value, connection.value)


async def _sighting(
    machine: UnknownMachine,
    owner: Owner,
    vm: Any,  # noqa: ANN401 - the SDK's model
    there: dict[str, Any],
    group: SpotGroup,
    connection: Connection,
) -> HostSighting:
    known, resources = await machine_seen(group.tenant_id, owner, machine, vm)
    sighting = HostSighting(
        resources=resources,
        made_at=there.get("timeCreated") or dependencies().clock.now(),
        image=image_of_vm(there),
        low_priority=there.get("priority") == "Spot",
    )
    pool_id = spot_pool(group, connection).host_pool_id
    pool, domain = parse_id(pool_id), connection.domain
    host = await find_host(known, pool, domain.ad_domain_name if domain else None)
    if host is None or str(host.resource_id or "").casefold() != known.vm_id.casefold():
        return sighting
    desktops, name = dependencies().desktops(pool.subscription_id), host_name(host)
    sessions = [each async for each in desktops.user_sessions.list(pool.resource_group, pool.name, name)]
    resources = resources.but(
        host_pool_id=pool_id, session_host=name, domain_connection_id=connection.id if domain else None
    )
    return sighting.but(
        resources=await in_directory(group.tenant_id, resources),
        admits=bool(host.allow_new_session),
        sessions=len(sessions),
        agent=status_of(host),
        assigned_user=str(host.assigned_user) if host.assigned_user else None,
    )


async def _claim(group: SpotGroup, own_id: str, sighting: HostSighting) -> HostClaim | str:
    """Return the claim of a dedicated host's user to the host, or a sentence why the user is not certain.

    It has the local profile of its first user: nobody gets it who only has their name now. A host of
    this user that Azure no longer has does not count. Raises: UnavailableError if that is not answered.
    """
    deps, name = dependencies(), sighting.assigned_user
    if group.license_type is not LicenseType.PERSONAL_DEDICATED or name is None:
        return HostClaim()
    users = await users_named(group.tenant_id, name)
    if doubt := doubt_about(users):
        return doubt
    (user_id,) = users
    members = deps.spot_members.each(group.tenant_id, group_id=group.id)
    if user_id not in {each.value.user_id async for each in members}:
        return "who is not a member of its Spot Group"
    for host in await deps.session_hosts.of_group(group.tenant_id, group.id):
        if host.assigned_user_id != user_id or host.id == own_id or host.status in _GOES:
            continue
        vm_id = host.resources.vm_id
        answer = await ask(KnownMachine(subject_id=host.id, of_host=True, vm_id=vm_id)) if vm_id else None
        if vm_id is not None and answer is None:
            raise UnavailableError(f"Azure did not say whether the machine of session host {host.id} is there")
        if answer is not None and not answer.gone:
            return HostClaim(user_id=user_id, held_by=host.resources.computer_name or host.id)
    return HostClaim(user_id=user_id)
