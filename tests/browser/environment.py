"""Makes ``.tools/browser``: a headless Chromium with its libraries, and axe, as locked in ``javascript/``.

``python -m tests.browser.environment`` does it for make. The browser comes from npm, because it needs no root and no
download outside of the registries; one that is on the PATH goes before it.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local import node

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).with_name("javascript")
PLACE = ROOT / ".tools" / "browser"
AXE = PLACE / "node_modules" / "axe-core" / "axe.min.js"
_UNPACKED = PLACE / "unpacked"
_FOUND = PLACE / "browser.json"
_FONTS = PLACE / "fonts.conf"
# The package's own configuration names folders of Lambda.
_FONTS_TEXT = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""
# The package unpacks the libraries of a bare machine only where it believes to run.
_AS_IN_LAMBDA = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
_ON_THE_PATH = ("chromium", "chromium-browser", "google-chrome")


class InstallError(Exception):
    """npm could not install the lock, or the browser does not start."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Command of the browser: its program, and the environment that it needs."""

    program: str
    environment: dict[str, str]

    def variables(self) -> dict[str, str | float | bool]:
        """Return the environment of the browser's process: that of this one, and the variables that it needs."""
        return {**os.environ, **self.environment}


def find() -> Browser:
    """Return the browser of the machine, else the installed one. Raises: InstallError when there is none."""
    for name in _ON_THE_PATH:
        if program := shutil.which(name):
            return Browser(program, {})
    if not _FOUND.exists():
        raise InstallError("there is no browser: make .tools/browser/installed gets one")
    libraries = _UNPACKED / "al2023" / "lib"
    environment = {"LD_LIBRARY_PATH": f"{libraries}:{_UNPACKED}", "FONTCONFIG_FILE": str(_FONTS)}
    return Browser(json.loads(_FOUND.read_text())["path"], environment)


def prepare() -> None:
    """Install the packages of the lock, unpack the browser, and start it once. Raises: InstallError, NodeError."""
    found = node.find(ROOT / ".tools")
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "unpack.mjs"):
        shutil.copy(SOURCES / name, PLACE)
    _run([*found.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {})
    _UNPACKED.mkdir(exist_ok=True)
    _FOUND.write_text(_run([found.node, "unpack.mjs"], {**_AS_IN_LAMBDA, "TMPDIR": str(_UNPACKED)}))
    _FONTS.write_text(_FONTS_TEXT.format(fonts=_UNPACKED / "fonts", cache=PLACE / "font-cache"))
    browser = find()
    _run([browser.program, "--version"], browser.environment)


def _run(command: list[str], more: dict[str, str]) -> str:
    environment = {**os.environ, **more}
    done = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise InstallError(f"{Path(command[0]).name} failed: {lines[-1] if lines else done.returncode}")
    return done.stdout


if __name__ == "__main__":
    try:
        prepare()
    except (InstallError, node.NodeError) as failed:
        sys.exit(f"make: the browser is missing: {failed}")
