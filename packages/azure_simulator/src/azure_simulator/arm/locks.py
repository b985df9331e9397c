"""Management locks: `CanNotDelete` and `ReadOnly`, at any scope, holding for everything below it.

`config.locks` (globs of scopes) is a shortcut for locks of an administrator that cannot be removed.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.providers import AUTHORIZATION
from azure_simulator.arm.reading import read
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import ANY, Member, Shape
from azure_simulator.arm.value_rules import at_most
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Index, Resource

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

TYPE = "Microsoft.Authorization/locks"
LEVELS = ("CanNotDelete", "ReadOnly")
BELOW_SUBSCRIPTION = 2
"""Segments of the id of a subscription: scopes longer than that must exist."""


def _scope_of(lock: Resource) -> str:
    return lock.key.rpartition("/providers/")[0]


BY_SCOPE = Index(TYPE, _scope_of)
_LEVEL = Shape("string", "LockLevel", choices={each.lower(): each for each in (*LEVELS, "NotSpecified")})
_PROPERTIES = Shape(
    "object",
    "ManagementLockProperties",
    fixed={
        "level": Member("level", _LEVEL, required=True),
        "notes": Member("notes", TEXT),
        "owners": Member("owners", Shape("array", items=ANY)),
    },
)
_LOCK = Shape(
    "object",
    "ManagementLock",
    fixed={
        **written("ManagementLock").fixed,
        "properties": Member("properties", _PROPERTIES, required=True),
        "systemdata": Member("systemData", ANY, read_only=True),
    },
)
LOCKS = ResourceType(
    name=TYPE,
    provider=AUTHORIZATION,
    params=("name",),
    address=f"/{{scope...}}/providers/{TYPE}",
    api_versions="2015-01-01 2015-05-01-preview 2015-06-01 2016-09-01 2017-04-01 2020-05-01",
    models=BodyModels(written=_LOCK),
    naming=NameRule(r"[^<>%&\\?/]{1,260}"),
    values={"properties.notes": at_most(512)},
    settings={"locks": ([str], "scopes (globs) from which nothing is deleted")},
    located=False,
)
OPERATIONS = Operations(LOCKS)


@OPERATIONS.put("lock.put")
def put_lock(call: Call) -> Answer:
    """Lock a scope, or change a lock."""
    body, scope = call.object(), _scope(call)
    level = read(body, "properties.level", "string")
    if level not in LEVELS:
        raise Problem(400, "InvalidLockLevel", f"The lock level '{level}' is not one of {', '.join(LEVELS)}.")
    if len(scope.strip("/").split("/")) > BELOW_SUBSCRIPTION:
        call.need(scope)
    properties: Json = {key: body["properties"][key] for key in ("notes", "owners") if key in body["properties"]}
    new = {"id": call.path, "name": call.param("name"), "type": TYPE, "properties": {"level": level, **properties}}
    found = call.world.resources.get(call.path)
    if found is None:
        return Answer(call.world.resources.add(Resource(call.path, TYPE, new, call.now_us)).body, 201)
    found.replace({**new, "id": found.id, "name": found.name}, call.now_us)
    return Answer(found.body)


@OPERATIONS.get("lock.get")
def get_lock(call: Call) -> Answer:
    """Show a lock."""
    found = call.world.resources.get(call.path)
    if found is None:
        raise Problem(404, "LockNotFound", f"The lock '{call.param('name')}' could not be found.")
    return Answer(found.body)


@OPERATIONS.delete("lock.delete")
def delete_lock(call: Call) -> Answer:
    """Take a lock away; no lock keeps it."""
    found = call.world.resources.remove(call.path)
    return Answer() if found else Answer(status=204)


@OPERATIONS.list_group("locks.list")
def list_locks(call: Call) -> Answer:
    """List the locks at, above and below a scope; `atScope()` leaves out those below."""
    scope = _scope(call).lower()
    at_scope = "atscope()" in call.query.get("$filter", "").lower()
    rows = [lock.body for lock in _above(call.world, scope)]
    if not at_scope:
        rows += [lock.body for lock in _below(call.world, scope)]
    for number, locked in enumerate(_configured(call.world)):
        if _covers(locked, scope) or (not at_scope and locked.startswith(f"{scope}/")):
            row = {"id": f"{locked}/providers/{TYPE}/lock-{number}", "name": f"lock-{number}", "type": TYPE}
            rows.append({**row, "properties": {"level": "CanNotDelete", "notes": ""}})
    return Answer({"value": rows})


def check(call: Call) -> None:
    """Refuse to delete, or to write, a locked resource; raise ARM's `ScopeLocked`."""
    if call.method == "GET" or call.route.name.startswith("lock.") or not call.route.mutates:
        return
    path = call.path.lower()
    deletes = call.method == "DELETE"
    holding = [lock for lock in _above(call.world, path) if deletes or lock.properties["level"] == "ReadOnly"]
    if deletes:
        holding += _below(call.world, path)
    scopes = [lock.id.rpartition("/providers/")[0] for lock in holding]
    if deletes:
        scopes += [str(each) for each in call.world.config.get("locks", []) if _covers(str(each).lower(), path)]
    if scopes:
        raise Problem(
            409,
            "ScopeLocked",
            f"The scope '{call.path}' cannot perform {'delete' if deletes else 'write'} operation because following "
            f"scope(s) are locked: '{','.join(scopes)}'. Please remove the lock and try again.",
        )


def _above(world: World, path: str) -> list[Resource]:
    """Return the locks at a path and at everything it lies below."""
    if not world.resources.of_type(TYPE):
        return []
    found: list[Resource] = []
    segments = path.split("/")
    for end in range(len(segments), BELOW_SUBSCRIPTION, -1):
        found += world.resources.find(BY_SCOPE, "/".join(segments[:end]))
    return found


def _below(world: World, path: str) -> list[Resource]:
    """Return the locks below a path; there are few locks, so all are looked at."""
    return [lock for lock in world.resources.of_type(TYPE) if _scope_of(lock).startswith(f"{path}/")]


def _configured(world: World) -> list[str]:
    return [str(each).lower() for each in world.config.get("locks", [])]


def _covers(locked: str, path: str) -> bool:
    return fnmatchcase(path, locked) or fnmatchcase(path, f"{locked}/*")


def _scope(call: Call) -> str:
    return "/" + call.param("scope").strip("/")
