"""Committed files say nothing about the machine it was written on."""

import re
from pathlib import Path

from tests.house.tree import relative, text, tracked

# Put together here, so that this file does not find itself.
_MACHINE = "|".join(
    [
        r"(?<![\w.])/" + r"(work|root|home|opt|Users)/[\w.]",
        r"\.pyenv/" + "versions",
        "files.python" + "hosted",
        "pypi" + r"\.org/simple",
        "registry.npm" + "js",
        "--index" + "-url https?:",
    ]
)
_UNFINISHED = r"\b(TO" + "DO|FIX" + "ME|X" + r"XX)\b"


def lines_with(pattern: str) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{relative(path)}:{number}: {line.strip()[:80]}"
        for path in tracked()
        for number, line in enumerate(_readable(path).splitlines(), 1)
        if wanted.search(line)
    ]


def _readable(path: Path) -> str:
    try:
        return text(path)
    except UnicodeDecodeError:
        return ""


def test_no_path_or_package_host_of_a_machine_is_committed() -> None:
    assert lines_with(_MACHINE) == []


def test_nothing_is_left_to_be_done() -> None:
    assert lines_with(_UNFINISHED) == []


def test_the_npm_lock_names_no_download_address() -> None:
    locks = [path for path in tracked() if path.name == "package-lock.json"]
    assert [path for path in locks if '"resolved"' in text(path)] == []
