"""Software for a machine: a PowerShell script, or a package of winget.

Recipes of image versions and the scripts of provisioning policies have it, and run it with the same frame.
"""

from typing import Annotated

from pydantic import Field

from shared.domain.values import wrong_at

LONGEST_SCRIPT = 20_000
"""Most characters of one script."""

Script = Annotated[str, Field(min_length=1, max_length=LONGEST_SCRIPT)]
PackageId = Annotated[str, Field(max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
PackageVersion = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]


def check_one_of_both(
    script: str | None, package_id: str | None, package_version: str | None, *, named: str = "script"
) -> None:
    """Raise PydanticCustomError unless there is either a script or a package. *named*: the property of the script."""
    if (script is None) == (package_id is None):
        raise wrong_at(named, f"write a {named} or the packageId of a package: one of the two")
    if package_version is not None and package_id is None:
        raise wrong_at("packageVersion", "leave it out, or name the packageId to which it belongs")
