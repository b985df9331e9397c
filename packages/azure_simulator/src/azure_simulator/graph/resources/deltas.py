"""`delta` of users and groups: the changes, and the members added or removed, since a token.

Groups report direct members only. Pages can be as irregular as Graph's (`config.graph.delta`: `pageSize`;
`emptyPages`: every n-th page is empty; `duplicates`: a change is sent twice; `tokenDays`: older tokens are 410 Gone;
`generation`: tokens of another generation are, too).
Source: learn.microsoft.com/graph/api/{group,user}-delta, /graph/delta-query-overview, -groups, -users.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.times import SECOND
from azure_simulator.graph.directory.entities import entity
from azure_simulator.graph.directory.licenses import Licenses
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.groups import full_group
from azure_simulator.graph.resources.users import full_user

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Directory, Doc

_GROUPS = "GroupMember.Read.All Group.Read.All Group.ReadWrite.All Directory.Read.All"
_USERS = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
_MOST_IDS = 50
_DAY_US = 86_400 * SECOND
_TERM = r"id\s+eq\s+'([^']+)'"
_FILTER = re.compile(rf"\s*{_TERM}(?:\s+or\s+{_TERM})*\s*", re.IGNORECASE)
_EACH = re.compile(_TERM, re.IGNORECASE)


@operation("group.delta", "GET", "/groups/delta", roles=_GROUPS, units=5)
@operation("group.deltaCall", "GET", "/groups/delta()", roles=_GROUPS, units=5)
@operation("group.deltaFull", "GET", "/groups/microsoft.graph.delta()", roles=_GROUPS, units=5)
def group_delta(call: Call) -> Answer:
    """Answer one page of the changes of groups; the last one carries the deltaLink."""
    return _page(call, "group")


@operation("user.delta", "GET", "/users/delta", roles=_USERS, units=5)
@operation("user.deltaCall", "GET", "/users/delta()", roles=_USERS, units=5)
@operation("user.deltaFull", "GET", "/users/microsoft.graph.delta()", roles=_USERS, units=5)
def user_delta(call: Call) -> Answer:
    """Answer one page of the changes of users."""
    return _page(call, "user")


def _page(call: Call, kind: str) -> Answer:
    settings = call.world.config.get("graph", {}).get("delta", {})
    state = _state(call, kind, settings)
    entries = _entries(call, kind, state)
    if settings.get("duplicates"):
        entries += entries[:1]
    size, every = int(state["top"] or settings.get("pageSize", queries.PAGE)), int(settings.get("emptyPages", 0))
    page = int(state["page"])
    empty = every and page % every == 0 and not state["skipped"]
    start = int(state["offset"])
    cut = [] if empty else entries[start : start + size]
    body: Doc = {"@odata.context": pages.context(call, f"{kind}s"), "value": cut}
    if start + len(cut) < len(entries):
        state |= {"page": page + (not empty), "offset": start + len(cut), "skipped": bool(empty)}
        body["@odata.nextLink"] = _link(call, "$skiptoken", state)
    else:
        state |= {"since": state["until"], "until": None, "offset": 0, "page": 1, "at": call.now_us}
        body["@odata.deltaLink"] = _link(call, "$deltatoken", state)
    return Answer(body)


def _state(call: Call, kind: str, settings: Json) -> Json:
    sequence = directory_of(call.world).sequence
    token = call.query.get("$deltatoken") or call.query.get("$skiptoken")
    if token in {None, "latest"}:
        since = sequence if token == "latest" else 0  # noqa: S105 - a query value
        return {**_requested(call, kind), "since": since, "until": sequence, "at": call.now_us, "kind": kind} | {
            "generation": settings.get("generation", 0)
        }
    try:
        state: Json = json.loads(base64.urlsafe_b64decode(token))
        age_us = call.now_us - int(state["at"])
        checked = {"kind": kind, "ids": list(state["ids"]), "select": list(state["select"])}
        known = {**state, **checked, "until": sequence if state["until"] is None else int(state["until"])}
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise checks.bad_request("Badly formed content.", "Directory_BadToken") from error
    if state["kind"] != kind:
        raise checks.bad_request("Badly formed content.", "Directory_BadToken")
    if age_us > float(settings.get("tokenDays", 30)) * _DAY_US or state["generation"] != settings.get("generation", 0):
        raise Problem(
            410,
            "syncStateNotFound",
            "The sync state generation is not found; continue with a full synchronisation.",
            headers={"Location": f"{call.base}{call.path}?$deltatoken="},
        )
    return known


def _requested(call: Call, kind: str) -> Json:
    """Read the options of a first request; the tokens contain them from then on."""
    refused = [name for name in entity(kind).not_in_delta if name in call.query]
    if refused:
        raise checks.bad_request(f"The query parameter '{refused[0]}' is not supported on delta of {kind}s.")
    queries.check_names(call)
    text, ids = call.query.get("$filter"), []
    if text is not None:
        if not _FILTER.fullmatch(text):
            raise checks.bad_request("Only $filter=id eq 'value' (or id eq 'value') is supported on delta queries.")
        ids = _EACH.findall(text)
        if len(ids) > _MOST_IDS:
            raise checks.bad_request(f"Too many ids in the filter of a delta query: {len(ids)}, at most {_MOST_IDS}.")
    top = queries.read_top(call) if "$top" in call.query else 0
    fields = queries.read_select(call, kind)
    return {"select": fields, "ids": ids, "top": top, "offset": 0, "page": 1, "skipped": False}


def _entries(call: Call, kind: str, state: Json) -> list[Doc]:
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    since, until = int(state["since"]), int(state["until"])
    moved = _moved(directory, tenant, since, until) if kind == "group" else {}
    wanted = {str(each).lower() for each in state["ids"]}
    licenses = Licenses(directory, tenant, call.now_us)
    entries: list[Doc] = []
    for doc in directory.all(kind, tenant):
        changed = since < int(doc["_sequence"]) <= until or doc["id"] in moved
        if not changed or (wanted and doc["id"].lower() not in wanted):
            continue
        if kind == "group":
            entries += _chunks(directory, tenant, doc, moved.get(doc["id"], {}), state)
        else:
            entries.append(
                {**projection.select("user", full_user(call, doc, licenses), _fields(state)), "id": doc["id"]}
            )
    for tombstone in directory.all(entity(kind).tombstone_kind, tenant):
        deleted_since = since and since < int(tombstone["_sequence"]) <= until
        if deleted_since and (not wanted or tombstone["id"].lower() in wanted):
            entries.append({"id": tombstone["id"], "@removed": {"reason": tombstone["_reason"]}})
    return entries


def _moved(directory: Directory, tenant: str, since: int, until: int) -> dict[str, dict[str, bool]]:
    moved: dict[str, dict[str, bool]] = {}
    for change in directory.memberships[tenant].changes(since):
        if change.sequence <= until:
            moved.setdefault(change.group, {})[change.member] = change.present
    return moved


def _fields(state: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in state["select"] if each != "members")


def _chunks(directory: Directory, tenant: str, group: Doc, moved: dict[str, bool], state: Json) -> list[Doc]:
    shown = projection.select("group", full_group(group), _fields(state) or ("id",) if state["select"] else ())
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
    kind = entity(found[0] if found else "user").odata_type
    removed = {} if present else {"@removed": {"reason": "deleted"}}
    return {"@odata.type": kind, "id": member, **removed}


def _link(call: Call, name: str, state: dict[str, Any]) -> str:
    token = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
    return f"{call.base}{call.path}?{name}={token}"
