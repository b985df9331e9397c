"""Resource providers: the common part of all resource types of one namespace.

A provider is one object: `COMPUTE`, `NETWORK` ... Subclass `ResourceProvider` where it words errors, counts
requests or names resources in a way of its own; its types refer to it (`arm.resource_types`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from azure_simulator.arm.body_validation import FRONT_DOOR, Dialect
from azure_simulator.arm.reading import unchangeable
from azure_simulator.arm.regions import normal
from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.throttling import Charge, Refusal
    from azure_simulator.core.world import World

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Polling:
    """Times at which clients poll an operation of a provider (docs/notes.md 1.1).

    `first_s` is the Retry-After of the accepted request, `then_s` that of the first poll, in seconds (0: none);
    `dated` polls tell when the operation began and ended.
    """

    first_s: int = 10
    then_s: int = 50
    dated: bool = True


class ResourceProvider:
    """A namespace such as `Microsoft.Compute`.

    `api_versions` are those of every type that names none of its own, blank-separated;
    `other_api_versions` those of paths that are no resource type (`skus`, `locations/operations`).
    `throttle` gives the class of rate limits of a method (`GET`, `LIST`, `PUT`, `PATCH`, `POST`, `DELETE`).
    `located` types need a location in the body of a PUT, `checks_ids` refuses malformed ids in bodies,
    `links_exist` also those of resources that do not exist. A `steady` one refuses other values of read-only members.
    One that `marks_writes` sends the ETag of what a PUT or PATCH has begun to write as a header. `written` is the state
    of a plain resource while it is being written (`arm.settling`).
    """

    namespace: ClassVar[str]
    api_versions: ClassVar[str]
    other_api_versions: ClassVar[Mapping[str, str]] = _NOTHING
    throttle: ClassVar[Mapping[str, str]] = _NOTHING
    dialect: ClassVar[Dialect] = FRONT_DOOR
    polling: ClassVar[Polling] = Polling()
    located: ClassVar[bool] = True
    checks_ids: ClassVar[bool] = False
    links_exist: ClassVar[bool] = False
    steady: ClassVar[bool] = True
    marks_writes: ClassVar[bool] = True
    written: ClassVar[str] = "Succeeded"

    def etag(self, world: World, resource: Resource) -> str:
        """Return the ETag of a resource; empty where the provider has none."""
        del world, resource
        return ""

    def subject_id(self, call: Call) -> str:
        """Return the id of the resource whose region and rate limits count for a request."""
        return call.path

    def region_of(self, call: Call) -> str:
        """Return the region a request goes to: from its path, its resource, or its body; empty when it has none."""
        if "location" in call.params:
            return normal(call.params["location"])
        found = call.world.resources.get(self.subject_id(call))
        if found is not None:
            return normal(str(found.body.get("location", "")))
        location = call.body.get("location", "") if isinstance(call.body, dict) else ""
        return normal(str(location))

    def facts(self, call: Call) -> Json:
        """Return the facts that fault rules may match: name, region, machine size and image."""
        return {"name": call.path.rsplit("/", 1)[-1], "region": self.region_of(call), "size": "", "image": ""}

    def charges(self, call: Call) -> Iterator[Charge]:
        """Return the provider's buckets that a request takes tokens from, in addition to ARM's."""
        del call
        return iter(())

    def throttled(self, call: Call, refusal: Refusal) -> Problem:
        """Word the 429 of one of the provider's buckets."""
        del call
        headers = {"Retry-After": str(refusal.retry_after_s)}
        message = f"The number of requests exceeded the limit of {self.namespace}."
        return Problem(429, "TooManyRequests", message, headers=headers)

    def rate_limit_headers(self, call: Call, charges: list[Charge], remaining: Callable[[Charge], int]) -> Json:
        """Return the headers with the numbers left in the provider's buckets."""
        del call, charges, remaining
        return {}

    def invalid_name(self, name: str, pattern: str) -> Problem:
        """Word the refusal of a name that breaks the rule of its type."""
        return Problem(
            400, "InvalidResourceName", f"The resource name '{name}' does not match ^{pattern}$.", target=name
        )

    def unchangeable(self, path: str) -> Problem:
        """Word the refusal to change an immutable property."""
        return unchangeable(path)

    def wrong_type(self, call: Call, path: str, wanted: str, types: Sequence[str]) -> Problem:
        """Word the refusal of a reference to a resource of another type."""
        del call
        name = path.removeprefix("properties.")
        expected = f" It must be that of a resource of type {' or '.join(types)}." if types else ""
        return Problem(400, "InvalidParameter", f"The id '{wanted}' of '{name}' is invalid.{expected}", target=name)

    def etag_mismatch(self, resource: Resource, wanted: str, now: str) -> Problem:
        """Word the 412 of an `If-Match` that does not match."""
        del resource
        return Problem(
            412,
            "PreconditionFailed",
            f"Etag provided in if-match header {wanted} does not match etag {now} of resource.",
        )

    def own_properties(self, call: Call) -> Json:
        """Return the properties that the provider adds to a plain resource."""
        del call
        return {"provisioningState": "Succeeded"}

    def in_use(self, resource: Resource, user: Resource) -> Problem:
        """Word the refusal to delete a resource that another one uses."""
        text = f"{resource.name} cannot be deleted because it is in use by {user.id}."
        return Problem(409, "Conflict", text, target=resource.id)


_ROLES = (
    "2015-07-01 2018-01-01-preview 2018-09-01-preview 2020-03-01-preview 2020-04-01-preview 2020-08-01-preview "
    "2020-10-01-preview 2022-04-01"
)


class Authorization(ResourceProvider):
    """Microsoft.Authorization: role assignments, and the locks of the resource manager itself."""

    namespace = "Microsoft.Authorization"
    api_versions = _ROLES
    other_api_versions = MappingProxyType(
        {"operations": f"{_ROLES} 2021-12-01-preview", "permissions": f"{_ROLES} 2018-07-01"}
    )
    dialect = Dialect("BadRequestFormat", "The request was incorrectly formatted.", "InvalidJson")
    located = False


class Resources(ResourceProvider):
    """Microsoft.Resources: subscriptions, resource groups, and operations that belong to no other provider."""

    namespace = "Microsoft.Resources"
    api_versions = (
        "2015-11-01 2016-02-01 2016-06-01 2016-07-01 2016-09-01 2017-03-01 2017-05-01 2017-05-10 2017-06-01 "
        "2017-08-01 2018-01-01 2018-02-01 2018-05-01 2018-07-01 2018-08-01 2018-09-01 2018-11-01 2019-03-01 "
        "2019-04-01 2019-05-01 2019-07-01 2019-08-01 2019-09-01 2019-10-01 2019-11-01 2020-01-01 2020-06-01 "
        "2020-08-01 2020-10-01 2021-01-01 2021-04-01 2022-09-01 2022-12-01 2023-07-01 2024-03-01 2024-07-01 "
        "2024-11-01 2025-03-01 2025-04-01"
    )
    located = False

    def invalid_name(self, name: str, pattern: str) -> Problem:
        """Name the characters that are not allowed."""
        del pattern
        strange = "".join(sorted({each for each in name if not (each.isalnum() or each in "_-.()")})) or name[-1:]
        return Problem(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' has these invalid characters: '{strange}'. The name can "
            "only be a letter, digit, '-', '.', '(', ')' or '_'.",
            target=name,
        )


AUTHORIZATION, RESOURCES = Authorization(), Resources()
