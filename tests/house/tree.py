"""The committed files, as the house tests read them; whoever reads them elsewhere would not see a planted fault."""

import ast
import gc
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The programs that were run on Microsoft's host, as they were run.
_AS_RECORDED = "packages/functions_host/tests/recorded/apps/"
APP_LAYERS = ("orchestrators", "activities", "triggers", "shared")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of ours that is or would be committed; the rest of the folder is ignored."""
    return tuple(path for path in map(ROOT.joinpath, committed()) if path.is_file())


def committed() -> Iterator[str]:
    """Yield the names of these files, in their order."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return (name for name in sorted(filter(None, answer.stdout.split("\0"))) if not name.startswith(_AS_RECORDED))


def below(*folders: str, suffix: str = ".py") -> list[Path]:
    """Return the committed files below some folders; a file counts as one.

    Raises:
        LookupError: a folder has no such file: it has moved, and a test that reads it would pass for ever.
    """
    found = dict.fromkeys(path for folder in folders for path in _below(folder, suffix))
    return sorted(found)


@cache
def _below(folder: str, suffix: str) -> tuple[Path, ...]:
    parts = tuple(folder.split("/"))
    found = tuple(p for p in tracked() if p.suffix == suffix and relative(p).parts[: len(parts)] == parts)
    if not found:
        raise LookupError(f"no {suffix} file is below {folder}: it has moved")
    return found


@cache
def relative(path: Path) -> Path:
    return path.relative_to(ROOT)


@cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


def parsed(path: Path) -> ast.Module:
    return _tree(text(path))


@cache
def _tree(source: str) -> ast.Module:
    tree = ast.parse(source)
    gc.freeze()  # it stays: looking for garbage in all of them takes longer than reading them
    return tree


def forget() -> None:
    """Read everything anew; what was parsed counts as long as the text is the same."""
    for each in (tracked, _below, relative, text):
        each.cache_clear()


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found
