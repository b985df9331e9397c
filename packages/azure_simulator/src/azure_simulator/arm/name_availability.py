"""Whether a name that is the world's is free: `checkNameAvailability` of storage accounts, vaults and apps.

Sources: learn.microsoft.com/rest/api/storagerp/storage-accounts/check-name-availability,
/keyvault/keyvault/vaults/check-name-availability, /appservice/check-name-availability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.reading import read
from azure_simulator.core.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.core.routing import Routes


def serve(routes: Routes, namespace: str, taken: Callable[[Call, str], str]) -> None:
    """Serve the operation of a provider; *taken* gives the reason why a name is taken, empty if it is free."""
    path = f"/subscriptions/{{sub}}/providers/{namespace}/checkNameAvailability"

    @routes.operation(
        f"{namespace}.checkName", "POST", path, action=f"{namespace}/checkNameAvailability/read", mutates=False
    )
    def check(call: Call) -> Answer:
        """Say whether a name is free."""
        told = taken(call, str(read(call.object(), "name", "string")))
        return Answer(
            {"nameAvailable": False, "reason": "AlreadyExists", "message": told} if told else {"nameAvailable": True}
        )
