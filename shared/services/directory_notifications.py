"""Microsoft Graph's change notifications: checked, and passed on to the queue, which is quick enough for their 3 s."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.dependencies import Dependencies
from shared.domain.tenants.tenant import Tenant
from shared.services.directory_changes import QUEUE, put_on_queue
from shared.services.directory_subscriptions import is_from_graph
from shared.storage.due import RENEWING, DueKind, next_of

_log = logging.getLogger("deskwright.notifications")
_MOST_USERS = 100

Notification = Mapping[str, Any]


async def receive_notifications(deps: Dependencies, notifications: Sequence[Notification]) -> None:
    """Pass on the notifications whose clientState shows that they are Graph's; the others are ignored."""
    now = deps.clock.now()
    directories = {str(each.get("tenantId", "")).lower() for each in notifications}
    for directory_id in directories - {""}:
        genuine = [each for each in notifications if await _is_genuine(deps, directory_id, each)]
        if not genuine:
            continue
        async for stored in deps.tenants.each(entra_tenant_id=directory_id):
            await _pass_on(deps, stored.value, genuine, now)


async def _pass_on(deps: Dependencies, tenant: Tenant, notifications: Sequence[Notification], now: datetime) -> None:
    if any("lifecycleEvent" in each for each in notifications):
        await deps.due.put(DueKind.SUBSCRIBE, now, tenant.id, tenant.id, RENEWING)
        await _catch_up_soon(deps, tenant, now)  # something may have been missed
    changes = [each for each in notifications if "lifecycleEvent" not in each]
    if any("groups" in str(each.get("resource", "")).lower() for each in changes):
        # A new member may be a group of others: reading the changes tells users from groups.
        await _catch_up_soon(deps, tenant, now)
    users = sorted({user_id for each in changes for user_id in _users(each)})
    for at in range(0, len(users), _MOST_USERS):
        message = {
            "tenantId": tenant.id,
            "type": "user",
            "userIds": users[at : at + _MOST_USERS],
            "at": now.isoformat(),
        }
        await put_on_queue(deps, QUEUE, message)


async def _catch_up_soon(deps: Dependencies, tenant: Tenant, now: datetime) -> None:
    """Have the directory's changes read: once for all notifications of a minute."""
    await deps.due.put(DueKind.CATCH_UP, next_of(timedelta(minutes=1), now), tenant.id, tenant.id)


async def _is_genuine(deps: Dependencies, directory_id: str, notification: Notification) -> bool:
    if str(notification.get("tenantId", "")).lower() != directory_id:
        return False
    genuine = await is_from_graph(deps, directory_id, str(notification.get("clientState", "")))
    if not genuine:
        _log.warning("a notification for the directory %s was not Graph's", directory_id)
    return genuine


def _users(notification: Notification) -> Iterator[str]:
    data = notification.get("resourceData")
    if not isinstance(data, dict):
        return
    if "user" in str(data.get("@odata.type", "")).lower() and "id" in data:
        yield str(data["id"])
    for member in data.get("members@delta") or ():
        if isinstance(member, dict) and "id" in member:
            yield str(member["id"])
