"""The one record of the service itself: what the provider has set for all tenants."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from shared.domain.pausing import ServiceState
from shared.errors import ConflictError
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SERVICE, _STATE = "service", "state"
_SHAPE = Shape(table="service", model=ServiceState, place=lambda _: (_SERVICE, _STATE))


class ServiceStates:
    """The state of the service; nothing is set until somebody sets it."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _SHAPE)

    async def get(self) -> ServiceState:
        """Return what is set."""
        stored = await self._rows.find(_SERVICE, _STATE)
        return stored.value if stored else ServiceState()

    async def change(self, edit: Callable[[ServiceState], ServiceState | None]) -> ServiceState:
        """Read, edit, write, as ``Repository.change`` does."""
        if await self._rows.find(_SERVICE, _STATE) is None:
            with suppress(ConflictError):  # somebody else was the first
                await self._rows.insert(ServiceState())
        return await self._rows.change(_SERVICE, _STATE, edit)
