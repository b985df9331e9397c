"""Facts shown with operations and bulk actions: names of their targets, and estimated ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.domain.operations.bulk import BulkAction
from shared.domain.operations.operation import Operation, ShownOperation
from shared.domain.operations.remaining import Durations, durations_of, estimated_end, estimated_end_of_bulk
from shared.services.action_context import ActionContext

_DURATIONS: TtlCache[Durations] = TtlCache(timedelta(minutes=5))
_NAMES: TtlCache[Mapping[str, str]] = TtlCache(timedelta(minutes=1))
"""Names of the records of a tenant, by id."""


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """*names*: names of the operations' targets, by id. *durations*: past durations of each kind."""

    names: Mapping[str, str]
    durations: Durations
    now: datetime

    def shown(self, operation: Operation) -> ShownOperation:
        """Return an operation as it is shown."""
        return ShownOperation.model_construct(
            **dict(operation),
            resource_display_name=self.names.get(operation.resource_id),
            estimated_end_date_time=estimated_end(operation, self.durations, self.now),
        )

    def end_of(self, bulk: BulkAction) -> datetime | None:
        """Return when a bulk action should end, None when that is not known."""
        return estimated_end_of_bulk(bulk, self.durations, self.now)


async def operation_facts(context: ActionContext) -> OperationFacts:
    """Return the names and durations with which operations of the tenant are shown; they may be some minutes old."""
    deps, tenant_id = context.deps, context.tenant.id

    async def durations() -> Durations:
        return durations_of(await deps.operations.entries(tenant_id))

    return OperationFacts(await record_names(context), await _DURATIONS.get_or(deps, tenant_id, durations), context.now)


async def record_names(context: ActionContext) -> Mapping[str, str]:
    """Return the names of the tenant's records by id; they may be a minute old."""
    return await _NAMES.get_or(context.deps, context.tenant.id, lambda: _names(context))


async def _names(context: ActionContext) -> Mapping[str, str]:
    """Return the names of the tenant's records; an image version is named with its set."""
    deps, tenant_id = context.deps, context.tenant.id
    names = {tenant_id: context.tenant.display_name}
    for entry in await deps.cloud_pcs.entries(tenant_id):
        names[str(entry["id"])] = str(entry["displayName"])
    for repository in (deps.policies, deps.connections, deps.images, deps.image_sets, deps.spot_groups):
        async for stored in repository.each(tenant_id):
            names[stored.value.id] = stored.value.display_name
    async for version in deps.image_versions.each(tenant_id):
        number, name = version.value.version, names.get(version.value.image_set_id, "")
        names[version.value.id] = f"{name} {number}".strip()
    return names
