"""Actor, tenant and time of an action: the context of every use case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.operations.operation import Actor
from shared.domain.tenants.tenant import Tenant
from shared.errors import NotFoundError
from shared.storage.repository import Stored


@dataclass(frozen=True, slots=True)
class ActionContext:
    """One action of somebody. *subject*: the tenant it concerns, None where it concerns no single one.

    *verb*: as the permissions name it. *trace_id*: the request it came with. *seed*: what is the same when
    the very same request comes again; *repeatable* says that it may be.
    """

    deps: Dependencies
    actor: Actor
    subject: Tenant | None
    verb: str
    trace_id: str
    now: datetime
    seed: tuple[str, ...]
    repeatable: bool = False

    @property
    def tenant(self) -> Tenant:
        """The tenant that it concerns. Raises: NotFoundError where there is none."""
        if self.subject is None:
            raise NotFoundError("there is no such tenant")
        return self.subject

    @property
    def tenant_id(self) -> str:
        """The tenant's id, empty where there is none."""
        return self.subject.id if self.subject else ""

    def new_id(self, kind: str, *parts: str) -> str:
        """Return an id for a new *kind* of thing: derived, so that the same request makes the same thing twice."""
        return naming.derived_id(kind, self.tenant_id, *self.seed, *parts)

    @property
    def operation_id(self) -> str:
        """The id of the operation that it opens."""
        return self.new_id("operation")

    async def cloud_pc(self, id: str) -> Stored[CloudPc]:  # noqa: A002 - the word of every record
        """Return one of the tenant's Cloud PCs. Raises: NotFoundError."""
        return await self.deps.cloud_pcs.get(self.tenant.id, id)
