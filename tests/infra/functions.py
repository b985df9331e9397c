"""Bicep's functions: how many arguments each takes, and what is known of its result before a deployment.

Source: https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.infra.values import Unknown, Value, certain, kind_of, lengths

MANY = 99
TEXTS = {
    "concat": (1, MANY),
    "extensionResourceId": (3, MANY),
    "format": (2, MANY),
    "guid": (1, MANY),
    "join": (2, 2),
    "newGuid": (0, 0),
    "padLeft": (2, 3),
    "replace": (3, 3),
    "resourceId": (2, MANY),
    "string": (1, 1),
    "subscriptionResourceId": (2, MANY),
    "substring": (2, 3),
    "tenantResourceId": (2, MANY),
    "toLower": (1, 1),
    "toUpper": (1, 1),
    "trim": (1, 1),
    "uniqueString": (1, MANY),
    "uri": (2, 2),
    "utcNow": (0, 1),
    "base64": (1, 1),
    "readEnvironmentVariable": (1, 2),
    "loadTextContent": (1, 2),
    "cidrSubnet": (3, 3),
}
OTHERS = {
    "any": (1, 1, "any"),
    "bool": (1, 1, "boolean"),
    "contains": (2, 2, "boolean"),
    "empty": (1, 1, "boolean"),
    "endsWith": (2, 2, "boolean"),
    "environment": (0, 0, "any"),
    "filter": (2, 2, "array"),
    "first": (1, 1, "any"),
    "flatten": (1, 1, "array"),
    "int": (1, 1, "integer"),
    "intersection": (2, MANY, "any"),
    "items": (1, 1, "array"),
    "json": (1, 1, "any"),
    "last": (1, 1, "any"),
    "length": (1, 1, "integer"),
    "list": (2, 3, "any"),
    "loadJsonContent": (1, 3, "any"),
    "map": (2, 2, "array"),
    "max": (1, MANY, "integer"),
    "min": (1, MANY, "integer"),
    "objectKeys": (1, 1, "array"),
    "range": (2, 2, "array"),
    "reduce": (3, 3, "any"),
    "resourceGroup": (0, 2, "any"),
    "skip": (2, 2, "any"),
    "split": (2, 2, "array"),
    "startsWith": (2, 2, "boolean"),
    "subscription": (0, 1, "any"),
    "take": (2, 2, "any"),
    "tenant": (0, 0, "any"),
    "toObject": (2, 3, "object"),
    "union": (2, MANY, "any"),
}
_ONLY_TEXTS = {
    *("base64", "extensionResourceId", "guid", "loadJsonContent", "loadTextContent", "readEnvironmentVariable"),
    *("replace", "resourceGroup", "resourceId", "subscription", "subscriptionResourceId", "tenantResourceId"),
    *("toLower", "toUpper", "trim", "uniqueString", "uri", "startsWith", "endsWith"),
}
"""Functions that take texts alone."""
_MIXED = {
    "join": ({"array"}, {"string"}),
    "range": ({"integer"}, {"integer"}),
    "skip": ({"string", "array"}, {"integer"}),
    "split": ({"string"}, {"string", "array"}),
    "substring": ({"string"}, {"integer"}, {"integer"}),
    "take": ({"string", "array"}, {"integer"}),
    "cidrSubnet": ({"string"}, {"integer"}, {"integer"}),
    "int": ({"string", "integer"},),
    "length": ({"string", "array", "object"},),
}
"""Function -> the kinds of each of its arguments."""
SIGNATURES = {**{name: (*counts, "string") for name, counts in TEXTS.items()}, **OTHERS}
"""Name -> least arguments, most arguments, kind of the result."""

_TEXT = Unknown("string")
PLACES = {
    "resourceGroup": {"id": _TEXT, "name": _TEXT, "location": _TEXT, "tags": Unknown("object")},
    "subscription": {"id": _TEXT, "subscriptionId": _TEXT, "tenantId": _TEXT, "displayName": _TEXT},
    "tenant": {"tenantId": _TEXT, "countryCode": _TEXT, "displayName": _TEXT},
    "environment": {
        "name": "AzureCloud",
        "resourceManager": "https://management.azure.com/",
        "portal": "https://portal.azure.com",
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com/", "tenant": "common"},
        "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
    },
}


def _contains(where: Value, what: Value) -> bool:
    return what in where


def _union(*all_: Value) -> Value:
    if isinstance(all_[0], dict):
        return {name: value for each in all_ for name, value in each.items()}
    found: list[Value] = []
    for each in all_:
        found += [one for one in each if one not in found]
    return found


KNOWN: dict[str, Callable[..., Value]] = {
    "bool": lambda value: value if isinstance(value, bool) else {"true": True, "false": False}[value.lower()],
    "concat": lambda *all_: "".join(all_) if isinstance(all_[0], str) else [one for each in all_ for one in each],
    "contains": _contains,
    "empty": lambda value: value is None or not value,
    "endsWith": lambda value, end: value.lower().endswith(end.lower()),
    "first": lambda value: value[0] if value else None,
    "int": int,
    "items": lambda value: [{"key": key, "value": value[key]} for key in sorted(value)],
    "json": json.loads,
    "join": lambda values, sign: sign.join(values),
    "length": len,
    "objectKeys": sorted,
    "range": lambda start, count: list(range(start, start + count)),
    "replace": lambda value, old, new: value.replace(old, new),
    "split": lambda value, sign: value.split(sign),
    "startsWith": lambda value, start: value.lower().startswith(start.lower()),
    "string": lambda value: value if isinstance(value, str) else json.dumps(value, separators=(",", ":")),
    "take": lambda value, count: value[:count],
    "toLower": str.lower,
    "toUpper": str.upper,
    "union": _union,
}
"""Functions that are computed if every argument is known."""


def _check_kinds(name: str, arguments: list[Value]) -> None:
    """Refuse arguments of another kind than a function takes."""
    texts = [{"string"}] * len(arguments) if name in _ONLY_TEXTS else []
    for number, (kinds, value) in enumerate(zip(_MIXED.get(name, texts), arguments, strict=False), 1):
        if kind_of(value) not in kinds | {"any"}:
            raise ValueError(f"argument {number} is of the kind {kind_of(value)}, not {' or '.join(sorted(kinds))}")


def called(name: str, arguments: list[Value], folder: Path) -> Value:
    """Return the result of a function whose name and arguments are right; files are below the template's folder."""
    least, most, kind = SIGNATURES[name]
    if not least <= len(arguments) <= most:
        raise ValueError(f"{name} takes {least} to {most} arguments, not {len(arguments)}")
    _check_kinds(name, arguments)
    if name in PLACES:
        return PLACES[name]
    if name in {"loadTextContent", "loadJsonContent"}:
        path = folder / str(arguments[0])
        if not path.is_file():
            raise ValueError(f"there is no file {arguments[0]}")
        read = path.read_text("utf-8")
        return read if name == "loadTextContent" else json.loads(read)
    if name == "readEnvironmentVariable":
        return arguments[1] if len(arguments) > 1 else Unknown("string")
    if name == "empty" and kind_of(arguments[0]) in {"boolean", "integer"}:
        raise ValueError("empty takes no number and no boolean")
    if name in KNOWN and all(map(certain, arguments)):
        return KNOWN[name](*arguments)
    return arguments[0] if name == "any" else _unknown(name, arguments, kind)


def _unknown(name: str, arguments: list[Value], kind: str) -> Unknown:
    """Return the kind and the lengths of a result, whose value only the deployment has."""
    if name == "take" and isinstance(arguments[1], int):
        longest = lengths(arguments[0])[1]
        return Unknown(kind_of(arguments[0]), None, arguments[1] if longest is None else min(longest, arguments[1]))
    if name == "concat" and any(kind_of(each) == "array" for each in arguments):
        return Unknown("array")
    return Unknown(kind)
