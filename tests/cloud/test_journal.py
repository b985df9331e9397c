"""What was answered is never lost."""

import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.certificates import Certificates
from tests.cloud.asking import GROUP, SEED, VMS, Asking, asking
from tests.contract.azure import REGION

Reopen = Callable[..., Asking]
SECRETS = ("Vm-Secret-1", "Th1s-is-not-secret", "join-secret")


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    """Open clouds on one journal, one after the other."""
    opened: list[Asking] = []

    def close() -> None:
        for app in opened:
            app.cloud.journal.close()

    def start(profile: str = "real") -> Asking:
        close()
        opened.append(asking(profile, tmp_path / "journal"))
        return opened[-1]

    yield start
    close()


def world(app: Asking) -> Any:
    """Give everything a restart must bring back."""
    app.sim("GET", "state")  # performs what is due
    return {
        "resources": {
            found.id: (found.body, found.facts)
            for kind in app.cloud.world.resources.types()
            for found in app.cloud.world.resources.of_type(kind)
        },
        "operations": app.sim("GET", "operations"),
        "capacity": app.sim("GET", "state?view=capacity"),
        "domains": app.sim("GET", "state?view=domains"),
    }


def live(app: Asking) -> None:
    """Do a bit of everything, some of it half done at the end."""
    subnet = app.lay()
    account = {"name": "corp\\join", "password": "join-secret"}
    app.sim("POST", "seed", {"domains": [{"name": "corp.example", "ous": [], "accounts": [account]}]})
    app.advance(60)
    app.sim("POST", "faults", {"id": "f", "match": {"name": "cpc-3"}, "do": {"kind": "lro_fail", "code": "X"}})
    for n in range(1, 5):
        app.order(f"cpc-{n}", subnet, password="Vm-Secret-1")
        app.advance(7)
    app.advance(1500)
    body = {
        "location": REGION,
        "properties": {
            "publisher": "Microsoft.Compute",
            "type": "JsonADDomainExtension",
            "typeHandlerVersion": "1.3",
            "settings": {"Name": "corp.example", "User": "corp\\join"},
            "protectedSettings": {"Password": "join-secret"},
        },
    }
    app.ask("PUT", f"{VMS}/cpc-1/extensions/join", body)
    app.advance(900)
    app.ask("POST", f"{VMS}/cpc-2/deallocate")
    app.ask("DELETE", f"{VMS}/cpc-4")
    app.advance(3)


def test_a_replayed_world_is_the_same_world(reopen: Reopen) -> None:
    first = reopen("real")
    live(first)
    before = world(first)
    again = reopen("real")
    assert world(again) == before


def test_a_torn_last_line_was_never_answered(reopen: Reopen, tmp_path: Path) -> None:
    first = reopen("instant")
    first.lay()
    with (tmp_path / "journal").open("ab") as file:
        file.write(b'{"t":179500')
    again = reopen("instant")
    again.order("cpc-1", f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/cpc")
    before = world(again)
    assert world(reopen("instant")) == before


def test_no_secret_is_in_the_journal(reopen: Reopen, tmp_path: Path) -> None:
    live(reopen("real"))
    text = (tmp_path / "journal").read_text()
    assert not [secret for secret in SECRETS if secret in text]


def test_a_password_still_works_after_a_restart(reopen: Reopen) -> None:
    live(reopen("real"))
    again = reopen("real")
    assert again.sim("GET", "state?view=domains")[0]["computers"] == {"cpc-abc123": ""}


def test_a_reset_forgets_the_journal(reopen: Reopen) -> None:
    first = reopen("instant")
    first.lay()
    first.sim("POST", "reset", {})
    again = reopen("instant")
    assert again.error("GET", GROUP) == (404, "ResourceGroupNotFound")


def test_a_journal_of_another_seed_is_refused(reopen: Reopen, tmp_path: Path) -> None:
    first = reopen("instant")
    first.lay()
    first.cloud.journal.close()
    with pytest.raises(ValueError, match="was written with"):
        asking("instant", tmp_path / "journal", seed=8)


class Process:
    """The cloud as a process of its own, to be killed."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        command = [sys.executable, "-m", "local.cloud", "--ca-dir", str(certificates.folder)]
        command += ["--journal", str(folder / "journal"), "--seed-file", str(folder / "seed.json")]
        self.popen = subprocess.Popen([*command, "--profile", "instant"], stdout=subprocess.PIPE)
        assert self.popen.stdout is not None
        self.url = str(json.loads(self.popen.stdout.readline())["url"])
        self._context = ssl.create_default_context(cafile=str(certificates.authority))

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        path = f"{path}?api-version=2024-11-01"
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - https
        with urllib.request.urlopen(request, context=self._context) as answer:  # noqa: S310 - https
            return json.loads(answer.read())

    def kill(self) -> None:
        os.kill(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        assert self.popen.stdout is not None
        self.popen.stdout.close()


@pytest.mark.simulator
def test_kill_9_loses_nothing_that_was_answered(tmp_path: Path, certificates: Certificates) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(SEED))
    first = Process(tmp_path, certificates)
    token = first.call("POST", "/_sim/tokens", {"audience": "https://management.azure.com"})["access_token"]
    for n in range(30):
        first.call("PUT", f"{GROUP}-{n}", {"location": REGION}, token)
    first.kill()
    second = Process(tmp_path, certificates)
    try:
        groups = second.call("GET", GROUP.rpartition("/")[0], token=token)["value"]
    finally:
        second.kill()
    assert len(groups) == 30
