"""The declaration of a resource type: everything that the resource manager must know of it, in one place.

    ROUTE_TABLES = ResourceType(
        name="Microsoft.Network/routeTables",
        provider=NETWORK,
        params=("table",),
        models=BodyModels(SDK, "RouteTable", "TagsObject"),
        naming=NameRule(NAME),
        latencies={"route_table.put": about(3, 8, 1), "route_table.delete": about(5, 12, 1)},
        limit=200,
    )
    OPERATIONS = Operations(ROUTE_TABLES)

What answers its requests is declared with `arm.operations`; `arm.plain_resources` answers those of a type without
behaviour of its own. `arm.serve(cloud, OPERATIONS)` plugs both into a cloud.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from azure_simulator.arm import member_versions
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.regions import normal
from azure_simulator.core.resources import Index, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from azure_simulator.arm.providers import Polling, ResourceProvider
    from azure_simulator.arm.together_rules import Together
    from azure_simulator.arm.value_rules import Rule
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.settings import Shape
    from azure_simulator.core.world import World

GROUP = "/subscriptions/{sub}/resourceGroups/{rg}"
SUBSCRIPTION = "/subscriptions/{sub}"


@dataclass(frozen=True, slots=True)
class NameRule:
    """A pattern of ASCII names, and Compute's name for the parameter that breaks it."""

    pattern: str
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Immutable:
    """A property that never changes, and how its values are compared.

    `default` is what a resource has that does not name one. Case, blanks and members that are left out do not count,
    unless the comparison is `exact`. `former` are values that are an older word for another one.
    """

    default: object = None
    exact: bool = False
    former: tuple[tuple[str, str], ...] = ()

    def today(self, value: object) -> object:
        """Return the present name of a value."""
        return next((new for old, new in self.former if old == value), value)


FIXED, EXACT = Immutable(), Immutable(exact=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class ResourceType:
    """One resource type, such as `Microsoft.Compute/virtualMachines/extensions`.

    Address: `params` names the path parameter of each level (`vm`, `extension`) below a resource group; `address`
    is the template of its collection where that does not lie in a group (`/{scope...}/providers/...`); `called` is the
    name in its actions, where that is not the type's own.

    Bodies: `models` describes them, `naming` restricts the name of a new resource, `located` false means that no
    location is sent, `anywhere` true that `global` is a location, `immutable` names the properties that never change,
    by their paths (where not `guarded`, its handler looks at them, because there are exceptions); `values` the formats
    and ranges of others (`arm.value_rules`),
    `together` what members of one object must be together (`arm.together_rules`), `links` the types that references
    lead to (`arm.references`), `lacks` what Azure has at a path and the simulator has not. `unshown` are the paths that
    no answer shows, as Azure shows no secret, or whose values are the service's; all else that a request says is shown
    (`arm.keeping`).
    `omitted` is what optional properties are again when a PUT leaves them out, by path (`None`: nothing).

    Work: `latencies` are durations of its operations by kind; `throttle` classes and `api_versions` are the
    provider's unless given; `polling` too.

    Relations: `used_by` finds the resources that keep one from being deleted; `users_of` lists ids of others, for
    the deletion of a whole group; `removed` gives back what the resource holds (and may remove the resource
    itself); of a group, the types with `removed_early` go first. `limit` is how many a subscription may have in a
    region (0: any number).

    Hooks: `inspect_secrets` looks at the body of a PUT before its secrets are hashed, `etag` gives the ETag where the
    provider's types have none. `settings` are the keys of `POST /_sim/config` that it reads, with their shape and
    meaning; `state` is made once for each world.
    """

    name: str
    provider: ResourceProvider
    params: tuple[str, ...] = ()
    address: str = ""
    called: str = ""
    api_versions: str = ""
    models: BodyModels = field(default_factory=BodyModels)
    naming: NameRule | None = None
    located: bool = True
    anywhere: bool = False
    immutable: Mapping[str, Immutable] = field(default_factory=dict)
    guarded: bool = True
    lacks: Mapping[str, str] = field(default_factory=dict)
    unshown: tuple[str, ...] = ()
    omitted: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, Rule] = field(default_factory=dict)
    together: tuple[Together, ...] = ()
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    latencies: Mapping[str, Json] = field(default_factory=dict)
    throttle: Mapping[str, str] = field(default_factory=dict)
    polling: Polling | None = None
    limit: int = 0
    used_by: tuple[Index, ...] = ()
    users_of: Callable[[World, Resource], Iterable[str]] | None = None
    removed: Callable[[World, Resource], None] | None = None
    removed_early: bool = False
    inspect_secrets: Callable[[Call, object], None] | None = None
    etag: Callable[[World, Resource], str] | None = None
    settings: Mapping[str, tuple[Shape, str]] = field(default_factory=dict)
    state: Mapping[str, Callable[[], Any]] = field(default_factory=dict)

    @cached_property
    def path(self) -> str:
        """Return the type without its namespace, as error messages name it."""
        return self.name.partition("/")[2]

    @cached_property
    def nested(self) -> bool:
        """Return whether resources of the type lie below another resource."""
        return len(self.params) > 1

    @cached_property
    def one(self) -> str:
        """Return the template of a resource's path."""
        return f"{self.all}/{{{self.params[-1]}}}"

    @cached_property
    def all(self) -> str:
        """Return the template of the path of those with one parent."""
        if self.address:
            return self.address
        levels = self.path.split("/")
        names = [f"{{{each}}}" for each in self.params]
        middle = "".join(f"{level}/{name}/" for level, name in zip(levels[:-1], names[:-1], strict=True))
        return f"{GROUP}/providers/{self.provider.namespace}/{middle}{levels[-1]}"

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """Return the api-versions it answers to, oldest first: none that is older than the type."""
        since = member_versions.first(self.name)
        return tuple(
            sorted(each for each in (self.api_versions or self.provider.api_versions).split() if each >= since)
        )

    @cached_property
    def known_versions(self) -> frozenset[str]:
        """Return the api-versions as a set."""
        return frozenset(self.versions)

    @cached_property
    def by_place(self) -> Index:
        """Find the resources of a subscription in a region: by (lower-cased subscription, region)."""
        return Index(self.name, lambda found: (found.key.split("/")[2], normal(found.body["location"])))

    def throttle_class(self, method: str) -> str:
        """Return the class of rate limits of a method (`LIST` for lists)."""
        return self.throttle.get(method) or self.provider.throttle.get(method, "")

    def etag_of(self, world: World, resource: Resource) -> str:
        """Return the ETag of a resource; empty when there is none."""
        return self.etag(world, resource) if self.etag else self.provider.etag(world, resource)


@dataclass(frozen=True, slots=True)
class Target:
    """Target of a route: a type, the verb of a POST, whether its path ends in the name of a resource."""

    type: ResourceType
    action: str = ""
    named: bool = False
