"""Grace periods by hand: end, extend, hold; and confirming a removal that the brake has stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.functions as func
from pydantic import Field

from shared.contracts.deprovisioning import DEPROVISION, DeprovisionOrder
from shared.domain import naming
from shared.domain.cloud_pc import CloudPc, Grace
from shared.domain.describing import listing
from shared.domain.graph.cloud_pcs import grace_view
from shared.domain.lifecycle import Status
from shared.domain.operation import Operation
from shared.domain.shown import GRACE_CHANGE, REMOVAL
from shared.domain.values import Value
from shared.errors import ConflictError
from shared.storage.due import DueKind, grace_due
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient, start
from triggers.directory_changes import reconcile_users
from triggers.endpoints import Answer, Call, endpoint, ok
from triggers.graph import BASE
from triggers.idempotency import once
from triggers.operations import address, open_operation
from triggers.paging import listed

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_MOST_HOURS = 8760


class ExtendForm(Value):
    """How much longer a grace period lasts."""

    hours: int = Field(ge=1, le=_MOST_HOURS, description="1 to 8760")


class HoldForm(Value):
    """Whether a grace period stands still; the time for which it stood still is not lost."""

    held: bool = True


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/endGracePeriod", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/endGracePeriod", graph=True, gives={204: None})
async def end_grace_period(call: Call, client: DurableClient) -> Answer:
    """End a grace period now: the user is signed off, and the Cloud PC goes."""

    async def end() -> Answer:
        operation = await end_by_hand(call, client, call.param("id"))
        return Answer(204, headers={"Operation-Location": address(operation)})

    return await once(call, end)


async def end_by_hand(call: Call, client: DurableClient, cloud_pc_id: str) -> Operation:
    """End a grace period now; return the operation that tells how it goes. Raises: ConflictError outside of one."""
    wired, tenant = call.services, call.tenant
    before = (await wired.cloud_pcs.get(tenant.id, cloud_pc_id)).value
    operation_id = call.new_id("operation")
    if before.operation_id != operation_id:
        _grace_of(before)
    operation = await open_operation(call, "endGracePeriod", cloud_pc_id)
    await wired.due.put(DueKind.DEPROVISION, call.now, tenant.id, cloud_pc_id, before.generation)

    def edit(pc: CloudPc) -> CloudPc | None:
        if pc.operation_id == operation.id:
            return None
        ended = _grace_of(pc).but(ends_at=call.now, held_at=None)
        return pc.but(grace=ended, operation_id=operation.id, last_modified_date_time=call.now)

    after = await wired.cloud_pcs.change(tenant.id, cloud_pc_id, edit)
    await call.audit("cloudPC", cloud_pc_id, before=before, after=after)
    order = DeprovisionOrder(tenant_id=tenant.id, cloud_pc_id=cloud_pc_id, generation=after.generation)
    instance_id = naming.instance_id(tenant.id, cloud_pc_id, "deprovision", after.generation)
    await start(client, DEPROVISION, order, instance_id=instance_id)
    return operation


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/extendGrace", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/extendGrace", takes=ExtendForm, gives=GRACE_CHANGE)
async def extend_grace(call: Call) -> Answer:
    """Let a grace period last longer."""
    form = call.read(ExtendForm)

    async def extend() -> Answer:
        return await change_grace(call, call.param("id"), lambda grace: grace.extend(timedelta(hours=form.hours)))

    return await once(call, extend)


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/holdGrace", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/holdGrace", takes=HoldForm, optional=True, gives=GRACE_CHANGE)
async def hold_grace(call: Call) -> Answer:
    """Let a grace period stand still, or go on."""
    held = call.read(HoldForm, call.json_if_any()).held
    return await change_grace(call, call.param("id"), lambda g: g.hold(call.now) if held else g.release(call.now))


async def change_grace(call: Call, cloud_pc_id: str, change: Callable[[Grace], Grace]) -> Answer:
    """Change a grace period, and before that the promise of its end. Raises: ConflictError outside of one."""
    wired, tenant = call.services, call.tenant
    stored: Stored[CloudPc] = await wired.cloud_pcs.get(tenant.id, cloud_pc_id)
    call.match(stored.etag)
    before = stored.value
    wanted = before.but(grace=change(_grace_of(before)), last_modified_date_time=call.now)
    if due := grace_due(wanted):
        await wired.due.put_all([due])
    after = (await wired.cloud_pcs.replace(wanted, seen=stored.etag)).value
    await call.audit("cloudPC", cloud_pc_id, before=before, after=after)
    return ok({"cloudPcId": after.id, "status": after.status.value, **grace_view(_grace_of(after), call.now)})


def _grace_of(pc: CloudPc) -> Grace:
    if pc.status is not Status.IN_GRACE_PERIOD or pc.grace is None:
        raise ConflictError(f"it has no grace period; it is {pc.status.value}", status=pc.status.value)
    return pc.grace


@bp.route(route="tenants/{tenant}/removals", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", gives=listing(REMOVAL, "removal"))
async def list_removals(call: Call) -> Answer:
    """List the Cloud PCs whose removal was seen and not made, with cause and reason: each waits to be confirmed."""
    found = [stored.value for stored in await call.services.cloud_pcs.with_removals(call.tenant.id)]
    return ok(listed(call, (_waiting(pc) for pc in found), None))


def _waiting(pc: CloudPc) -> dict[str, Any]:
    return {
        "cloudPcId": pc.id,
        "userPrincipalName": pc.user.user_principal_name,
        "status": pc.status.value,
        **(pc.removal.to_json() if pc.removal else {}),
    }


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/confirmRemoval", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/confirmRemoval", gives=REMOVAL)
async def confirm_removal(call: Call, client: DurableClient) -> Answer:
    """Confirm a removal that waits: the Cloud PC's grace period begins if the directory still says so."""
    after = await confirm_by_hand(call, client, call.param("id"))
    return ok(_waiting(after))


async def confirm_by_hand(call: Call, client: DurableClient, cloud_pc_id: str) -> CloudPc:
    """Confirm a removal; the user is read anew and planned. Raises: ConflictError when none waits."""
    wired, tenant = call.services, call.tenant
    before = (await wired.cloud_pcs.get(tenant.id, cloud_pc_id)).value

    def edit(pc: CloudPc) -> CloudPc | None:
        if pc.removal is None:
            raise ConflictError("no removal of it waits to be confirmed", status=pc.status.value)
        if pc.removal.confirmed_by:
            return None
        return pc.but(removal=pc.removal.but(confirmed_by=call.caller.actor.name), last_modified_date_time=call.now)

    after = await wired.cloud_pcs.change(tenant.id, cloud_pc_id, edit)
    await call.audit("cloudPC", cloud_pc_id, before=before, after=after)
    await reconcile_users(client, tenant.id, (after.user.id,), origin=f"confirm/{call.trace_id}")
    return after
