"""Microsoft's command-line client with a configuration folder of its own, registered against a simulated cloud."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.graph.directory.records import derived_id
from azure_simulator.seeds import TENANT_ID, demo_seed

PYTHON = Path(__file__).resolve().parents[3] / ".tools" / "az" / "bin" / "python"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
APP, SECRET = derived_id(TENANT_ID, "app", "cli"), "only-for-this-test"
SECONDS = 900


# Graph and Resource Manager have one address here; of Azure they have the addresses that tokens are for.
_TRANSLATED = """#!/bin/sh
for each in "$@"; do
  shift
  case "$each" in
    https://localhost:*) each=https://graph.microsoft.com ;;
    https://127.0.0.1:*) each=https://management.azure.com ;;
  esac
  set -- "$@" "$each"
done
exec {} -m azure.cli "$@"
"""


class Az:
    """The client with a configuration folder of its own."""

    def __init__(self, folder: Path, cloud: dict[str, str], *, first: Path | None = None, **more: str) -> None:
        """Make it; `first` is a folder whose programs come before those of the PATH, `more` are variables."""
        self.cloud, self._folder = cloud, folder
        self._environment = {
            **os.environ,
            "AZURE_CONFIG_DIR": str(folder),
            "REQUESTS_CA_BUNDLE": cloud["bundle"],
            "IDENTITY_ENDPOINT": f"{cloud['msi']}/msi/token",
            "IDENTITY_HEADER": "any",
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
            "AZURE_CORE_ENCRYPT_TOKEN_CACHE": "false",
            "PATH": os.pathsep.join([*([str(first)] if first else []), os.environ["PATH"]]),
            **more,
        }

    def __call__(self, *words: str) -> Any:
        """Run a command that must succeed; return the JSON that it prints, None if it prints nothing."""
        done = self.run(*words)
        assert done.returncode == 0, (words, done.stderr[-1500:])
        return json.loads(done.stdout) if done.stdout.strip() else None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(PYTHON), "-m", "azure.cli", *words, "--output", "json"]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            env=self._environment,
            cwd=self._folder,
        )

    def accompany(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run another program of this repository, in a folder of its own, with this `az` on its PATH."""
        root = Path(__file__).resolve().parents[3]
        for name in ("deployment", "infra", "shared"):
            shutil.copytree(root / name, folder / name)
        (folder / "az").write_text(_TRANSLATED.format(PYTHON), "utf-8")
        (folder / "az").chmod(0o755)
        path = os.pathsep.join([str(folder), os.environ["PATH"]])
        environment = {**self._environment, "PATH": path, "SSL_CERT_FILE": self.cloud["bundle"]}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=SECONDS, env=environment, cwd=folder
        )

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command whose messages are read while it runs."""
        command = [str(PYTHON), "-m", "azure.cli", *words, "--output", "json"]
        environment = {**self._environment, "AZURE_CORE_ONLY_SHOW_ERRORS": "false"}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=pipe, text=True, env=environment, cwd=self._folder
        )

    def register(self) -> None:
        """Make the simulated cloud the one that commands are for."""
        self("cloud", "register", "--name", "simulated", "--endpoint-resource-manager", self.cloud["url"])
        self("cloud", "set", "--name", "simulated")


def tell(cloud: dict[str, str], path: str, body: Any) -> None:
    """Send a request to the simulator's control routes."""
    request = urllib.request.Request(f"{cloud['url']}/_sim/{path}", json.dumps(body).encode(), method="POST")  # noqa: S310
    context = ssl.create_default_context(cafile=cloud["bundle"])
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:  # noqa: S310
        assert answer.status == 200


@contextmanager
def served(folder: Path, certificates: Certificates) -> Iterator[dict[str, str]]:
    """Run a cloud with one subscription and an application that may do everything; give its addresses."""
    if not PYTHON.exists():
        pytest.skip("az is not installed: make .tools/az/installed")
    seed = demo_seed(6)
    seed["tenants"][0]["subscriptions"] = [SUBSCRIPTION]
    seed["tenants"][0]["apps"].append({"displayName": "cli", "client_secret": SECRET, "roles": ["*"]})
    path = folder / "seed.json"
    path.write_text(json.dumps(seed))
    command = [sys.executable, "-m", "azure_simulator", "--ca-dir", str(certificates.folder), "--profile", "fast"]
    with subprocess.Popen([*command, "--seed-file", str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


def signed_in(folder: Path, cloud: dict[str, str]) -> Az:
    """Return the client, signed in as the application."""
    made = Az(folder, cloud)
    made.register()
    (account,) = made("login", "--service-principal", "--username", APP, "--password", SECRET, "--tenant", TENANT_ID)
    assert account["id"] == SUBSCRIPTION
    return made
