"""Makes ``.tools/worker``: a Python 3.13 with the app's packages and Microsoft's own worker library.

``python -m tests.worker.environment`` does it for make; the tests do it where make did not.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "worker.txt"
PLACE = ROOT / ".tools" / "worker"
PYTHON = PLACE / "bin" / "python"
INSTALLED = PLACE / "installed"

NONE_HERE = "no Python 3.13 is on this machine (WORKER_PYTHON names one), and azure-functions-runtime needs it"


class NoInterpreterError(Exception):
    """No Python 3.13 is here."""


class InstallError(Exception):
    """pip could not install the lock."""


def prepare() -> Path:
    """Return the interpreter of ``.tools/worker``, made or renewed when its lock is newer.

    Raises: NoInterpreterError, InstallError.
    """
    if _is_fresh():
        return PYTHON
    interpreter = find()
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / "lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not _is_fresh():
            _install(interpreter)
    return PYTHON


def find() -> str:
    """Return a Python 3.13 that really runs: a version manager's shim may not."""
    found = next(filter(_runs, _candidates()), None)
    if found is None:
        raise NoInterpreterError(NONE_HERE)
    return found


def _candidates() -> Iterator[str]:
    yield os.environ.get("WORKER_PYTHON", "")
    yield sys.executable
    yield "python3.13"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob("versions/3.13.*/bin/python3.13"), reverse=True))
    uv = [sys.executable, "-m", "uv", "python", "find", "--managed-python", "--no-python-downloads", "3.13"]
    yield subprocess.run(uv, capture_output=True, text=True, check=False).stdout.strip()


def _runs(python: str) -> bool:
    if not python or shutil.which(python) is None:
        return False
    command = [python, "-c", "import sys, venv; sys.exit(sys.version_info[:2] != (3, 13))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _is_fresh() -> bool:
    return PYTHON.exists() and INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime


def _install(interpreter: str) -> None:
    INSTALLED.unlink(missing_ok=True)
    if not PYTHON.exists():
        _run([interpreter, "-m", "venv", str(PLACE)])
    _run([str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", str(LOCK)])
    INSTALLED.touch()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        errors = [line for line in output if line.startswith("ERROR")] or output[-1:]
        raise InstallError(f"{PLACE.name}: could not install {LOCK.name}: {errors[0]}")


if __name__ == "__main__":
    try:
        prepare()
    except NoInterpreterError as missing:
        print(f"Without Microsoft's worker: {missing}", file=sys.stderr)  # noqa: T201 - for make's reader
    except InstallError as failed:
        sys.exit(f"make: {failed}")
