"""`GET /groups/delta`: what changed in groups and their direct members since a token.

Pages are as odd as in life when asked to be (`config.graph.delta`: `pageSize`, `emptyPages`: every
n-th page has nothing, `duplicates`: a change comes twice, `tokenDays`: older tokens are 410 Gone).
Source: learn.microsoft.com/graph/api/group-delta, /graph/delta-query-groups.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from local.cloud.core.answers import Answer, Json, Problem
from local.cloud.core.times import SECOND
from local.cloud.graph import plane, queries, shapes
from local.cloud.graph.groups import full_group
from local.cloud.graph.plane import operation

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.graph.directory import Directory, Doc

_ROLES = "GroupMember.Read.All Group.Read.All Group.ReadWrite.All Directory.Read.All"
_MOST_GROUPS = 50
_ID = re.compile(r"id eq '([^']+)'", re.IGNORECASE)
_DAY_US = 86_400 * SECOND


@operation("group.delta", "GET", "/groups/delta", roles=_ROLES, units=5)
@operation("group.deltaCall", "GET", "/groups/delta()", roles=_ROLES, units=5)
def delta(call: Call) -> Answer:
    """Answer one page of the changes; the last one carries the deltaLink."""
    settings = call.world.config.get("graph", {}).get("delta", {})
    state = _state(call, settings)
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    entries = _entries(directory, tenant, state)
    if settings.get("duplicates"):
        entries += entries[:1]
    size, every = int(settings.get("pageSize", queries.PAGE)), int(settings.get("emptyPages", 0))
    page = int(state["page"])
    empty = every and page % every == 0 and not state["skipped"]
    start = int(state["offset"])
    cut = [] if empty else entries[start : start + size]
    body: Doc = {"@odata.context": queries.context(call, "groups"), "value": cut}
    if start + len(cut) < len(entries):
        state |= {"page": page + (not empty), "offset": start + len(cut), "skipped": bool(empty)}
        body["@odata.nextLink"] = _link(call, "$skiptoken", state)
    else:
        state |= {"since": state["until"], "until": None, "offset": 0, "page": 1, "at": call.now_us}
        body["@odata.deltaLink"] = _link(call, "$deltatoken", state)
    return Answer(body)


def _state(call: Call, settings: Json) -> Json:
    sequence = plane.directory(call.world).sequence
    token = call.query.get("$deltatoken") or call.query.get("$skiptoken")
    if token in {None, "latest"}:
        fields = queries.read_select(call, "group")
        groups = _ID.findall(call.query.get("$filter", ""))
        if len(groups) > _MOST_GROUPS or {"$top", "$expand", "$orderby"} & set(call.query):
            raise queries.bad_request("delta takes $select and $filter by at most 50 ids only.")
        since = sequence if token == "latest" else 0  # noqa: S105 - a query value
        fresh = {"since": since, "until": sequence, "offset": 0, "page": 1, "skipped": False}
        return {**fresh, "select": fields, "groups": groups, "at": call.now_us}
    try:
        state: Json = json.loads(base64.urlsafe_b64decode(token))
        age_us = call.now_us - int(state["at"])
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise queries.bad_request("Badly formed content.", "Directory_BadToken") from error
    if age_us > float(settings.get("tokenDays", 30)) * _DAY_US:
        raise Problem(
            410, "syncStateNotFound", "The sync state generation is not found; continue with a full synchronisation."
        )
    return {**state, "until": sequence if state["until"] is None else state["until"]}


def _entries(directory: Directory, tenant: str, state: Json) -> list[Doc]:
    since, until = int(state["since"]), int(state["until"])
    moved: dict[str, dict[str, bool]] = {}
    for change in directory.memberships[tenant].changes(since):
        if change.sequence <= until:
            moved.setdefault(change.group, {})[change.member] = change.present
    wanted = {str(each).lower() for each in state["groups"]}
    entries: list[Doc] = []
    for group in directory.all("group", tenant):
        changed = since < int(group["_sequence"]) <= until or group["id"] in moved
        if changed and (not wanted or group["id"].lower() in wanted):
            entries += _chunks(directory, tenant, group, moved.get(group["id"], {}), state)
    for gone in directory.all("goneGroup", tenant):
        if since < int(gone["_sequence"]) <= until and (not wanted or gone["id"].lower() in wanted) and since:
            entries.append({"id": gone["id"], "@removed": {"reason": "changed"}})
    return entries


def _chunks(directory: Directory, tenant: str, group: Doc, moved: dict[str, bool], state: Json) -> list[Doc]:
    fields = [each for each in state["select"] if each != "members"]
    shown = shapes.select("group", full_group(group), tuple(fields) or ("id",) if state["select"] else ())
    shown = {**shown, "id": group["id"]}
    with_members = not state["select"] or "members" in state["select"]
    first = int(state["since"]) == 0
    changes = [
        _member(directory, tenant, member, present=present) for member, present in moved.items() if present or not first
    ]
    if not with_members or not changes:
        return [shown]
    size = queries.PAGE
    return [{**shown, "members@delta": changes[start : start + size]} for start in range(0, len(changes), size)]


def _member(directory: Directory, tenant: str, member: str, *, present: bool) -> Json:
    found = directory.find(tenant, member)
    kind = shapes.TYPES[found[0] if found else "user"]
    gone = {} if present else {"@removed": {"reason": "deleted"}}
    return {"@odata.type": kind, "id": member, **gone}


def _link(call: Call, name: str, state: dict[str, Any]) -> str:
    token = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
    return f"{call.base}{call.path}?{name}={token}"
