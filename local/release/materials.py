"""Bills of materials in CycloneDX, and the licences of all components of a release.

Python's is made by `cyclonedx-py` from an environment that has just what `requirements.txt` locks; npm's by npm itself
from the portal's lock file. Both are the standard's own tools, and both are asked for output without times and random
numbers, or lose them here.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local import node

TOOLS = node.TOOLS / "release"
_UNLIKE = ("serialNumber",)
"""Fields of npm's document with random values; the standard does not require them."""


class MaterialsError(Exception):
    """A tool could not write a bill of materials; the message is the tool's."""


def of_python(root: Path) -> bytes:
    """Return the bill of materials of the app's Python packages. Raises: MaterialsError."""
    tool, app = TOOLS / "sbom" / "bin" / "cyclonedx-py", TOOLS / "app" / "bin" / "python"
    asked = ["environment", "--output-reproducible", "--pyproject", "pyproject.toml", "-o", "-", str(app)]
    return _reproducible(_run([str(tool), *asked], root))


def of_npm(root: Path, version: str) -> bytes:
    """Return the bill of materials of the packages in the portal's bundle. Raises: MaterialsError.

    npm names the root by its version, which a private package has none of: it reads copies that have one.
    """
    with TemporaryDirectory() as made:
        folder = Path(made) / "deskwright-portal"  # npm's name of the root
        folder.mkdir()
        for name in ("package.json", "package-lock.json"):
            content = json.loads((root / "portal" / name).read_text("utf-8"))
            for each in (content, content.get("packages", {}).get("", {})):
                each["version"] = version
            (folder / name).write_text(json.dumps(content), "utf-8")
        asked = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev", "--loglevel=error"]
        return _reproducible(_run([*node.find(node.TOOLS).npm, *asked], folder))


def licences(materials: Sequence[bytes], packages: Path) -> bytes:
    """Return a list of all components with their licences, and the licence texts of the portal's packages.

    Args:
        materials: Bills of materials.
        packages: The folder `node_modules` of the portal.

    Raises:
        MaterialsError: A component has no licence, or a package in the bundle has no licence text.
    """
    lines = ["Components of Deskwright and their licences, as the bills of materials (*.cdx.json) have them.", ""]
    for bill in map(json.loads, materials):
        lines += [f"{each['name']} {each['version']}: {_licence(each)}" for each in _sorted(bill)]
        lines.append("")
    lines += ["Licence texts of the packages that the portal's bundle contains.", ""]
    for each in _sorted(json.loads(materials[-1])):
        lines += [f"{'-' * 20} {each['name']} {each['version']}", "", *_texts(packages / each["name"]), ""]
    return ("\n".join(line.rstrip() for line in lines).rstrip() + "\n").encode()


def _sorted(bill: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(bill["components"], key=lambda each: (each["name"].lower(), each["version"]))


def _licence(component: dict[str, Any]) -> str:
    for each in component.get("licenses", []):
        named = each.get("expression") or each["license"].get("id") or each["license"].get("name")
        if named and not named.startswith("declared license"):
            return str(named)
    raise MaterialsError(f"{component['name']} {component['version']} has no licence: look at its page.")


def _texts(package: Path) -> Iterator[str]:
    """Yield the lines of a package's licence files; a package without one is named by its readme's section alone."""
    files = sorted(each for each in package.glob("*") if each.name.upper().startswith(("LICEN", "NOTICE", "COPYING")))
    for file in files:
        yield from file.read_text("utf-8", errors="replace").splitlines()
    if not files:
        yield "This package has no licence file; its licence is named above."


def _run(command: Sequence[str], folder: Path) -> str:
    if shutil.which(command[0]) is None:
        raise MaterialsError(f"{command[0]} is missing: make release installs it.")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MaterialsError((done.stderr or done.stdout).strip().splitlines()[-1])
    return done.stdout


def _reproducible(document: str) -> bytes:
    content = json.loads(document)
    for name in _UNLIKE:
        content.pop(name, None)
    content["metadata"].pop("timestamp", None)
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
