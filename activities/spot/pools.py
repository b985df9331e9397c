"""A Spot Group's reconcile, and its host pool with application group and workspace."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from activities.cloud_pcs.desktops import application_group_id, ensure
from activities.cloud_pcs.rights import let_azure_start, remove_role_of_all
from shared.clients.arm import as_content, ensure_group
from shared.contracts.calls import is_overtaken
from shared.contracts.outcomes import Done, MissingError, Refused
from shared.contracts.reconciling import NewerRequest
from shared.contracts.spot_groups import (
    CLOSE_SPOT_RECONCILE,
    PREPARE_SPOT_POOL,
    READ_SPOT_REQUEST,
    Requested,
    SpotGroupOrder,
    SpotPool,
    SpotReconciledOrder,
)
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import Failure
from shared.domain.networks.connection import Connection
from shared.domain.operations.operation import Operation, OperationStatus
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.group import LicenseType, SpotGroup, drift_of, fixed_properties, pool_properties
from shared.domain.tenants.needs import POWER_ON_ROLE
from shared.services.spot.reconciling import ENGINE
from shared.storage.due import DueKind, next_of
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()

_REGULARLY = timedelta(days=1)
"""Interval of reading a group's members without a known change."""

_AGAIN = timedelta(minutes=10)
"""Time until a prevented reconcile is made again."""

RECONCILED = frozenset({"createSpotGroup", "editSpotGroup", "confirmSpotMemberRemovals"})
"""The operations that end with a reconcile."""


@bp.activity_trigger(input_name="payload")
@implements(READ_SPOT_REQUEST)
async def read_spot_request(order: SpotGroupOrder) -> Requested | Refused:
    """Return when the group's reconcile was last requested; later requests are left to the next reconcile."""
    deps = dependencies()
    if await deps.spot_groups.find(order.tenant_id, order.spot_group_id) is None:
        await deps.requests.settle(order.tenant_id, deps.clock.now(), order.spot_group_id)
        return Refused(code="spotGroupGone", message="there is no such Spot Group", final=True)
    return Requested(at=await deps.requests.newest(order.tenant_id, order.spot_group_id))


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(CLOSE_SPOT_RECONCILE)
async def close_spot_reconcile(order: SpotReconciledOrder, client: DurableClient) -> Done | NewerRequest:
    """Remove the request, promise the next reading, and end the operations that have waited for this one.

    Then the engine runs: places, settings or a release may have changed.
    """
    deps = dependencies()
    now = deps.clock.now()
    await ENGINE.request(deps, client, order.tenant_id, order.spot_group_id, now)
    if not await deps.requests.settle(order.tenant_id, order.requested_at, order.spot_group_id):
        return NewerRequest()
    every = _REGULARLY if order.refused is None else _AGAIN
    await deps.due.ensure(DueKind.SPOT, next_of(every, now, order.spot_group_id), order.tenant_id, order.spot_group_id)
    await _end_operations(order, now)
    return Done()


async def _end_operations(order: SpotReconciledOrder, now: datetime) -> None:
    """End the operations that wait for the group; after a refusal that a repetition may cure they keep waiting."""
    if order.refused is not None and not order.refused.final:
        return
    result = {"spotGroupId": order.spot_group_id, "waitingMembers": order.waiting}
    failure = order.refused.failure() if order.refused else None
    operations = dependencies().operations
    for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING):
        waiting = [each.value async for each in operations.each(order.tenant_id, status=status.value)]
        for each in waiting:
            if each.kind in RECONCILED and each.resource_id == order.spot_group_id:
                end = partial(_ended, failure=failure, result=result, at=now)
                await operations.change(order.tenant_id, each.id, end)


def _ended(operation: Operation, *, failure: Failure | None, result: dict[str, object], at: datetime) -> Operation:
    return operation.succeeded(result, at) if failure is None else operation.failed(failure, at)


LATER = frozenset({"startVMOnConnect"})
"""Properties written once the pool exists: "you can only configure Start VM on Connect on existing host pools".

Source: learn.microsoft.com/azure/virtual-desktop/start-virtual-machine-connect. That templates do both at once suggests
that it is the portal's rule; this order is right in either case.
"""


async def of_saved_group(order: SpotGroupOrder) -> str | None:
    """Fence an order to write a group's pool: the group has not been saved since, minutes after it was given."""
    deps = dependencies()
    group = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    is_past = is_overtaken(group.value.last_modified_date_time if group else None, deps.clock.now())
    return f"{order.spot_group_id} has been saved since" if is_past else None


@bp.activity_trigger(input_name="payload")
@implements(PREPARE_SPOT_POOL, fence=of_saved_group)
async def prepare_spot_pool(order: SpotGroupOrder) -> SpotPool | Refused:
    """Make sure that the group has its pool, and write the changes of an edit to it.

    What somebody has changed in Azure by hand stays, and is noted as drift.
    """
    deps = dependencies()
    group = (await deps.spot_groups.get(order.tenant_id, order.spot_group_id)).value
    connection = await deps.connections.find(group.tenant_id, group.connection_id)
    site = await deps.sites.find(group.tenant_id, group.site_id)
    if connection is None or site is None:
        return Refused(
            code="connectionGone", message="the connection or the site of the Spot Group is gone", final=True
        )
    pool = spot_pool(group, connection.value)
    if group.deleting_since is not None:  # only its names are needed: what is gone is not made again
        return pool
    tags = {**group.tags, naming.TENANT_TAG: group.tenant_id, naming.SPOT_GROUP_TAG: group.id}
    compute = deps.compute(pool.subscription_id)
    await ensure_group(compute, pool.subscription_id, pool.resource_group, site.value.region, tags)
    before = await deps.spot_states.find(group.tenant_id, group.id)
    state = before.value if before else SpotGroupState(id=group.id, tenant_id=group.tenant_id)
    wanted = pool_properties(group, connection.value.join_type, state.load_balancing)
    drift = await _write_pool(pool, group, site.value.region, tags, wanted, state)
    await _write_desktop(pool, group, site.value.region, tags)
    obstacle = None
    if group.hosts.start_on_connect:
        obstacle = await let_azure_start(group.tenant_id, pool.subscription_id, pool.resource_group)
    if state.written.get("startVMOnConnect") and not group.hosts.start_on_connect:
        await remove_role_of_all(pool.subscription_id, pool.resource_group, POWER_ON_ROLE)
    await save_state(
        state,
        host_pool_id=pool.host_pool_id,
        application_group_id=pool.application_group_id,
        written=wanted,
        drift=drift,
        cannot_start_on_connect=obstacle,
    )
    return pool


def spot_pool(group: SpotGroup, connection: Connection) -> SpotPool:
    """Return the names of a group's pool: all derived."""
    resource_group = naming.spot_resource_group(group.tenant_id, group.id)
    name = naming.spot_host_pool_name(group.id)
    pool_id = (
        f"/subscriptions/{connection.subscription_id}/resourceGroups/{resource_group}"
        f"/providers/Microsoft.DesktopVirtualization/hostPools/{name}"
    )
    return SpotPool(
        subscription_id=connection.subscription_id,
        host_pool_id=pool_id,
        application_group_id=application_group_id(pool_id),
        resource_group=resource_group,
        join_type=connection.join_type,
        shared=group.license_type is not LicenseType.PERSONAL_DEDICATED,
        removing=group.deleting_since is not None,
    )


async def _write_pool(
    pool: SpotPool,
    group: SpotGroup,
    region: str,
    tags: dict[str, str],
    wanted: dict[str, Any],
    state: SpotGroupState,
) -> tuple[str, ...]:
    """Create the pool, or write the changes since it was written last; return the changes of others."""
    pools = dependencies().desktops(pool.subscription_id).host_pools
    name = naming.spot_host_pool_name(group.id)
    try:
        there = dict((await pools.get(pool.resource_group, name)).serialize(keep_readonly=True).get("properties") or {})
    except MissingError:
        first = {each: value for each, value in wanted.items() if each not in LATER}
        body = {"location": region, "tags": tags, "properties": {**fixed_properties(group), **first}}
        await pools.create_or_update(pool.resource_group, name, as_content(body))
        there = {**first, **dict.fromkeys(LATER, False)}
        state = state.but(written=there)
    edited = {each: value for each, value in wanted.items() if state.written.get(each) != value}
    if edited:
        await pools.update(pool.resource_group, name, as_content({"tags": tags, "properties": edited}))
    return drift_of({**there, **edited}, wanted)


async def _write_desktop(pool: SpotPool, group: SpotGroup, region: str, tags: dict[str, str]) -> None:
    """Create the application group and the workspace, by which the members find the desktop."""
    desktops = dependencies().desktops(pool.subscription_id)
    common = {"location": region, "tags": tags}
    name = naming.spot_host_pool_name(group.id)
    desktop = {
        "hostPoolArmPath": pool.host_pool_id,
        "applicationGroupType": "Desktop",
        "friendlyName": group.friendly_name,
    }
    await ensure(
        desktops.application_groups,
        pool.resource_group,
        naming.desktop_application_group(name),
        {**common, "properties": desktop},
    )
    workspace = {"friendlyName": group.friendly_name, "applicationGroupReferences": [pool.application_group_id]}
    await ensure(
        desktops.workspaces, pool.resource_group, naming.desktop_workspace(name), {**common, "properties": workspace}
    )


async def save_state(state: SpotGroupState, **changes: Any) -> None:  # noqa: ANN401 - fields of the state
    """Write the engine's state of a group; the first writer inserts the record."""
    states = dependencies().spot_states
    if await states.find(state.tenant_id, state.id) is None:
        await states.insert(state.but(**changes))
        return
    await states.change(state.tenant_id, state.id, lambda there: there.but(**changes))
