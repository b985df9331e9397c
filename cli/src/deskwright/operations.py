"""Operations of the API by operation id: a table generated from its OpenAPI document."""

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

_VERSION = "beta"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body. *kind*: text, number, flag, texts or json; *secret*: it is never on a command line.

    *encoded*: it is text in Base64, which is made here of a file.
    *form*: its step and field in a wizard's form; *inside*: the member of the object that has its value.
    """

    name: str
    kind: str
    choices: tuple[str, ...] = ()
    required: bool = False
    secret: bool = False
    encoded: bool = False
    about: str = ""
    form: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """An action on a resource. *destroys*: whether data is lost that does not come back."""

    resource: str
    name: str
    destroys: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. *keyed*: it takes an Idempotency-Key; *matched*: an If-Match; *fields*: None without a body.

    *schema*: of the body, where the command line judges it itself. *action*: what it does, and with which resource.
    """

    name: str
    method: str
    path: str
    about: str
    query: tuple[str, ...]
    fields: tuple[Field, ...] | None
    keyed: bool
    matched: bool
    schema: Mapping[str, Any] = field(default_factory=dict)
    action: Action | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in its address that a caller gives; the tenant and Graph's version are known otherwise."""
        words = (part[1:-1] for part in self.path.split("/") if part.startswith("{"))
        return tuple(word for word in words if word not in {"tenant", "version"})

    @property
    def in_tenant(self) -> bool:
        """Whether it concerns one tenant."""
        return self.path.startswith("/tenants/{tenant}")

    @property
    def reads(self) -> bool:
        """Whether it only reads."""
        return self.method == "GET"

    def address(self, tenant: str, given: Mapping[str, str]) -> str:
        """Return its address below ``/api``."""
        words = {"tenant": tenant, "version": _VERSION, **given}
        return self.path.format(**{name: urllib.parse.quote(value, safe="") for name, value in words.items()})


@cache
def _table() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("operations.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def names() -> frozenset[str]:
    """Return the id of every operation."""
    return frozenset(_table())


def actions(resource: str) -> tuple[Operation, ...]:
    """Return the actions on a kind of resource."""
    found = (name for name, entry in _table().items() if entry.get("action", {}).get("resource") == resource)
    return tuple(operation(name) for name in found)


def operation_at(method: str, path: str) -> Operation:
    """Return the operation of a method and a path of the document. Raises: KeyError if there is none."""
    for name, entry in _table().items():
        if (entry["method"], entry["path"]) == (method, path):
            return operation(name)
    raise KeyError(f"{method} {path}")


@cache
def secret_places() -> frozenset[tuple[str, ...]]:
    """Return the places of the secrets in the bodies of all operations: the names of the members around each."""
    return frozenset(tuple(place.split("/")) for entry in _table().values() for place in entry.get("secrets", ()))


@cache
def operation(name: str) -> Operation:
    """Return an operation by its id. Raises: KeyError if there is none."""
    entry = _table()[name]
    fields = entry.get("fields")
    return Operation(
        name=name,
        method=entry["method"],
        path=entry["path"],
        about=entry["about"].replace("``", "'"),
        query=tuple(entry["query"]),
        fields=None if fields is None else tuple(_field(each) for each in fields),
        keyed=entry.get("keyed", False),
        matched=entry.get("matched", False),
        schema=entry.get("schema", {}),
        action=Action(**entry["action"]) if "action" in entry else None,
    )


def _field(entry: Mapping[str, Any]) -> Field:
    return Field(**{**entry, "choices": tuple(map(str, entry.get("choices", ())))})
