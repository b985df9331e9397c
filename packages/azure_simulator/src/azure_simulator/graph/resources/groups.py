"""Groups: get, list, direct members, transitive members and their casts."""

from __future__ import annotations

import struct
import uuid
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.times import iso_z
from azure_simulator.graph.directory.entities import by_cast
from azure_simulator.graph.directory.licenses import Licenses, disabled_plans
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import bodies, checks, operations, pages, paths, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.users import full_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

READ_ROLES = "GroupMember.Read.All Group.Read.All Group.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"


def find_group(call: Call) -> Doc:
    """Return the group of the path; raise the directory's 404."""
    found = operations.replica_of(call).get("group", checks.check_id(call.param("id")))
    if found is None:
        raise checks.not_found(call.param("id"))
    return found


def full_group(doc: Doc) -> Doc:
    """Return a group with its computed properties; a group that has them already is returned unchanged."""
    if "assignedLicenses" in doc:
        return doc
    made = iso_z(doc["_made_us"])
    return {
        "createdDateTime": made,
        "renewedDateTime": made,
        "securityIdentifier": _security_identifier(doc["id"]),
        **projection.visible(doc),
        "assignedLicenses": [{"skuId": sku, "disabledPlans": disabled_plans(doc, sku)} for sku in doc["_licenses"]],
    }


def _security_identifier(key: str) -> str:
    """Return the SID of an object of the directory: the four numbers of its id."""
    return "S-1-12-1-" + "-".join(str(each) for each in struct.unpack("<4I", uuid.UUID(key).bytes_le))


@operation("group.list", "GET", "/groups", roles=READ_ROLES)
def list_groups(call: Call) -> Answer:
    """Answer `GET /groups`."""
    options = queries.read_options(call, "group")
    groups = map(full_group, queries.candidates(call, "group"))
    return pages.page(call, groups, options, lambda group: projection.select("group", group, options.select), "groups")


@operation("group.get", "GET", "/groups/{id}", roles=READ_ROLES)
def get_group(call: Call) -> Answer:
    """Answer `GET /groups/{id}`."""
    body = projection.select("group", full_group(find_group(call)), queries.read_select(call, "group"))
    return Answer({"@odata.context": pages.context(call, "groups/$entity"), **body})


@operation("group.members", "GET", "/groups/{id}/members", roles=READ_ROLES, units=3)
def list_members(call: Call) -> Answer:
    """Answer with direct members of every kind."""
    return _members(call, _direct(call), "")


@operation("group.members.cast", "GET", "/groups/{id}/members/{cast}", roles=READ_ROLES, units=3)
def list_members_cast(call: Call) -> Answer:
    """Answer with direct members of one kind, which is an advanced query."""
    return _members(call, _direct(call), call.param("cast"))


@operation("group.transitiveMembers", "GET", "/groups/{id}/transitiveMembers", roles=READ_ROLES, units=5)
def list_transitive_members(call: Call) -> Answer:
    """Answer with everything inside the group, as the lagging index has it."""
    return _members(call, _below(call), "")


@operation("group.transitiveMembers.cast", "GET", "/groups/{id}/transitiveMembers/{cast}", roles=READ_ROLES, units=5)
def list_transitive_cast(call: Call) -> Answer:
    """Answer with one kind of object inside the group, which is an advanced query."""
    return _members(call, _below(call), call.param("cast"))


def _direct(call: Call) -> list[str]:
    return operations.replica_of(call).members(find_group(call)["id"])


def _below(call: Call) -> list[str]:
    group = find_group(call)
    edges = directory_of(call.world).memberships[operations.tenant_of(call)]
    return edges.below(group["id"], call.now_us - operations.lag_us(call.world))


def _unknown_cast(call: Call, cast: str) -> Problem:
    """Refuse a key, and a cast to a type of Graph that is not simulated; refuse other casts as Graph does."""
    try:
        paths.methods_of(call.path.strip("/").partition("/")[2])
    except paths.UnknownSegmentError:
        return checks.bad_request(f"Resource not found for the segment '{cast}'.", "BadRequest")
    return bodies.not_supported(f"'{call.method} {call.path}'")


def _members(call: Call, ids: list[str], cast: str) -> Answer:
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    entity = by_cast(cast)
    kind = entity.name if entity else None
    if cast and kind is None:
        raise _unknown_cast(call, cast)
    if cast:
        queries.require_eventual(call)
    options = queries.read_options(call, kind or "directoryObject")
    licenses = Licenses(directory, tenant, call.now_us)
    complete: dict[str, Callable[[Doc], Doc]] = {
        "user": lambda doc: full_user(call, doc, licenses),
        "group": full_group,
    }
    replica = operations.replica_of(call)
    found = (replica.find(each) for each in ids)
    members = [{**each[1], "_kind": each[0]} for each in found if each is not None and kind in {None, each[0]}]
    if "$filter" in call.query:
        members = [{**complete.get(doc["_kind"], projection.visible)(doc), "_kind": doc["_kind"]} for doc in members]

    def show(doc: Doc) -> Doc:
        name = doc["_kind"]
        return projection.select(name, complete.get(name, projection.visible)(doc), options.select, typed=kind is None)

    return pages.page(call, members, options, show, f"{kind}s" if kind else "directoryObjects")
