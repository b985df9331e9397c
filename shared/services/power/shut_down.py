"""Machines that were shut down inside Windows, which Azure bills until they are deallocated.

One list of each subscription of a tenant finds them, however many machines there are; who acts is the engine of the
Cloud PC or of the Spot Group, after a look of its own (decision 256).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from shared.clients.pacing import retry_while_throttled
from shared.contracts.calls import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import LISTED_EVERY, ObservedPower
from shared.domain.spot.hosts.host import HostStatus
from shared.domain.spot.hosts.observed import HostState
from shared.domain.tenants.tenant import Tenant
from shared.services.power.observing import power_in
from shared.services.power.records import change_power
from shared.services.power.sessions import answer_or_none
from shared.services.spot.reconciling import ENGINE
from shared.storage.due import Due, DueKind, next_of
from shared.workflow import DurableClient

_SEEN_WITHIN = timedelta(hours=1)
"""Longest time between two looks at a machine that is off, where a schedule wants looks."""

_READ_SINGLY = 20
"""Most records that are read by their keys; more are read with all others, a thousand a request."""

Powers = Mapping[str, ObservedPower]


async def promise_first_list(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Write the due row of the next list: the same one, however often it is promised."""
    await deps.due.put(DueKind.SHUT_DOWN, next_of(LISTED_EVERY, now, tenant_id), tenant_id, tenant_id)


async def promise_lists(deps: Dependencies) -> None:
    """Write the due row of every tenant: a tenant of an earlier release has none."""
    async for stored in deps.tenants.each():
        await promise_first_list(deps, stored.value.id, deps.clock.now())


async def shut_down_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """List the powers of a tenant's machines, and have the engines look at unknown changes; return the next time.

    Nothing is asked for a paused tenant: its machines are not stopped, whatever a list shows.
    """
    tenant = await deps.tenants.find(due.tenant_id)
    if tenant is None:
        return None
    now = deps.clock.now()
    if tenant.value.paused is not None:
        return next_of(LISTED_EVERY, now, due.subject_id)
    with on_behalf_of(due.tenant_id):
        listed = await listed_powers(deps, tenant.value)
    await _look_at_cloud_pcs(deps, due.tenant_id, listed, now)
    await _look_at_hosts(deps, client, due.tenant_id, _shut_down(listed), now)
    return next_of(LISTED_EVERY, now, due.subject_id)


async def listed_powers(deps: Dependencies, tenant: Tenant) -> Powers:
    """Return the power of each machine in a tenant's subscriptions, by its id in lower case.

    A subscription that does not answer has none. A list of statuses shows no tags, so that machines of others are in
    it, too.
    """
    found: dict[str, ObservedPower] = {}
    for subscription in (tenant.subscription_id, *tenant.further_subscription_ids):
        about = f"the power of the machines of {tenant.id} in {subscription}"
        found |= await answer_or_none(_listed(deps, subscription), about) or {}
    return found


async def _listed(deps: Dependencies, subscription_id: str) -> Powers:
    machines = deps.compute(subscription_id).virtual_machines

    async def read() -> Powers:
        return {
            str(each.id).casefold(): power_in(each.instance_view)
            async for each in machines.list_all(status_only="true")
        }

    return await retry_while_throttled(read)


def _shut_down(listed: Powers) -> frozenset[str]:
    return frozenset(vm for vm, power in listed.items() if power is ObservedPower.SHUT_DOWN)


async def _look_at_cloud_pcs(deps: Dependencies, tenant_id: str, listed: Powers, now: datetime) -> None:
    """Have the engine look at Cloud PCs that were shut down, and at those that came on while nobody looked at them.

    Their records are read only where a machine is shut down, or off without a planned look.
    """
    powers = {stored.value.id: stored.value async for stored in deps.cloud_pc_powers.each(tenant_id)}
    for pc in await _asked_about(deps, tenant_id, listed, powers, now):
        vm_id, power = (pc.current.resources.vm_id or "").casefold(), powers.get(pc.id)
        if pc.status not in WORKING or pc.occupied or not _is_news(listed.get(vm_id), power, now):
            continue
        await deps.due.put(DueKind.POWER, now, tenant_id, pc.id)
        if power is None:  # the engine looks at what has a record, or a schedule
            await change_power(deps, tenant_id, pc.id, now, lambda _: None)


async def _asked_about(
    deps: Dependencies, tenant_id: str, listed: Powers, powers: Mapping[str, CloudPcPower], now: datetime
) -> list[CloudPc]:
    resting = [each.id for each in powers.values() if _rests_unseen(each, now)]
    if _shut_down(listed) or len(resting) > _READ_SINGLY:
        return [stored.value async for stored in deps.cloud_pcs.each(tenant_id)]
    return [stored.value for stored in await deps.cloud_pcs.several(tenant_id, resting)]


def _is_news(observed: ObservedPower | None, power: CloudPcPower | None, now: datetime) -> bool:
    """Whether a machine was shut down, or came on unseen, since the engine saw it."""
    if observed is ObservedPower.SHUT_DOWN:
        return power is None or power.observed is not ObservedPower.SHUT_DOWN
    return observed is not None and observed.is_on and power is not None and _rests_unseen(power, now)


def _rests_unseen(power: CloudPcPower, now: datetime) -> bool:
    """Whether a machine is off, and nothing looks at it within the hour: its user's sign-in would not be seen."""
    return power.observed.is_off and (power.looks_at is None or not now < power.looks_at <= now + _SEEN_WITHIN)


async def _look_at_hosts(
    deps: Dependencies, client: DurableClient, tenant_id: str, found: Collection[str], now: datetime
) -> None:
    """Have the engines of Spot Groups look at hosts that were shut down and are not known to be."""
    if not found:
        return
    groups = set[str]()
    async for stored in deps.session_hosts.each(tenant_id):
        host = stored.value
        known = host.seen is not None and host.seen.state == HostState.SHUT_DOWN
        vm_id = (host.resources.vm_id or "").casefold()
        if vm_id in found and host.status is HostStatus.READY and host.work is None and not known:
            groups.add(host.spot_group_id)
    for group_id in sorted(groups):
        await ENGINE.request(deps, client, tenant_id, group_id, now)
