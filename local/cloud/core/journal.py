"""The journal: accepted requests, one JSON line each, written before the answer leaves.

Replaying them at their recorded moments gives the same world again, because a handler depends on
the request, the moment, and generators keyed by the seed alone. Secrets are sealed before they get
here; bodies that must be readable again are encrypted. The key lies beside the journal, mode 0600.
A kill -9 can tear only the last line, whose request was not answered yet: it is cut off.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from local.cloud.core.secrets import Sealer

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from local.cloud.core.answers import Json

VERSION = 1


class Journal:
    """An append-only file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sealer = _sealer(path.with_name(path.name + ".key"))
        self._cipher = self.sealer.cipher()
        self._file: BinaryIO | None = None
        self._terms: Json = {}

    def read(self, terms: Json) -> list[Json]:
        """Give every complete entry, oldest first, and cut off a torn one.

        `terms` is what a replay depends on besides the entries (seed, profile); `ValueError` when the
        journal was written under others.
        """
        self._terms = {"version": VERSION, **terms}
        if not self.path.exists():
            return []
        data = self.path.read_bytes()
        whole, _, torn = data.rpartition(b"\n")
        if torn:
            os.truncate(self.path, len(data) - len(torn))
        entries = [json.loads(line) for line in whole.split(b"\n") if line]
        if entries and entries[0] != self._terms:
            raise ValueError(f"{self.path} was written with {entries[0]}, not {self._terms}")
        return [self._clear(entry) for entry in entries[1:]]

    def append(self, entry: Json, *, encrypt: bool = False) -> None:
        """Write one entry through to the operating system."""
        if encrypt:
            secret = self._cipher.encrypt(json.dumps(entry["body"]).encode()).decode()
            entry = {**entry, "body": None, "encrypted": secret}
        if self._file is None:
            self._file = self.path.open("ab", buffering=0)
            if self._file.tell() == 0:
                self._file.write(_line(self._terms))
        self._file.write(_line(entry))

    def clear(self) -> None:
        """Forget everything: the world begins anew."""
        self.close()
        self.path.write_bytes(b"")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _clear(self, entry: Json) -> Json:
        secret = entry.pop("encrypted", None)
        if secret is not None:
            entry["body"] = json.loads(self._cipher.decrypt(secret.encode()))
        return entry


def _line(entry: Json) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _sealer(path: Path) -> Sealer:
    if path.exists():
        return Sealer(path.read_bytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    sealer = Sealer.fresh()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(sealer.key)
    return sealer
