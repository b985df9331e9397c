"""Intents: the protocol by which every use case changes something, and the changes that a crash interrupted.

1. the intent: the audit event of what is about to change;
2. the operation, where somebody waits for an outcome;
3. the promise: a due row, so that a sweep begins the work if this request does not come to it;
4. the record; a conflict ends the operation as failed;
5. the audit event;
6. the start of the work;
7. the intent goes.

A crash may come after any step. The same request, sent again, continues: its ids are derived from its seed, so that it
finds what it wrote. If it is not sent again, a sweep (``interruptions``) compares the intent with the record: it writes
the audit event of a change that was made, and removes the operation of one that was not: nobody received its id.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypedDict, TypeVar

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.operations.operation import (
    INTERRUPTED_AFTER,
    AuditEvent,
    Intent,
    Operation,
    OperationStatus,
    ResourceType,
)
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.writes import RecordWrite, insertion
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
        ResourceType.ALERT_RULE: deps.alert_rules,
        ResourceType.BUDGET: deps.budgets,
        ResourceType.BULK_ACTION: deps.bulk_actions,
        ResourceType.CLOUD_PC: deps.cloud_pcs,
        ResourceType.CONNECTION: deps.connections,
        ResourceType.DELETED_CLOUD_PC: deps.deleted_cloud_pcs,
        ResourceType.DEVICE_IMAGE: deps.images,
        ResourceType.HEALTH: deps.health_settings,
        ResourceType.IMAGE_RING: deps.image_rings,
        ResourceType.IMAGE_SET: deps.image_sets,
        ResourceType.IMAGE_VERSION: deps.image_versions,
        ResourceType.MAINTENANCE_WINDOW: deps.maintenance_windows,
        ResourceType.NOTICE_ENDPOINT: deps.notice_endpoints,
        ResourceType.ORPHAN: deps.orphans,
        ResourceType.PERSONAL_NOTICES: deps.personal_notices,
        ResourceType.POLICY: deps.policies,
        ResourceType.POWER_SCHEDULE: deps.power_schedules,
        ResourceType.RATE_CARD: deps.rate_cards,
        ResourceType.SCRIPT: deps.scripts,
        ResourceType.RECLAIM_CASE: deps.reclaim_cases,
        ResourceType.RECLAIM_RULE: deps.reclaim_rules,
        ResourceType.RELEASE: deps.releases,
        ResourceType.ROLE_ASSIGNMENT: deps.access_grants,
        ResourceType.ROLE_DEFINITION: deps.role_definitions,
        ResourceType.SESSION_HOST: deps.session_hosts,
        ResourceType.SITE: deps.sites,
        ResourceType.SPOT_GROUP: deps.spot_groups,
        ResourceType.SUPPORT_ACCESS: deps.access_grants,
        ResourceType.USER_SETTING: deps.user_settings,
    }
    found = await repositories[kind].find(intent.tenant_id, id_) if kind in repositories else None
    return found.value.audited() if found else None


R = TypeVar("R")

Promise = Callable[[], Awaitable[object]]


class Follow(TypedDict):
    """Work after a change: promised before the change is written, and started after it."""

    promise: Promise
    start: Callable[[object], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Resource:
    """The resource that is changed."""

    type: ResourceType
    id: str


@dataclass(frozen=True, slots=True)
class BegunOperation(Generic[R]):
    """An operation that was opened, and the result of the write."""

    operation: Operation
    result: R


async def make_change(
    context: ActionContext,
    resource: Resource,
    write: RecordWrite[R],
    *,
    promise: Promise | None = None,
    start: Callable[[R], Awaitable[object]] | None = None,
) -> R:
    """Make a change that has no operation; return the result of the write. Raises: as the write does."""
    intent = await _intend(context, resource, write, promised=promise is not None, operation_id=None)
    if promise is not None:
        await promise()
    try:
        result = await _write(context, resource, write, intent)
    except (ConflictError, StaleError, NotFoundError):
        await _close(context.deps, intent.value)
        raise
    if start is not None:
        await start(result)
    await _close(context.deps, intent.value)
    return result


async def begin_operation(
    context: ActionContext,
    kind: str,
    resource: Resource,
    write: RecordWrite[R],
    *,
    promise: Promise | None = None,
    start: Callable[[R], Awaitable[object]] | None = None,
    code: str = "notBegun",
) -> BegunOperation[R]:
    """Begin a long job; return its operation, and the result of the write.

    Raises: what the write does, and ConflictError of *start*; the operation has failed with *code* then. StaleError
    leaves none: the same request may begin again on what is there now.
    """
    operation_id = context.operation_id
    intent = await _intend(context, resource, write, promised=promise is not None, operation_id=operation_id)
    operation = await open_operation(context, kind, resource.id)
    if promise is not None:
        await promise()
    try:
        result = await _write(context, resource, write, intent)
    except StaleError:
        await context.deps.operations.remove(operation.tenant_id, operation.id)
        await _close(context.deps, intent.value)
        raise
    except (ConflictError, NotFoundError) as error:
        await _fail(context, operation, intent.value, code, error)
        raise
    if start is not None:
        try:
            await start(result)
        except ConflictError as error:
            await _fail(context, operation, intent.value, code, error)
            raise
    await _close(context.deps, intent.value)
    return BegunOperation(operation, result)


async def resume_operation(
    context: ActionContext, resource: Resource, start: Promise, *, begun: Callable[[str], bool]
) -> Operation | None:
    """Complete the job that an earlier delivery of this request began; return its operation, None without one.

    *begun*: whether the record says that the operation of this id is being carried out.
    """
    deps, operation_id = context.deps, context.operation_id
    found = await deps.operations.find(context.tenant.id, operation_id)
    if found is None or not (found.value.ended or found.value.steps or begun(operation_id)):
        return None
    pending = await deps.intents.find(context.tenant.id, _intent_id(context, resource))
    if pending is not None and await happened(deps, pending.value):
        await deps.audit.append(pending.value.event)
    await start()
    if pending is not None:
        await _close(deps, pending.value)
    return found.value


async def begun_before(context: ActionContext, resource: Resource) -> bool:
    """Whether an earlier delivery of this very request has begun to change *resource*."""
    tenant_id, event_id = context.tenant_id or resource.id, _event_id(context, resource)
    pending = await context.deps.intents.find(tenant_id, _intent_id(context, resource))
    return pending is not None or await context.deps.audit.find(tenant_id, event_id) is not None


async def open_operation(
    context: ActionContext, kind: str, resource_id: str, *, warnings: tuple[dict[str, Any], ...] = ()
) -> Operation:
    """Save the operation that this request begins; a repeated request returns the saved one."""
    operation = Operation(
        id=context.operation_id,
        tenant_id=context.tenant.id,
        kind=kind,
        resource_id=resource_id,
        warnings=warnings,
        requested_by=context.actor.name,
        created_date_time=context.now,
        last_modified_date_time=context.now,
    )
    return (await insertion(context, context.deps.operations, operation, operation.id).apply()).result.value


@dataclass(frozen=True, slots=True)
class _Intended:
    """*interrupted*: an earlier delivery of the same request wrote it down, and was cut off."""

    value: Intent
    interrupted: bool


async def _intend(
    context: ActionContext, resource: Resource, write: RecordWrite[R], *, promised: bool, operation_id: str | None
) -> _Intended:
    intent = Intent(
        id=_intent_id(context, resource),
        tenant_id=context.tenant_id or resource.id,
        event=_event(context, resource, write.before, write.after, at=context.now),
        operation_id=operation_id,
        writes_record=write.of_record,
        promised=promised,
    )
    try:
        await context.deps.intents.insert(intent)
    except ConflictError:
        there = await context.deps.intents.find(intent.tenant_id, intent.id)
        return _Intended(there.value if there else intent, interrupted=True)
    return _Intended(intent, interrupted=False)


async def _write(context: ActionContext, resource: Resource, write: RecordWrite[R], intent: _Intended) -> R:
    """Write the record, and the audit event of the actual change."""
    effect = await write.apply()
    earlier = intent.value.event
    if effect.changed:
        event = _event(context, resource, effect.before, effect.after, at=earlier.activity_date_time)
        done_before = not write.of_record and context.repeatable and not intent.interrupted
        if not (done_before and await context.deps.audit.find(event.tenant_id, event.id)):
            await context.deps.audit.append(event)
    elif intent.interrupted:
        await context.deps.audit.append(earlier)
    return effect.result


async def _fail(context: ActionContext, operation: Operation, intent: Intent, code: str, why: Exception) -> None:
    """End as failed an operation that this request has opened, and that nothing else would ever end."""
    failure = Failure(code=code, message=str(why))
    await context.deps.operations.change(
        operation.tenant_id, operation.id, lambda there: there.failed(failure, context.now)
    )
    await _close(context.deps, intent)


async def _close(deps: Dependencies, intent: Intent) -> None:
    await deps.intents.remove(intent.tenant_id, intent.id)


def _intent_id(context: ActionContext, resource: Resource) -> str:
    return context.new_id("intent", context.verb, resource.type, resource.id)


def _event_id(context: ActionContext, resource: Resource) -> str:
    return context.new_id("audit", context.verb, resource.type, resource.id)


def _event(
    context: ActionContext, resource: Resource, before: Value | None, after: Value | None, *, at: datetime
) -> AuditEvent:
    return AuditEvent(
        id=_event_id(context, resource),
        tenant_id=context.tenant_id or resource.id,
        activity=context.verb,
        activity_date_time=at,
        actor=context.actor,
        resource_type=resource.type.value,
        resource_id=resource.id,
        before=before.audited() if before else None,
        after=after.audited() if after else None,
        correlation_id=context.trace_id,
    )
