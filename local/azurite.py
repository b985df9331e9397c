"""Azurite, Microsoft's storage emulator, over TLS and with tokens instead of account keys.

``--oauth basic`` (Azurite 3.35.0, the same code for tables, queues and blobs) accepts a bearer
token over https when

- ``nbf``, ``exp`` and ``iat`` are there, in real seconds, and now lies within nbf and exp;
- ``iss`` starts with ``https://sts.windows.net/`` (a v1 issuer: the v2 one is refused);
- ``aud`` is one string: ``https://storage.azure.com`` (a slash may follow), or
  ``https://devstoreaccount1.{table,queue,blob}.core.windows.net``.

It looks at no signature, role or scope. Anything else gets a 403 ``AuthenticationFailed``.

Run as a command it installs itself: ``python -m local.azurite`` (see the Makefile).
"""

import base64
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from azure_simulator.certificates import Certificates

from local import node
from local.processes import Part

ACCOUNT = "devstoreaccount1"
_NO_KEY = base64.b64encode(b"tokens only").decode()
"""The key of a further account: Azurite wants one, and nobody uses it."""
_WELL_KNOWN_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The key of `ACCOUNT` in every Azurite, which clients of development storage send."""

_MANIFESTS = tuple(Path(__file__).with_name(n) for n in ("package.json", "package-lock.json"))
_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at https://[^:]+:(\d+)")
_READY_WITHIN_SECONDS = 60.0
# Longer than any client keeps an idle connection: the server must not close it first.
_KEEP_ALIVE_SECONDS = "300"


class InstallError(Exception):
    """Azurite could not be installed."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the three services; 0: the kernel chooses."""

    blob: int = 0
    queue: int = 0
    table: int = 0


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running Azurite: its process, and the addresses of one of its accounts."""

    part: Part
    ports: Ports
    account: str = ACCOUNT

    @property
    def tables_url(self) -> str:
        """The endpoint of the Table service, for ``TableServiceClient``."""
        return f"https://127.0.0.1:{self.ports.table}/{self.account}"

    @property
    def queues_url(self) -> str:
        """The endpoint of the Queue service, for ``QueueServiceClient``."""
        return f"https://127.0.0.1:{self.ports.queue}/{self.account}"

    @property
    def blobs_url(self) -> str:
        """The endpoint of the Blob service; only Microsoft's host needs it."""
        return f"https://127.0.0.1:{self.ports.blob}/{self.account}"

    def stop(self) -> None:
        """Stop the process; data on disk is kept."""
        self.part.stop()


def install(tools: Path = node.TOOLS) -> Path:
    """Install the locked Azurite below ``tools`` if it is missing; return its main script.

    Safe to call from several processes at once.
    """
    folder = tools / "azurite"
    main = folder / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(b"".join(m.read_bytes() for m in _MANIFESTS)).hexdigest()
    stamp = folder / "installed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (main.exists() and stamp.exists() and stamp.read_text() == wanted):
            stamp.unlink(missing_ok=True)
            _npm_ci(folder, tools)
            stamp.write_text(wanted)
    return main


def _npm_ci(folder: Path, tools: Path) -> None:
    for manifest in _MANIFESTS:
        shutil.copy(manifest, folder)
    npm = node.find(tools).npm
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        errors = [line for line in answer.stderr.splitlines() if "error" in line.lower()]
        raise InstallError(f"npm ci failed: {errors[0] if errors else answer.returncode}")


def start(
    folder: Path,
    issued: Certificates,
    *,
    ports: Ports | None = None,
    on_disk: bool = False,
    environment: Mapping[str, str] | None = None,
    log_requests: bool = False,
    further: Sequence[str] = (),
) -> Azurite:
    """Start Azurite in a run folder and wait until its three services listen.

    In memory unless ``on_disk``; on disk it saves about every five seconds and when stopped. ``log_requests``: its log
    has a line for each request. ``further``: the names of more accounts than ``ACCOUNT``.
    """
    ports = ports or Ports()
    command = [node.find(node.TOOLS).node, str(install()), "--disableTelemetry"]
    command += [] if log_requests else ["--silent"]
    command += ["--skipApiVersionCheck", "--oauth", "basic"]
    command += ["--cert", str(issued.server), "--key", str(issued.server_key)]
    for name in ("blob", "queue", "table"):
        command += [f"--{name}Port", str(getattr(ports, name))]
        command += [f"--{name}KeepAliveTimeout", _KEEP_ALIVE_SECONDS]
    data = folder / "azurite"
    data.mkdir(parents=True, exist_ok=True)
    command += ["--location", str(data)] if on_disk else ["--inMemoryPersistence"]
    accounts = ";".join((f"{ACCOUNT}:{_WELL_KNOWN_KEY}", *(f"{name}:{_NO_KEY}" for name in further)))
    variables = {**(environment or os.environ), **({"AZURITE_ACCOUNTS": accounts} if further else {})}
    part = Part("Azurite", command, variables, folder / "logs" / "azurite.log", data)
    part.start()
    try:
        found = part.wait_until(lambda: _listening(part.output()), _READY_WITHIN_SECONDS)
    except BaseException:
        part.kill()
        raise
    return Azurite(part, found)


def _listening(output: str) -> Ports | None:
    """Read the ports from Azurite's output, once all three services listen."""
    ports = {name.lower(): int(port) for name, port in _LISTENING.findall(output)}
    return Ports(**ports) if len(ports) == len(Ports.__slots__) else None


def main() -> int:
    """Install Azurite; on failure print the reason in one line."""
    with suppress(KeyboardInterrupt):
        try:
            install()
        except (InstallError, node.NodeError) as error:
            print(f"Azurite is missing: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
