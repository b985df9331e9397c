"""Microsoft.DesktopVirtualization: its api-versions, and how it words its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.providers import ResourceProvider
from azure_simulator.arm.resource_types import NameRule
from azure_simulator.arm.together_rules import one_of
from azure_simulator.arm.value_rules import matching
from azure_simulator.core.answers import Problem
from azure_simulator.core.throttling import Charge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.calls import Call

SDK = "azure.mgmt.desktopvirtualization"
HOST_POOL = "Microsoft.DesktopVirtualization/hostPools"
APPLICATION_GROUP = "Microsoft.DesktopVirtualization/applicationGroups"
SESSION_HOST = f"{HOST_POOL}/sessionHosts"
USER_SESSION = f"{SESSION_HOST}/userSessions"
HOST_LISTS = "SessionHostList"
_WINDOW_S = 300
"""A limit of the provider's counts over five minutes (docs/notes.md 7.1)."""
KIND = matching(r"[-\w._,()]+", "The value '{value}' of parameter '{name}' is invalid.")
"""The pattern of Microsoft's specification."""
IDENTITY = one_of("identity", "type", says="Required parameter 'identity.type' is missing (null).")
"""Microsoft's specification; the SDK's models do not have it."""
NAMING = NameRule(r"[A-Za-z0-9@.\-_ ]{3,64}")


class DesktopVirtualization(ResourceProvider):
    """Microsoft.DesktopVirtualization."""

    namespace = "Microsoft.DesktopVirtualization"
    api_versions = (
        "2021-07-12 2021-09-03-preview 2022-02-10-preview 2022-04-01-preview 2022-09-09 2022-10-14-preview 2023-09-05 "
        "2023-10-04-preview 2023-11-01-preview 2024-01-16-preview 2024-03-06-preview 2024-04-03 2024-04-08-preview "
        "2024-08-08-preview 2024-11-01-preview 2025-03-01-preview 2025-04-01-preview 2025-08-01-preview "
        "2025-09-01-preview 2025-10-10 2025-11-01-preview 2026-01-01-preview 2026-03-01-preview 2026-04-01-preview"
    )

    def charges(self, call: Call) -> Iterator[Charge]:
        """Charge lists of session hosts, by caller and pool, when the setting `sessionHostLists` has a limit."""
        limit = call.world.config.get("sessionHostLists", 0)
        if limit and call.route.throttle == HOST_LISTS:
            key = f"{call.principal.object_id}|{call.path.lower().rpartition('/')[0]}"
            yield Charge(HOST_LISTS, key, limit, limit / _WINDOW_S)

    def unchangeable(self, path: str) -> Problem:
        """Answer 400 instead of 409."""
        return Problem(400, "PropertyChangeNotAllowed", f"Changing property '{path}' is not allowed.")


DESKTOPS = DesktopVirtualization()
