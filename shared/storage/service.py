"""The record of the service itself: the settings of the provider for all tenants."""

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
    """The state of the service; empty until it is first changed."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _SHAPE)

    async def get(self) -> ServiceState:
        """Return the state of the service."""
        stored = await self._rows.find(_SERVICE, _STATE)
        return stored.value if stored else ServiceState()

    async def change(self, edit: Callable[[ServiceState], ServiceState | None]) -> ServiceState:
        """Read, edit, write, as ``Repository.change`` does."""
        if await self._rows.find(_SERVICE, _STATE) is None:
            with suppress(ConflictError):  # another worker was first
                await self._rows.insert(ServiceState())
        return await self._rows.change(_SERVICE, _STATE, edit)
