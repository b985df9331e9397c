"""Upkeep: what the service does for itself by the clock: it exports its tables, forgets what is old, and measures."""

from __future__ import annotations

import logging
from datetime import timedelta

import azure.functions as func

from shared.dependencies import dependencies
from shared.services.deleting import forget_old
from shared.services.exporting import delete_exports, export_tables
from shared.services.measuring import measure
from shared.workflow import Blueprint

bp = Blueprint()
_log = logging.getLogger("deskwright.upkeep")


@bp.timer_trigger(arg_name="timer", schedule="0 40 1-5 * * *", use_monitor=False)
async def export_the_tables(timer: func.TimerRequest) -> None:
    """Export the tables once a night, and remove the exports that are too old.

    Every hour of the night again: one that broke off (at the time limit, say) goes on; one that is whole stays.
    """
    del timer
    here = dependencies()
    if here.exports is None:
        _log.warning("the tables are not exported: DESKWRIGHT_BLOBS_URL is not set")
        return
    now = here.clock.now()
    manifest = await export_tables(here.tables, here.exports, now)
    _log.info("the export of %s is whole: %d rows", manifest.day, manifest.rows)
    kept = timedelta(days=here.settings.exports_kept_in_days)
    for folder in await delete_exports(here.exports, now.date(), kept):
        _log.info("the export of %s is removed", folder)


@bp.timer_trigger(arg_name="timer", schedule="0 10 6 * * *", use_monitor=False)
async def forget_what_is_old(timer: func.TimerRequest) -> None:
    """Remove operations, bulk actions and answered keys that nobody asks for any more: after the night's export."""
    del timer
    here = dependencies()
    gone = await forget_old(here, here.clock.now())
    _log.info(
        "forgotten: operations=%d bulk_actions=%d idempotency_keys=%d",
        gone.operations,
        gone.bulk_actions,
        gone.idempotency_keys,
    )


@bp.timer_trigger(arg_name="timer", schedule="20 */15 * * * *", use_monitor=False)
async def measure_queues(timer: func.TimerRequest) -> None:
    """Measure how many Cloud PCs wait to be built, and how many removals to be confirmed."""
    del timer
    await measure(dependencies())
