"""Installs, checks and builds the portal; the Makefile calls it.

``python -m local.portal_bundle install|check|build|build-local``: each prints nothing but what is wrong. Node.js is
the machine's if it is recent enough, else the wheel on PyPI (``local/node.py``).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local import node

PORTAL = Path(__file__).parent.parent / "portal"
SCHEMA = PORTAL / "schema"
_API = PORTAL.parent / "docs" / "openapi.json"
_TYPES = PORTAL / "src" / "api" / "schema.d.ts"
_ACTIONS = _TYPES.with_name("actions.ts")
_FIELDS = _TYPES.with_name("fields.ts")
_REGIONS = _TYPES.with_name("regions.ts")
_READS = _TYPES.with_name("reads.ts")


class PortalError(Exception):
    """A tool found an error; the message is the tool's."""


def install() -> None:
    """Install the packages of the lock files."""
    for folder in (PORTAL, SCHEMA):
        npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run([*node.find(node.TOOLS).npm, *npm], folder)


def check() -> None:
    """Look at format, types, style, dead code and the tests of functions and components."""
    _write_types()
    _tool("prettier/bin/prettier.cjs", "--check", "--log-level=warn", ".")
    _tool("typescript/bin/tsc", "--noEmit")
    _tool("oxlint/bin/oxlint", "--quiet")
    _tool("knip/bin/knip.js", "--no-progress")
    _tool("vitest/vitest.mjs", "run", "--reporter=dot")


def build() -> None:
    """Make the bundle that is deployed, below ``portal/dist``, and compare it with its budgets."""
    _bundle("production", "dist")
    _script("budgets.ts", "dist")


def build_local() -> None:
    """Make the bundle of ``make run`` below ``portal/dist-local``: people are chosen, nobody signs in."""
    _bundle("people", "dist-local")


def _bundle(mode: str, folder: str) -> None:
    _write_types()
    shutil.rmtree(PORTAL / folder, ignore_errors=True)  # an interrupted build leaves no half of one
    _tool("vite/bin/vite.js", "build", "--mode", mode, "--logLevel", "warn")
    _script("compress.ts", folder)


def _write_types() -> None:
    document = json.loads(_API.read_text("utf-8"))
    generated = {_ACTIONS: actions, _FIELDS: fields, _REGIONS: regions, _READS: reads}
    for module, text in ((module, generate(document)) for module, generate in generated.items()):
        if not module.exists() or module.read_text("utf-8") != text:
            with _whole(module) as written:
                written.write_text(text, "utf-8")
    if not _TYPES.exists() or _TYPES.stat().st_mtime < _API.stat().st_mtime:
        program = SCHEMA / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
        with _whole(_TYPES) as written:
            _run([node.find(node.TOOLS).node, str(program), str(_API), "--output", str(written)], SCHEMA)


@contextmanager
def _whole(module: Path) -> Iterator[Path]:
    """Yield a path outside of ``src`` to write *module* to; it then takes its place, which other processes read."""
    with tempfile.TemporaryDirectory(prefix=".written-", dir=SCHEMA / "node_modules") as folder:
        written = Path(folder, module.name)
        yield written
        written.replace(module)


def actions(document: Mapping[str, Any]) -> str:
    """Return the actions of the OpenAPI document as a module: by resource and name, with address and facts.

    Of the two addresses of an action on one's own Cloud PC it is the one for all tenants.
    """
    found: dict[str, dict[str, Any]] = {}
    operations = ((path, each) for path, methods in document["paths"].items() for each in methods.values())
    for path, operation in operations:
        action = operation.get("x-deskwright-action")
        if action is not None and (action["resource"] != "me" or path.startswith("/me/")):
            facts = {name: action[name] for name in ("destroys", "bulk") if name in action}
            found.setdefault(action["resource"], {})[action["name"]] = {"path": path, **facts}
    return (
        f"/** Written by local/portal_bundle.py. */\nexport const ACTIONS = {json.dumps(found, indent=2)} as const;\n"
    )


def fields(document: Mapping[str, Any]) -> str:
    """Return the properties of the OpenAPI document that can be set, as a module: by resource and name, with titles."""
    found: dict[str, dict[str, Any]] = {}
    for resource, schema in document["components"]["schemas"].items():
        for name, property_ in schema.get("properties", {}).items():
            if "x-deskwright-field" in property_ and not resource.endswith(("Body", "Edit")):
                found.setdefault(resource, {})[name] = property_["x-deskwright-field"]
    return f"/** Written by local/portal_bundle.py. */\nexport const FIELDS = {json.dumps(found, indent=2)} as const;\n"


def regions(document: Mapping[str, Any]) -> str:
    """Return the names of the regions as a module: by the name that Azure's interfaces have for them."""
    found = document["components"]["x-deskwright-regions"]
    says = "export const REGIONS: Readonly<Record<string, string>>"
    return f"/** Written by local/portal_bundle.py. */\n{says} = {json.dumps(found, indent=2)};\n"


def reads(document: Mapping[str, Any]) -> str:
    """Return the addresses of a tenant that can be read, as a module: with permission, and whether scopes count."""
    found = {
        path: [operation["x-permission"].removeprefix("Microsoft.CloudPC/"), "x-deskwright-scoped" in operation]
        for path, methods in document["paths"].items()
        if path.startswith("/tenants/{tenant}") and (operation := methods.get("get")) and "x-permission" in operation
    }
    says = "export const READS: Readonly<Record<string, readonly [permission: string, isScoped: boolean]>>"
    return f"/** Written by local/portal_bundle.py. */\n{says} = {json.dumps(found, indent=2)};\n"


def _tool(program: str, *arguments: str) -> None:
    _run([node.find(node.TOOLS).node, str(PORTAL / "node_modules" / program), *arguments], PORTAL)


def _script(name: str, folder: str) -> None:
    _run([node.find(node.TOOLS).node, str(PORTAL / "build" / name), folder], PORTAL)


def _run(command: list[str], folder: Path) -> None:
    # Scripts that a package starts find the same Node.js.
    found = {**os.environ, "PATH": f"{Path(node.find(node.TOOLS).node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=found)
    if answer.returncode != 0:
        raise PortalError(f"{answer.stdout}{answer.stderr}".strip())


_COMMANDS: Mapping[str, Callable[[], None]] = {
    "install": install,
    "check": check,
    "build": build,
    "build-local": build_local,
}


def main(arguments: list[str]) -> int:
    """Run one of the commands; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in _COMMANDS:
        sys.stderr.write(f"usage: python -m local.portal_bundle {'|'.join(_COMMANDS)}\n")
        return 2
    try:
        _COMMANDS[arguments[0]]()
    except (PortalError, node.NodeError) as error:
        sys.stderr.write(f"{error}\nmake portal: {arguments[0]} failed (above)\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
