"""Who makes the service do something, in which tenant and when; and what that leaves behind for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pc import CloudPc, Failure
from shared.domain.operation import Actor, AuditEvent, Operation
from shared.domain.tenant import Tenant
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError
from shared.storage.repository import Repository, Stored

V = TypeVar("V", bound=Value)


class ActionContext:
    """One thing that somebody does. *subject*: the tenant it is done in, None where it concerns no single one.

    *verb*: as the permissions name it. *trace_id*: the request it came with. *seed*: what is the same when
    the very same request comes again; *repeatable* says that it may be.
    """

    def __init__(
        self,
        services: Dependencies,
        actor: Actor,
        subject: Tenant | None,
        *,
        verb: str,
        trace_id: str,
        seed: tuple[str, ...] = (),
        repeatable: bool = False,
    ) -> None:
        self.deps, self.actor, self.subject, self.verb, self.trace_id = services, actor, subject, verb, trace_id
        self.now: datetime = services.clock.now()
        self._seed, self._repeatable = seed, repeatable

    @property
    def seed(self) -> tuple[str, ...]:
        """What ids of new things follow from."""
        return self._seed

    @property
    def repeatable(self) -> bool:
        """Whether the very same request may come again."""
        return self._repeatable

    @property
    def tenant(self) -> Tenant:
        """The tenant in which it is done. Raises: NotFoundError where there is none."""
        if self.subject is None:
            raise NotFoundError("there is no such tenant")
        return self.subject

    @property
    def tenant_id(self) -> str:
        """The tenant's id, empty where there is none."""
        return self.subject.id if self.subject else ""

    def new_id(self, kind: str) -> str:
        """Return an id for a new *kind* of thing: derived, so that the same request makes the same thing twice."""
        return naming.derived_id(kind, self.tenant_id, *self.seed)

    @property
    def operation_id(self) -> str:
        """The id of the operation that it opens."""
        return self.new_id("operation")

    async def opened_before(self) -> Operation | None:
        """Return the operation that this very request has opened before, None when it comes for the first time."""
        found = await self.deps.operations.find(self.tenant.id, self.operation_id)
        return found.value if found else None

    async def cloud_pc(self, id: str) -> Stored[CloudPc]:  # noqa: A002 - the word of every record
        """Return one of the tenant's Cloud PCs. Raises: NotFoundError."""
        return await self.deps.cloud_pcs.get(self.tenant.id, id)

    async def insert(self, repository: Repository[V], value: V, id: str) -> Stored[V]:  # noqa: A002 - the word of every record
        """Add *value*; when this very request has added it before, return that."""
        try:
            return await repository.insert(value)
        except ConflictError:
            there = await repository.find(self.tenant_id, id) if self.repeatable else None
            if there is None:
                raise
            return there

    async def audit(self, resource: str, id: str, *, before: Value | None = None, after: Value | None = None) -> None:  # noqa: A002 - the word of every record
        """Write down who did what: before and after; what has changed nothing leaves nothing to tell."""
        if before is not None and before == after:
            return
        event = AuditEvent(
            id=naming.derived_id("audit", self.trace_id, self.verb, resource, id),
            tenant_id=self.tenant_id or id,
            activity=self.verb,
            activity_date_time=self.now,
            actor=self.actor,
            resource_type=resource,
            resource_id=id,
            before=before.to_json() if before else None,
            after=after.to_json() if after else None,
            correlation_id=self.trace_id,
        )
        await self.deps.audit.append(event)

    async def open_operation(
        self, kind: str, resource_id: str, *, warnings: tuple[dict[str, Any], ...] = ()
    ) -> Operation:
        """Write down the operation that this request begins; when it is repeated, return the one it made before."""
        operation = Operation(
            id=self.operation_id,
            tenant_id=self.tenant.id,
            kind=kind,
            resource_id=resource_id,
            warnings=warnings,
            requested_by=self.actor.name,
            created_date_time=self.now,
            last_modified_date_time=self.now,
        )
        return (await self.insert(self.deps.operations, operation, operation.id)).value

    async def change_cloud_pc(
        self,
        operation: Operation,
        before: CloudPc,
        edit: Callable[[CloudPc], CloudPc],
        *,
        code: str = "notBegun",
    ) -> CloudPc:
        """Edit the Cloud PC for which *operation* was opened, and which was as *before* when that was decided.

        Raises: ConflictError when *edit* does, or it has been built anew: somebody else was faster. The operation has
        failed with *code* then.
        """

        def edit_unless_built_anew(pc: CloudPc) -> CloudPc:
            edited = edit(pc)
            if pc.generation != before.generation:
                raise ConflictError("it has been built anew meanwhile", status=pc.status.value)
            return edited

        try:
            return await self.deps.cloud_pcs.change(self.tenant.id, before.id, edit_unless_built_anew)
        except ConflictError as error:
            await self.give_up(operation, code, error)
            raise

    async def give_up(self, operation: Operation, code: str, why: ConflictError) -> None:
        """End as failed an operation that this request has opened, and that nothing else would ever end."""
        failure = Failure(code=code, message=str(why))
        await self.deps.operations.change(self.tenant.id, operation.id, lambda o: o.failed(failure, self.now))
