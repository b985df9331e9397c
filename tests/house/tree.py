"""The committed files, as the house tests read them."""

import ast
import gc
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The programs that were run on Microsoft's host, as they were run.
_AS_RECORDED = ROOT / "packages" / "functions_host" / "tests" / "recorded" / "apps"
APP_LAYERS = ("orchestrators", "activities", "triggers", "shared")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of ours that is or would be committed; the rest of the folder is ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = sorted(filter(None, answer.stdout.split("\0")))
    return tuple(path for path in map(ROOT.joinpath, names) if path.is_file() and _AS_RECORDED not in path.parents)


def below(*folders: str, suffix: str = ".py") -> list[Path]:
    """The committed files below some folders of the root; a file of the root counts as one."""
    return [path for path in tracked() if path.suffix == suffix and relative(path).parts[0] in folders]


def relative(path: Path) -> Path:
    return path.relative_to(ROOT)


@cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    tree = ast.parse(text(path), str(path))
    gc.freeze()  # it stays: looking for garbage in all of them takes longer than reading them
    return tree


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
