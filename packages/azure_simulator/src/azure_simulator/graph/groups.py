"""Groups: get, list, direct members, transitive members and their casts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.core.times import iso_z
from azure_simulator.graph import plane, queries, shapes
from azure_simulator.graph.licences import Licences
from azure_simulator.graph.plane import operation
from azure_simulator.graph.users import full_user

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory import Doc

_GROUPS = "GroupMember.Read.All Group.Read.All Group.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
_CASTS = {"microsoft.graph.user": "user", "microsoft.graph.group": "group", "microsoft.graph.device": "device"}


def find_group(call: Call) -> Doc:
    """Return the group of the path; raise the directory's 404."""
    found = plane.seen(call).get("group", plane.check_id(call.param("id")))
    if found is None:
        raise plane.not_found(call.param("id"))
    return found


def full_group(doc: Doc) -> Doc:
    """Return a group with everything that is worked out rather than kept; once is enough."""
    if "assignedLicenses" in doc:
        return doc
    return {
        "createdDateTime": iso_z(doc["_made_us"]),
        "description": None,
        "onPremisesSyncEnabled": None,
        **shapes.visible(doc),
        "assignedLicenses": [{"skuId": sku, "disabledPlans": []} for sku in doc["_licences"]],
    }


@operation("group.list", "GET", "/groups", roles=_GROUPS)
def list_groups(call: Call) -> Answer:
    """Answer `GET /groups`."""
    options = queries.read_options(call, "group")
    groups = map(full_group, plane.seen(call).all("group", call.query.get("$filter")))
    return queries.page(call, groups, options, lambda group: shapes.select("group", group, options.select), "groups")


@operation("group.get", "GET", "/groups/{id}", roles=_GROUPS)
def get_group(call: Call) -> Answer:
    """Answer `GET /groups/{id}`."""
    body = shapes.select("group", full_group(find_group(call)), queries.read_select(call, "group"))
    return Answer({"@odata.context": queries.context(call, "groups/$entity"), **body})


@operation("group.members", "GET", "/groups/{id}/members", roles=_GROUPS, units=3)
def list_members(call: Call) -> Answer:
    """Answer with direct members of every kind."""
    return _members(call, _direct(call), "")


@operation("group.members.cast", "GET", "/groups/{id}/members/{cast}", roles=_GROUPS, units=3)
def list_members_cast(call: Call) -> Answer:
    """Answer with direct members of one kind, which is an advanced query."""
    return _members(call, _direct(call), call.param("cast"))


@operation("group.transitiveMembers", "GET", "/groups/{id}/transitiveMembers", roles=_GROUPS, units=5)
def list_transitive_members(call: Call) -> Answer:
    """Answer with everything inside the group, as the index knows it."""
    return _members(call, _below(call), "")


@operation("group.transitiveMembers.cast", "GET", "/groups/{id}/transitiveMembers/{cast}", roles=_GROUPS, units=5)
def list_transitive_cast(call: Call) -> Answer:
    """Answer with one kind of what is inside the group, which is an advanced query."""
    return _members(call, _below(call), call.param("cast"))


def _direct(call: Call) -> list[str]:
    return plane.seen(call).members(find_group(call)["id"])


def _below(call: Call) -> list[str]:
    group = find_group(call)
    edges = plane.directory(call.world).memberships[plane.tenant_of(call)]
    return edges.below(group["id"], call.now_us - plane.lag_us(call.world))


def _members(call: Call, ids: list[str], cast: str) -> Answer:
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    kind = _CASTS.get(cast.lower())
    if cast and kind is None:
        raise queries.bad_request(f"Resource not found for the segment '{cast}'.", "BadRequest")
    if cast:
        queries.require_eventual(call)
    options = queries.read_options(call, kind or "directoryObject")
    licences = Licences(directory, tenant, call.now_us)
    complete = {
        "user": lambda doc: full_user(call, doc, licences),
        "group": full_group,
        "device": shapes.visible,
    }
    seen = plane.seen(call)
    found = (seen.find(each) for each in ids)
    members = [{**each[1], "_kind": each[0]} for each in found if each is not None and kind in {None, each[0]}]
    if "$filter" in call.query:
        members = [{**complete[doc["_kind"]](doc), "_kind": doc["_kind"]} for doc in members]

    def show(doc: Doc) -> Doc:
        name = doc["_kind"]
        return shapes.select(name, complete[name](doc), options.select, typed=kind is None)

    return queries.page(call, members, options, show, f"{kind}s" if kind else "directoryObjects")
