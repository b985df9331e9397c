"""Members of pools that wait deallocated: the engine of power stops them, and starts them when the pool is to run."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from shared.clients.arm import parse_id
from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.policies.warm_pool import PoolState, WarmPool
from shared.domain.pools.member import PoolMember
from shared.domain.power.engine import PowerStep, decide
from shared.domain.power.record import CloudPcPower, seen
from shared.domain.power.state import DesiredPower, PowerActor, PowerHold
from shared.errors import NotFoundError, StaleError, UnavailableError
from shared.services.power.acting import observed_power
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.sweeps")

_REQUEST = timedelta(minutes=1)
"""Time after the decision in which a stop is asked for; later somebody may be getting the machine."""


async def in_its_state(
    deps: Dependencies, pool: WarmPool | None, stored: Stored[PoolMember], at: datetime
) -> Stored[PoolMember]:
    """Return *stored* after its machine was begun to be brought into the state in which its pool waits.

    The decision to stop is written before the request: from then on nobody gets the member for some minutes, so that
    the request meets no user.
    """
    member = stored.value
    off = pool is not None and pool.state is PoolState.DEALLOCATED
    if pool is None or not member.is_ready or member.parked_at or off is (member.rests_since is not None):
        return stored
    observed = await observed_power(deps, member)
    power = seen(CloudPcPower(id=member.id, tenant_id=member.tenant_id, since=at), observed, at, at)
    wants = DesiredPower.OFF if off else DesiredPower.ON
    hold = PowerHold(wants=wants, at=at, until=at + timedelta(days=1), actor=PowerActor.MAINTENANCE, by="its pool")
    step = decide(power.facts(readable=True, hold=hold), at).step
    if off and (step is PowerStep.DEALLOCATE or observed.is_off):
        try:
            stored = await deps.pool_members.replace(member.but(rests_since=at), seen=stored.etag)
        except (StaleError, NotFoundError):  # somebody has claimed it
            return stored
    if step is not None and deps.clock.now() - at < _REQUEST:
        await _request(deps, member, step)
    return stored


async def _request(deps: Dependencies, member: PoolMember, step: PowerStep) -> None:
    """Ask Azure to stop or start a machine; a later look repeats a refused request."""
    vm = parse_id(member.current.resources.vm_id or "")
    machines = deps.compute(vm.subscription_id).virtual_machines
    begin = machines.begin_start if step is PowerStep.START else machines.begin_deallocate
    try:
        with suppress(UnavailableError):
            await begin(vm.resource_group, vm.name, polling=False)
    except DeclinedError as error:
        _log.warning("the pool member %s/%s: %s refused: %s", member.tenant_id, member.id, step.value, error)
