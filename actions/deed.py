"""A deed: who makes the service do something, in which tenant, when; and what it leaves behind for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from shared.domain import naming
from shared.domain.cloud_pc import CloudPc
from shared.domain.operation import Actor, AuditEvent, Operation
from shared.domain.tenant import Tenant
from shared.domain.values import Value
from shared.errors import ConflictError
from shared.storage.repository import Repository, Stored
from shared.wiring import Services

V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody does. *verb*: as the permissions name it. *trace_id*: the request it came with.

    *seed*: what is the same when the very same deed is asked for again; *repeatable* says that it may be.
    """

    services: Services
    tenant: Tenant
    actor: Actor
    verb: str
    trace_id: str
    now: datetime
    seed: tuple[str, ...]
    repeatable: bool = False

    def new_id(self, kind: str) -> str:
        """Return an id for a new *kind* of thing: derived, so that the same deed makes the same thing twice."""
        return naming.derived_id(kind, self.tenant.id, *self.seed)

    async def cloud_pc(self, id: str) -> Stored[CloudPc]:  # noqa: A002 - the word of every record
        """Return one of the tenant's Cloud PCs. Raises: NotFoundError."""
        return await self.services.cloud_pcs.get(self.tenant.id, id)

    async def insert(self, repository: Repository[V], value: V, id: str) -> Stored[V]:  # noqa: A002 - the word of every record
        """Add *value*; when this very deed has added it before, return that."""
        try:
            return await repository.insert(value)
        except ConflictError:
            there = await repository.find(self.tenant.id, id) if self.repeatable else None
            if there is None:
                raise
            return there

    async def audit(self, resource: str, id: str, *, before: Value | None = None, after: Value | None = None) -> None:  # noqa: A002 - the word of every record
        """Write down who did what: before and after."""
        event = AuditEvent(
            id=naming.derived_id("audit", self.trace_id, self.verb, resource, id),
            tenant_id=self.tenant.id,
            activity=self.verb,
            activity_date_time=self.now,
            actor=self.actor,
            resource_type=resource,
            resource_id=id,
            before=before.to_json() if before else None,
            after=after.to_json() if after else None,
            correlation_id=self.trace_id,
        )
        await self.services.audit.append(event)

    async def open_operation(self, kind: str, resource_id: str) -> Operation:
        """Write down the operation that this deed begins; when it is repeated, return the one it made before."""
        operation = Operation(
            id=self.new_id("operation"),
            tenant_id=self.tenant.id,
            kind=kind,
            resource_id=resource_id,
            requested_by=self.actor.name,
            created_date_time=self.now,
            last_modified_date_time=self.now,
        )
        return (await self.insert(self.services.operations, operation, operation.id)).value
