"""Template deployments as the requests that they stand for.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions. As far as the templates of
`az` go: literals, `parameters`, `variables`, `resourceId`, `concat` and a few more. Others raise `NotUnrolledError`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_]\w*)|(.))")
_ORDER = ("virtualnetworks", "networksecuritygroups", "publicipaddresses", "natgateways", "networkinterfaces", "disks")
_LAST = ("virtualmachines", "virtualmachines/extensions")


class NotUnrolledError(Exception):
    """The template has something that is not understood here."""


class Template:
    """One deployment: its template, its parameters, and where it goes."""

    def __init__(self, path: str, body: Mapping[str, Any]) -> None:
        properties = body.get("properties") or {}
        self._template = properties.get("template") or {}
        self._given = properties.get("parameters") or {}
        parts = path.split("/")
        if "template" not in properties or "/resourcegroups/" not in path.lower():
            raise NotUnrolledError("no template of a resource group")
        self._subscription, self._group = parts[2], parts[4]

    def requests(self, location: str) -> list[tuple[str, dict[str, Any]]]:
        """Return (path, body) of every resource, those first that others refer to. Raises: NotUnrolledError."""
        found = []
        for each in self._template.get("resources") or ():
            if "copy" in each or "condition" in each or "resources" in each:
                raise NotUnrolledError("copies, conditions and nested resources")
            body = {name: self._value(value) for name, value in each.items()}
            found.append((self._id(str(body["type"]), *str(body["name"]).split("/")), _body(body, location)))
        return sorted(found, key=lambda one: _rank(one[0]))

    def _id(self, kind: str, *names: str) -> str:
        namespace, *types = kind.split("/")
        if len(types) != len(names):
            raise NotUnrolledError(f"the name of {kind}")
        below = "/".join(f"{each}/{name}" for each, name in zip(types, names, strict=True))
        return f"/subscriptions/{self._subscription}/resourceGroups/{self._group}/providers/{namespace}/{below}"

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._value(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if isinstance(value, str) and value.startswith("[") and value.endswith("]") and not value.startswith("[["):
            return self._evaluate([match.groups() for match in _TOKEN.finditer(value[1:-1])])
        return value

    def _evaluate(self, tokens: list[Any]) -> Any:
        value = self._expression(tokens)
        if tokens and any(any(each) for each in tokens):
            raise NotUnrolledError("an expression")
        return value

    def _expression(self, tokens: list[Any]) -> Any:
        text, number, name, other = tokens.pop(0) if tokens else (None, None, None, "")
        if text is not None:
            return text.replace("''", "'")
        if number is not None:
            return int(number)
        if name is None or not tokens or tokens.pop(0)[3] != "(":
            raise NotUnrolledError(f"an expression at {other or name}")
        arguments = []
        while tokens and tokens[0][3] != ")":
            if tokens[0][3] == ",":
                tokens.pop(0)
            arguments.append(self._expression(tokens))
        if tokens:
            tokens.pop(0)
        return self._members(self._call(name, arguments), tokens)

    def _members(self, value: Any, tokens: list[Any]) -> Any:
        while tokens and tokens[0][3] == ".":
            tokens.pop(0)
            name = tokens.pop(0)[2]
            if not isinstance(value, dict) or name not in value:
                raise NotUnrolledError(f"the member {name}")
            value = value[name]
        return value

    def _call(self, name: str, arguments: list[Any]) -> Any:
        functions: dict[str, Callable[..., Any]] = {
            "parameters": self._parameter,
            "variables": lambda key: self._value((self._template.get("variables") or {})[key]),
            "resourceid": self._resource_id,
            "concat": lambda *texts: "".join(map(str, texts)),
            "tolower": str.lower,
            "subscription": lambda: {
                "subscriptionId": self._subscription,
                "id": f"/subscriptions/{self._subscription}",
            },
            "resourcegroup": lambda: {
                "name": self._group,
                "id": f"/subscriptions/{self._subscription}/resourceGroups/{self._group}",
            },
        }
        function = functions.get(name.lower())
        if function is None:
            raise NotUnrolledError(f"the function {name}")
        try:
            return function(*arguments)
        except (TypeError, KeyError) as error:
            raise NotUnrolledError(f"{name}: {error}") from error

    def _parameter(self, key: str) -> Any:
        if key in self._given and "value" in self._given[key]:
            return self._given[key]["value"]
        return self._value((self._template.get("parameters") or {})[key]["defaultValue"])

    def _resource_id(self, *words: str) -> str:
        if "/" in words[0]:
            return self._id(words[0], *words[1:])
        raise NotUnrolledError("an id in another group")


def _body(body: dict[str, Any], location: str) -> dict[str, Any]:
    beside = {"type", "name", "apiVersion", "dependsOn", "comments"}
    kept = {name: value for name, value in body.items() if name not in beside}
    made: dict[str, Any] = _without_null({"location": location, **kept})
    return made


def _without_null(value: Any) -> Any:
    """Leave out members that are null, or have such only: a template has them for what was not given."""
    if isinstance(value, dict):
        kept = {name: _without_null(each) for name, each in value.items() if each is not None}
        return {name: each for name, each in kept.items() if each != {} or value[name] == {}}
    return [_without_null(each) for each in value] if isinstance(value, list) else value


def _rank(path: str) -> int:
    kind = "/".join(path.lower().rpartition("/providers/")[2].split("/")[1::2])
    if kind in _ORDER:
        return _ORDER.index(kind)
    return len(_ORDER) + 1 + _LAST.index(kind) if kind in _LAST else len(_ORDER)
