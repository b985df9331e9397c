"""Steps in Windows on an existing Cloud PC: again where one left a warning, or for changed settings."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from pydantic import Field

from shared.contracts.machines import Machine
from shared.contracts.provisioning import RERUN_STEPS, RerunOrder, configuration_for, rerunning_instance
from shared.contracts.remote_actions import machine_of
from shared.contracts.scripts import script_orders
from shared.domain.cloud_pcs.cloud_pc import CloudPc, account_of
from shared.domain.cloud_pcs.lifecycle import BUILT, Status
from shared.domain.cloud_pcs.windows_steps import STEPS
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.planning.drift import TenantPolicies
from shared.domain.planning.in_place import SettingInPlace, changes_in_place
from shared.domain.policies.policy import Snapshot
from shared.domain.values import Label, Value
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, resume_operation
from shared.services.operations.sweeps import start_watched
from shared.services.operations.writes import no_record
from shared.services.policies.policies import read_configuration
from shared.workflow import DurableClient


class RerunForm(Value):
    """Step to run again; left out: every step that has a warning."""

    step: Label | None = Field(None, description=f"{', '.join(STEPS)}, or the name of a script of the policy")


class ApplySettingsForm(Value):
    """The settings to apply; left out: all that differ from the policy."""

    settings: Annotated[tuple[SettingInPlace, ...], Field(min_length=1, max_length=len(SettingInPlace))] | None = Field(
        None, description="only these of the settings that differ"
    )


async def rerun(context: ActionContext, client: DurableClient, cloud_pc_id: str, form: RerunForm) -> Operation:
    """Run the step again; return its operation.

    Raises: InvalidError for a step that it never has, ConflictError unless the Cloud PC has a warning for it, and when
    steps of it are being run already.
    """

    async def ordered(pc: CloudPc) -> RerunOrder:
        _refuse_unknown_step(pc, form)
        return _order(pc, _steps(pc, form), context.operation_id)

    return await _begin(context, client, cloud_pc_id, "rerunStep", form, ordered)


async def apply_settings(
    context: ActionContext, client: DurableClient, cloud_pc_id: str, form: ApplySettingsForm
) -> Operation:
    """Bring the changed settings of its policy to a Cloud PC, as far as that needs no rebuild; return the operation.

    Nothing is restarted, and no session ends. A setting whose step fails stays as it was, and differs from the policy.
    Raises: ConflictError when no such setting differs, while something is at work on it, and when steps of it are being
    run already.
    """

    async def ordered(pc: CloudPc) -> RerunOrder:
        return _settings_order(pc, form, await read_configuration(context), context.operation_id)

    return await _begin(context, client, cloud_pc_id, "applySettings", form, ordered)


async def _begin(
    context: ActionContext,
    client: DurableClient,
    cloud_pc_id: str,
    kind: str,
    form: Value,
    ordered: Callable[[CloudPc], Awaitable[RerunOrder]],
) -> Operation:
    """Begin to run steps; return the operation. *ordered*: returns the order. Raises: ConflictError, *ordered*'s."""
    deps, resource = context.deps, Resource(ResourceType.CLOUD_PC, cloud_pc_id)
    resumed = await resume_operation(context, resource, _nothing, begun=lambda _: False)
    if resumed is not None:
        return resumed
    pc = (await context.cloud_pc(cloud_pc_id)).value
    order = await ordered(pc)
    opened_before = await deps.operations.find(context.tenant.id, context.operation_id) is not None

    async def begin(_: None) -> None:
        started = await start_watched(
            deps, client, RERUN_STEPS, order, tenant_id=pc.tenant_id, instance_id=rerunning_instance(pc)
        )
        if not started and not opened_before:
            raise ConflictError("steps of this Cloud PC are being run already")

    begun = await begin_operation(context, kind, resource, no_record(pc, form), start=begin, code="rerunning")
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


def warned_steps(pc: CloudPc) -> tuple[str, ...]:
    """Return the steps, and the names of the scripts, that a Cloud PC has warnings for, in their order."""
    warned = {warning.step for warning in pc.current.warnings}
    return tuple(step for step in _step_names(pc) if step in warned)


def _step_names(pc: CloudPc) -> tuple[str, ...]:
    """Return the steps of a Cloud PC and the names of its scripts, in their order."""
    scripts = pc.current.snapshot.built_scripts if pc.current.snapshot else ()
    return (*STEPS, *(each.display_name for each in scripts))


def _refuse_unknown_step(pc: CloudPc, form: RerunForm) -> None:
    """Raise InvalidError for a step that a Cloud PC never has, naming its steps and scripts."""
    known = _step_names(pc)
    if form.step is not None and form.step not in known:
        raise InvalidError(Problem("/step", f"is none of {', '.join(known)}"))


def _steps(pc: CloudPc, form: RerunForm) -> tuple[str, ...]:
    if pc.at_work:
        raise ConflictError(pc.at_work, status=pc.status.value)
    warned = warned_steps(pc)
    if pc.status is not Status.PROVISIONED_WITH_WARNINGS or (form.step and form.step not in warned):
        named = f"the step {form.step}" if form.step else "any step"
        raise ConflictError(f"there is no warning for {named}", status=pc.status.value, warnings=list(warned))
    return (form.step,) if form.step else warned


def _known(pc: CloudPc) -> tuple[Machine, Snapshot]:
    """Return the machine and the snapshot of a Cloud PC. Raises: ConflictError."""
    machine = machine_of(pc)
    if pc.current.snapshot is None or machine is None:
        raise ConflictError("the machine of this Cloud PC is not known", status=pc.status.value)
    return machine, pc.current.snapshot


def _order(pc: CloudPc, steps: tuple[str, ...], operation_id: str) -> RerunOrder:
    machine, snapshot = _known(pc)
    windows = tuple(step for step in steps if step in STEPS)
    return RerunOrder(
        generation=pc.current.generation,
        operation_id=operation_id,
        configuration=configuration_for(machine, pc.user, snapshot, windows),
        scripts=tuple(each for each in script_orders(machine, snapshot) if each.script.display_name in steps),
    )


def _unchangeable(pc: CloudPc) -> str | None:
    return pc.occupied or (None if pc.status in BUILT else f"it is {pc.status.value}")


def _settings_order(pc: CloudPc, form: ApplySettingsForm, today: TenantPolicies, operation_id: str) -> RerunOrder:
    """Return the order that brings the settings of today to a Cloud PC. Raises: ConflictError."""
    if why := _unchangeable(pc):
        raise ConflictError(why, status=pc.status.value)
    machine, built = _known(pc)
    policy = today.policies.get(built.policy_id)
    if policy is None:
        raise ConflictError("its policy is gone", status=pc.status.value)
    wanted = today.wanted(policy).but(only=form.settings)
    changes = changes_in_place(built, wanted)
    if not changes:
        raise ConflictError("no setting differs that could be applied without a rebuild", status=pc.status.value)
    then = built.but(security_defaults=wanted.configuration.security_defaults, built_scripts=wanted.scripts or ())
    steps = tuple(step for change in changes for step in change.steps)
    scripts = {each.script_id for change in changes for each in change.scripts}
    return RerunOrder(
        generation=pc.current.generation,
        operation_id=operation_id,
        configuration=configuration_for(machine, pc.user, then, steps).but(
            local_administrator=account_of(pc.user, built.join_type)
        ),
        scripts=tuple(each for each in script_orders(machine, then) if each.script.script_id in scripts),
        wanted=wanted,
    )


Refusal = Callable[[CloudPc], str | None]


def _settings_refusal(form: ApplySettingsForm, today: TenantPolicies) -> Refusal:
    def refuses(pc: CloudPc) -> str | None:
        try:
            _settings_order(pc, form, today, "")
        except ConflictError as why:
            return str(why)
        return None

    return refuses


async def judge_settings(context: ActionContext, form: ApplySettingsForm, fleet: Sequence[CloudPc]) -> Refusal:
    """Return the refusal of ``apply_settings`` for many Cloud PCs; the policies are read once."""
    del fleet
    return _settings_refusal(form, await read_configuration(context))


async def settings_in_place(context: ActionContext, pc: CloudPc) -> tuple[str | None, tuple[str, ...]]:
    """Return why no setting can be applied to a Cloud PC, None where one can, and the properties that would be."""
    today = await read_configuration(context)
    why, drift = _settings_refusal(ApplySettingsForm(), today)(pc), today.drift(pc)
    return why, drift.in_place if drift and why is None else ()
