"""Health of pool members that are built: the machine runs, and its session host is available and nobody's."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from shared.clients.arm import parse_id
from shared.contracts.outcomes import DeclinedError, MissingError
from shared.dependencies import Dependencies
from shared.domain.pools.member import PoolMember
from shared.errors import NotFoundError, StaleError, ThrottledError, UnavailableError
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.sweeps")

_USABLE = frozenset({"Available", "NeedsAssistance"})
_OFF = frozenset({"powerstate/deallocated", "powerstate/deallocating", "powerstate/stopped", "powerstate/stopping"})


class _Seen(NamedTuple):
    """The fault of a member, or None; *parked*: a person caused it on purpose; *awake*: it serves."""

    fault: str | None = None
    parked: bool = False
    awake: bool = False


async def judged(deps: Dependencies, stored: Stored[PoolMember], at: datetime) -> Stored[PoolMember]:
    """Return *stored* with its present health; without an answer of Azure it stays unchanged."""
    member = stored.value
    try:
        seen = await _see(deps, member)
    except ThrottledError:
        raise
    except (DeclinedError, UnavailableError) as error:
        _log.warning("the health of %s/%s could not be read: %s", member.tenant_id, member.id, type(error).__name__)
        return stored
    after = member.but(
        unhealthy_since=None if seen.fault is None or seen.parked else member.unhealthy_since or at,
        unhealthy_why=seen.fault,
        rests_since=None if seen.awake and not member.is_being_switched(at) else member.rests_since,
        parked_at=(member.parked_at or at) if seen.parked else None,
    )
    if after == member:
        return stored
    with suppress(StaleError, NotFoundError):  # it has been claimed: whoever has it sees for themselves
        return await deps.pool_members.replace(after, seen=stored.etag)
    return stored


async def is_somebodys(deps: Dependencies, member: PoolMember) -> bool:
    """Whether somebody else has assigned the session host of a member to a user: it is never removed.

    Raises: UnavailableError and others, where that is not known.
    """
    made = member.current.resources
    if not (made.host_pool_id and made.session_host):
        return False
    pool = parse_id(made.host_pool_id)
    hosts = deps.desktops(pool.subscription_id).session_hosts
    try:
        return bool((await hosts.get(pool.resource_group, pool.name, made.session_host)).assigned_user)
    except MissingError:
        return False


async def _see(deps: Dependencies, member: PoolMember) -> _Seen:
    """Look at the session host of a member, and at its machine where that is not available."""
    made = member.current.resources
    if not (made.host_pool_id and made.session_host and made.vm_id):
        return _Seen("it is in no host pool")
    pool = parse_id(made.host_pool_id)
    hosts = deps.desktops(pool.subscription_id).session_hosts
    try:
        host = await hosts.get(pool.resource_group, pool.name, made.session_host)
    except MissingError:
        return _Seen(f"{made.session_host} is no longer in the host pool")
    if host.assigned_user:  # never removed: somebody works there
        return _Seen(f"{made.session_host} is assigned to a user, which the service has not done", parked=True)
    status = str(getattr(host.status, "value", host.status))
    if status in _USABLE:
        return _Seen(awake=True)
    seen = await _see_machine(deps, made.vm_id, f"{made.session_host} is {status}")
    return _Seen() if seen.parked and member.rests_since is not None else seen


async def _see_machine(deps: Dependencies, vm_id: str, fault: str) -> _Seen:
    """Look at the machine of a member whose session host has a *fault*."""
    vm = parse_id(vm_id)
    try:
        view = await deps.compute(vm.subscription_id).virtual_machines.instance_view(vm.resource_group, vm.name)
    except MissingError:
        return _Seen(f"{vm.name} is gone")
    if _OFF & {str(each.code or "").lower() for each in view.statuses or ()}:
        return _Seen(f"{vm.name} is off: somebody has stopped it", parked=True)
    return _Seen(fault)
