"""Answered requests are never lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, VMS, InProcessCloud, open_cloud

Reopen = Callable[..., InProcessCloud]
SECRETS = ("Vm-Secret-1", "Th1s-is-not-secret", "join-secret")


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    """Open clouds on one journal, one after the other."""
    opened: list[InProcessCloud] = []

    def close() -> None:
        for app in opened:
            app.cloud.journal.close()

    def start(profile: str = "real") -> InProcessCloud:
        close()
        opened.append(open_cloud(profile, tmp_path / "journal"))
        return opened[-1]

    yield start
    close()


def world(app: InProcessCloud) -> Any:
    """Return all state that a restart must bring back."""
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


def live(app: InProcessCloud) -> None:
    """Do a bit of everything, some of it half done at the end."""
    subnet = app.create_network()
    account = {"name": "corp\\join", "password": "join-secret"}
    app.sim("POST", "seed", {"domains": [{"name": "corp.example", "ous": [], "accounts": [account]}]})
    app.advance(60)
    app.sim("POST", "faults", {"id": "f", "match": {"name": "cpc-3"}, "do": {"kind": "lro_fail", "code": "X"}})
    for n in range(1, 5):
        app.create_machine(f"cpc-{n}", subnet, password="Vm-Secret-1")
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
    app.request("PUT", f"{VMS}/cpc-1/extensions/join", body)
    app.advance(900)
    app.request("POST", f"{VMS}/cpc-2/deallocate")
    app.request("DELETE", f"{VMS}/cpc-4")
    app.advance(3)


def test_a_replayed_world_is_the_same_world(reopen: Reopen) -> None:
    first = reopen("real")
    live(first)
    before = world(first)
    again = reopen("real")
    assert world(again) == before


def test_a_torn_last_line_was_never_answered(reopen: Reopen, tmp_path: Path) -> None:
    first = reopen("instant")
    first.create_network()
    with (tmp_path / "journal").open("ab") as file:
        file.write(b'{"t":179500')
    again = reopen("instant")
    again.create_machine("cpc-1", f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/cpc")
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
    first.create_network()
    first.sim("POST", "reset", {})
    again = reopen("instant")
    assert again.error("GET", GROUP) == (404, "ResourceGroupNotFound")


def test_a_journal_of_another_seed_is_refused(reopen: Reopen, tmp_path: Path) -> None:
    first = reopen("instant")
    first.create_network()
    first.cloud.journal.close()
    with pytest.raises(ValueError, match="was written with"):
        open_cloud("instant", tmp_path / "journal", seed=8)


def test_in_memory_a_restore_drops_what_came_after_its_snapshot() -> None:
    app = open_cloud("instant")
    app.create_network()
    app.sim("POST", "snapshot", {"name": "before"})
    lengths = []
    for name in ("cpc-1", "cpc-2", "cpc-3"):
        app.create_machine(name, f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/cpc")
        app.sim("POST", "restore", {"name": "before"})
        lengths.append(len(list(app.cloud.journal.entries())))
        assert app.error("GET", f"{VMS}/{name}") == (404, "ResourceNotFound")
    assert len(set(lengths)) == 1


def test_a_later_snapshot_outlasts_the_restore_of_an_earlier_one() -> None:
    app = open_cloud("instant")
    app.sim("POST", "snapshot", {"name": "empty"})
    app.create_network()
    app.sim("POST", "snapshot", {"name": "network"})
    app.sim("POST", "restore", {"name": "empty"})
    assert app.error("GET", GROUP) == (404, "ResourceGroupNotFound")
    app.sim("POST", "restore", {"name": "network"})
    assert app.send("GET", GROUP).status == 200


def test_a_file_keeps_every_line_and_a_restore_is_one_more(reopen: Reopen, tmp_path: Path) -> None:
    app = reopen("instant")
    app.sim("POST", "snapshot", {"name": "empty"})
    app.create_network()
    before = (tmp_path / "journal").read_bytes()
    app.sim("POST", "restore", {"name": "empty"})
    after = (tmp_path / "journal").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == before.count(b"\n") + 1
    assert reopen("instant").error("GET", GROUP) == (404, "ResourceGroupNotFound")
