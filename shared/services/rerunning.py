"""Running a post-provisioning step again on a Cloud PC that has a warning for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.contracts.configuration import RERUN_STEPS, STEPS, RerunOrder, configuration_for, rerunning_instance
from shared.contracts.remote_actions import machine_of
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import Operation
from shared.domain.values import Value, Word
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.services.intents import Resource, begin_operation, resume_operation
from shared.services.stalling import start_watched
from shared.services.writes import no_record
from shared.workflow import DurableClient


def _known(step: str) -> str:
    if step not in STEPS:
        message = f"there is no such step; the steps are {', '.join(STEPS)}"
        raise ValueError(message)
    return step


class RerunForm(Value):
    """Step to run again; left out: every step that has a warning."""

    step: Annotated[Word, AfterValidator(_known)] | None = Field(None, description=", ".join(STEPS))


async def rerun(context: ActionContext, client: DurableClient, cloud_pc_id: str, form: RerunForm) -> Operation:
    """Run the step again; return its operation.

    Raises: ConflictError unless the Cloud PC has a warning for it, and when steps of it are being run again already.
    """
    deps, resource = context.deps, Resource(ResourceType.CLOUD_PC, cloud_pc_id)
    resumed = await resume_operation(context, resource, _nothing, begun=lambda _: False)
    if resumed is not None:
        return resumed
    pc = (await context.cloud_pc(cloud_pc_id)).value
    order = _order(pc, _steps(pc, form), context.operation_id)
    opened_before = await deps.operations.find(context.tenant.id, context.operation_id) is not None

    async def begin(_: None) -> None:
        started = await start_watched(
            deps, client, RERUN_STEPS, order, tenant_id=pc.tenant_id, instance_id=rerunning_instance(pc)
        )
        if not started and not opened_before:
            raise ConflictError("steps of this Cloud PC are being run again already")

    begun = await begin_operation(context, "rerunStep", resource, no_record(pc, form), start=begin, code="rerunning")
    return begun.operation


async def _nothing() -> None:
    """Start nothing: an operation that has steps runs."""


def refusal(pc: CloudPc, form: RerunForm) -> str | None:
    """Return why the step cannot be run again by its record, None when it can."""
    try:
        _order(pc, _steps(pc, form), "")
    except ConflictError as why:
        return str(why)
    return None


def _steps(pc: CloudPc, form: RerunForm) -> tuple[str, ...]:
    if pc.at_work:
        raise ConflictError(pc.at_work, status=pc.status.value)
    warned = tuple(step for step in STEPS if step in {warning.step for warning in pc.current.warnings})
    if pc.status is not Status.PROVISIONED_WITH_WARNINGS or (form.step and form.step not in warned):
        named = f"the step {form.step}" if form.step else "any step"
        raise ConflictError(f"there is no warning for {named}", status=pc.status.value, warnings=list(warned))
    return (form.step,) if form.step else warned


def _order(pc: CloudPc, steps: tuple[str, ...], operation_id: str) -> RerunOrder:
    machine = machine_of(pc)
    if pc.current.snapshot is None or machine is None:
        raise ConflictError("the machine of this Cloud PC is not known", status=pc.status.value)
    configuration = configuration_for(machine, pc.user, pc.current.snapshot, steps)
    return RerunOrder(generation=pc.current.generation, operation_id=operation_id, configuration=configuration)
