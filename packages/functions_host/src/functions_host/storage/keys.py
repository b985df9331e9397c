"""The host's keys: made at the first start, stored in the state file, compared in constant time."""

import hmac
import secrets
import sqlite3
from collections.abc import Iterable

from functions_host.storage.reads import Reads
from functions_host.storage.store import Store

MASTER = ("host", "_master")
HOST_DEFAULT = ("host", "default")
DURABLE = ("system", "durabletask_extension")
PERMANENT = (MASTER, DURABLE)
"""Without these the host cannot be reached: they can be changed but not removed."""


class Keys:
    """All keys; a scope is host, system, or function:<name>."""

    def __init__(self, known: dict[tuple[str, str], str]) -> None:
        self._known = known

    @classmethod
    async def load(cls, store: Store) -> "Keys":
        """Read the keys; make those that must exist."""

        def work(connection: sqlite3.Connection) -> None:
            for scope, name in (MASTER, HOST_DEFAULT, DURABLE):
                connection.execute("INSERT OR IGNORE INTO host_key VALUES (?, ?, ?)", (scope, name, _new()))

        await store.write(work)
        return cls(read_keys(store.reads))

    @property
    def master(self) -> str:
        """Return the key that is good for everything."""
        return self._known[MASTER]

    @property
    def durable(self) -> str:
        """Return the system key of the management API."""
        return self._known[DURABLE]

    def accept(self, key: str | None, level: str, function: str | None = None) -> bool:
        """Return whether a key is accepted for a level: anonymous, function, admin or system."""
        if level == "anonymous":
            return True
        if not key:
            return False
        given = key.encode(errors="surrogateescape")  # a header may hold any bytes
        accepted = [self.master]
        if level == "system":
            accepted.append(self.durable)
        if level == "function":
            scopes = {"host", f"function:{function}".lower()}
            accepted += [value for (scope, _), value in self._known.items() if scope.lower() in scopes]
        return any([hmac.compare_digest(given, one.encode()) for one in accepted])  # noqa: C419

    def of(self, scope: str) -> dict[str, str]:
        """List the keys of one scope by name."""
        return {name: value for (one, name), value in self._known.items() if one == scope}

    async def put(self, store: Store, scope: str, name: str, value: str | None) -> str:
        """Set a key, to a random value if none is given; return it."""
        chosen = value or _new()

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO host_key VALUES (?, ?, ?)", (scope, name, chosen))

        await store.write(work)
        self._known[scope, name] = chosen
        return chosen

    async def remove(self, store: Store, scope: str, name: str) -> bool:
        """Remove a key; return whether it was there."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM host_key WHERE scope = ? AND name = ?", (scope, name))

        await store.write(work)
        return self._known.pop((scope, name), None) is not None


def read_keys(reads: Reads) -> dict[tuple[str, str], str]:
    """Read all keys of a store."""
    rows: Iterable[tuple[str, str, str]] = reads.keys()
    return {(scope, name): value for scope, name, value in rows}


def _new() -> str:
    return secrets.token_urlsafe(40)
