"""Microsoft.DesktopVirtualization: its api-versions, and how it words its errors."""

from __future__ import annotations

from azure_simulator.arm.providers import ResourceProvider
from azure_simulator.arm.resource_types import NameRule
from azure_simulator.core.answers import Problem

SDK = "azure.mgmt.desktopvirtualization"
NAMING = NameRule(r"[A-Za-z0-9@.\-_ ]{3,64}")


class DesktopVirtualization(ResourceProvider):
    """Microsoft.DesktopVirtualization."""

    namespace = "Microsoft.DesktopVirtualization"
    api_versions = (
        "2021-07-12 2021-09-03-preview 2022-02-10-preview 2022-09-09 2022-10-14-preview 2023-09-05 2024-01-16-preview "
        "2024-03-06-preview 2024-04-03 2024-04-08-preview 2024-08-08-preview"
    )

    def unchangeable(self, path: str) -> Problem:
        """Answer 400 instead of 409."""
        return Problem(400, "PropertyChangeNotAllowed", f"Changing property '{path}' is not allowed.")


DESKTOPS = DesktopVirtualization()
