"""Microsoft Graph's change notifications: shake hands, look who speaks, pass it on to the queue, answer within 3 s."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import azure.functions as func

from shared.dependencies import Dependencies, dependencies
from shared.domain.describing import TEXT, many, shape
from shared.domain.tenant import Tenant
from shared.services.directory_subscriptions import is_from_graph
from shared.storage.due import RENEWING, DueKind, next_of
from shared.workflow import Blueprint
from triggers.directory_changes import QUEUE, put
from triggers.http.described import returns

bp = Blueprint()
_log = logging.getLogger("deskwright.notifications")
_MOST_USERS = 100
_MOST_BYTES = 1 << 20
_ACCEPTED, _BAD = 202, 400
_NOTIFICATIONS = shape("changeNotificationCollection", {"value": many("object")}, open=True)


@bp.route(route="graph/notifications", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@returns({200: TEXT, 202: None, 400: None}, accepts=_NOTIFICATIONS, query=("validationToken",))
async def receive_notifications(req: func.HttpRequest) -> func.HttpResponse:
    """Take Graph's notifications. Who speaks is known by clientState; whoever is not Graph learns nothing."""
    token = req.params.get("validationToken")
    if token is not None:  # the handshake: Graph wants its own words back, and a page must not run them
        return func.HttpResponse(html.escape(token), mimetype="text/plain")
    told = _told(req)
    if told is None:
        return func.HttpResponse(status_code=_BAD)
    deps = dependencies()
    now = deps.clock.now()
    directories = {str(each.get("tenantId", "")).lower() for each in told}
    for directory_id in directories - {""}:
        mine = [each for each in told if await _is_ours(deps, directory_id, each, now)]
        if not mine:
            continue
        async for stored in deps.tenants.each(entra_tenant_id=directory_id):
            await _take(deps, stored.value, mine, now)
    return func.HttpResponse(status_code=_ACCEPTED)


def _told(req: func.HttpRequest) -> list[dict[str, Any]] | None:
    body = req.get_body()
    try:
        said = json.loads(body) if len(body) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
    told = said.get("value") if isinstance(said, dict) else None
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else None


async def _take(deps: Dependencies, tenant: Tenant, mine: list[dict[str, Any]], now: datetime) -> None:
    if any("lifecycleEvent" in each for each in mine):
        await deps.due.put(DueKind.SUBSCRIBE, now, tenant.id, tenant.id, RENEWING)
        await _catch_up(deps, tenant, now)  # something may have been missed
    changes = [each for each in mine if "lifecycleEvent" not in each]
    if any("groups" in str(each.get("resource", "")).lower() for each in changes):
        # Who came in may be a group of others: asking what has changed tells users from groups.
        await _catch_up(deps, tenant, now)
    users = sorted({user_id for each in changes for user_id in _users(each)})
    for at in range(0, len(users), _MOST_USERS):
        message = {
            "tenantId": tenant.id,
            "type": "user",
            "userIds": users[at : at + _MOST_USERS],
            "at": now.isoformat(),
        }
        await put(deps, QUEUE, message)


async def _catch_up(deps: Dependencies, tenant: Tenant, now: datetime) -> None:
    """Have the directory asked what has changed: once for all that is told within a minute."""
    await deps.due.put(DueKind.CATCH_UP, next_of(timedelta(minutes=1), now), tenant.id, tenant.id)


async def _is_ours(deps: Dependencies, directory_id: str, told: dict[str, Any], now: datetime) -> bool:
    if str(told.get("tenantId", "")).lower() != directory_id:
        return False
    ours = await is_from_graph(deps, directory_id, str(told.get("clientState", "")), now)
    if not ours:
        _log.warning("a notification for the directory %s was not Graph's", directory_id)
    return ours


def _users(told: dict[str, Any]) -> Iterator[str]:
    data = told.get("resourceData")
    if not isinstance(data, dict):
        return
    if "user" in str(data.get("@odata.type", "")).lower() and "id" in data:
        yield str(data["id"])
    for member in data.get("members@delta") or ():
        if isinstance(member, dict) and "id" in member:
            yield str(member["id"])
