"""Microsoft Graph's change notifications: checked, and passed on to the queue, which is quick enough for their 3 s."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.dependencies import Dependencies
from shared.services.directory_changes import QUEUE, put_on_queue
from shared.services.directory_subscriptions import is_from_graph
from shared.services.tenant_directories import tenants_by_directory
from shared.storage.due import DueKind, Renewal, next_of

_log = logging.getLogger("deskwright.notifications")
_MOST_USERS = 100
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

MOST_NOTIFICATIONS = 1000
"""Most notifications in one request: a larger one is refused, and reads of the changes find them."""

Notification = Mapping[str, Any]


async def receive_notifications(deps: Dependencies, notifications: Sequence[Notification]) -> None:
    """Pass on the notifications whose clientState shows that they are Graph's; the others are ignored.

    Anybody may send them: each is looked at once, and only the directories of tenants are compared.
    """
    now, tenants = deps.clock.now(), await tenants_by_directory(deps)
    genuine: defaultdict[str, list[Notification]] = defaultdict(list)
    for each in notifications:
        directory_id = _text(each.get("tenantId")).lower()
        if directory_id in tenants and await is_from_graph(deps, directory_id, _text(each.get("clientState"))):
            genuine[directory_id].append(each)
    if others := len(notifications) - sum(map(len, genuine.values())):
        _log.warning("%d of %d notifications of a request were not Graph's", others, len(notifications))
    for directory_id, found in genuine.items():
        for tenant_id in tenants[directory_id]:
            await _pass_on(deps, tenant_id, found, now)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


async def _pass_on(deps: Dependencies, tenant_id: str, notifications: Sequence[Notification], now: datetime) -> None:
    if any("lifecycleEvent" in each for each in notifications):
        await deps.due.put(DueKind.SUBSCRIBE, now, tenant_id, tenant_id, Renewal.REQUESTED)
        await _catch_up_soon(deps, tenant_id, now)  # something may have been missed
    changes = [each for each in notifications if "lifecycleEvent" not in each]
    if any("groups" in _text(each.get("resource")).lower() for each in changes):
        # A new member may be a group of others: reading the changes tells users from groups.
        await _catch_up_soon(deps, tenant_id, now)
    users = sorted({user_id for each in changes for user_id in _users(each)})
    for at in range(0, len(users), _MOST_USERS):
        message = {
            "tenantId": tenant_id,
            "type": "user",
            "userIds": users[at : at + _MOST_USERS],
            "at": now.isoformat(),
        }
        await put_on_queue(deps, QUEUE, message)


async def _catch_up_soon(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Have the directory's changes read: once for all notifications of a minute."""
    await deps.due.put(DueKind.CATCH_UP, next_of(timedelta(minutes=1), now, tenant_id), tenant_id, tenant_id)


def _users(notification: Notification) -> Iterator[str]:
    data = notification.get("resourceData")
    if not isinstance(data, dict):
        return
    named = [data] if "user" in _text(data.get("@odata.type")).lower() else []
    members = data.get("members@delta")
    for each in [*named, *(members if isinstance(members, list) else [])]:
        user_id = _text(each.get("id")) if isinstance(each, dict) else ""
        if _ID.fullmatch(user_id):
            yield user_id.lower()
