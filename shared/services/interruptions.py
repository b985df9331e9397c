"""Changes that a crash has interrupted: settled by their intents, which the protocol of ``intents`` writes first."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from shared.dependencies import Dependencies
from shared.domain.intent import INTERRUPTED_AFTER, Intent, ResourceType
from shared.domain.operations.operation import OperationStatus
from shared.errors import StaleError
from shared.storage.repository import Repository, Stored

_log = logging.getLogger("deskwright.maintenance")


async def complete_interrupted(deps: Dependencies) -> int:
    """Settle the changes that a crash has interrupted; return how many."""
    now, count = deps.clock.now(), 0
    for stored in [each async for each in deps.intents.of_all()]:
        if now - stored.value.event.activity_date_time < INTERRUPTED_AFTER:
            continue
        try:
            await _settle(deps, stored)
        except Exception as error:  # noqa: BLE001 - the others do not wait for a record that cannot be read
            _log.warning("a change of %s is not settled yet: %s", stored.value.tenant_id, error)
            continue
        count += 1
    return count


async def _settle(deps: Dependencies, stored: Stored[Intent]) -> None:
    intent = stored.value
    made = await happened(deps, intent)
    if made:
        await deps.audit.append(intent.event)
    if intent.operation_id is not None and not (made and intent.promised):
        await _remove_unless_started(deps, intent.tenant_id, intent.operation_id)
    with suppress(StaleError):
        await deps.intents.remove(intent.tenant_id, intent.id, seen=stored.etag)


async def happened(deps: Dependencies, intent: Intent) -> bool:
    """Whether the change of *intent* was made, as the record shows."""
    return intent.happened(await _record(deps, intent))


async def _remove_unless_started(deps: Dependencies, tenant_id: str, operation_id: str) -> None:
    found = await deps.operations.find(tenant_id, operation_id)
    if found is not None and found.value.status is OperationStatus.NOT_STARTED:
        with suppress(StaleError):
            await deps.operations.remove(tenant_id, operation_id, seen=found.etag)


async def _record(deps: Dependencies, intent: Intent) -> dict[str, Any] | None:
    """Return the present record that an intent is about, None without one."""
    kind, id_ = ResourceType(intent.event.resource_type), intent.event.resource_id
    if kind is ResourceType.SERVICE:
        return (await deps.service_state.get()).audited()
    if kind is ResourceType.TENANT:
        tenant = await deps.tenants.find(id_)
        return tenant.value.audited() if tenant else None
    repositories: dict[ResourceType, Repository[Any]] = {
        ResourceType.BULK_ACTION: deps.bulk_actions,
        ResourceType.CLOUD_PC: deps.cloud_pcs,
        ResourceType.CONNECTION: deps.connections,
        ResourceType.DEVICE_IMAGE: deps.images,
        ResourceType.IMAGE_SET: deps.image_sets,
        ResourceType.IMAGE_VERSION: deps.image_versions,
        ResourceType.ORPHAN: deps.orphans,
        ResourceType.POLICY: deps.policies,
        ResourceType.RELEASE: deps.releases,
        ResourceType.SESSION_HOST: deps.session_hosts,
        ResourceType.SITE: deps.sites,
        ResourceType.SPOT_GROUP: deps.spot_groups,
        ResourceType.USER_SETTING: deps.user_settings,
    }
    found = await repositories[kind].find(intent.tenant_id, id_) if kind in repositories else None
    return found.value.audited() if found else None
