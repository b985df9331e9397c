"""The scripts and apps of a policy on a Cloud PC: begun and read, one run command each."""

from __future__ import annotations

from datetime import timedelta

from activities.machines.run_commands import begin_run_command, read_run_command
from activities.machines.software import package_parameters, software_script, step_of
from activities.machines.vms import of_its_machine
from shared.contracts.outcomes import Accepted, Done, Pending, Refused
from shared.contracts.scripts import BEGIN_SCRIPT, READ_SCRIPT, PolicyScriptOrder
from shared.dependencies import dependencies
from shared.domain.policies.script import ScriptVersion, version_id
from shared.workflow import Blueprint, implements

bp = Blueprint()


def _command(order: PolicyScriptOrder) -> str:
    return f"deskwright-script-{order.number}"


async def _content(order: PolicyScriptOrder) -> ScriptVersion | None:
    """Return the content that the build was planned with."""
    id_ = version_id(order.script.script_id, order.script.digest)
    found = await dependencies().script_versions.find(order.machine.tenant_id, id_)
    return found.value if found else None


def _gone(order: PolicyScriptOrder) -> Refused:
    return Refused(
        code="scriptGone",
        message=f"{order.script.title} has been deleted since the Cloud PC was built",
        advice="Take the script out of the policy, or write it anew; then reprovision the Cloud PC.",
        final=True,
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_SCRIPT, fence=of_its_machine)
async def begin_script(order: PolicyScriptOrder) -> Accepted | Refused:
    """Start a script unchanged, or the installation of a package; Azure ends either at the time-out of the script."""
    content = await _content(order)
    if content is None:
        return _gone(order)
    return await begin_run_command(
        order.machine,
        _command(order),
        software_script(content.script),
        package_parameters(content.package_id, content.package_version),
        ends_after=timedelta(minutes=order.script.timeout_in_minutes),
    )


@bp.activity_trigger(input_name="payload")
@implements(READ_SCRIPT)
async def read_script(order: PolicyScriptOrder) -> Done | Pending | Refused:
    """Read the report of a script."""
    content = await _content(order)
    if content is None:
        return _gone(order)
    step = step_of(content.script)
    reported = await read_run_command(order.machine, _command(order), (step,))
    if isinstance(reported, Pending):
        return reported
    ok, message = reported[step]
    if ok:
        return Done()
    return Refused(
        code="scriptFailed",
        message=f"{order.script.title} failed: {message}",
        advice="Correct the script, or what it needs on the machine; a new version reaches new Cloud PCs.",
    )
