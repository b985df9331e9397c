"""Sweeps: what is due is looked at, checked against its record, and started. Every tick may come twice, or late."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta

import azure.functions as func

from shared.contracts.cleaning import CLEAN_UP, remains_of
from shared.contracts.deprovisioning import DeprovisionOrder
from shared.contracts.provisioning import (
    PROVISION,
    REPLACE,
    order_for,
    provisioning_instance,
    replacement_order,
    replacing_instance,
)
from shared.dependencies import Dependencies, dependencies
from shared.domain import naming
from shared.domain.cloud_pc import TURN, CloudPc
from shared.domain.image import DeviceImageStatus
from shared.domain.lifecycle import Status
from shared.domain.operation import OperationStatus
from shared.domain.queueing import waits
from shared.domain.replacing import build_of, with_build
from shared.errors import DeskwrightError, RefusedError
from shared.services.bulk import work
from shared.services.directory_subscriptions import catch_up, keep_subscribed, settle_changes, tell_changes
from shared.services.grace import deprovision
from shared.services.reconciling import (
    LOOK_AGAIN,
    ask_for_reconcile,
    close_operations,
    reconcile_users,
    start_reconcile,
)
from shared.services.remote import go_on
from shared.services.restore_points import keep_restore_points
from shared.storage.due import ACT_EVERY, BULK_EVERY, EVERYBODY, RENEWING, WATCH_EVERY, Due, DueKind, next_of
from shared.workflow import Blueprint, DurableClient, purge_finished, start
from triggers.http.connection_checks import check_due
from triggers.http.images import start_build

bp = Blueprint()
_log = logging.getLogger("deskwright.sweeps")

_CLEANED_BY = timedelta(hours=1)
"""When to make sure that a clean-up has come to its end; one that still runs is left alone."""

_PAUSED = timedelta(hours=6)
"""When to look again whether a tenant that is paused goes on."""

_REFUSED = timedelta(hours=1)
"""How long it takes at most until a reconcile that a directory refuses is tried again."""

_HELD = timedelta(minutes=10)
"""When to look again at a build that may not start: it is paused, or waits for a licence."""

Look = Callable[[Dependencies, DurableClient, Due], Awaitable[datetime | None]]
"""Looks at one thing that is due; returns when to look again, None when it is done or no longer wanted."""


@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_starts(timer: func.TimerRequest, client: DurableClient) -> None:
    """Start what was saved and not started: builds of Cloud PCs and images, reconciles; read users again.

    And begin again what broke off; and make the restore points whose time has come.
    """
    del timer
    looks: dict[DueKind, Look] = {
        DueKind.START: _start_build_of_cloud_pc,
        DueKind.BUILD: _start_build_of_image,
        DueKind.RECONCILE: _start_reconcile,
        DueKind.REREAD: _read_again,
        DueKind.WATCH: resume_build,
        DueKind.ACT: _go_on_with_action,
        DueKind.RESTORE_POINT: keep_restore_points,
        DueKind.BULK: go_on_with_bulk,
        DueKind.CHANGES: _settle_changes,
    }
    await sweep_together(client, looks)


@bp.timer_trigger(arg_name="timer", schedule="30 */5 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_clean_ups(timer: func.TimerRequest, client: DurableClient) -> None:
    """Remove what Cloud PCs have left, three hours after they failed or went out of use."""
    del timer
    await sweep(client, DueKind.CLEAN_UP, clean_up)


@bp.timer_trigger(arg_name="timer", schedule="45 */5 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_connections(timer: func.TimerRequest, client: DurableClient) -> None:
    """Check connections whose last check is some hours old, or was never begun."""
    del timer
    await sweep(client, DueKind.RECHECK, check_due)


@bp.timer_trigger(arg_name="timer", schedule="0 17 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def purge_history(timer: func.TimerRequest, client: DurableClient) -> None:
    """Forget the history of workflows that ended a week ago; the records and the audit log stay."""
    del timer
    await purge_finished(client, dependencies().clock.now())


@bp.timer_trigger(arg_name="timer", schedule="15 */5 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_removals(timer: func.TimerRequest, client: DurableClient) -> None:
    """Take out of use what has come to the end of its grace period. Reads what is due, and nothing else."""
    del timer
    await sweep(client, DueKind.DEPROVISION, _deprovision)


async def sweep(client: DurableClient, kind: DueKind, look: Look) -> None:
    """Look at everything of a kind that is due; what cannot be looked at now stays due and stops nothing else."""
    deps = dependencies()
    await _look_at(deps, client, await deps.due.due(kind, deps.clock.now()), look)


async def sweep_together(client: DurableClient, looks: Mapping[DueKind, Look]) -> None:
    """Sweep kinds that lie together: read once, then look at each kind beside the others."""
    deps = dependencies()
    found = await deps.due.due_among(looks, deps.clock.now())
    of = {kind: [due for due in found if due.kind is kind] for kind in looks}
    await asyncio.gather(*(_look_at(deps, client, of[kind], look) for kind, look in looks.items()))


async def _look_at(deps: Dependencies, client: DurableClient, dues: Iterable[Due], look: Look) -> None:
    for due in dues:
        try:
            again_at = await look(deps, client, due)
        except DeskwrightError as error:
            _log.warning("%s of %s/%s stays due: %s", due.kind.value, due.tenant_id, due.subject_id, error)
            continue
        if again_at is None:
            await deps.due.drop(due)
        else:
            await deps.due.postpone(due, again_at)


async def _start_build_of_cloud_pc(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Have the user planned again: planning starts what was saved and not begun.

    Those who stand in line are planned together: each plan reads everybody who stands there.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None or not waits(found.value) or found.value.generation != due.generation:
        return None
    now, user_ids = deps.clock.now(), (found.value.user.id,)
    if found.value.reason != TURN:
        await tell_changes(deps, client, due.tenant_id, user_ids, now)
        return now + _HELD
    origin = f"start/{due.subject_id}/{due.generation}/{now.isoformat()}"
    await reconcile_users(client, due.tenant_id, user_ids, origin=origin)
    return now + LOOK_AGAIN


async def resume_build(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Begin a build again that broke off; one that runs is left alone, because its instance is alive.

    It goes on with the attempt that broke off, and first cleans up what that one left.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    tenant = await deps.tenants.find(due.tenant_id)
    if tenant is None or found is None or not _is_being_built(found.value, due):
        return None
    whole, pc = found.value, build_of(found.value, due.generation)
    connection = await deps.connections.find(due.tenant_id, pc.snapshot.connection_id) if pc.snapshot else None
    site = await deps.sites.find(due.tenant_id, connection.value.site_id) if connection else None
    if connection is not None and site is not None:
        if (beside := replacing_instance(whole)) is not None:
            workflow, instance_id = REPLACE, beside
            order = replacement_order(whole, tenant.value, site.value, connection.value)
        else:
            workflow, instance_id = PROVISION, provisioning_instance(pc)
            order = order_for(pc, tenant.value, site.value, connection.value)
        if order is not None:
            order = order.but(attempt=max(1, pc.attempt), parked_since=pc.parked_since)
            if await start(client, workflow, order, instance_id=instance_id):
                _log.warning("the build of %s/%s had broken off and is begun again", due.tenant_id, pc.id)
    return deps.clock.now() + WATCH_EVERY


def _is_being_built(pc: CloudPc, due: Due) -> bool:
    """Whether the build that is due is; one beside the Cloud PC's own machine also when it has no place to take."""
    if pc.beside is not None and pc.beside.generation == due.generation:
        return pc.beside.being_built
    return pc.generation == due.generation and pc.status in {Status.PENDING_PROVISION, Status.PROVISIONING}


async def _start_build_of_image(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start a build that was saved and not begun, and again one that broke off; one that runs is left alone."""
    found = await deps.images.find(due.tenant_id, due.subject_id)
    tenant = await deps.tenants.find(due.tenant_id)
    if found is None or tenant is None or found.value.status is not DeviceImageStatus.PENDING:
        return None
    site = await deps.sites.find(due.tenant_id, found.value.site_id)
    if site is None:
        return None
    operation = await deps.operations.find(due.tenant_id, found.value.operation_id)
    begun = operation is not None and operation.value.status is OperationStatus.RUNNING
    if await start_build(client, tenant.value, site.value, found.value, broken_off=begun) and begun:
        _log.warning("the build of image %s/%s had broken off and is begun again", due.tenant_id, due.subject_id)
    return deps.clock.now() + LOOK_AGAIN


async def _start_reconcile(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start what was asked for and not done; a directory that refuses for long is asked ever more rarely."""
    asked_at, now = await deps.requests.newest(due.tenant_id), deps.clock.now()
    if asked_at is None:
        await close_operations(deps, due.tenant_id, now)
        return None
    await start_reconcile(client, due.tenant_id)
    return now + min(max(LOOK_AGAIN, now - asked_at), _REFUSED)


async def _read_again(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Read again whom the directory did not show as entitled yet, or everybody; that reading says when the next is."""
    tenant = await deps.tenants.find(due.tenant_id)
    if tenant is None:
        return None
    if tenant.value.paused is not None:  # whoever resumes it asks for a reconcile
        return deps.clock.now() + _PAUSED
    if due.subject_id == EVERYBODY:
        await ask_for_reconcile(deps, client, due.tenant_id, deps.clock.now())
        return None
    origin = f"reread/{due.subject_id}/{due.at.isoformat()}"
    await reconcile_users(client, due.tenant_id, (due.subject_id,), origin=origin, round_=due.generation)
    return None


async def clean_up(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start the clean-up of a Cloud PC that failed or is out of use; a new build that came first has taken it back.

    The record is claimed before the start (``clean_up_at`` goes): from then on a retry is refused until it is done.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None:
        return None

    def claim(pc: CloudPc) -> CloudPc | None:
        build = build_of(pc, due.generation)
        return with_build(pc, build.but(clean_up_at=None)) if _has_remains(build, due) else None

    claimed = build_of(await deps.cloud_pcs.change(due.tenant_id, due.subject_id, claim), due.generation)
    if not _has_remains(claimed, due):
        return None
    for order in remains_of(claimed):
        instance_id = naming.instance_id(due.tenant_id, claimed.id, "cleanup", claimed.generation)
        await start(client, CLEAN_UP, order.but(standing_alone=True), instance_id=instance_id)
    return deps.clock.now() + _CLEANED_BY  # a clean-up that broke off would refuse every retry for ever


@bp.timer_trigger(arg_name="timer", schedule="50 */5 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_directories(timer: func.TimerRequest, client: DurableClient) -> None:
    """Ask directories what has changed, in case a notification got lost; renew the subscriptions to these."""
    del timer
    await sweep_together(client, {DueKind.SUBSCRIBE: _subscribe, DueKind.CATCH_UP: _catch_up})


async def _settle_changes(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    if not await deps.changes.take(due.tenant_id, 1):
        return None
    await settle_changes(client, due.tenant_id)
    return deps.clock.now() + LOOK_AGAIN


async def _subscribe(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    del client
    tenant, url = await deps.tenants.find(due.tenant_id), deps.settings.notification_url
    if tenant is None or url is None:
        return None
    now, every, asked = deps.clock.now(), timedelta(days=1), 0
    try:
        await keep_subscribed(deps, tenant.value, url, now, renewing=due.generation == RENEWING)
    except RefusedError as refused:  # not allowed, or we did not answer: asking goes on meanwhile
        _log.warning("no notifications of the directory of %s: %s", due.tenant_id, refused)
        # What Graph wants renewed stays so, however long our record says that it lasts.
        every = min(every, timedelta(minutes=tenant.value.settings.directory_catch_up_in_minutes))
        asked = due.generation
    await deps.due.put(DueKind.SUBSCRIBE, next_of(every, now), due.tenant_id, due.subject_id, asked)
    return None


async def _catch_up(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    tenant = await deps.tenants.find(due.tenant_id)
    if tenant is None:
        return None
    now = deps.clock.now()
    try:
        await catch_up(deps, client, tenant.value, now)
    except RefusedError as refused:
        _log.warning("the directory of %s does not say what has changed: %s", due.tenant_id, refused)
        await deps.due.ensure(DueKind.REREAD, next_of(timedelta(days=1), now), due.tenant_id, EVERYBODY)
    every = timedelta(minutes=tenant.value.settings.directory_catch_up_in_minutes)
    await deps.due.put(DueKind.CATCH_UP, next_of(every, now), due.tenant_id, due.subject_id)
    return None


async def _go_on_with_action(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Go on with a remote action that broke off, and begin one that a plan has saved; one that runs is left alone."""
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None or found.value.action is None or found.value.generation != due.generation:
        return None
    late = deps.clock.now() - found.value.action.begun_at >= ACT_EVERY
    if await go_on(client, found.value) and late:
        _log.warning("%s of %s/%s had broken off and goes on", found.value.action.name, due.tenant_id, due.subject_id)
    return deps.clock.now() + ACT_EVERY


async def go_on_with_bulk(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Go on with a bulk action that broke off; each of its waves promises to be looked at again."""
    found = await deps.bulk_actions.find(due.tenant_id, due.subject_id)
    if found is not None and found.value.unsettled:
        await work(client, found.value)
        return deps.clock.now() + BULK_EVERY
    return None


async def _deprovision(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start to take a Cloud PC out of use; the workflow asks the record whether it is time."""
    del deps
    order = DeprovisionOrder(tenant_id=due.tenant_id, cloud_pc_id=due.subject_id, generation=due.generation)
    await deprovision(client, order)
    return None  # it promises by itself to be looked at again


def _has_remains(pc: CloudPc, due: Due) -> bool:
    waits = pc.status in {Status.FAILED, Status.DEPROVISIONING} and pc.generation == due.generation
    return waits and pc.resources.computer_name is not None and (pc.clean_up_at is None or pc.clean_up_at <= due.at)
