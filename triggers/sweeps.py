"""Sweeps by the clock: each timer reads what is due of some kinds, and nothing else. A tick may come twice, or late."""

from __future__ import annotations

import azure.functions as func

from shared.dependencies import dependencies
from shared.services.bulk import bulk_due
from shared.services.cleaning_up import clean_up_due
from shared.services.connection_checks import check_due
from shared.services.directory_changes import catch_up_due, changes_due
from shared.services.directory_subscriptions import subscription_due
from shared.services.grace import deprovision_due
from shared.services.host_tasks import host_task_due
from shared.services.image_replicas import replication_due
from shared.services.image_schedules import image_set_due
from shared.services.images import image_build_due
from shared.services.orphans import scan_due
from shared.services.reconciling import reconcile_due, reread_due
from shared.services.remote import action_due
from shared.services.restore_points import restore_points_due
from shared.services.spot_reconciling import spot_due
from shared.services.stalling import progress_due
from shared.services.starting import build_due, resume_build
from shared.services.sweeping import Rule, sweep, sweep_together
from shared.services.version_actions import image_version_due
from shared.storage.due import DueKind
from shared.workflow import Blueprint, DurableClient, purge_finished

bp = Blueprint()

_EVERY_MINUTE: dict[DueKind, Rule] = {
    DueKind.START: build_due,
    DueKind.BUILD: image_build_due,
    DueKind.RECONCILE: reconcile_due,
    DueKind.REREAD: reread_due,
    DueKind.WATCH: resume_build,
    DueKind.ACT: action_due,
    DueKind.RESTORE_POINT: restore_points_due,
    DueKind.BULK: bulk_due,
    DueKind.REPLICATE: replication_due,
    DueKind.IMAGE_SET: image_set_due,
    DueKind.IMAGE_VERSION: image_version_due,
    DueKind.CHANGES: changes_due,
    DueKind.SPOT: spot_due,
    DueKind.HOST: host_task_due,
    DueKind.PROGRESS: progress_due,
}


@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_starts(timer: func.TimerRequest, client: DurableClient) -> None:
    """Start what was saved and not started, and again what broke off; read users again; make restore points."""
    del timer
    await sweep_together(client, _EVERY_MINUTE)


@bp.timer_trigger(arg_name="timer", schedule="15 */5 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_removals(timer: func.TimerRequest, client: DurableClient) -> None:
    """Take out of use the Cloud PCs whose grace period has ended."""
    del timer
    await sweep(client, DueKind.DEPROVISION, deprovision_due)


@bp.timer_trigger(arg_name="timer", schedule="30 */5 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_clean_ups(timer: func.TimerRequest, client: DurableClient) -> None:
    """Remove what Cloud PCs have left, three hours after they failed or went out of use."""
    del timer
    await sweep(client, DueKind.CLEAN_UP, clean_up_due)


@bp.timer_trigger(arg_name="timer", schedule="45 */5 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_connections(timer: func.TimerRequest, client: DurableClient) -> None:
    """Check connections whose last check is some hours old, or was never begun."""
    del timer
    await sweep(client, DueKind.RECHECK, check_due)


@bp.timer_trigger(arg_name="timer", schedule="50 */5 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_directories(timer: func.TimerRequest, client: DurableClient) -> None:
    """Ask directories what has changed, in case a notification got lost; renew the subscriptions to these."""
    del timer
    await sweep_together(client, {DueKind.SUBSCRIBE: subscription_due, DueKind.CATCH_UP: catch_up_due})


@bp.timer_trigger(arg_name="timer", schedule="40 */15 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_orphans(timer: func.TimerRequest, client: DurableClient) -> None:
    """Scan for orphans in the tenants whose last scan is a day old, or was requested and not made."""
    del timer
    await sweep(client, DueKind.ORPHANS, scan_due)


@bp.timer_trigger(arg_name="timer", schedule="0 17 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def purge_history(timer: func.TimerRequest, client: DurableClient) -> None:
    """Purge the history of workflows that ended a week ago; the records and the audit log stay."""
    del timer
    await purge_finished(client, dependencies().clock.now())
