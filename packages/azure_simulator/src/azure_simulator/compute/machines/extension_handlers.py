"""The extension handlers that are published for each operating system, and in which versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid
from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from azure_simulator.core.world import World

HANDLERS = {
    "Microsoft.Azure.ActiveDirectory.AADLoginForWindows": (0, 1, 2),
    "Microsoft.Azure.AzureDefenderForServers.MDE.Windows": (1,),
    "Microsoft.Azure.Diagnostics.IaaSDiagnostics": (1,),
    "Microsoft.Azure.Monitor.AzureMonitorWindowsAgent": (1,),
    "Microsoft.Azure.NetworkWatcher.NetworkWatcherAgentWindows": (1,),
    "Microsoft.Azure.Security.IaaSAntimalware": (1,),
    "Microsoft.Azure.Security.WindowsAttestation.GuestAttestation": (1,),
    "Microsoft.Compute.BGInfo": (1, 2),
    "Microsoft.Compute.CustomScriptExtension": (1,),
    "Microsoft.Compute.JsonADDomainExtension": (1,),
    "Microsoft.Compute.VMAccessAgent": (1, 2),
    "Microsoft.CPlat.Core.RunCommandWindows": (1,),
    "Microsoft.EnterpriseCloud.Monitoring.MicrosoftMonitoringAgent": (1,),
    "Microsoft.GuestConfiguration.ConfigurationforWindows": (1,),
    "Microsoft.HpcCompute.AmdGpuDriverWindows": (1,),
    "Microsoft.HpcCompute.NvidiaGpuDriverWindows": (1,),
    "Microsoft.Powershell.DSC": (1, 2),
}
"""Publisher and type -> major versions, of those for Windows."""
FOR_LINUX = {
    "Microsoft.Azure.ActiveDirectory.AADSSHLoginForLinux": (1,),
    "Microsoft.Azure.AzureDefenderForServers.MDE.Linux": (1,),
    "Microsoft.Azure.Extensions.CustomScript": (2,),
    "Microsoft.Azure.Monitor.AzureMonitorLinuxAgent": (1,),
    "Microsoft.Azure.NetworkWatcher.NetworkWatcherAgentLinux": (1,),
    "Microsoft.Azure.Security.LinuxAttestation.GuestAttestation": (1,),
    "Microsoft.CPlat.Core.RunCommandLinux": (1,),
    "Microsoft.GuestConfiguration.ConfigurationforLinux": (1,),
    "Microsoft.OSTCExtensions.VMAccessForLinux": (1,),
}
"""The same of those for Linux; none of them has an effect."""
_HANDLERS: dict[str, dict[str, tuple[int, ...]]] = {
    "Windows": {name.lower(): majors for name, majors in HANDLERS.items()},
    "Linux": {name.lower(): majors for name, majors in FOR_LINUX.items()},
}


def check(world: World, system: str, publisher: str, kind: str, version: str) -> None:
    """Refuse a handler not published for an operating system; the setting `extensionHandlers` publishes more."""
    if re.fullmatch(r"\d+\.\d+", version) is None:
        raise invalid("typeHandlerVersion", "The value of parameter typeHandlerVersion is invalid.")
    more = {name.lower(): majors for name, majors in world.config.get("extensionHandlers", {}).items()}
    majors = {**_HANDLERS[system], **more}.get(f"{publisher}.{kind}".lower(), ())
    if int(version.partition(".")[0]) not in majors:
        raise Problem(
            404,
            "ArtifactNotFound",
            f"Extension with publisher '{publisher}', type '{kind}', and type handler version '{version}' could not be "
            "found in the extension repository.",
        )
