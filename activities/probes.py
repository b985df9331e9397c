"""The probe's script: assembled, run on its VM, and read."""

from __future__ import annotations

from activities.fencing import of_its_machine
from activities.run_commands import asked_at, assemble, begin_run_command, read_run_command
from shared.contracts.carriers import probe_script
from shared.contracts.outcomes import Accepted, Pending, Refused
from shared.contracts.probes import BEGIN_PROBE_SCRIPT, READ_PROBE_SCRIPT, ScriptOrder, ScriptRead
from shared.dependencies import dependencies
from shared.domain.networks.health import step_finding
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_PROBE_SCRIPT, fence=of_its_machine)
async def begin_probe_script(order: ScriptOrder) -> Accepted | Refused:
    """Start the script; the join account's password is passed from the vault in protected parameters only."""
    domain = order.domain
    values = {"AskedAt": asked_at()}
    secret: list[dict[str, str]] = []
    if domain is not None:
        values |= {
            "Domain": domain.ad_domain_name,
            "OrganizationalUnit": domain.organizational_unit or "",
            "User": domain.ad_domain_username,
        }
        secret = [{"name": "Password", "value": await dependencies().vault().read(domain.password_secret_url)}]
    parameters = [{"name": name, "value": value} for name, value in values.items() if value]
    source = assemble(order.steps, frame="frame", below="probe/")
    return await begin_run_command(order.machine, probe_script(order.steps).name, source, parameters, protected=secret)


@bp.activity_trigger(input_name="payload")
@implements(READ_PROBE_SCRIPT)
async def read_probe_script(order: ScriptOrder) -> ScriptRead | Pending | Refused:
    """Read the script's report."""
    reported = await read_run_command(order.machine, probe_script(order.steps).name, order.steps)
    if isinstance(reported, Pending):
        return reported
    findings = [step_finding(step, ok=reported[step][0], message=reported[step][1]) for step in order.steps]
    return ScriptRead(findings=tuple(findings))
