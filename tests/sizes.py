"""Sizes of the tree at some commits, as a table: `python -m tests.sizes <commit> ...`."""

import io
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from statistics import median

from tests.house.tree import APP_LAYERS, ROOT

_IMPORT = re.compile(r"(?m)^(?:from [\w.]+ import (?:\([^)]*\)|[^\n]*)|import [^\n]*)$")
_PARTS = {
    "app": APP_LAYERS,
    "packages, local, deployment, bench": ("packages", "local", "deployment", "bench"),
    "command line": ("cli",),
    "tests": ("tests",),
}
TITLES = ("commit", "part", "modules", "lines", "median", "above 300", "imports")


def modules(commit: str) -> Iterator[tuple[str, str]]:
    """Yield the names and the sources of the modules at a commit; the tests of packages are tests."""
    packed = subprocess.run(["git", "archive", commit, "*.py"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.TarFile(fileobj=io.BytesIO(packed)) as tree:
        for member in tree:
            if member.isfile() and (content := tree.extractfile(member)) is not None:
                name = member.name
                yield (f"tests/{name}" if "/tests/" in name else name), content.read().decode()


def row(sources: list[str]) -> tuple[str, ...]:
    """Return the figures of some modules; modules without code, as of packages, count as files only."""
    lengths = [source.count("\n") for source in sources]
    imports = sum(each.count("\n") + 1 for source in sources for each in _IMPORT.findall(source))
    longer = [each for each in lengths if each > 1]
    return (
        f"{len(sources):,}",
        f"{sum(lengths):,}",
        f"{median(longer):.0f}",
        f"{sum(each > 300 for each in lengths)}",
        f"{imports / sum(lengths):.1%}",
    )


def main(*commits: str) -> None:
    """Print a table in Markdown."""
    sys.stdout.write(f"| {' | '.join(TITLES)} |\n|{'---|' * len(TITLES)}\n")
    for commit in commits:
        found = list(modules(commit))
        for part, folders in _PARTS.items():
            sources = [source for name, source in found if name.partition("/")[0] in folders]
            sys.stdout.write(f"| {' | '.join((commit, part, *row(sources)))} |\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
