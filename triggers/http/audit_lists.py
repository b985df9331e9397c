"""Lists of audit events: there is no end of them, so that they are looked through from the newest on, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.domain import page_tokens
from shared.domain.filtering import accepts, demanded, names_in
from shared.domain.operations.audit_names import NO_NAMES, AuditNames
from shared.domain.operations.operation import AuditEvent
from shared.errors import InvalidError, Problem
from shared.services.audit_names import audit_names
from triggers.http.call import Call, Response, ok
from triggers.http.lists import csv_response, list_query, wants_csv
from triggers.http.odata import Query, selected
from triggers.http.paging import listed, top_of
from triggers.http.permissions import CHANGING
from triggers.http.views.catalogue import AUDIT_EVENTS, audit_event_view, audit_row

_LOOKED_AT = 5_000
"""Most events that one page reads; if they are not enough, the next page goes on behind them."""
_IN_A_FILE = 20_000
_LOOKED_AT_FOR_A_FILE = 100_000
_AT_ONCE = 1_000
_WITHOUT_A_PAUSE = 100
_ONLY_NEWEST = "audit events are ordered by activityDateTime desc"


async def audit_list(call: Call, tenant_id: str, more: Mapping[str, Any] | None = None) -> Response:
    """Answer with a page of the audit log. Its last pages may have fewer events than were asked for."""
    query = list_query(call, AUDIT_EVENTS)
    if query.count:
        raise InvalidError(Problem("$count", "audit events are not counted; page through them"))
    if [(term.name, term.descending) for term in query.order] != [("activityDateTime", True)]:
        raise InvalidError(Problem("$orderby", _ONLY_NEWEST))
    if wants_csv(call):
        events, token = await _found(call, tenant_id, query, (_IN_A_FILE, _LOOKED_AT_FOR_A_FILE), "")
        if token is not None:
            message = f"a file has at most {_IN_A_FILE} events of {_LOOKED_AT_FOR_A_FILE}; choose by activityDateTime"
            raise InvalidError(Problem("$filter", message))
        names = await _names(call, events)
        views = (audit_event_view(each, names) for each in events)
        return await csv_response(AUDIT_EVENTS, query, ((audit_row(view), view) for view in views))
    behind = _place(call)
    events, token = await _found(call, tenant_id, query, (top_of(call), _LOOKED_AT), behind)
    names = await _names(call, events)
    items = [selected(audit_event_view(each, names), query, AUDIT_EVENTS) for each in events]
    return ok(listed(call, items, token, **(more or {})))


async def activities(call: Call) -> list[str]:
    """Return the names of activities for filters: all that callers can do, and those of recent audit events."""
    found, looked = set(CHANGING), 0
    async for _, stored in call.deps.audit.among(call.tenant.id, top=_AT_ONCE):
        found.add(stored.value.activity)
        looked += 1
        if looked == _AT_ONCE:
            break
    return sorted(found)


async def _found(
    call: Call, tenant_id: str, query: Query, most: tuple[int, int], behind: str
) -> tuple[list[AuditEvent], str | None]:
    """Return events, and the token of those behind them, None at the end. *most*: to find, and to look at."""
    found: list[AuditEvent] = []
    looked, last = 0, ""
    narrow = names_in(query.condition) <= {"activityDateTime", "resourceId"}
    top = min(most[0] + 1, _AT_ONCE) if narrow else _AT_ONCE
    events = call.deps.audit.among(tenant_id, top=top, behind=behind, **_limits(query))
    async for key, stored in events:
        if len(found) == most[0] or looked == most[1]:
            return found, page_tokens.written(last)
        looked, last = looked + 1, key
        if looked % _WITHOUT_A_PAUSE == 0:
            await asyncio.sleep(0)
        if accepts(query.condition, audit_row(audit_event_view(stored.value))):
            found.append(stored.value)
    return found, None


async def _names(call: Call, events: Sequence[AuditEvent]) -> AuditNames:
    """Return the names with which events are shown: those of a tenant have them beside its ids."""
    return NO_NAMES if call.context.subject is None else await audit_names(call.context, events)


def _limits(query: Query) -> dict[str, Any]:
    """Return the conditions that Table Storage can apply by itself: a period of time, and one resource."""
    limits: dict[str, Any] = {}
    for each in demanded(query.condition):
        if each.name == "resourceId" and each.operator == "eq" and each.written == each.value:  # ids are in lower case
            limits["resource_id"] = each.written
        elif each.name == "activityDateTime" and isinstance(each.value, str):
            at = datetime.fromisoformat(each.value.upper())
            if each.operator in {"ge", "gt", "eq"}:
                limits["since"] = max(at, limits.get("since", at))
            if each.operator in {"le", "lt", "eq"}:
                limits["until"] = min(at, limits.get("until", at))
    return limits


def _place(call: Call) -> str:
    token = call.query("$skiptoken")
    if token is None:
        return ""
    wrong = InvalidError(Problem("$skiptoken", page_tokens.AS_IT_IS))
    try:
        place = page_tokens.read(token)
    except ValueError as error:
        raise wrong from error
    if not call.deps.audit.is_place(place):  # of another list: nothing is behind it, and the log would seem to end
        raise wrong
    return place
