"""The recycle bin: deleted objects can be restored for 30 days.

It has users, Microsoft 365 groups, applications and service principals.

Other groups are deleted permanently at once. A deleted user's licences become free; a restored user gets them back
while there are units. With an application goes its service principal in the same directory; each is restored alone.
Sources: learn.microsoft.com/graph/api/resources/directory,
learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.times import SECOND, iso_z
from azure_simulator.graph.directory.entities import ENTITIES
from azure_simulator.graph.directory.licenses import Licenses, OutOfUnitsError
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory.records import Doc

_RETENTION_US = 30 * 86_400 * SECOND


def delete(world: World, tenant: str, kind: str, key: str) -> None:
    """Delete an object: into the bin when it can be restored, otherwise permanently."""
    directory = directory_of(world)
    doc = directory.get(kind, tenant, key)
    if doc is None:
        return
    edges = directory.memberships[tenant]
    groups, members = edges.groups_of(key, world.now_us), edges.members(key, world.now_us)
    for group in groups:
        directory.set_member(tenant, group, key, present=False, at_us=world.now_us)
    for member in members:
        directory.set_member(tenant, key, member, present=False, at_us=world.now_us)
    if kind == "application":
        _delete_principal(world, tenant, doc)
    _revoke(world, tenant, key)
    restorable = kind != "group" or "Unified" in doc.get("groupTypes", ())
    if restorable:
        record = {"deletedDateTime": iso_z(world.now_us), "_groups": groups, "_members": members}
        directory.put(ENTITIES[kind].deleted_kind, tenant, key, {**doc, **record, "_deleted_us": world.now_us})
        deleted_us = world.now_us
        world.at(deleted_us + _RETENTION_US, lambda: _purge_when_due(world, tenant, kind, key, deleted_us))
    directory.remove(kind, tenant, key, restorable=restorable)


def _delete_principal(world: World, tenant: str, app: Doc) -> None:
    for principal in directory_of(world).by("servicePrincipal", tenant, "appId", app["appId"]):
        delete(world, tenant, "servicePrincipal", principal["id"])


def _revoke(world: World, tenant: str, key: str) -> None:
    """End the grants to an object, and those on it; restoring the object does not bring them back."""
    directory = directory_of(world)
    named = {
        "appRoleAssignment": ("principalId", "resourceId"),
        "oAuth2PermissionGrant": ("clientId", "resourceId", "principalId"),
    }
    for kind, fields in named.items():
        for field in fields:
            for each in directory.by(kind, tenant, field, key):
                directory.remove(kind, tenant, each["id"])


def _purge_when_due(world: World, tenant: str, kind: str, key: str, deleted_us: int) -> None:
    doc = directory_of(world).get(ENTITIES[kind].deleted_kind, tenant, key)
    if doc is not None and doc["_deleted_us"] == deleted_us:
        purge(world, tenant, kind, key)


def purge(world: World, tenant: str, kind: str, key: str) -> None:
    """Delete an object in the bin permanently."""
    directory = directory_of(world)
    directory.remove(ENTITIES[kind].deleted_kind, tenant, key)
    directory.add_tombstone(kind, tenant, key, restorable=False)


def restore(world: World, tenant: str, kind: str, key: str) -> Doc:
    """Restore an object with its memberships, and with the licences that still have a unit."""
    directory = directory_of(world)
    doc = directory.get(ENTITIES[kind].deleted_kind, tenant, key) or {}
    directory.remove(ENTITIES[kind].deleted_kind, tenant, key)
    wanted = list(doc.get("_licenses", ()))
    kept = {name: value for name, value in doc.items() if name not in {"_groups", "_members", "_deleted_us"}}
    back = {**kept, "deletedDateTime": None, "_licenses": wanted if kind == "group" else []}
    off = doc.get("_disabled_plans", {})
    directory.put(kind, tenant, key, {**back, "_sequence": directory.next_sequence()})
    for group in doc["_groups"]:
        if directory.get("group", tenant, group) is not None:
            directory.set_member(tenant, group, key, present=True, at_us=world.now_us)
    for member in doc["_members"]:
        if directory.find(tenant, member) is not None:
            directory.set_member(tenant, key, member, present=True, at_us=world.now_us)
    for sku in wanted if kind == "user" else ():
        _assign_again(world, tenant, key, sku, off.get(sku, []))
    return directory.get(kind, tenant, key) or back


def _assign_again(world: World, tenant: str, key: str, sku: str, disabled: list[str]) -> None:
    directory = directory_of(world)
    user = directory.get("user", tenant, key)
    try:
        Licenses(directory, tenant, world.now_us).give(user or {}, sku, disabled)
    except OutOfUnitsError:
        return  # another user has the unit now
