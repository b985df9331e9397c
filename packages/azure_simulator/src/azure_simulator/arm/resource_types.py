"""What a route is about: the resource type of its path, and the verb behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

RESOURCES = "Microsoft.Resources"


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type such as `Microsoft.Compute/virtualMachines/extensions`.

    `action` is the verb of a POST; `named` tells a path that ends in a resource's name from one
    that ends in a collection or a verb.
    """

    type: str
    action: str = ""
    named: bool = False

    @property
    def provider(self) -> str:
        """Give the lower-cased namespace."""
        return self.type.partition("/")[0].lower()

    @property
    def path(self) -> str:
        """Give the type without its namespace, as error messages name it."""
        return self.type.partition("/")[2]

    @property
    def nested(self) -> bool:
        """Tell whether resources of the type lie below another resource."""
        return "/" in self.path and self.provider != RESOURCES.lower()


@cache
def kind_of(method: str, template: str) -> Kind:
    """Read the kind of a route from its template."""
    _, marker, tail = template.rpartition("/providers/")
    if not marker:
        return _furniture(template)
    if tail.startswith("{"):
        return Kind(f"{RESOURCES}/providers", tail.partition("/")[2], named="/" not in tail)
    namespace, *rest = tail.split("/")
    types = rest[::2]
    if rest and len(rest) % 2 == 1 and method == "POST":
        return Kind("/".join([namespace, *types[:-1]]), rest[-1])
    return Kind("/".join([namespace, *types]), named=len(rest) % 2 == 0)


def _furniture(path: str) -> Kind:
    segments = path.strip("/").split("/")
    literals = [each for each in segments if not each.startswith("{")]
    return Kind(f"{RESOURCES}/{literals[-1]}", named=segments[-1].startswith("{"))
