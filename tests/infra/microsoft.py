"""Have Microsoft's compiler read `infra/`: format, lint, compile. Where it cannot be had, `tests/infra` judges alone.

    python -m tests.infra.microsoft BICEP        # or: make infra BICEP=<path>

The rules of the linter are in `infra/bicepconfig.json`. `recorded/read.json` says which sources it has read last, by
their hashes: `changed` names those that are others now, and the page of `infra/` has that list.
"""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

from tests.house.tree import ROOT, below, text

INFRA = ROOT / "infra"
READ = Path(__file__).parent / "recorded" / "read.json"
_TIMEOUT_S = 300


def sources() -> dict[str, str]:
    """Return the hash of each file that the compiler reads, by its name."""
    names = {path.name for suffix in (".bicep", ".bicepparam") for path in below("infra", suffix=suffix)}
    names |= {each for name in names for each in re.findall(r"load\w+Content\('([\w.-]+)'", text(INFRA / name))}
    return {name: digest(text(INFRA / name)) for name in sorted(names)}


def digest(content: str) -> str:
    """Return the hash of a file's text."""
    return hashlib.sha256(content.encode()).hexdigest()


def changed() -> list[str]:
    """Return the names of the files that differ from the ones that Microsoft's compiler has read."""
    read = json.loads(READ.read_text("utf-8"))["sources"]
    return [name for name, found in sources().items() if read.get(name) != found]


def _run(*words: str) -> None:
    done = subprocess.run(words, cwd=INFRA, check=False, timeout=_TIMEOUT_S, stdout=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} has ended with {done.returncode}")


def main(bicep: str) -> None:
    """Format, lint and compile every file, and keep which ones were read."""
    for name in sources():
        if name.endswith((".bicep", ".bicepparam")):
            _run(bicep, "format", name)
            _run(bicep, "lint", name)
            _run(bicep, "build-params" if name.endswith("param") else "build", name, "--stdout")
    version = subprocess.run(
        [bicep, "--version"], check=True, capture_output=True, text=True, timeout=_TIMEOUT_S
    ).stdout
    found = {"version": version.strip(), "sources": sources()}
    READ.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
