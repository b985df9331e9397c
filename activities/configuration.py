"""Post-provisioning: six steps of PowerShell in one managed run command that reports per step."""

from __future__ import annotations

from activities.run_commands import assemble, begin_run_command, read_run_command
from shared.contracts.configuration import (
    BEGIN_CONFIGURATION,
    READ_CONFIGURATION,
    ConfigurationOrder,
    Configured,
)
from shared.contracts.outcomes import Accepted, Pending, Refused
from shared.dependencies import dependencies
from shared.domain.cloud_pc import Warn
from shared.workflow import Blueprint, implements

bp = Blueprint()

RUN_COMMAND = "deskwright-configuration"
_LONGEST_MESSAGE = 500


def warnings_of(said: dict[str, tuple[bool, str]]) -> tuple[Warn, ...]:
    """Return a warning for each step that did not go well."""
    return tuple(Warn(step=step, message=why[:_LONGEST_MESSAGE]) for step, (ok, why) in said.items() if not ok)


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_CONFIGURATION)
async def begin_configuration(order: ConfigurationOrder) -> Accepted | Refused:
    """Begin the run command; what the steps need goes in as parameters, never pasted into the script."""
    account = order.local_administrator
    parameters = [{"name": "LocalAdministrator", "value": account}] if account else []
    # Azure runs an unchanged command only once; running a step again must run it.
    asked = {"name": "AskedAt", "value": dependencies().clock.now().isoformat()}
    return await begin_run_command(order.machine, RUN_COMMAND, assemble(order.steps), [*parameters, asked])


@bp.activity_trigger(input_name="payload")
@implements(READ_CONFIGURATION)
async def read_configuration(order: ConfigurationOrder) -> Configured | Pending | Refused:
    """Read what the run command's script printed."""
    said = await read_run_command(order.machine, RUN_COMMAND, order.steps)
    return said if isinstance(said, Pending) else Configured(warnings=warnings_of(said))
