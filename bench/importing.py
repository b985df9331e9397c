"""Import time of the app, as a multiple of its two indispensable Azure packages' import time (goal 1.6)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.figures import Figure, paired

_ROOT = Path(__file__).resolve().parent.parent
_PAIRS = 9
_TIMED = "import time; t = time.process_time(); {body}; print(time.process_time() - t)"
_FLOOR = "import azure.functions, azure.durable_functions"
_APP = "import function_app"
_LATE = ("azure.mgmt", "azure.identity", "msal", "azure.keyvault")


def main() -> list[Figure]:
    """Measure app and floor alternately in fresh interpreters. Raises: SystemExit if the app imports too much."""
    early = _run(f"{_APP}; import sys; print(' '.join(m for m in sys.modules if m.startswith({_LATE!r})))")
    if early:
        message = f"function_app loads what it does not need yet: {early}"
        raise SystemExit(message)
    _run(_APP)  # warm: byte code and page cache
    app, floor = [], []
    for _ in range(_PAIRS):
        app.append(float(_run(_TIMED.format(body=_APP))))
        floor.append(float(_run(_TIMED.format(body=_FLOOR))))
    return [paired("import function_app / floor import", app, floor, "s of CPU", goal=1.6)]


def _run(code: str) -> str:
    command = [sys.executable, "-c", f"import sys; sys.dont_write_bytecode = False; {code}"]  # as on Azure
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
