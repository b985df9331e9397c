"""Software on machines: a script or a package as one run command, of a recipe or of a policy."""

from __future__ import annotations

from base64 import b64encode

from activities.machines.run_commands import assemble

RUN_SCRIPT, INSTALL_PACKAGE = "runScript", "installPackage"
_NO_SCRIPT = "$Encoded = ''"


def step_of(script: str | None) -> str:
    """Return the name under which software reports: of a script, or of a package where there is none."""
    return INSTALL_PACKAGE if script is None else RUN_SCRIPT


def software_script(script: str | None) -> str:
    """Return the PowerShell that runs a script, or installs the package of its parameters.

    The script is in it as Base64, which has no character that ends a text of PowerShell.
    """
    source = assemble((step_of(script),), frame="frame", below="recipe/")
    if script is None:
        return source
    encoded = b64encode(script.encode()).decode()
    return source.replace(_NO_SCRIPT, f"$Encoded = '{encoded}'")


def package_parameters(package_id: str | None, package_version: str | None) -> dict[str, str]:
    """Return the parameters of the frame."""
    return {"PackageId": package_id or "", "PackageVersion": package_version or ""}
