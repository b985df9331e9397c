"""The journal: the accepted requests, one JSON line each, written before the answer leaves.

Replaying the lines at their recorded moments gives the same world, because a handler depends
on the request, the moment, and generators keyed by the seed alone. Secrets are hashed before they
get here; bodies that must be readable later are encrypted. The key lies beside the journal, mode
0600. A kill -9 can tear only the last line, whose request was not answered yet: it is cut off.

Besides requests there are notes (`{"note": kind}`): `snapshot` gives what came before a name,
`restore` puts that in force, the others are `core.replay`'s. Without a path the lines live in
memory, for snapshots; they end with the process.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from typing import TYPE_CHECKING

from azure_simulator.core.secrets import SecretProtector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from azure_simulator.core.answers import Json

VERSION = 1
_written = json.JSONEncoder(separators=(",", ":")).encode
_NOTE = b'{"note":'
_SNAPSHOT, _RESTORE = "snapshot", "restore"


class JournalError(ValueError):
    """A journal that cannot be used: in use, damaged, or written under other terms."""


class Journal:
    """An append-only list of JSON lines, in a file or (`path` None) in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.protector = _protector(path.with_name(path.name + ".key")) if path else SecretProtector.fresh()
        self._cipher = self.protector.cipher()
        self._kept: list[bytes] = []
        self._fd: int | None = None
        self._size = 0
        self._terms: Json = {}
        self.broken = ""

    def open(self, terms: Json) -> None:
        """Take the file for this process alone and cut off a torn last line.

        `terms` is what a replay depends on besides the lines (seed, profile). `JournalError` when the
        journal was written under others, or another process has it.
        """
        self._terms = {"version": VERSION, **terms}
        if self.path is None:
            return
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            self.close()
            raise JournalError(f"{self.path} is in use: another cloud runs on it") from problem
        data = self.path.read_bytes()
        self._size = data.rfind(b"\n") + 1
        os.ftruncate(self._fd, self._size)
        if self._size:
            header = _parsed(data[: data.index(b"\n")], self.path, 1)
            if header != self._terms:
                self.close()
                raise JournalError(f"{self.path} was written with {header}, not {self._terms}")

    def entries(self) -> Iterator[Json]:
        """Yield the entries in force, oldest first: without those that a restore has undone."""
        for number, line in self._in_force()[0]:
            entry = _parsed(line, self.path, number)
            secret = entry.pop("encrypted", None)
            if secret is not None:
                entry["body"] = json.loads(self._cipher.decrypt(secret.encode()))
            yield entry

    def snapshots(self) -> dict[str, int]:
        """Return the moments (microseconds) of the snapshots that `restore` can bring back, by name."""
        return self._in_force()[1]

    def append(self, entry: Json, *, encrypt: bool = False) -> None:
        """Write one entry through to the operating system.

        `OSError` leaves no part of it in the file, and `broken` says why: the world is ahead of its
        journal then, and only a restart brings the two together.
        """
        if encrypt:
            secret = self._cipher.encrypt(json.dumps(entry["body"]).encode()).decode()
            entry = {**entry, "body": None, "encrypted": secret}
        line = _line(entry)
        if self.path is None:
            self._kept.append(line)
            return
        self._write(line if self._size else _line(self._terms) + line)

    def restore(self, name: str, note: Json) -> None:
        """Put a snapshot in force again, and write its note; discarded entries are not kept in memory."""
        if self.path is None:
            marks = [at for at, line in enumerate(self._kept) if line.startswith(_NOTE)]
            notes = [(at, found) for at in marks if (found := json.loads(self._kept[at]))["note"] == _SNAPSHOT]
            if notes and notes[-1][1]["name"] == name:
                del self._kept[notes[-1][0] + 1 :]
        self.append(note)

    def clear(self) -> None:
        """Forget everything: the world begins anew."""
        self._kept.clear()
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            self._size = 0

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _write(self, data: bytes) -> None:
        if self._fd is None:
            raise JournalError(f"{self.path} is closed")
        try:
            written = os.write(self._fd, data)
        except OSError as problem:
            self.broken = f"the journal {self.path} cannot be written: {problem.strerror}"
            raise
        if written < len(data):
            os.ftruncate(self._fd, self._size)
            self.broken = f"the journal {self.path} cannot be written: no space is left"
            raise OSError(errno.ENOSPC, self.broken)
        self._size += written

    def _lines(self) -> list[bytes]:
        if self.path is None:
            return self._kept
        return self.path.read_bytes().split(b"\n")[1:-1]

    def _in_force(self) -> tuple[list[tuple[int, bytes]], dict[str, int]]:
        """Return the numbered lines in force, and the moment of every snapshot."""
        lines: list[tuple[int, bytes]] = []
        kept: dict[str, tuple[int, list[tuple[int, bytes]]]] = {}
        for number, line in enumerate(self._lines(), 2):
            if line.startswith(_NOTE):
                note = _parsed(line, self.path, number)
                if note["note"] == _SNAPSHOT:
                    kept[note["name"]] = note["t"], list(lines)
                    continue
                if note["note"] == _RESTORE:
                    lines = list(kept[note["name"]][1])
            lines.append((number, line))
        return lines, {name: moment for name, (moment, _) in kept.items()}


def _line(entry: Json) -> bytes:
    return _written(entry).encode() + b"\n"


def _parsed(line: bytes, path: Path | None, number: int) -> Json:
    try:
        found: Json = json.loads(line)
    except ValueError as problem:
        raise JournalError(f"{path}, line {number} is damaged: {problem}") from problem
    return found


def _protector(path: Path) -> SecretProtector:
    if path.exists():
        return SecretProtector(path.read_bytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    protector, fresh = SecretProtector.fresh(), path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(protector.key)
    fresh.replace(path)  # complete or not at all
    return protector
