"""The api-versions each resource type answers to; others, and none at all, are refused.

Types and providers declare what the installed SDKs send (docs/notes.md 1.1) and versions published before. A setting
adds to them: `apiVersions: {"Microsoft.Compute/virtualMachines": ["2027-01-01"]}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.providers import RESOURCES
from azure_simulator.arm.regions import REGIONS
from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.arm.registry import Registry
    from azure_simulator.arm.resource_types import ResourceType
    from azure_simulator.core.calls import Call
    from azure_simulator.core.requests import Request


def check_version(call: Call, resource_type: ResourceType) -> None:
    """Refuse a request without an api-version that its resource type knows."""
    wanted = call.query.get("api-version", "")
    if wanted.lower() in resource_type.known_versions:
        return
    if not wanted:
        raise missing_version()
    added = _added(call.world.config.get("apiVersions", {}), resource_type.name)
    if wanted not in added:
        raise _unsupported(call, resource_type, wanted, [*resource_type.versions, *added])


def unknown_type(request: Request, types: Registry) -> Problem:
    """Word the 404 of a path that leads to no resource type; the api-version is required first."""
    wanted = request.query.get("api-version", "")
    if not wanted:
        return missing_version()
    _, marker, tail = request.path.lower().rpartition("/providers/")
    namespace, _, rest = tail.partition("/")
    if marker and namespace not in types.providers:
        original = request.path[len(request.path) - len(tail) :].partition("/")[0]
        return Problem(404, "InvalidResourceNamespace", f"The resource namespace '{original}' is invalid.")
    name = types.providers.get(namespace, RESOURCES).namespace
    kind = "/".join(rest.split("/")[::2]) if marker else request.path.strip("/").rpartition("/")[2]
    known = ", ".join(types.versions_of(f"{name}/{kind}"))
    return Problem(
        404,
        "InvalidResourceType",
        f"The resource type '{kind}' could not be found in the namespace '{name}' for api version '{wanted}'. "
        f"The supported api-versions are '{known}'.",
    )


def missing_version() -> Problem:
    """Word the 400 of a request that names no version."""
    return Problem(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def _unsupported(call: Call, resource_type: ResourceType, wanted: str, known: list[str]) -> Problem:
    if resource_type.provider is RESOURCES:
        return Problem(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{wanted}' is invalid. The supported versions are '{','.join(reversed(known))}'.",
        )
    return Problem(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{resource_type.provider.region_of(call)}' and API "
        f"version '{wanted}' for type '{resource_type.path}'. The supported api-versions are '{', '.join(known)}'. The "
        f"supported locations are '{', '.join(REGIONS)}'.",
    )


def _added(setting: dict[str, Iterable[str]], name: str) -> list[str]:
    wanted = name.lower()
    return [
        version
        for key, versions in setting.items()
        if f"{wanted}/".startswith(f"{key.lower()}/")
        for version in versions
    ]
