"""The Windows of a session host: profiles, the drive that all share, the ends of sessions; one script, step by step."""

from __future__ import annotations

from activities.fencing import of_its_machine
from activities.run_commands import asked_at, assemble, begin_run_command, read_run_command
from shared.contracts.host_builds import (
    BEGIN_HOST_CONFIGURATION,
    READ_HOST_CONFIGURATION,
    HostConfigurationOrder,
    HostConfigured,
)
from shared.contracts.outcomes import Accepted, Pending, Refused
from shared.domain.cloud_pcs.build import Warn
from shared.domain.spot.host_windows import HostWindows, ProfileContainers
from shared.workflow import Blueprint, implements

bp = Blueprint()

RUN_COMMAND = "deskwright-host"
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


def parameters_of(windows: HostWindows, requested_at: str) -> list[dict[str, str]]:
    """Return the parameters of the script. A dollar sign of a path is passed as an equals sign, which no path has."""
    values = {
        "ProfilePath": windows.profile_path.replace("$", "="),
        "DataPath": (windows.data_path or "").replace("$", "="),
        "ActiveMinutes": str(windows.active_minutes),
        "DisconnectedMinutes": str(windows.disconnected_minutes),
        "AskedAt": requested_at,
    }
    return [{"name": name, "value": value} for name, value in values.items() if value]


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_HOST_CONFIGURATION, fence=of_its_machine)
async def begin_host_configuration(order: HostConfigurationOrder) -> Accepted | Refused:
    """Start the run command; paths and times are parameters, never part of the script."""
    parameters = parameters_of(order.windows, asked_at())
    source = assemble(steps_of(order.windows, only_reach=order.only_reach), frame="frame", below="host/")
    return await begin_run_command(order.machine, RUN_COMMAND, source, parameters)


@bp.activity_trigger(input_name="payload")
@implements(READ_HOST_CONFIGURATION)
async def read_host_configuration(order: HostConfigurationOrder) -> HostConfigured | Pending | Refused:
    """Read the report of each step: refused where a needed one failed; an unreachable share is evidence."""
    reported = await read_run_command(order.machine, RUN_COMMAND, steps_of(order.windows, only_reach=order.only_reach))
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
