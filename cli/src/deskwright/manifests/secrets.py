"""Passwords that documents need: read where they say, or asked for. They are in no document and in no output."""

import os
from collections.abc import Iterable
from typing import Any

from deskwright import bodies
from deskwright.errors import UsageError
from deskwright.manifests.kind import Change
from deskwright.sign_in import is_terminal
from deskwright.terminal import asked


def secrets_of(changes: Iterable[Change], *, ask: bool) -> dict[str, str]:
    """Return the passwords that changes need, by label; those that nothing names are left out unless *ask*.

    Raises: UsageError if one is written into a document, cannot be read, or is missing and nobody can be asked.
    """
    found: dict[str, str] = {}
    for change in changes:
        if not change.kind.needs_password(change):
            continue
        given = change.said.get(change.kind.password)
        where = f"{change.kind.name} {change.label}: {change.kind.password}"
        if given is not None:
            found[change.label] = _read(where, given)
        elif ask:
            found[change.label] = _asked(where)
    return found


def check_reference(where: str, given: object) -> None:
    """Check that a document says where a password is, and not the password. Raises: UsageError."""
    if given is not None and not (isinstance(given, dict) and len(given) == 1 and {*given} <= {"env", "file"}):
        raise UsageError(f"{where} is not written into files", advice="Write {env: NAME} or {file: PATH} there.")


def _read(where: str, given: Any) -> str:  # noqa: ANN401 - JSON
    ((source, name),) = given.items()
    if source == "file":
        return bodies.text_of(str(name)).rstrip("\r\n")
    value = os.environ.get(str(name))
    if not value:
        raise UsageError(f"{where}: {name} is not set")
    return value


def _asked(where: str) -> str:
    if not is_terminal():
        raise UsageError(f"{where} is missing", advice="Write {env: NAME} or {file: PATH} there.")
    return asked(where, hidden=True)
