"""Rows <-> values: the value as JSON with a schema version, split into properties of limited length.

Reads the current version and the one before, so that rows stay readable after an upgrade (docs/decisions/0009).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from shared.domain.values import Value
from shared.errors import TooLargeError
from shared.storage.tables import Row

T = TypeVar("T", bound=Value)

_PART = 32_000  # a property holds 64 KiB of UTF-16; the JSON is ASCII, so one character is two bytes
_PARTS = 15  # a row holds 1 MiB
_KEY = 400  # characters; a key holds 1 KiB of UTF-16
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._@:")

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]


class SchemaError(Exception):
    """A row has a schema version that this release of Deskwright cannot read."""


class Codec(Generic[T]):
    """Turns values of one model into rows and back; *upgrade* converts the JSON of the version before *version*."""

    def __init__(self, model: type[T], *, version: int = 1, upgrade: Upgrade | None = None) -> None:
        self._model, self._version, self._upgrade = model, version, upgrade

    def row(self, value: T, partition: str, key: str, columns: dict[str, Any] | None = None) -> Row:
        """Return the row of *value*, with *columns* to filter by; those that are None are left out."""
        row: Row = {"PartitionKey": escaped(partition), "RowKey": escaped(key), "schema": self._version}
        row.update({name: column for name, column in (columns or {}).items() if column is not None})
        row.update(parts(value.to_json()))
        return row

    def value(self, row: Row) -> T:
        """Return the value in *row*. Raises: SchemaError unless its version is the current one or the one before."""
        body = joined(row)
        version = row["schema"]
        if version == self._version - 1 and self._upgrade is not None:
            body = self._upgrade(body)
        elif version != self._version:
            raise SchemaError(f"{self._model.__name__} of version {version} cannot be read as {self._version}")
        return self._model.model_validate(body)


def parts(body: Any) -> dict[str, str]:
    """Return *body* as JSON in properties ``body0``, ``body1``... Raises: TooLargeError."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=True)
    if len(text) > _PART * _PARTS:
        raise TooLargeError("what was sent is too large to be kept")
    return {f"body{n}": text[at : at + _PART] for n, at in enumerate(range(0, len(text), _PART))}


def joined(row: Row) -> Any:
    """Return the JSON value that ``parts`` has split."""
    text, n = "", 0
    while (part := row.get(f"body{n}")) is not None:
        text, n = text + str(part), n + 1
    return json.loads(text)


def escaped(key: str) -> str:
    """Return *key* as a legal key: other characters become ``~`` and two hex digits for each byte.

    Different keys stay different; keys too long for Table Storage end in a hash.
    """
    legal = "".join(
        c if c in _PLAIN else "".join(f"~{byte:02x}" for byte in c.encode("utf-8", "surrogatepass")) for c in key
    )
    if len(legal) <= _KEY:
        return legal
    return f"{legal[: _KEY - 66]}~~{hashlib.sha256(legal.encode()).hexdigest()}"
