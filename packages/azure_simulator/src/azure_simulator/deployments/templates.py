"""A template with its parameters: its resources, the dependencies of each, and the outputs.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/syntax and resource-dependency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import unsupported
from azure_simulator.deployments import copies
from azure_simulator.deployments.expressions import Later, resolve
from azure_simulator.deployments.refusals import invalid_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.arm.registry import Registry
    from azure_simulator.core.answers import Json

SECURE = frozenset({"securestring", "secureobject"})
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "securestring": str,
    "int": int,
    "bool": bool,
    "object": dict,
    "secureobject": dict,
    "array": list,
}
_BESIDE = frozenset(
    {"type", "name", "apiVersion", "dependsOn", "comments", "condition", "copy", "metadata", "resourceGroup", "scope"}
)
_ENVIRONMENT = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
    "suffixes": {"storage": "core.windows.net"},
}
"""Members of `environment()` that templates of ours read."""
_NOT_SIMULATED = ("resources", "subscriptionId")
_GROUPS, NESTED = "microsoft.resources/resourcegroups", "microsoft.resources/deployments"
_SEE = "Please see https://aka.ms/arm-create-parameter-file for usage details"


def _unread(wanted: str, *_: str) -> Later:
    return Later(f"list('{wanted}')")


@dataclass(frozen=True, slots=True)
class Part:
    """A resource of a template: its id, and the ids of those that have to exist before it (lower case)."""

    id: str
    type: str
    name: str
    version: str
    body: Json
    after: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Scope of a deployment."""

    scope: str
    """The id of the resource group, or of the subscription."""
    location: str
    name: str
    tenant: str


class Template:
    """A template. Reading it refuses everything that Resource Manager refuses before a resource is created."""

    def __init__(self, place: Place, template: Json, given: Json, types: Registry) -> None:
        self._place, self._template, self._types = place, template, types
        self.parameters = self._read_parameters(given)
        self._functions: dict[str, Callable[..., Any]] = {
            "parameters": self._parameter,
            "variables": self._variable,
            "resourceid": self._resource_id,
            "resourcegroup": self._group,
            "subscription": self._subscription,
            "tenant": lambda: {"tenantId": place.tenant},
            "deployment": lambda: {"name": place.name, "location": place.location},
            "subscriptionresourceid": self._subscription_resource_id,
            "extensionresourceid": self._extension_resource_id,
            "tenantresourceid": self._tenant_resource_id,
            "environment": lambda: _ENVIRONMENT,
            "copyindex": _outside_of_loops,
            "providers": self._provider,
        }
        self._rows: list[Json] = copies.unrolled(template.get("resources") or [], self._early)
        self.parts = self._read_parts()
        self._check_order()

    def body(self, part: Part, reference: Callable[..., Any], listed: Callable[..., Any] = _unread) -> Json:
        """Return the body of a resource, as `resolve` does; the template of a nested deployment is its own."""
        inner = part.body.get("properties", {}).get("template") if part.type.lower() == NESTED else None
        if inner is None:
            found: Json = self.resolve(part.body, reference, listed)
            return found
        options = part.body["properties"].get("expressionEvaluationOptions") or {}
        if str(options.get("scope", "")).lower() != "inner":
            raise unsupported("properties.expressionEvaluationOptions", "A nested deployment of the outer scope")
        outer = {name: each for name, each in part.body["properties"].items() if name != "template"}
        resolved = self.resolve({**part.body, "properties": outer}, reference, listed)
        return {**resolved, "properties": {**resolved["properties"], "template": inner}}

    def resolve(self, value: object, reference: Callable[..., Any], listed: Callable[..., Any] = _unread) -> Any:  # noqa: ANN401 - JSON
        """Evaluate an expression that may refer to existing resources; `reference(id, full)` shows one.

        `listed(id, version)` gives what its operation `list` answers; a preview does not ask.
        """

        def referred(wanted: str, *more: str) -> Any:  # noqa: ANN401 - JSON
            full = len(more) > 1 and more[1].lower() == "full"
            return reference(wanted if wanted.startswith("/") else self._by_name(wanted), full)

        return resolve(value, {**self._functions, "reference": referred, "list": listed})

    @property
    def outputs(self) -> Json:
        """Return the outputs, not evaluated."""
        return self._template.get("outputs") or {}

    def shown_parameters(self) -> Json:
        """Return the parameters as a deployment shows them: of a secure one its type alone."""
        rows = self._declared()
        return {
            name: {"type": _KIND_NAMES[kind]} | ({} if kind in SECURE else {"value": self.parameters[name]})
            for name in rows
            if (kind := str(rows[name].get("type", "")).lower())
        }

    def _declared(self) -> Json:
        return self._template.get("parameters") or {}

    def _read_parameters(self, given: Json) -> Json:
        declared = self._declared()
        strange = [name for name in given if name.lower() not in {each.lower() for each in declared}]
        if strange:
            text = f"The template parameters '{', '.join(strange)}' in the parameters file are not valid; they are "
            text += "not present in the original template and can therefore not be provided at deployment time. The "
            text += f"only supported parameters for this template are '{', '.join(declared)}'. {_SEE}"
            raise invalid_template(text)
        by_name = {name.lower(): value for name, value in given.items()}
        found: Json = {}
        for name, row in declared.items():
            value = by_name.get(name.lower(), {}).get("value", row.get("defaultValue"))
            if value is None:
                raise invalid_template(f"The value for the template parameter '{name}' is not provided. {_SEE}")
            found[name] = value
            _check_parameter(name, row, value)
        return found

    def _read_parts(self) -> tuple[Part, ...]:
        found: dict[str, Part] = {}
        for row in self._rows:
            for name in _NOT_SIMULATED:
                if name in row:
                    raise unsupported(f"template.resources.{name}", f"A template whose resources have '{name}'")
            kind, name = (str(self._early(row.get(key, ""))) for key in ("type", "name"))
            if self._early(row.get("condition", True)) is not True:
                continue
            wanted = self._id_of(row, kind, name)
            waits = (self._dependencies(str(self._early(each))) for each in row.get("dependsOn") or ())
            after = frozenset(each.lower() for found in waits for each in found)
            body = {key: value for key, value in row.items() if key not in _BESIDE}
            if wanted.lower() in found:
                text = f"The resource '{wanted}' at line '1' and column '1' is defined multiple times in a template"
                raise invalid_template(text)
            version = str(self._early(row.get("apiVersion", "")))
            found[wanted.lower()] = Part(wanted, kind, name, version, body, after)
        return tuple(found.values())

    def _check_order(self) -> None:
        """Refuse dependencies on nothing, and circles."""
        left = {part.id.lower(): part for part in self.parts}
        for part in self.parts:
            missing = sorted(part.after - left.keys())
            if missing and not self._is_conditional(missing[0]):
                raise invalid_template(f"The resource '{missing[0]}' is not defined in the template")
        while left:
            free = [key for key, part in left.items() if not part.after & left.keys()]
            if not free:
                first = next(iter(left.values()))
                raise invalid_template(f"Circular dependency detected on resource: '{first.id}'")
            for key in free:
                del left[key]

    def _is_conditional(self, wanted: str) -> bool:
        """Return whether a resource is in the template and its condition is false."""
        rows = (row for row in self._rows if "condition" in row)
        named = ((row, str(self._early(row["type"])), str(self._early(row["name"]))) for row in rows)
        return any(self._id_of(*each).lower() == wanted for each in named)

    def _early(self, value: object) -> Any:  # noqa: ANN401 - JSON
        """Evaluate an expression whose value must be known before anything exists."""
        return resolve(value, self._functions)

    def _dependencies(self, wanted: str) -> list[str]:
        """Return the ids that a dependency names: all copies of a loop, or one resource."""
        copied = [row for row in self._rows if str(row.get("copy", "")).lower() == wanted.lower()]
        named = ((row, str(self._early(row["type"])), str(self._early(row["name"]))) for row in copied)
        return [self._id_of(*each) for each in named] or [self._dependency(wanted)]

    def _dependency(self, wanted: str) -> str:
        """Return the id of a resource's dependency: given by id, by `type/name`, or by its name alone."""
        if wanted.startswith("/"):
            return wanted
        namespace, *rest = wanted.split("/")
        if "." in namespace and len(rest) > 1 and len(rest) % 2 == 0:
            return self._id("/".join([namespace, *rest[::2]]), *rest[1::2])
        return self._by_name(wanted)

    def _by_name(self, wanted: str) -> str:
        """Return the id of the one resource of a name."""
        found = []
        for row in self._rows:
            kind, name = (str(self._early(row.get(key, ""))) for key in ("type", "name"))
            if name.lower() == wanted.lower():
                found.append(self._id_of(row, kind, name))
        if len(found) != 1:
            raise invalid_template(f"The template resource reference '{wanted}' is not valid")
        return found[0]

    def _id(self, kind: str, *names: str) -> str:
        namespace, *types = kind.split("/")
        if not types or len(types) != len(names) or not all(names):
            text = f"The template resource '{'/'.join(names)}' for type '{kind}' has incorrect segment lengths. A "
            text += "nested resource type must have identical number of segments as its resource name. A root resource "
            raise invalid_template(f"{text}type must have segment length one greater than its resource name")
        below = "/".join(f"{each}/{name}" for each, name in zip(types, names, strict=True))
        if kind.lower() == _GROUPS:
            return f"/subscriptions/{self._place.scope.split('/')[2]}/{below}"
        return f"{self._place.scope}/providers/{namespace}/{below}"

    def _id_of(self, row: Json, kind: str, name: str) -> str:
        """Return the id of a resource of the template; a nested deployment may go to another resource group."""
        wanted = self._id(kind, *name.split("/"))
        if "scope" in row:
            tail = self._id(kind, *name.split("/")).rpartition("/providers/")[2]
            return f"{self._dependency(str(self._early(row['scope'])))}/providers/{tail}"
        if "resourceGroup" not in row:
            return wanted
        if kind.lower() != NESTED:
            raise unsupported("template.resources.resourceGroup", "A resource in another resource group")
        group = f"/subscriptions/{self._place.scope.split('/')[2]}/resourceGroups/{self._early(row['resourceGroup'])}"
        return f"{group}/providers/{wanted.rpartition('/providers/')[2]}"

    def _parameter(self, name: str) -> Any:  # noqa: ANN401 - JSON
        by_name = {each.lower(): value for each, value in self.parameters.items()}
        if name.lower() not in by_name:
            raise invalid_template(f"The template parameter '{name}' is not found")
        return self._early(by_name[name.lower()])

    def _variable(self, name: str) -> Any:  # noqa: ANN401 - JSON
        plain, loops = copies.separated(self._template.get("variables") or {})
        by_name = {each.lower(): value for each, value in plain.items()}
        by_loop = {each["name"].lower(): each for each in loops}
        if name.lower() in by_loop:
            return copies.repeated(by_loop[name.lower()], self._early)
        if name.lower() not in by_name:
            raise invalid_template(f"The template variable '{name}' is not found")
        return self._early(by_name[name.lower()])

    def _group(self) -> Json:
        scope = self._place.scope
        if "/resourcegroups/" not in scope.lower():
            text = "The template function 'RESOURCEGROUP' is not expected at this location"
            raise invalid_template(f"{text}: the deployment goes to a subscription")
        return {"id": scope, "name": scope.rpartition("/")[2], "location": self._place.location}

    def _subscription(self) -> Json:
        wanted = self._place.scope.split("/")[2]
        return {"id": f"/subscriptions/{wanted}", "subscriptionId": wanted, "tenantId": self._place.tenant}

    def _resource_id(self, *words: str) -> str:
        """Return an id; a group, or a subscription and a group, may stand before the type."""
        at = next((index for index, word in enumerate(words) if "/" in word), 0)
        place = self._place.scope.split("/")[2::2]
        if len(place) + at < 2:  # noqa: PLR2004 - a subscription and a group
            return self._id(*words)
        sub, group = (*place, *words[:at])[-2:] if at != 1 else (place[0], words[0])
        tail = self._id(*words[at:]).partition("/providers/")[2]
        return f"/subscriptions/{sub}/resourceGroups/{group}/providers/{tail}"

    def _subscription_resource_id(self, *words: str) -> str:
        at = next((index for index, word in enumerate(words) if "/" in word), 0)
        sub = words[0] if at else self._place.scope.split("/")[2]
        if words[at].lower() == _GROUPS:
            return f"/subscriptions/{sub}/resourceGroups/{words[at + 1]}"
        tail = self._id(*words[at:]).rpartition("/providers/")[2]
        return f"/subscriptions/{sub}/providers/{tail}"

    def _extension_resource_id(self, scope: str, *words: str) -> str:
        return f"{scope}/providers/{self._id(*words).rpartition('/providers/')[2]}"

    def _tenant_resource_id(self, *words: str) -> str:
        return f"/providers/{self._id(*words).rpartition('/providers/')[2]}"

    def _provider(self, namespace: str, kind: str) -> Json:
        versions = sorted(self._types.versions_of(f"{namespace}/{kind}"), reverse=True)
        return {"resourceType": kind, "apiVersions": versions}


def _outside_of_loops(*_: object) -> None:
    raise invalid_template("The template function 'copyIndex' has no loop of this name around it")


_KIND_NAMES = {
    "string": "String",
    "securestring": "SecureString",
    "int": "Int",
    "bool": "Bool",
    "object": "Object",
    "secureobject": "SecureObject",
    "array": "Array",
}


def _check_parameter(name: str, row: Json, value: object) -> None:
    kind = str(row.get("type", "")).lower()
    if isinstance(value, Later):
        return
    if kind not in _KINDS:
        raise invalid_template(f"The template parameter '{name}' has the invalid type '{row.get('type')}'")
    fits = isinstance(value, _KINDS[kind]) and not (kind == "int" and isinstance(value, bool))
    if not fits and not (isinstance(value, str) and value.startswith("[")):
        text = f"Template parameter JToken type is not valid. Expected '{_KIND_NAMES[kind]}' for '{name}'. {_SEE}"
        raise invalid_template(text)
    allowed = row.get("allowedValues")
    if allowed and value not in allowed:
        listed = ",".join(map(str, allowed))
        text = f"The provided value '{value}' for the template parameter '{name}' is not valid. The value '{value}"
        raise invalid_template(f"{text}' is not part of the allowed value(s): '{listed}'")


def without_null(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave out members that are null: a template has them for values that were not given."""
    if isinstance(value, dict):
        return {name: without_null(each) for name, each in value.items() if each is not None}
    return [without_null(each) for each in value] if isinstance(value, list) else value
