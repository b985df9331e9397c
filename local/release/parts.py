"""The files of a release."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from local.release import materials
from local.release.archives import zipped

TEMPLATES = (
    "LICENSE",
    "azure.yaml",
    "deployment",
    "infra",
    "shared/__init__.py",
    "shared/domain/__init__.py",
    "shared/domain/machines/__init__.py",
    "shared/domain/machines/sizes.py",
    "shared/domain/tenants/__init__.py",
    "shared/domain/tenants/customer_role.py",
    "shared/domain/tenants/needs.py",
)
"""Files and folders that a deployment needs beside the app's package (`tests/deployment` runs it so)."""
CHECKSUMS = "SHA256SUMS"


class PartError(Exception):
    """A part of a release could not be made; the message says why."""


def made(root: Path, version: str) -> Mapping[str, bytes]:
    """Return the files of a release by name. Raises: PartError, materials.MaterialsError."""
    bills = {
        f"deskwright-{version}.python.cdx.json": materials.of_python(root),
        f"deskwright-{version}.portal.cdx.json": materials.of_npm(root, version),
    }
    wheel, content = _command_line(root)
    return {
        f"deskwright-app-{version}.zip": _app(root),
        f"deskwright-deployment-{version}.zip": zipped(tracked(root, TEMPLATES)),
        wheel: content,
        **bills,
        "LICENSES.txt": materials.licences(list(bills.values()), root / "portal" / "node_modules"),
    }


def _app(root: Path) -> bytes:
    """Return the package of the app, built in a process with a fixed seed of hashes.

    Byte code has the order of its sets, which depends on that seed.
    """
    code = "import sys; from pathlib import Path; from deployment.packaging import package; "
    code += "sys.stdout.buffer.write(package(Path.cwd()))"
    return _run([sys.executable, "-X", "utf8", "-c", code], root, PYTHONHASHSEED="0")


def _command_line(root: Path) -> tuple[str, bytes]:
    """Return the name and the content of the command line's wheel."""
    with TemporaryDirectory() as folder:
        made_by = [sys.executable, "-m", "flit_core.wheel", "--outdir", folder, "."]
        _run(made_by, root / "cli", SOURCE_DATE_EPOCH="315532800")
        wheel = next(Path(folder).glob("*.whl"))
        return wheel.name, wheel.read_bytes()


def tracked(root: Path, paths: tuple[str, ...]) -> dict[str, bytes]:
    """Return the files of a checkout by name that git tracks below some paths."""
    names = _run(["git", "ls-files", "-z", "--", *paths], root).decode().split("\0")
    return {name: (root / name).read_bytes() for name in names if name}


def _run(command: list[str], folder: Path, **variables: str) -> bytes:
    done = subprocess.run(command, cwd=folder, env={**os.environ, **variables}, capture_output=True, check=False)
    if done.returncode:
        raise PartError((done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-1])
    return done.stdout
