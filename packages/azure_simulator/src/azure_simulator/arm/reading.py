"""Read the fields of request bodies strictly; refuse them in Azure's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.regions import REGIONS, normal
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.calls import Call

_NAMES = {"string": str, "object": dict, "array": list, "boolean": bool, "integer": int}
_MISSING = object()
_NOT_IN_TAGS = re.compile(r"[<>%&\\?/\x00-\x1f\x7f]")
_MOST_TAGS, _LONGEST_TAG, _LONGEST_VALUE = 50, 512, 256


def read(body: Json, path: str, kind: str, default: object = _MISSING) -> Any:  # noqa: ANN401 - JSON
    """Return the value at a dotted path.

    `kind` is string, object, array, boolean or integer. Without `default` the property is
    required. A property of another type is refused always.
    """
    value: Any = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            break
    if value is None:
        if default is _MISSING:
            raise missing(path)
        return default
    wanted = _NAMES[kind]
    if not isinstance(value, wanted) or (kind == "integer" and isinstance(value, bool)):
        raise Problem(
            400,
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized: 'Error converting "
            f"value \"{str(value)[:60]}\" to type {kind}. Path '{path}'.'.",
            target=path,
        )
    return value


def missing(path: str) -> Problem:
    """Word a missing property."""
    return Problem(400, "InvalidParameter", f"Required parameter '{path}' is missing (null).", target=path)


def invalid(path: str, why: str) -> Problem:
    """Word a value that is not allowed."""
    return Problem(400, "InvalidParameter", why, target=path)


def unsupported(path: str, what: str) -> Problem:
    """Return the error for a feature of Azure that the simulator lacks; Azure's words would deny that it exists."""
    text = f"{what} is documented by Azure and not supported by the simulator."
    return Problem(400, "NotSupportedBySimulator", text, target=path)


def unchangeable(path: str) -> Problem:
    """Return the error for a change of a property that is fixed at creation."""
    return Problem(409, "PropertyChangeNotAllowed", f"Changing property '{path}' is not allowed.", target=path)


def check_name(name: str, pattern: str, rule: str) -> None:
    """Refuse a resource name that breaks its rule."""
    if re.fullmatch(pattern, name) is None:
        raise Problem(400, "InvalidResourceName", f"Resource name {name} is invalid. {rule}", target=name)


def location_of(call: Call) -> str:
    """Return the body's location; required for everything tracked."""
    location = call.object().get("location")
    if not isinstance(location, str) or not location:
        raise Problem(400, "LocationRequired", "The location property is required for this definition.")
    return location.replace(" ", "").lower()


def need_region(call: Call) -> str:
    """Return the region in the path, which must be one."""
    region = normal(call.param("location"))
    if region not in REGIONS:
        raise Problem(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '{region}' and API version "
            f"'{call.query.get('api-version', '')}' for type 'locations/{call.path.rpartition('/')[2]}'. The supported "
            f"locations are '{', '.join(REGIONS)}'.",
        )
    return region


def need_group(call: Call) -> None:
    """Refuse a request below a group that does not exist, or for a provider that is not registered."""
    provider = call.route.action.partition("/")[0]
    unregistered = {each.lower() for each in call.world.config.get("unregisteredProviders", [])}
    if provider.lower() in unregistered:
        raise Problem(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{provider}'. See "
            "https://aka.ms/rps-not-found for how to register subscriptions.",
        )
    group = f"/subscriptions/{call.params['sub']}/resourceGroups/{call.params['rg']}"
    found = call.world.resources.get(group)
    if found is None:
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.params['rg']}' could not be found.")
    if found.properties.get("provisioningState") == "Deleting":
        raise Problem(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{call.params['rg']}' is in deprovisioning state and cannot perform this operation.",
        )


def tags_of(body: Json) -> dict[str, str]:
    """Return the body's tags: at most 50, with names and values Azure can keep.

    `hidden-link:/subscriptions/...` is how an availability test names its component.
    """
    tags = read(body, "tags", "object", {})
    if len(tags) > _MOST_TAGS or not all(isinstance(value, str) for value in tags.values()):
        raise Problem(400, "InvalidTags", "At most 50 tags with text values are allowed.")
    strange = [name for name in tags if not name.startswith("hidden-link:") and _NOT_IN_TAGS.search(name)]
    if strange:
        raise Problem(
            400,
            "InvalidTagNameCharacters",
            f"The tag names '{', '.join(strange)}' have reserved characters '<,>,%,&,\\,?,/' or control characters.",
        )
    _check_length("InvalidTagName", "name", "key", tags, _LONGEST_TAG)
    _check_length("InvalidTagValueLength", "value", "value", tags.values(), _LONGEST_VALUE)
    return dict(tags)


def tagged(tags: dict[str, str]) -> Json:
    """Return the tags as a resource shows them: one without any has no such member (recorded)."""
    return {"tags": tags} if tags else {}


def _check_length(code: str, what: str, short: str, texts: Iterable[str], limit: int) -> None:
    long = [text for text in texts if len(text) > limit]
    if long:
        raise Problem(
            400,
            code,
            f"Tag {short} too large. Following tag {what} '{', '.join(long)}' exceeded the maximum length. Maximum "
            f"allowed length for tag {what} - '{limit}' characters.",
        )
