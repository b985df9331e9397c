"""Every `az` command that a document, a template's comment or a message of ours tells somebody to type."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import below, relative, text, tracked

_FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_LINE = re.compile(r"(?m)^\s*(?:- run: |// |\$ )?(az [a-z][^\n]*)$")
_INLINE = re.compile(r"`(az [^`]+)`")
_GROUPS = "account|ad|bicep|deployment|functionapp|group|keyvault|login|network|provider|role|storage|vm"
_QUOTED = re.compile(rf"\baz (?:{_GROUPS})\b(?: [a-z][a-z-]*)*(?: --[\w-]+(?: [^\s\"'`,;-][^\s\"'`,;]*)?)*")
_CODE = ("deployment", "activities", "cli/src", "shared")
_NOT_READ = ("CHANGELOG.md", "docs/decisions/", "docs/notes/", "packages/", "tests/")


def documented() -> dict[str, str]:
    """Return each command with the page that it was found on first."""
    found: dict[str, str] = {}
    for path in tracked():
        name = str(relative(path))
        if not name.startswith(_NOT_READ):
            for command in _commands(path):
                found.setdefault(re.sub(r"\s+", " ", command).strip(), name)
    return found


def _commands(path: Path) -> Iterator[str]:
    if path.suffix not in {".md", ".yml", ".bicep", ".py"}:
        return
    whole = re.sub(r"\\\n\s*", "", text(path))
    if path.suffix == ".md":
        for block in _FENCE.findall(whole):
            yield from _LINE.findall(block)
        yield from _INLINE.findall(_FENCE.sub("", whole))
    elif path.suffix in {".yml", ".bicep"}:
        yield from _LINE.findall(whole)
    elif path in set(below(*_CODE)):
        texts = re.findall(r"\"[^\"\n]*\"", whole)
        yield from (command for each in texts for command in _QUOTED.findall(each))
