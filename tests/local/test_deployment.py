"""`python -m deployment` as people run it: a process of its own, `az` on its PATH, a simulated cloud over TLS."""

import json
import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.certificates import issue
from azure_simulator.seeds import TENANT_ID, demo_seed

from tests.deployment.test_provisioning import template
from tests.house.tree import ROOT

pytestmark = pytest.mark.long

SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
WHERE = ("--environment", "test", "--location", "westeurope", "--subscription", SUBSCRIPTION, "--tenant", TENANT_ID)


@dataclass(frozen=True)
class Checkout:
    """A checkout with the deployment alone, and the cloud that it deploys to."""

    folder: Path
    url: str
    authority: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command without any package and with our `az` alone on the PATH."""
        environment = {
            "PATH": str(self.folder / "bin"),
            "HOME": str(self.folder),
            "SSL_CERT_FILE": str(self.authority),
        }
        addresses = ("--graph-url", self.url.replace("127.0.0.1", "localhost"), "--arm-url", self.url)
        command = [sys.executable, "-S", "-m", "deployment", *words, *addresses]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    def __call__(self, *words: str) -> str:
        """Run a command that must succeed; return its output."""
        done = self.run(*words)
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout


def az(folder: Path, url: str, authority: Path) -> None:
    """Put a program on the PATH that gives tokens as the Azure CLI does: of Graph for localhost, else of Azure."""
    context = ssl.create_default_context(cafile=authority)
    tokens = []
    for audience in ("https://graph.microsoft.com", "https://management.azure.com"):
        body = json.dumps({"name": f"deployer {audience}", "audience": audience}).encode()
        request = urllib.request.Request(f"{url}/_sim/tokens", body, method="POST")  # noqa: S310 - ours
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:  # noqa: S310 - ours
            token = json.load(answer)["access_token"]
        tokens.append(json.dumps({"accessToken": token, "expires_on": 4_102_444_800}))
    path = folder / "bin" / "az"
    path.parent.mkdir()
    path.write_text(
        f"#!/bin/sh\ncase \"$*\" in *localhost*) echo '{tokens[0]}';; *) echo '{tokens[1]}';; esac\n", "utf-8"
    )
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A cloud of its own, with a caller who may do everything in both services."""
    folder = tmp_path / "checkout"
    for name in ("deployment", "infra", "shared"):
        shutil.copytree(ROOT / name, folder / name)
    certificates = issue(tmp_path)
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(demo_seed(3)), "utf-8")
    command = [sys.executable, "-m", "azure_simulator", "--ca-dir", str(certificates.folder), "--profile", "instant"]
    with subprocess.Popen([*command, "--seed-file", str(seed)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        started: Any = json.loads(process.stdout.readline())
        az(folder, started["url"], certificates.bundle)
        yield Checkout(folder, started["url"], certificates.bundle)
        process.terminate()


def test_a_service_is_registered_provisioned_and_asked_twice_and_a_customer_brought_in(checkout: Checkout) -> None:
    path = checkout.folder / "template.json"
    path.write_text(json.dumps(template()), "utf-8")
    assert "7 changes would be made; nothing was written." in checkout("register", *WHERE, "--dry-run")
    assert not (checkout.folder / ".azure").exists()
    early = checkout.run("provision", *WHERE, "--template", str(checkout.folder / "template.json"), "--dry-run")
    assert early.stderr == "DESKWRIGHT_API_CLIENT_ID is not known yet: run the steps before, or set it.\n"
    assert "register the application 'Deskwright test sign-in'" in checkout("register", *WHERE)
    assert checkout("register", *WHERE).splitlines() == ["register:", "Nothing to change."]
    which = (*WHERE, "--template", str(path))
    assert "  + /subscriptions/" in checkout("provision", *which, "--dry-run")
    asked = checkout.run("provision", *which)
    assert asked.returncode == 1  # nobody has agreed
    checkout("provision", *which, "--yes")
    assert "Nothing to change." in checkout("provision", *which)
    kept = (checkout.folder / ".azure" / "test" / ".env").read_text("utf-8")
    assert 'SERVICE_API_URI="https://desk-app.azurewebsites.net"' in kept
    refused = checkout.run("connect", *WHERE)
    assert (refused.returncode, refused.stderr) == (
        1,
        "SERVICE_API_IDENTITY_PRINCIPAL_ID is not known yet: run the steps before, or set it.\n",
    )
    app = next(line.partition('"')[2].rstrip('"') for line in kept.splitlines() if "SIGN_IN" in line)
    customer = ("--tenant", TENANT_ID, "--subscription", SUBSCRIPTION, "--client-id", app)
    brought = checkout("customer", *customer, "--location", "westeurope")
    assert "MISSING" not in brought
    assert "Nothing to change." in checkout("customer", *customer, "--location", "westeurope")
    assert "delete the role 'Deskwright builder" in checkout("forget", *customer)
    assert "az ad app delete --id" in checkout("down", *WHERE)
