"""Post-provisioning: steps of PowerShell in one managed run command, which reports each step."""

from __future__ import annotations

from activities.fencing import of_its_machine
from activities.run_commands import asked_at, assemble, begin_run_command, harmless, read_run_command
from shared.contracts.configuration import (
    BEGIN_CONFIGURATION,
    READ_CONFIGURATION,
    ConfigurationOrder,
    Configured,
)
from shared.contracts.outcomes import Accepted, Pending, Refused
from shared.domain.cloud_pcs.build import Warn
from shared.workflow import Blueprint, implements

bp = Blueprint()

RUN_COMMAND = "deskwright-configuration"
_LONGEST_MESSAGE = 500


def warnings_of(reported: dict[str, tuple[bool, str]]) -> tuple[Warn, ...]:
    """Return a warning for each step that failed."""
    return tuple(Warn(step=step, message=why[:_LONGEST_MESSAGE]) for step, (ok, why) in reported.items() if not ok)


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_CONFIGURATION, fence=of_its_machine)
async def begin_configuration(order: ConfigurationOrder) -> Accepted | Refused:
    """Start the run command; the values that steps need are parameters, never part of the script.

    An account with characters that no script is given is left out: its step fails with that reason, the others run.
    """
    account = order.local_administrator
    parameters = [{"name": "LocalAdministrator", "value": account}] if account and harmless(account) else []
    parameters += [{"name": "Redirections", "value": ",".join(order.redirections)}] if order.redirections else []
    requested = {"name": "AskedAt", "value": asked_at()}
    return await begin_run_command(order.machine, RUN_COMMAND, assemble(order.steps), [*parameters, requested])


@bp.activity_trigger(input_name="payload")
@implements(READ_CONFIGURATION)
async def read_configuration(order: ConfigurationOrder) -> Configured | Pending | Refused:
    """Read the report of the run command's script."""
    reported = await read_run_command(order.machine, RUN_COMMAND, order.steps)
    return reported if isinstance(reported, Pending) else Configured(warnings=warnings_of(reported))
