"""Bodies of requests: from a file, from options for single fields, and from ``--set``."""

import base64
import codecs
import json
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from deskwright.errors import UsageError
from deskwright.operations import Field, secret_places
from deskwright.sign_in import is_terminal
from deskwright.terminal import asked

Json = dict[str, Any]

_SCRIPT = ".ps1"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""Byte order marks of files that PowerShell has written with ``>``."""


def read_file(name: str) -> Any:  # noqa: ANN401 - YAML is anything
    """Return the content of a file of YAML or JSON; ``-`` is stdin. Raises: UsageError."""
    found = _parsed(name)
    if len(found) > 1:
        raise UsageError(f"{name} has {len(found)} documents, and one is wanted")
    return found[0] if found else None


def read_documents(name: str) -> list[Json]:
    """Return the documents of a file of YAML, each an object; ``-`` is stdin. Raises: UsageError."""
    found = [each for each in _parsed(name) if each is not None]
    documents = [part for each in found for part in (each if isinstance(each, list) else [each])]
    if not all(isinstance(each, dict) for each in documents):
        raise UsageError(f"{name}: each document has to be an object")
    return documents


def _parsed(name: str) -> list[Any]:
    from deskwright import yaml_text

    text = text_of(name)
    try:
        return list(yaml_text.documents(text))
    except ValueError as error:
        raise UsageError(f"{name} is neither YAML nor JSON: {error}") from error


def body(
    fields: Iterable[Field] | None, file: str | None, options: Mapping[str, Any], settings: Iterable[str]
) -> Json | None:
    """Return the body of a request; None where the operation has none. Later sources win: file, options, settings.

    The file may be the PowerShell script of an operation that takes one. A secret that is needed and missing is asked
    for on a terminal. Raises: UsageError.
    """
    if fields is None:
        return None
    encoded = {field.name for field in fields if field.encoded}
    merged: Json = {**_whole(file, encoded), **options}
    for name in encoded & options.keys():
        if str(options[name]).startswith("@"):
            merged[name] = encoded_file(options[name][1:])
    for setting in settings:
        put(merged, setting, encoded)
    for field in fields:
        if field.secret and field.required and field.name not in merged:
            merged[field.name] = _asked(field)
    return merged


def _whole(file: str | None, encoded: Collection[str]) -> Json:
    """Return the body that a file has. Raises: UsageError."""
    if not file:
        return {}
    if encoded and file.lower().endswith(_SCRIPT):
        return {name: encoded_file(file) for name in encoded}
    whole = read_file(file)
    if not isinstance(whole, dict):
        raise UsageError(f"{file}: a body has to be an object")
    return whole


def encoded_file(name: str) -> str:
    """Return the text of a file in UTF-8 and Base64; ``-`` is stdin. Raises: UsageError."""
    return base64.b64encode(text_of(name).encode()).decode()


def put(into: Json, setting: str, encoded: Collection[str] = ()) -> None:
    """Put ``a.b.c=value`` into an object; the value is JSON, else text; ``@file`` a file's text. Raises: UsageError.

    *encoded*: paths whose files are put there in Base64.
    """
    path, given, text = setting.partition("=")
    if not given or not path:
        raise UsageError(f"--set {setting}: write <field>=<value>")
    *parents, last = path.split(".") if not path.startswith("@") else [path]
    for name in parents:
        into = into.setdefault(name, {})
        if not isinstance(into, dict):
            raise UsageError(f"--set {setting}: {name} is no object")
    if text.startswith("@"):
        into[last] = encoded_file(text[1:]) if path in encoded else text_of(text[1:]).rstrip("\n")
    else:
        into[last] = value(text)


def value(text: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Return JSON, or the text itself where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def masked(whole: Any, mask: str | None = "***") -> Any:  # noqa: ANN401 - JSON
    """Return a body that may be shown or kept: *mask* in place of each secret, or without them where it is None.

    A secret's place counts wherever it is: it is a secret in the wrong step of a form, too.
    """
    return _masked(whole, mask, frozenset())


def _masked(whole: Any, mask: str | None, around: frozenset[tuple[str, ...]]) -> Any:  # noqa: ANN401 - JSON
    """Return *whole* with its secrets replaced by *mask*. *around*: the remaining paths of secrets inside it."""
    if isinstance(whole, list):
        return [_masked(each, mask, around) for each in whole]
    if not isinstance(whole, Mapping):
        return whole
    found: Json = {}
    for name, each in whole.items():
        inside = frozenset(place[1:] for place in secret_places() | around if place[0] in {name, "*"})
        if () not in inside:
            found[name] = _masked(each, mask, inside)
        elif mask is not None:
            found[name] = mask
    return found


def _asked(field: Field) -> str:
    if not is_terminal():
        raise UsageError(f"{field.name} is missing", advice=f"Write it to a file: --set {field.name}=@<file>.")
    return asked(field.name, hidden=True)


def text_of(name: str) -> str:
    """Return the text of a file; ``-`` is stdin. Raises: UsageError."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from error
