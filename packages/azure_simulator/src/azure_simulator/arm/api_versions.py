"""The api-versions each resource type answers to; others, and none at all, are refused.

The lists hold what the installed SDKs send (azure.md 1.1) and versions published before. A setting
adds to them: `apiVersions: {"Microsoft.Compute/virtualMachines": ["2027-01-01"]}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.compute.capacity.sizes import REGIONS
from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azure_simulator.arm.resource_types import Kind
    from azure_simulator.core.calls import Call
    from azure_simulator.core.requests import Request

_COMPUTE = (
    "2019-12-01 2020-06-01 2020-12-01 2021-03-01 2021-04-01 2021-07-01 2021-11-01 2022-03-01 2022-08-01 "
    "2022-11-01 2023-03-01 2023-07-01 2023-09-01 2024-03-01 2024-07-01 2024-11-01 2025-04-01 2025-11-01 "
    "2026-03-01 2026-04-01"
)
_DISKS = (
    "2020-05-01 2020-06-30 2020-09-30 2020-12-01 2021-04-01 2021-08-01 2021-12-01 2022-03-02 2022-07-02 "
    "2023-01-02 2023-04-02 2023-10-02 2024-03-02 2025-01-02 2026-03-02"
)
_GALLERIES = (
    "2019-12-01 2020-09-30 2021-07-01 2021-10-01 2022-01-03 2022-03-03 2022-08-03 2023-07-03 2024-03-03 "
    "2025-03-03 2025-12-03 2026-03-03"
)
_NETWORK = (
    "2018-10-01 2020-11-01 2021-02-01 2021-05-01 2021-08-01 2022-01-01 2022-05-01 2022-07-01 2022-09-01 2022-11-01 "
    "2023-02-01 2023-04-01 2023-05-01 2023-06-01 2023-09-01 2023-11-01 2024-01-01 2024-03-01 2024-05-01 "
    "2024-07-01 2024-10-01 2025-01-01 2025-03-01 2025-05-01 2025-07-01 2025-09-01 2026-01-01 2026-03-01"
)
_RESOURCES = (
    "2019-10-01 2020-01-01 2020-06-01 2020-10-01 2021-01-01 2021-04-01 2022-09-01 2022-12-01 2023-07-01 "
    "2024-03-01 2024-07-01 2024-11-01 2025-03-01 2025-04-01"
)
_ROLES = (
    "2015-07-01 2018-01-01-preview 2018-09-01-preview 2020-03-01-preview 2020-04-01-preview 2020-08-01-preview "
    "2020-10-01-preview 2022-04-01"
)
_DESKTOPS = (
    "2021-07-12 2021-09-03-preview 2022-02-10-preview 2022-09-09 2022-10-14-preview 2023-09-05 2024-01-16-preview "
    "2024-03-06-preview 2024-04-03 2024-04-08-preview 2024-08-08-preview"
)
VERSIONS = {
    "microsoft.compute": _COMPUTE,
    "microsoft.compute/skus": "2017-03-30 2017-09-01 2019-04-01 2021-07-01",
    "microsoft.compute/disks": _DISKS,
    "microsoft.compute/snapshots": _DISKS,
    "microsoft.compute/galleries": _GALLERIES,
    "microsoft.compute/locations/operations": f"{_COMPUTE} {_DISKS} {_GALLERIES}",
    "microsoft.compute/locations/diskoperations": _DISKS,
    "microsoft.compute/operations": f"{_COMPUTE} {_DISKS} {_GALLERIES}",
    "microsoft.network": _NETWORK,
    "microsoft.resources": _RESOURCES,
    "microsoft.authorization": _ROLES,
    "microsoft.authorization/roledefinitions": f"{_ROLES} 2022-05-01-preview",
    "microsoft.authorization/locks": "2015-01-01 2015-05-01-preview 2015-06-01 2016-09-01 2017-04-01 2020-05-01",
    "microsoft.authorization/operations": f"{_ROLES} 2021-12-01-preview",
    "microsoft.authorization/permissions": f"{_ROLES} 2018-07-01",
    "microsoft.desktopvirtualization": _DESKTOPS,
}
"""Type, or the beginning of one -> versions."""
_LISTS = {kind: tuple(sorted(versions.split())) for kind, versions in VERSIONS.items()}
_SETS = {kind: frozenset(versions) for kind, versions in _LISTS.items()}
NAMESPACES = {
    each.lower(): each
    for each in (
        "Microsoft.Compute",
        "Microsoft.Network",
        "Microsoft.Resources",
        "Microsoft.Authorization",
        "Microsoft.DesktopVirtualization",
    )
}


def check_version(call: Call, kind: Kind, region: Callable[[], str]) -> None:
    """Refuse a request without an api-version its resource type knows."""
    asked = call.query.get("api-version", "")
    listed = _listed(kind.type)
    if asked.lower() in _SETS.get(listed, ()):
        return
    if not asked:
        raise missing_version()
    added = _added(call.world.config.get("apiVersions", {}), kind.type)
    if asked not in added and listed:
        raise _unsupported(kind, asked, [*_LISTS[listed], *added], region())


def unknown_type(request: Request) -> Problem:
    """Word the 404 of a path that leads to no resource type; the api-version is asked for first."""
    asked = request.query.get("api-version", "")
    if not asked:
        return missing_version()
    _, marker, tail = request.path.lower().rpartition("/providers/")
    namespace, _, rest = tail.partition("/")
    if marker and namespace not in NAMESPACES:
        original = request.path[len(request.path) - len(tail) :].partition("/")[0]
        return Problem(404, "InvalidResourceNamespace", f"The resource namespace '{original}' is invalid.")
    name = NAMESPACES.get(namespace, "Microsoft.Resources")
    kind = "/".join(rest.split("/")[::2]) if marker else request.path.strip("/").rpartition("/")[2]
    known = ", ".join(_LISTS[_listed(f"{name}/{kind}")])
    return Problem(
        404,
        "InvalidResourceType",
        f"The resource type '{kind}' could not be found in the namespace '{name}' for api version '{asked}'. "
        f"The supported api-versions are '{known}'.",
    )


def missing_version() -> Problem:
    """Word the 400 of a request that names no version."""
    return Problem(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def _unsupported(kind: Kind, asked: str, known: list[str], region: str) -> Problem:
    versions = ", ".join(known)
    if kind.provider == "microsoft.resources":
        return Problem(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{asked}' is invalid. The supported versions are '{','.join(reversed(known))}'.",
        )
    return Problem(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{region}' and API version '{asked}' for type "
        f"'{kind.path}'. The supported api-versions are '{versions}'. The supported locations are "
        f"'{', '.join(REGIONS)}'.",
    )


def _listed(kind: str) -> str:
    """Give the longest beginning of a type that has a list of its own; empty if there is none."""
    key = kind.lower()
    while key and key not in _LISTS:
        key = key.rpartition("/")[0]
    return key


def _added(setting: dict[str, Iterable[str]], kind: str) -> list[str]:
    wanted = kind.lower()
    return [
        version
        for key, versions in setting.items()
        if f"{wanted}/".startswith(f"{key.lower()}/")
        for version in versions
    ]
