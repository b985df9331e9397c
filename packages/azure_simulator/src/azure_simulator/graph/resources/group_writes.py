"""Groups: create, change, delete, add and remove members.

Sources: learn.microsoft.com/graph/api/group-{post-groups,update,delete,post-members,delete-members}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph.directory import recycle_bin
from azure_simulator.graph.directory.entities import DIRECTORY_OBJECTS
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.directory.seeding import TenantSeeder
from azure_simulator.graph.protocol import bodies, checks, operations, pages, projection
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import directory_bodies
from azure_simulator.graph.resources.groups import find_group, full_group

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

_WRITE = "Group.ReadWrite.All Directory.ReadWrite.All"
_CREATE = f"Group.Create {_WRITE}"
_MEMBERS = "GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All"
_NEEDED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
_BIND = "members@odata.bind"
_MOST_AT_ONCE = 20
_MEMBER_KINDS = frozenset(each.name for each in DIRECTORY_OBJECTS)
_OWNERS = "owners@odata.bind"
_BINDS = frozenset({_BIND, _OWNERS})
_FIXED = ("mailEnabled", "isAssignableToRole", "resourceBehaviorOptions", "resourceProvisioningOptions")
"""Properties of a group that cannot change after its creation."""


def _checked(body: Doc, before: Doc | None = None) -> Doc:
    given = {name: value for name, value in body.items() if name not in _BINDS}
    properties = bodies.read(given, directory_bodies.GROUP, before)
    group = {**(before or {}), **properties}
    dynamic = "DynamicMembership" in (group.get("groupTypes") or ())
    if bool(properties.get("membershipRule")) and not dynamic:
        raise checks.bad_request("A membershipRule needs the group type DynamicMembership.")
    if dynamic and not group.get("membershipRule"):
        raise checks.bad_request("A value is required for property 'membershipRule' of resource 'Group'.")
    if before is not None:
        _check_fixed(before, properties)
    return properties


def _check_fixed(before: Doc, properties: Doc) -> None:
    for name in _FIXED:
        if name in properties and (properties[name] or None) != (before.get(name) or None):
            raise checks.bad_request(f"Property '{name}' cannot be changed after the group was created.")
    kinds = {"Unified"} & set(before["groupTypes"])
    if "groupTypes" in properties and {"Unified"} & set(properties["groupTypes"]) != kinds:
        raise checks.bad_request("The type of a group cannot be changed between Microsoft 365 and security.")


def _referenced(call: Call, references: list[str], kinds: frozenset[str] = _MEMBER_KINDS) -> list[str]:
    """Return the ids of the members, or owners, that references name."""
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    if len(references) > _MOST_AT_ONCE:
        raise checks.bad_request(f"The number of members in one request is limited to {_MOST_AT_ONCE}.")
    keys = []
    for reference in references:
        head, _, key = str(reference).rpartition("/")
        if head.rpartition("/")[2].lower() not in {
            "directoryobjects",
            "users",
            "groups",
            "devices",
            "serviceprincipals",
        }:
            raise checks.bad_request(f"Invalid object reference '{reference}'.")
        found = directory.find(tenant, checks.check_id(key))
        if found is None:
            raise checks.not_found(key)
        if found[0] not in kinds:
            raise checks.bad_request(f"Invalid object reference '{reference}'.")
        keys.append(key.lower())
    return keys


def _check_changeable(group: Doc) -> None:
    """Refuse groups whose members Graph cannot change."""
    if "DynamicMembership" in group["groupTypes"]:
        raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    if group["mailEnabled"] and "Unified" not in group["groupTypes"]:
        raise checks.bad_request("Cannot Update a mail-enabled security groups and or distribution list.")
    if group.get("onPremisesSyncEnabled"):
        raise checks.bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
            "currently undergoing migration."
        )


def _add_members(call: Call, group: Doc, keys: list[str]) -> None:
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    _check_changeable(group)
    edges = directory.memberships[tenant]
    if len(set(keys)) < len(keys) or any(edges.has(group["id"], key, call.now_us) for key in keys):
        raise checks.bad_request(
            "One or more added object references already exist for the following modified properties: 'members'."
        )
    if "Unified" in group["groupTypes"] and any(directory.get("group", tenant, key) for key in keys):
        raise checks.bad_request("The group type does not support groups as members.")
    for key in keys:
        directory.set_member(tenant, group["id"], key, present=True, at_us=call.now_us)


@operation("group.create", "POST", "/groups", roles=_CREATE)
def create_group(call: Call) -> Answer:
    """Create a security or Microsoft 365 group; other mail-enabled groups are made by Exchange."""
    body = call.object()
    for name in _NEEDED:
        if body.get(name) in (None, ""):
            raise checks.bad_request(f"A value is required for property '{name}' of resource 'Group'.")
    properties, unified = _checked(body), "Unified" in (body.get("groupTypes") or ())
    if properties["mailEnabled"] != unified:
        raise checks.bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the "
            "mail-enablement property is unset and the security-enablement property is set."
        )
    if not unified and not properties["securityEnabled"]:
        raise checks.bad_request("Group must be either a security group or a Microsoft 365 group.")
    members, tenant = _referenced(call, checks.texts(body, _BIND)), operations.tenant_of(call)
    owners = _referenced(call, checks.texts(body, _OWNERS), frozenset({"user", "servicePrincipal"}))
    directory = directory_of(call.world)
    key = call.world.guid("group", tenant, call.world.attempt("graph.group", tenant))
    seeder = TenantSeeder(directory, {"tenantId": tenant, "domain": ""}, call.world.protector.hash, call.now_us)
    made = seeder.group({"groupTypes": [], **properties, "id": key})
    for member in members:
        directory.set_member(tenant, key, member, present=True, at_us=call.now_us)
    for owner in dict.fromkeys(owners):
        directory.set_owner(tenant, key, owner, present=True)
    return Answer(
        {"@odata.context": pages.context(call, "groups/$entity"), **projection.select("group", full_group(made), ())},
        201,
    )


@operation("group.update", "PATCH", "/groups/{id}", roles=_WRITE)
def update_group(call: Call) -> Answer:
    """Change a group; `members@odata.bind` adds at most 20 members."""
    group, body = find_group(call), call.object()
    if _OWNERS in body:
        raise bodies.not_supported(f"'{_OWNERS}' of an existing group")
    properties = _checked(body, group)
    if _BIND in body:
        _add_members(call, group, _referenced(call, checks.texts(body, _BIND)))
    directory_of(call.world).change("group", operations.tenant_of(call), group["id"], **properties)
    return Answer(status=204)


@operation("group.delete", "DELETE", "/groups/{id}", roles=_WRITE)
def delete_group(call: Call) -> Answer:
    """Delete a group; a Microsoft 365 group can be restored for 30 days."""
    recycle_bin.delete(call.world, operations.tenant_of(call), "group", find_group(call)["id"])
    return Answer(status=204)


@operation("group.addMember", "POST", "/groups/{id}/members/$ref", roles=_MEMBERS)
def add_member(call: Call) -> Answer:
    """Add one user, group or device."""
    group, reference = find_group(call), call.object().get("@odata.id")
    if not isinstance(reference, str):
        raise checks.bad_request("The '@odata.id' of the new member is missing.")
    _add_members(call, group, _referenced(call, [reference]))
    return Answer(status=204)


@operation("group.removeMember", "DELETE", "/groups/{id}/members/{member}/$ref", roles=_MEMBERS)
def remove_member(call: Call) -> Answer:
    """Remove one member; an object that is not a member is a 404."""
    group, member = find_group(call), checks.check_id(call.param("member")).lower()
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    if not directory.memberships[tenant].has(group["id"], member, call.now_us):
        raise checks.not_found(member)
    _check_changeable(group)
    directory.set_member(tenant, group["id"], member, present=False, at_us=call.now_us)
    return Answer(status=204)
