"""An operation, and one request for it as its handler sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Answer
    from azure_simulator.core.principals import Principal
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

Handler: TypeAlias = "Callable[[Call], Answer]"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its name, its path, and the permission that it needs.

    `throttle` names the plane's bucket group, `action` what the principal must be allowed (any of,
    when separated by blanks; `{parameter}` is one of the path), `region` the parameter that holds a
    location. `anonymous` needs no token. `redacted` False lets the handler see secrets in clear; the
    journal then encrypts the body. `mutates` requests are journalled once accepted.
    """

    name: str
    method: str
    template: str
    handler: Handler
    plane: str
    throttle: str = ""
    action: str = ""
    anonymous: bool = False
    redacted: bool = True
    mutates: bool = True
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Call:
    """A routed, authenticated request. Query and header names are lower-cased.

    `body` is JSON with its secrets hashed already (a form becomes an object), unless the route is
    not `redacted`. `fault` is what a fault rule wants of the operation this call begins.
    """

    world: World
    route: Route
    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    base: str
    principal: Principal
    claims: Json
    fault: Json | None = None
    notes: Json = field(default_factory=dict)

    @property
    def now_us(self) -> int:
        """Return the moment of the request."""
        return self.world.now_us

    @property
    def action(self) -> str:
        """Return the permission that the route needs; a `{parameter}` of the path may be part of it."""
        wanted = self.route.action
        return wanted.format_map(self.params) if "{" in wanted else wanted

    def param(self, name: str) -> str:
        """Return a path parameter in the caller's casing."""
        return self.params[name]

    def resource(self, code: str = "ResourceNotFound") -> Resource:
        """Return the resource at the path of this request; raise ARM's 404 if there is none."""
        return self.need(self.path, code)

    def need(self, resource_id: str, code: str = "ResourceNotFound", status: int = 404) -> Resource:
        """Return a resource by id; raise a `Problem` if there is none."""
        found = self.world.resources.get(resource_id)
        if found is None:
            parts = resource_id.strip("/").split("/")
            what = "/".join(parts[5:]) if len(parts) > 5 else resource_id  # noqa: PLR2004 - after providers
            group = parts[3] if len(parts) > 3 else ""  # noqa: PLR2004 - /subscriptions/s/resourceGroups/g
            raise Problem(
                status,
                code,
                f"The Resource '{what}' under resource group '{group}' was not found. For more "
                "details please go to https://aka.ms/ARMResourceNotFoundFix",
            )
        return found

    def object(self) -> Json:
        """Return the body, which must be a JSON object."""
        if not isinstance(self.body, dict):
            raise Problem(
                400,
                "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: an object is required.",
            )
        return self.body

    def allowed(self, action: str, scope: str) -> bool:
        """Return whether the caller may do something more than the route's own action."""
        return self.principal.may(action, scope)
