"""Run post-provisioning steps on an existing Cloud PC: again where one left a warning, or for changed settings."""

from __future__ import annotations

from orchestrators.parts.cloud_pcs.assignment import configure_windows
from orchestrators.parts.cloud_pcs.scripts import run_script, warning_of
from shared.contracts.provisioning import RECORD_RERUN, RERUN_STEPS, Configured, RerunOrder, RerunRecord
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RERUN_STEPS)
def rerun_steps(ctx: Context, order: RerunOrder) -> Steps[Configured]:
    """Run post-provisioning steps and scripts: (1) run them, (2) record their warnings, and the settings applied."""
    configuration = order.configuration
    warnings = (yield from configure_windows(ctx, configuration)) if configuration.steps else ()  # (1)
    for each in order.scripts:
        failure = yield from run_script(ctx, each)
        warnings += () if failure is None else (warning_of(each, failure),)
    record = RerunRecord(
        tenant_id=configuration.machine.tenant_id,
        cloud_pc_id=configuration.machine.owner.id,
        generation=order.generation,
        operation_id=order.operation_id,
        steps=(*configuration.steps, *(each.script.display_name for each in order.scripts)),
        warnings=warnings,
        wanted=order.wanted,
    )
    yield from call(ctx, RECORD_RERUN, record)  # (2)
    return Configured(warnings=warnings)
