"""Checks of the references in a body: malformed ids, types that do not belong there, and resources that do not exist.

A reference is `{"id": ...}`, or one of the members that `NAMED` lists. `ResourceType.links` says to which types those
of a body lead; all others lead to types that are not simulated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import unsupported
from azure_simulator.arm.registry import registry
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.arm.resource_types import ResourceType
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_ID = re.compile(r"/(subscriptions/[^/]+|providers/[^/]+/.+)", re.IGNORECASE)
_ROW = re.compile(r"\[\d+\]")
NAMED = frozenset(
    {
        *("diskAccessId", "diskEncryptionSetId", "elasticSanResourceId", "secureVMDiskEncryptionSetId"),
        *("sourceResourceId", "storageAccountId", "userAssignedIdentityResourceId", "virtualMachineId"),
        *("inVMAccessControlProfileReferenceId", "packageReferenceId", "galleryScriptReferenceId"),
        *("delegatedManagedIdentityResourceId", "userAssignedIdentityId"),
    }
)
"""Members that hold the id of a resource as a text."""
WHOLE = frozenset(
    {
        *("networkSecurityGroup", "routeTable", "natGateway", "publicIPAddress", "publicIPPrefix", "subnet"),
        *("serviceEndpointPolicies", "applicationSecurityGroups", "sourceApplicationSecurityGroups"),
        *("destinationApplicationSecurityGroups", "ddosProtectionPlan", "gatewayLoadBalancer"),
    }
)
"""Members of Network's bodies that are references, even if answers also show properties of their targets."""
IMAGES = ("imageReference", "galleryImageReference")
"""Images may be named in other ways; those who make something of them look at their ids."""


def check(call: Call, kind: ResourceType) -> None:
    """Refuse malformed ids, ids of another type, and of Network, ids of missing resources."""
    provider = kind.provider
    if call.method not in {"PUT", "PATCH"} or not provider.checks_ids or not isinstance(call.body, dict):
        return
    if provider.links_exist:
        _check_named(call.body)
    for path, wanted in _references(call.body.get("properties"), "properties", frozenset(kind.links)):
        if _ID.match(wanted) is None:
            raise Problem(
                400,
                "LinkedInvalidPropertyId",
                f"Property id '{wanted}' at path '{path}' is invalid. Expect fully qualified resource Id that start "
                "with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.",
            )
        if wanted.lower().startswith(f"{call.path.lower()}/"):
            continue
        if not registry(call.world).declares(type_of(wanted)):
            if provider.links_exist:
                raise missing(call, wanted)
            name = path.removeprefix("properties.").removesuffix(".id")
            raise unsupported(name, f"A reference to a resource of the type {type_of(wanted)}")
        types = kind.links.get(_ROW.sub("[]", path), ())
        if type_of(wanted).lower() not in {each.lower() for each in types}:
            raise provider.wrong_type(call, path, wanted, types)
        if provider.links_exist:
            need(call, wanted)


def _check_named(body: Json) -> None:
    """Refuse references without an id."""
    for path in _nameless(body.get("properties"), "properties"):
        detail = {"code": "MissingJsonReferenceId", "message": f"Value for reference id is missing. Path {path}."}
        raise Problem(400, "InvalidRequestFormat", "Cannot parse the request.", details=[detail])


def _nameless(value: object, path: str) -> Iterator[str]:
    """Find references of Network that have members and no id."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _nameless(each, f"{path}[{at}]")
    if not isinstance(value, dict):
        return
    if _ROW.sub("", path.rpartition(".")[2]) in WHOLE:
        if not value.get("id"):
            yield path
        return
    for key, each in value.items():
        yield from _nameless(each, f"{path}.{key}")


def type_of(wanted: str) -> str:
    """Return the type in an id."""
    start = wanted.lower().rfind("/providers/") + len("/providers/")
    namespace, *rest = wanted[start:].split("/")
    return "/".join([namespace, *rest[::2]])


def need(call: Call, wanted: str) -> Resource:
    """Return the resource that a network resource refers to. Raises: Problem if it does not exist."""
    found = call.world.resources.get(wanted)
    if found is None:
        raise missing(call, wanted)
    return found


def missing(call: Call, wanted: str) -> Problem:
    """Return the error for a reference to a resource that does not exist, or not in this region."""
    return Problem(
        400,
        "InvalidResourceReference",
        f"Resource {wanted} referenced by resource {call.path} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region.",
    )


def check_twins(call: Call, rows: list[Json]) -> None:
    """Refuse two parts of one resource with the same name."""
    seen: set[str] = set()
    for row in rows:
        name = str(row.get("name", ""))
        if name.lower() in seen:
            text = f"Resource {call.path} has two child resources with the same name ({name})."
            detail = {"code": "DuplicateResourceName", "message": text}
            raise Problem(400, "InvalidRequestFormat", "Cannot parse the request.", details=[detail])
        seen.add(name.lower())


def _references(value: object, path: str, links: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Find the references below a body's properties; members that a link shows of its target are the target's own."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _references(each, f"{path}[{at}]", links)
    if not isinstance(value, dict) or path.rpartition(".")[2] in IMAGES:
        return
    wanted = value.get("id")
    if isinstance(wanted, str):
        yield f"{path}.id", wanted
        if _ROW.sub("[]", f"{path}.id") in links:
            value = {}
    for key, each in value.items():
        if key in NAMED and isinstance(each, str) and each:
            yield f"{path}.{key}", each
        yield from _references(each, f"{path}.{key}", links)
