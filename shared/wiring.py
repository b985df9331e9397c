"""The composition root: what the service is made of, in one object for each process.

The only place that knows the environment, real time and real ids. Everything is made when it is first asked for, so
that a cold start pays for nothing it does not use; clients belong to the event loop that is running then.
"""

from __future__ import annotations

import os
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from shared.clock import FileClock, SystemClock
from shared.config import Settings, read_settings
from shared.storage.audit import Audit
from shared.storage.cloud_pcs import CloudPcs
from shared.storage.connections import connections
from shared.storage.due import DueIndex
from shared.storage.idempotency import Idempotency
from shared.storage.images import images
from shared.storage.operations import operations
from shared.storage.pacing import Leases
from shared.storage.policies import policies
from shared.storage.requests import Requests
from shared.storage.tables import Tables
from shared.storage.tenants import Tenants, sites
from shared.storage.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from azure.core.credentials_async import AsyncTokenCredential

    from shared.domain.connection import Connection
    from shared.domain.image import DeviceImage
    from shared.domain.operation import Operation
    from shared.domain.policy import Policy
    from shared.domain.tenant import Site
    from shared.storage.repository import Repository

T = TypeVar("T")


class Clock(Protocol):
    """Whoever knows what time it is."""

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""


class Services:
    """What the service is made of."""

    def __init__(self, settings: Settings, clock: Clock, tables: Tables | None = None) -> None:
        self.settings = settings
        self.clock = clock
        self.tables = tables or Tables(settings.tables_url, lambda: self.credential)
        self._made: dict[tuple[str, str], Any] = {}

    def new_id(self) -> str:
        """Return an id that nothing else has."""
        return str(uuid.uuid4())  # noqa: TID251 - the one place

    # The records
    @cached_property
    def tenants(self) -> Tenants:
        """The tenants."""
        return Tenants(self.tables)

    @cached_property
    def sites(self) -> Repository[Site]:
        """The sites of every tenant."""
        return sites(self.tables)

    @cached_property
    def connections(self) -> Repository[Connection]:
        """The connections."""
        return connections(self.tables)

    @cached_property
    def images(self) -> Repository[DeviceImage]:
        """The device images."""
        return images(self.tables)

    @cached_property
    def policies(self) -> Repository[Policy]:
        """The provisioning policies."""
        return policies(self.tables)

    @cached_property
    def cloud_pcs(self) -> CloudPcs:
        """The Cloud PCs."""
        return CloudPcs(self.tables)

    @cached_property
    def timeline(self) -> Timeline:
        """The timelines of the Cloud PCs."""
        return Timeline(self.tables)

    @cached_property
    def operations(self) -> Repository[Operation]:
        """The operations."""
        return operations(self.tables)

    @cached_property
    def audit(self) -> Audit:
        """The audit log."""
        return Audit(self.tables)

    @cached_property
    def due(self) -> DueIndex:
        """What is due when."""
        return DueIndex(self.tables)

    @cached_property
    def requests(self) -> Requests:
        """Which tenants somebody asked to reconcile."""
        return Requests(self.tables)

    @cached_property
    def idempotency(self) -> Idempotency:
        """What was answered to which Idempotency-Key."""
        return Idempotency(self.tables)

    @cached_property
    def leases(self) -> Leases:
        """The rate limits that all workers share."""
        return Leases(self.tables)

    # The clouds
    @cached_property
    def credential(self) -> AsyncTokenCredential:
        """The service's managed identity."""
        from azure.identity.aio import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=self.settings.client_id)

    async def close(self) -> None:
        """Let go of every connection."""
        for client in self._made.values():
            await client.close()
        self._made.clear()
        await self.tables.close()
        if credential := self.__dict__.pop("credential", None):
            await credential.close()

    def _once(self, kind: str, key: str, make: Callable[[], T]) -> T:
        made: T = self._made.get((kind, key)) or self._made.setdefault((kind, key), make())
        return made


_present: Services | None = None


def services() -> Services:
    """Return what this process is made of. Raises: SettingsError if it must not start."""
    global _present  # noqa: PLW0603 - one for each process
    if _present is None:
        settings = read_settings(os.environ)  # noqa: TID251 - the one place
        clock = FileClock(Path(settings.clock_file)) if settings.clock_file else SystemClock()
        _present = Services(settings, clock)
    return _present


def use(other: Services | None) -> Services | None:
    """Put another composition in place (tests), None: the one of the environment; return the one before."""
    global _present
    before, _present = _present, other
    return before
