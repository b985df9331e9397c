"""Run post-provisioning steps again, so that a Cloud PC with warnings becomes one without."""

from __future__ import annotations

from orchestrators.parts.cloud_pcs.assignment import configure_windows
from shared.contracts.provisioning import RECORD_RERUN, RERUN_STEPS, Configured, RerunOrder, RerunRecord
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RERUN_STEPS)
def rerun_steps(ctx: Context, order: RerunOrder) -> Steps[Configured]:
    """Run post-provisioning steps again: (1) run them, (2) replace their warnings by the new ones."""
    configuration = order.configuration
    warnings = yield from configure_windows(ctx, configuration)  # (1)
    record = RerunRecord(
        tenant_id=configuration.machine.tenant_id,
        cloud_pc_id=configuration.machine.owner.id,
        generation=order.generation,
        operation_id=order.operation_id,
        steps=configuration.steps,
        warnings=warnings,
    )
    yield from call(ctx, RECORD_RERUN, record)  # (2)
    return Configured(warnings=warnings)
