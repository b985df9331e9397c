"""Rows <-> values: the value as JSON with a schema version, split into properties of limited length.

Reads the current version and the one before, so that rows stay readable after an upgrade (docs/decisions/0009). What a
newer release has written and this one does not know is kept when the row is read and written back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from shared.domain.values import Value
from shared.errors import TooLargeError
from shared.storage.tables import Row

T = TypeVar("T", bound=Value)

_PART = 32_000  # a property holds 64 KiB of UTF-16; the JSON is ASCII, so one character is two bytes
_PARTS = 15  # a row holds 1 MiB
_EXTRA = "extra_forbidden"
_SHOWN = 3  # fields that are named of a record that cannot be read
_KEY = 400  # characters; a key holds 1 KiB of UTF-16
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._@:")

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]


class SchemaError(Exception):
    """A row cannot be read by this release of Deskwright; the message says why, in words for people."""


@dataclass(frozen=True, slots=True)
class Newer:
    """A row of a newer release: its JSON, and the part of it that this release knows."""

    body: Any
    known: Any

    def after(self, written: Any) -> Newer:
        """Return the newer fields for the row that this release has *written* in place of this one."""
        return Newer(_with_unknown(self.body, self.known, written), written)


class SeenETag(str):
    """An ETag with the fields of a newer release: a write that replaces the row keeps them."""

    __slots__ = ("newer",)
    newer: Newer | None


def seen(etag: str, newer: Newer | None) -> str:
    """Return *etag*, with the newer fields that a write in its place has to keep."""
    if newer is None:
        return etag
    made = SeenETag(etag)
    made.newer = newer
    return made


def newer_of(etag: str | None) -> Newer | None:
    """Return the fields of newer releases that a write in place of *etag* has to keep."""
    return etag.newer if isinstance(etag, SeenETag) else None


class Codec(Generic[T]):
    """Turns values of one model into rows and back; *upgrade* converts the JSON of the version before *version*."""

    def __init__(self, model: type[T], *, version: int = 1, upgrade: Upgrade | None = None) -> None:
        self._model, self._version, self._upgrade = model, version, upgrade

    def row(
        self, value: T, partition: str, key: str, columns: dict[str, Any] | None = None, newer: Newer | None = None
    ) -> Row:
        """Return the row of *value*, with *columns* to filter by, except those that are None.

        *newer*: what the row that it replaces has besides; a newer release has written it, and it stays.
        """
        row: Row = {"PartitionKey": escaped(partition), "RowKey": escaped(key), "schema": self._version}
        row.update({name: column for name, column in (columns or {}).items() if column is not None})
        body = value.to_json()
        row.update(parts(body if newer is None else newer.after(body).body))
        return row

    def value(self, row: Row) -> T:
        """Return the value in *row*. Raises: SchemaError."""
        return self.read(row)[0]

    def read(self, row: Row) -> tuple[T, Newer | None]:
        """Return the value in *row*, with the fields that a newer release has written into it. Raises: SchemaError."""
        try:
            body, version = joined(row), row["schema"]
            if version == self._version - 1 and self._upgrade is not None:
                body = self._upgrade(body)
            elif version != self._version:
                raise SchemaError(f"it has version {version} of its format, and this release reads {self._version}")
            return self._validated(body)
        except (ValidationError, ValueError, LookupError, TypeError) as error:
            raise SchemaError(_wrong_in(error)) from error

    def _validated(self, body: Any) -> tuple[T, Newer | None]:
        try:
            return self._model.model_validate(body), None
        except ValidationError as error:
            if any(each["type"] != _EXTRA for each in error.errors()):
                raise
        value = self._model.model_validate(body, extra="ignore")
        return value, Newer(body, value.to_json())


def _wrong_in(error: Exception) -> str:
    """Return the fault of a row, without its values: some are names of people."""
    if not isinstance(error, ValidationError):
        return "it is damaged"
    fields = sorted({".".join(str(part) for part in each["loc"]) for each in error.errors() if each["type"] != _EXTRA})
    more = f" and {len(fields) - _SHOWN} more" if len(fields) > _SHOWN else ""
    return f"this release does not understand {', '.join(fields[:_SHOWN])}{more}"


def _with_unknown(body: Any, known: Any, after: Any) -> Any:
    """Return *after* with everything that *body* has and *known*, the part that this release reads, lacks."""
    if isinstance(body, dict) and isinstance(known, dict) and isinstance(after, dict):
        unknown = {name: value for name, value in body.items() if name not in known and name not in after}
        both = body.keys() & known.keys()
        return {**{n: _with_unknown(body[n], known[n], v) if n in both else v for n, v in after.items()}, **unknown}
    if isinstance(body, list) and isinstance(known, list) and isinstance(after, list) and len(body) == len(known):
        return [_kept_item(body, known, item) for item in after]
    return after


def _kept_item(body: list[Any], known: list[Any], item: Any) -> Any:
    """Return an item of a list with its newer fields, taken from the equal item or the item with the same id."""
    for was, before in zip(body, known, strict=True):
        same_id = (
            isinstance(item, dict) and isinstance(before, dict) and "id" in item and item["id"] == before.get("id")
        )
        if before == item or same_id:
            return _with_unknown(was, before, item)
    return item


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
