"""Files that only their owner may read, replaced as a whole: nobody sees half of one."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from deskwright.errors import CommandError


def folder() -> Path:
    """Return the folder of contexts and tokens: ``DESKWRIGHT_CONFIG_DIR``, else where the system keeps settings."""
    return Path(os.environ.get("DESKWRIGHT_CONFIG_DIR") or click.get_app_dir("deskwright"))


def read(name: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Return the content of one of our files; None when there is none. Raises: CommandError."""
    path = folder() / name
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read: {error}", advice="Correct it, or delete it.") from error


@contextmanager
def changing(name: str) -> Iterator[dict[str, Any]]:
    """Yield the content of one of our files to be changed; it is written at the end, if it has changed.

    Meanwhile no other process changes it: two that sign in at once lose nothing. Raises: CommandError.
    """
    with _locked(name):
        content = read(name)
        content = {} if content is None else content
        if not isinstance(content, dict):
            raise CommandError(f"{folder() / name} is no file of ours", advice="Correct it, or delete it.")
        before = json.dumps(content)
        yield content
        if json.dumps(content) != before:
            write(name, content)


@contextmanager
def _locked(name: str) -> Iterator[None]:
    """Wait until no other process changes a file. Raises: CommandError."""
    path = folder() / f".{name}.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}") from error
    try:
        _lock(number)
        yield
    finally:
        os.close(number)  # which ends the lock


def _lock(number: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(number, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX)


def write(name: str, content: object) -> None:
    """Replace one of our files. Raises: CommandError."""
    path = folder() / name
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{name}.")  # 0600 from the beginning
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1)
            Path(beside).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(beside).unlink()
            raise
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}") from error
