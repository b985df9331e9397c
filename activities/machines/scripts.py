"""Scripts on machines: post-provisioning, the Windows of a session host, and the probe of a connection."""

from __future__ import annotations

import struct
from uuid import UUID

from activities.machines.run_commands import assemble, begin_run_command, harmless, read_run_command
from activities.machines.vms import of_its_machine
from shared.contracts.connections import BEGIN_PROBE_SCRIPT, READ_PROBE_SCRIPT, ScriptOrder, ScriptRead
from shared.contracts.joining import probe_script
from shared.contracts.outcomes import Accepted, Pending, Refused
from shared.contracts.provisioning import BEGIN_CONFIGURATION, READ_CONFIGURATION, ConfigurationOrder, Configured
from shared.contracts.session_hosts import (
    BEGIN_HOST_CONFIGURATION,
    READ_HOST_CONFIGURATION,
    HostConfigurationOrder,
    HostConfigured,
)
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Warn
from shared.domain.networks.health import step_finding
from shared.domain.spot.hosts.host import HostWindows, ProfileContainers
from shared.workflow import Blueprint, implements

bp = Blueprint()

RUN_COMMAND = "deskwright-configuration"
_LONGEST_MESSAGE = 500


def warnings_of(reported: dict[str, tuple[bool, str]]) -> tuple[Warn, ...]:
    """Return a warning for each step that failed."""
    return tuple(Warn(step=step, message=why[:_LONGEST_MESSAGE]) for step, (ok, why) in reported.items() if not ok)


def windows_account(account: str) -> str:
    """Return the security identifier (S-1-12-1-...) for an object id in Microsoft Entra ID, a name unchanged.

    Windows would look a name up in the directory, which can fail just after the join.
    """
    try:
        identifier = UUID(account)
    except ValueError:
        return account
    return "-".join(("S-1-12-1", *map(str, struct.unpack("<4I", identifier.bytes_le))))


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_CONFIGURATION, fence=of_its_machine)
async def begin_configuration(order: ConfigurationOrder) -> Accepted | Refused:
    """Start the run command; the values that steps need are parameters, never part of the script.

    An account with characters that no script is given is left out: its step fails with that reason, the others run.
    """
    account = windows_account(order.local_administrator or "")
    values = {
        "LocalAdministrator": account if account and harmless(account) else "",
        "Redirections": ",".join(order.redirections),
    }
    return await begin_run_command(order.machine, RUN_COMMAND, assemble(order.steps), values)


@bp.activity_trigger(input_name="payload")
@implements(READ_CONFIGURATION)
async def read_configuration(order: ConfigurationOrder) -> Configured | Pending | Refused:
    """Read the report of the run command's script."""
    reported = await read_run_command(order.machine, RUN_COMMAND, order.steps)
    return reported if isinstance(reported, Pending) else Configured(warnings=warnings_of(reported))


HOST_RUN_COMMAND = "deskwright-host"
PROFILES, KERBEROS, LIMITS = "configureProfiles", "useCloudKerberos", "limitSessions"
ON_DISK, KEPT = "keepProfilesOnDisk", "keepProfiles"
DRIVE, REACH = "mapDataDrive", "reachProfiles"
CONFIGURATION_STEPS = frozenset({PROFILES, ON_DISK, KEPT, KERBEROS, LIMITS, DRIVE, REACH})
NEEDED = frozenset({PROFILES, ON_DISK, KEPT, KERBEROS, LIMITS})
"""Without one of these members would lose work, or a session would never end: the attempt has failed."""

_PROFILE_STEPS = {
    ProfileContainers.ON: (PROFILES, KERBEROS),
    ProfileContainers.OFF: (ON_DISK,),
    ProfileContainers.KEPT: (KEPT, KERBEROS),
}


def steps_of(windows: HostWindows, *, only_reach: bool = False) -> tuple[str, ...]:
    """Return the steps, in their order; whether the profiles can be reached comes last."""
    if only_reach:
        return (REACH,)
    wanted = {KERBEROS: windows.kerberos, DRIVE: windows.data_path is not None}
    steps = (*_PROFILE_STEPS[windows.containers], LIMITS, DRIVE)
    if windows.containers is ProfileContainers.ON:
        steps = (*steps, REACH)
    return tuple(step for step in steps if wanted.get(step, True))


def parameters_of(windows: HostWindows) -> dict[str, str]:
    """Return the parameters of the script. A dollar sign of a path is passed as an equals sign, which no path has."""
    return {
        "ProfilePath": windows.profile_path.replace("$", "="),
        "DataPath": (windows.data_path or "").replace("$", "="),
        "ActiveMinutes": str(windows.active_minutes),
        "DisconnectedMinutes": str(windows.disconnected_minutes),
    }


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_HOST_CONFIGURATION, fence=of_its_machine)
async def begin_host_configuration(order: HostConfigurationOrder) -> Accepted | Refused:
    """Start the run command; paths and times are parameters, never part of the script."""
    source = assemble(steps_of(order.windows, only_reach=order.only_reach), frame="frame", below="host/")
    return await begin_run_command(order.machine, HOST_RUN_COMMAND, source, parameters_of(order.windows))


@bp.activity_trigger(input_name="payload")
@implements(READ_HOST_CONFIGURATION)
async def read_host_configuration(order: HostConfigurationOrder) -> HostConfigured | Pending | Refused:
    """Read the report of each step: refused where a needed one failed; an unreachable share is evidence."""
    reported = await read_run_command(
        order.machine, HOST_RUN_COMMAND, steps_of(order.windows, only_reach=order.only_reach)
    )
    if isinstance(reported, Pending):
        return reported
    failed = {step: message for step, (ok, message) in reported.items() if not ok}
    if lacking := [f"{step}: {message}" for step, message in failed.items() if step in NEEDED]:
        return Refused(
            code="hostNotConfigured",
            message=f"{order.machine.computer_name} could not be configured",
            evidence="; ".join(lacking),
            advice="See that the image has FSLogix, and that no policy keeps SYSTEM from writing these settings.",
        )
    warnings = tuple(Warn(step=step, message=message) for step, message in failed.items() if step != REACH)
    return HostConfigured(warnings=warnings, unreached=failed.get(REACH))


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_PROBE_SCRIPT, fence=of_its_machine)
async def begin_probe_script(order: ScriptOrder) -> Accepted | Refused:
    """Start the script; the join account's password is passed from the vault in protected parameters only."""
    domain = order.domain
    values, secrets = dict[str, str](), dict[str, str]()
    if domain is not None:
        values = {
            "Domain": domain.ad_domain_name,
            "OrganizationalUnit": domain.organizational_unit or "",
            "User": domain.ad_domain_username,
        }
        secrets = {"Password": await dependencies().vault().read(domain.password_secret_url)}
    source = assemble(order.steps, frame="frame", below="probe/")
    return await begin_run_command(order.machine, probe_script(order.steps).name, source, values, secrets=secrets)


@bp.activity_trigger(input_name="payload")
@implements(READ_PROBE_SCRIPT)
async def read_probe_script(order: ScriptOrder) -> ScriptRead | Pending | Refused:
    """Read the script's report."""
    reported = await read_run_command(order.machine, probe_script(order.steps).name, order.steps)
    if isinstance(reported, Pending):
        return reported
    findings = [step_finding(step, ok=reported[step][0], message=reported[step][1]) for step in order.steps]
    return ScriptRead(findings=tuple(findings))
