"""Remove an orphan that somebody has chosen from the list."""

from __future__ import annotations

from orchestrators.parts.machines.cleaning import remove
from shared.contracts.inventory import REMOVE_ORPHAN, OrphanRemoved, RemovalOrder
from shared.workflow import Blueprint, Context, Steps, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(REMOVE_ORPHAN)
def remove_orphan(ctx: Context, order: RemovalOrder) -> Steps[OrphanRemoved]:
    """Remove one orphan, if it still is one, and record whether it is gone."""
    return (yield from remove(ctx, order))
