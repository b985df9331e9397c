"""The version of a release: `pyproject.toml` declares it, and four files have copies.

The app is deployed without `pyproject.toml`, the command line is a distribution of its own, and azd reads a file of its
own. ``python -m local.release version 0.2.0`` writes them all; `tests/deployment/test_release.py` compares them.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

HOME = "pyproject.toml"
COPIES: Mapping[str, str] = {
    HOME: r'(?m)^version = "(?P<version>[^"]+)"$',
    "shared/config.py": r'(?m)^VERSION = "(?P<version>[^"]+)"$',
    "cli/src/deskwright/__init__.py": r'(?m)^__version__ = "(?P<version>[^"]+)"$',
    "azure.yaml": r"(?m)^  template: deskwright@(?P<version>\S+)$",
}
"""By file the line that has the version."""
VERSION = re.compile(r"\d+\.\d+\.\d+")
_DATED = re.compile(r"(?m)^## \[(?P<version>[^\]]+)\](?: - (?P<date>\d{4}-\d\d-\d\d))?$")


class VersionError(Exception):
    """The version of a release is missing, malformed, or differs between files; the message names the file."""


def declared(root: Path) -> str:
    """Return the version that `pyproject.toml` declares."""
    return str(tomllib.loads((root / HOME).read_text("utf-8"))["project"]["version"])


def found(root: Path) -> dict[str, str]:
    """Return the version that each file has. Raises: VersionError."""
    versions = {}
    for file, pattern in COPIES.items():
        line = re.search(pattern, (root / file).read_text("utf-8"))
        if line is None:
            raise VersionError(f"{file} has no line with the version.")
        versions[file] = line["version"]
    return versions


def judge(root: Path) -> str:
    """Return the version, if every file has the same and the changelog has a dated section of it.

    Raises:
        VersionError: they differ, or the changelog has no such section.
    """
    version = declared(root)
    others = {file: each for file, each in found(root).items() if each != version}
    if others:
        listed = ", ".join(f"{file} has {each}" for file, each in others.items())
        raise VersionError(f"{HOME} has {version}, and {listed}: python -m local.release version {version}")
    dated = {each["version"]: each["date"] for each in _DATED.finditer((root / "CHANGELOG.md").read_text("utf-8"))}
    if not dated.get(version):
        raise VersionError(f"CHANGELOG.md has no dated section of {version}: write '## [{version}] - <date>'.")
    return version


def write(root: Path, version: str) -> None:
    """Write a version into every file. Raises: VersionError: it is no version, or a file has no place for it."""
    if not VERSION.fullmatch(version):
        raise VersionError(f"{version!r} is no version: write three numbers, such as 0.2.0.")
    for file, old in found(root).items():
        path = root / file
        text = path.read_text("utf-8")
        line = re.search(COPIES[file], text)
        assert line is not None, f"found() has just read {old} in {file}"  # noqa: S101 - said to the type checker
        begin, end = line.span("version")
        path.write_text(f"{text[:begin]}{version}{text[end:]}", "utf-8")
