"""By the page *One organisation* alone: from an empty subscription with policies to a Cloud PC, twice.

Every command of the page is run as it stands, in its order, by a shell's words; a person's own values are put into its
places. What is played: `make portal` by a page that stands for the bundle, `pipx install` by the command line that is
installed, `az` by `tests.deployment.az`, Azure's addresses by `internet`. A published package starts the app of this
checkout with the settings that the deployment has given the function app, and its identity; storage is Azurite.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.graph.directory.records import derived_id
from azure_simulator.seeds import DOMAIN, TENANT_ID, demo_seed

from deployment import packaging
from local.options import APP, StackOptions
from local.stack import Stack
from tests.deployment.internet import internet
from tests.house.tree import ROOT, text

PAGE = ROOT / "docs" / "one-organisation.md"
SERVICE, MACHINES = "aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222"
ADMINISTRATOR = f"admin@{DOMAIN}"
_BLOCK = re.compile(r"```(sh|json|yaml)\n(.*?)```", re.DOTALL)
_AUTHORIZATION = f"/subscriptions/{SERVICE}/providers/Microsoft.Authorization"
_POLICIES = "2023-04-01"
_GROUP = f"/subscriptions/{SERVICE}/resourceGroups/rg-deskwright"
_PLACES = {"directory": TENANT_ID, "subscription": SERVICE, "machines": MACHINES, "administrator": ADMINISTRATOR}
_PLAYED = ("make portal", "pipx install ./cli")
_OURS = (
    "DESKWRIGHT_API_AUDIENCE",
    "DESKWRIGHT_SIGN_IN_CLIENT_ID",
    "DESKWRIGHT_SIGN_IN_SCOPE",
    "DESKWRIGHT_SIGN_IN_DIRECTORY",
    "DESKWRIGHT_PROVIDER_TENANT_ID",
    "DESKWRIGHT_CLIENT_ID",
)
"""Settings of the function app that hold here unchanged; addresses are of the stack."""
_CLOSED = {
    "storage": ("Microsoft.Storage/storageAccounts", "Microsoft.Storage/storageAccounts/publicNetworkAccess"),
    "vaults": ("Microsoft.KeyVault/vaults", "Microsoft.KeyVault/vaults/publicNetworkAccess"),
}


def rules() -> dict[str, Any]:
    """Return the conditions under which the organisation's policies deny a resource."""
    closed = {
        name: {"allOf": [{"field": "type", "equals": kind}, {"field": alias, "notEquals": "Disabled"}]}
        for name, (kind, alias) in _CLOSED.items()
    }
    places = ["westeurope", "northeurope", "global"]
    return {
        **closed,
        "tags": {"field": "tags['costCenter']", "exists": "false"},
        "regions": {"field": "location", "notIn": places},
    }


@dataclass
class Reader:
    """Somebody with the page, a checkout and a terminal."""

    stack: Stack
    folder: Path
    proxy: str = ""
    published: bool = False
    serves: bool = False

    @property
    def values(self) -> dict[str, str]:
        kept = self.folder / ".azure" / "deskwright" / ".env"
        lines = kept.read_text("utf-8").splitlines() if kept.exists() else []
        rows = (line.partition("=") for line in lines)
        group = derived_id(TENANT_ID, "group", "Cloud PC users")
        return {**_PLACES, "group": group, **{name: value.strip('"') for name, _, value in rows}}

    def filled(self, written: str) -> str:
        return re.sub(r"<(\w+)>", lambda found: self.values[found[1]], written)

    @property
    def environment(self) -> dict[str, str]:
        bundle = str(self.stack.certificates.bundle)
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("DESKWRIGHT_", "AZURE_"))}
        path = [str(self.folder.parent / "programs"), str(Path(sys.executable).parent), os.environ["PATH"]]
        return {
            **mine,
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": str(ROOT),
            "HTTPS_PROXY": self.proxy,
            "SSL_CERT_FILE": bundle,
            "REQUESTS_CA_BUNDLE": bundle,
            "DESKWRIGHT_CONFIG_DIR": str(self.folder.parent / "settings"),
            "HOME": str(self.folder.parent),
            "WALK_CLOUD": self.stack.addresses.cloud,
            "WALK_TENANT": TENANT_ID,
            "WALK_PERSON": ADMINISTRATOR,
        }

    def run(self, command: str, code: int = 0) -> str:
        """Run a command of the page; it has to end with *code*."""
        told = self.folder.parent / "told.txt"
        with told.open("w") as output:
            process = subprocess.Popen(
                shlex.split(self.filled(command)),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            while process.poll() is None:
                self._start_app()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
        said = told.read_text("utf-8")
        assert process.returncode == code, f"{command}: {process.returncode}\n{said}"
        return said

    def place(self, host: str) -> str:
        """Return the address that answers for a host of Azure; for the app only once it has a package."""
        azure = ("management.azure.com", "graph.microsoft.com", "login.microsoftonline.com")
        if host.endswith(".scm.azurewebsites.net"):
            self.published = True
        elif host.endswith(".azurewebsites.net"):
            return self.stack.addresses.api if self.serves else ""
        return self.stack.addresses.cloud if host in azure or ".scm." in host else ""

    def _start_app(self) -> None:
        """Start the app with the settings of the function app once it has a package, as Azure does."""
        if not self.published or self.serves:
            return
        path = f"{_GROUP}/providers/Microsoft.Web/sites/{self.values['SERVICE_API_NAME']}/config/appsettings/list"
        settings = arm(self.stack, "POST", path, {}, "2025-03-01")["properties"]
        assert settings["DESKWRIGHT_ARM_URL"] == "https://management.azure.com/"
        self.stack.options = replace(self.stack.options, settings={name: settings[name] for name in _OURS})
        self.stack.change_app(APP)
        self.serves = True


def blocks() -> list[tuple[str, str]]:
    """Return the page's commands and files in their order: the kind and the text of each."""
    found: list[tuple[str, str]] = []
    for kind, content in _BLOCK.findall(text(PAGE)):
        if kind == "sh":
            found += [("sh", line.strip()) for line in re.sub(r"\\\n\s*", "", content).splitlines()]
        else:
            found.append((kind, content))
    return found


@pytest.fixture
def reader(tmp_path: Path, certificates: Any) -> Iterator[Reader]:
    """A directory with people, two empty subscriptions of which the service's has policies, and a checkout."""
    del certificates
    seed = demo_seed(4)
    (tenant,) = seed["tenants"]
    tenant["subscriptions"] = [SERVICE, MACHINES]
    tenant["users"].append({"userPrincipalName": ADMINISTRATOR, "displayName": "Administrator"})
    tenant["apps"] = []
    begins = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    with Stack(tmp_path / "stack", StackOptions(begins=begins, speed=300.0, seed_data=seed)) as stack:
        made = Reader(stack, checkout(tmp_path / "checkout"))
        said = (stack.addresses.cloud, "https://login.microsoftonline.com")
        with internet(stack.certificates, made.place, said) as proxy:
            made.proxy = proxy.address
            assign(stack)
            yield made


def checkout(folder: Path) -> Path:
    """Make a checkout, with stand-ins for the programs of others."""
    for name in packaging.files(ROOT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    for part in ("deployment", "infra", "shared"):
        shutil.copytree(ROOT / part, folder / part, dirs_exist_ok=True)
    shutil.copyfile(ROOT / ".funcignore", folder / ".funcignore")
    (folder / "portal" / "dist").mkdir(parents=True, exist_ok=True)
    (folder / "portal" / "dist" / "index.html").write_text("<html></html>", "utf-8")
    az = folder.parent / "programs" / "az"
    az.parent.mkdir()
    az.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.deployment.az "$@"\n', "utf-8")
    az.chmod(0o755)
    return folder


def assign(stack: Stack) -> None:
    """Give the service's subscription the organisation's policies."""
    for name, condition in rules().items():
        rule = {"if": condition, "then": {"effect": "deny"}}
        body = {"properties": {"displayName": name, "mode": "Indexed", "policyRule": rule}}
        definition = f"{_AUTHORIZATION}/policyDefinitions/{name}"
        arm(stack, "PUT", definition, body, _POLICIES)
        given = {"policyDefinitionId": definition, "displayName": f"Landing zone: {name}"}
        arm(stack, "PUT", f"{_AUTHORIZATION}/policyAssignments/{name}", {"properties": given}, _POLICIES)


def arm(stack: Stack, method: str, path: str, body: Any, version: str) -> Any:
    """Ask the simulated Resource Manager as somebody who may do everything."""
    token = stack.tell_cloud("tokens", {"name": "observer", "audience": "https://management.azure.com"})["access_token"]
    url = f"{stack.addresses.cloud}{path}?api-version={version}"
    request = urllib.request.Request(url, json.dumps(body).encode(), method=method)  # noqa: S310 - ours
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60, context=stack.certificates.client_context()) as answer:  # noqa: S310
        return json.load(answer)


def follow(reader: Reader, *, again: bool) -> list[str]:
    """Follow the page from its beginning to its end; return the output of each command."""
    said: list[str] = []
    checks = 0
    for kind, written in blocks():
        if kind == "json":
            (reader.folder / "infra" / "parameters.json").write_text(reader.filled(written), "utf-8")
        elif kind == "yaml":
            (reader.folder / "organisation.yaml").write_text(reader.filled(written), "utf-8")
        elif written in _PLAYED:
            continue
        else:
            checks += written.startswith("python -m deployment check")
            code = 1 if written.startswith("python -m deployment check") and checks == 1 and not again else 0
            code = 2 if again and written.startswith("deskwright tenant create") else code
            said.append(reader.run(written, code))
    return said


def cloud_pcs(reader: Reader) -> dict[str, str]:
    """Return the status of each Cloud PC by its id, as the page's last command shows them."""
    rows = json.loads(reader.run("deskwright pc list --tenant contoso -o json"))
    return {each["id"]: each["status"] for each in rows}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_first_cloud_pc_by_the_page_alone_and_the_second_time_no_change(reader: Reader) -> None:
    first = follow(reader, again=False)
    refused = re.findall(r"'Landing zone: (\w+)' denies it", first[1])
    assert set(refused) == {"storage", "vaults", "tags"}
    assert first[1].count("Set reachableFrom to privateEndpoints") == 2
    assert "failed" not in first[2]
    while "provisioned" not in (before := cloud_pcs(reader)).values():
        assert reader.stack.failed_part() is None
        assert set(before.values()) <= {"provisioning", "pendingProvision"}, before
    made = len(reader.stack.ask_cloud("state?type=Microsoft.Web/sites"))

    second = list(zip(commands(), follow(reader, again=True), strict=True))
    for command, said in second:
        if command.startswith("python -m deployment"):
            assert said.splitlines()[-1] == "Nothing to change.", (command, said)
        if command.startswith("python -m deployment all"):
            assert "= every resource is as the template has it" in said
        if command.startswith("deskwright apply"):
            assert {line.rpartition(": ")[2] for line in said.splitlines()} == {"unchanged"}
    assert cloud_pcs(reader).keys() == before.keys()
    assert len(reader.stack.ask_cloud("state?type=Microsoft.Web/sites")) == made == 1
    assert reader.stack.ask_cloud("invariants")["clean"]


def commands() -> list[str]:
    """Return the commands of the page that are run, in their order."""
    return [written for kind, written in blocks() if kind == "sh" and written not in _PLAYED]


def test_the_page_has_every_step_in_its_order() -> None:
    words = [" ".join(each.split()[: 4 if each.startswith("python") else 2]) for each in commands()]
    check, made = "python -m deployment check", "python -m deployment all"
    rest = ["deskwright login", "deskwright tenant", "deskwright apply", "deskwright pc"]
    assert words == ["az login", check, check, made, made, "python -m deployment customer", *rest]
