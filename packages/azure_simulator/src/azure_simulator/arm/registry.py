"""The resource types and resource providers of a cloud, by name and by route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.providers import RESOURCES, ResourceProvider
from azure_simulator.arm.resource_types import ResourceType, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.arm.operations import Operations
    from azure_simulator.core.calls import Route
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

STATE = "resourceTypes"


class Registry:
    """Registry of resource types. Types that only appear in paths (`locations/usages`) are made at their first use."""

    def __init__(self) -> None:
        self.providers: dict[str, ResourceProvider] = {}
        self._declared: dict[str, ResourceType] = {}
        self._others: dict[str, ResourceType] = {}
        self._targets: dict[str, Target] = {}

    def add(self, operations: Operations) -> bool:
        """Declare a type; tell whether it is the first of its provider.

        Raises `ValueError` when there is another type of that name.
        """
        declared = operations.type
        known = self._declared.setdefault(declared.name.lower(), declared)
        if known is not declared:
            raise ValueError(f"{declared.name} is declared twice")
        namespace = declared.provider.namespace.lower()
        first = namespace not in self.providers
        self.providers[namespace] = declared.provider
        return first

    def __iter__(self) -> Iterator[ResourceType]:
        """Return the declared types in the order of their declaration."""
        return iter(self._declared.values())

    def declares(self, name: str) -> bool:
        """Return whether resources of a type can be made here."""
        return name.lower() in self._declared

    def of(self, name: str) -> ResourceType:
        """Return a type by its full name, in any case."""
        key = name.lower()
        found = self._declared.get(key) or self._others.get(key)
        if found is None:
            provider = self.providers.get(key.partition("/")[0], RESOURCES)
            versions = " ".join(self.versions_of(name))
            found = self._others[key] = ResourceType(name=name, provider=provider, api_versions=versions)
        return found

    def versions_of(self, name: str) -> tuple[str, ...]:
        """Return the api-versions of a type that may not exist: the versions of its nearest existing parent type."""
        key = name.lower()
        provider = self.providers.get(key.partition("/")[0], RESOURCES)
        while "/" in key:
            if key in self._declared:
                return self._declared[key].versions
            if key.partition("/")[2] in provider.other_api_versions:
                return tuple(sorted(provider.other_api_versions[key.partition("/")[2]].split()))
            key = key.rpartition("/")[0]
        return tuple(sorted(provider.api_versions.split()))

    def target(self, route: Route) -> Target:
        """Return the target of a route."""
        found = self._targets.get(route.name)
        if found is None:
            found = self._targets[route.name] = self._read(route.method, route.template)
        return found

    def _read(self, method: str, template: str) -> Target:
        """Read a template; a path below no provider is one of Microsoft.Resources."""
        _, marker, tail = template.rpartition("/providers/")
        if not marker:
            segments = template.strip("/").split("/")
            literals = [each for each in segments if not each.startswith("{")]
            return Target(self.of(f"{RESOURCES.namespace}/{literals[-1]}"), named=segments[-1].startswith("{"))
        if tail.startswith("{"):
            providers = self.of(f"{RESOURCES.namespace}/providers")
            return Target(providers, tail.partition("/")[2], named="/" not in tail)
        namespace, *rest = tail.split("/")
        types = rest[::2]
        if len(rest) % 2 == 1 and method == "POST":
            return Target(self.of("/".join([namespace, *types[:-1]])), rest[-1])
        return Target(self.of("/".join([namespace, *types])), named=len(rest) % 2 == 0)


def registry(world: World) -> Registry:
    """Return the registry of a cloud."""
    found: Registry = world.state(STATE)
    return found


def etag(world: World, resource: Resource) -> str:
    """Return the ETag of a resource as its provider writes it; empty where there is none."""
    return registry(world).of(resource.type).etag_of(world, resource)
