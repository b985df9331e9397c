"""Whatever was answered is there after a restart, at whatever moment it came."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.assembly import build
from azure_simulator.core.cloud import Cloud, Options
from azure_simulator.core.journal import JournalError
from azure_simulator.core.requests import Request
from azure_simulator.core.times import OwnClock
from azure_simulator.seeds import demo_seed
from simulation_base.clock import FileClock

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import (
    GROUP,
    NETWORK,
    START_US,
    SUB,
    VMS,
    InProcessCloud,
    keys,
    open_cloud,
)

GRAPH, VAULT = "https://graph.microsoft.com", "https://vault.azure.net"
SUBNET = f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"
DOCUMENTS = ("user", "group", "device", "managedDevice", "computer")
ROLE = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/fb879df8-f326-4884-b1cf-06f3ad86be52"


def snapshot_of(cloud: Cloud) -> Any:
    """Return all state that a restart must bring back."""
    world, directory = cloud.world, cloud.world.state("directory")
    tenants = [each["tenantId"] for each in directory.tenants()]
    found: dict[str, Any] = {
        "now": world.now_us,
        "resources": {
            each.id: (each.body, each.facts, each.version, each.created_us)
            for kind in world.resources.types()
            for each in world.resources.of_type(kind)
        },
        "operations": {
            each.id: (each.kind, each.target, each.accepted_us, each.due_us, each.phases, each.status())
            for each in world.operations.values()
        },
        "documents": {kind: [directory.all(kind, tenant) for tenant in tenants] for kind in DOCUMENTS},
        "deltas": directory.sequence,
        "secrets": {
            name: [(version.id, version.created, version.tags) for version in versions]
            for name, versions in world.state("vault").secrets.items()
        },
        "views": {name: show(world, {}) for name, show in cloud.views.items()},
        "attempts": world.attempts,
        "findings": world.findings,
        "config": world.config,
        "faults": [(each.id, each.hits, each.recent) for each in cloud.faults.rules],
        "faultAttempts": dict(cloud.attempts),
        "closed": [each for each in cloud.throttle.closed if each[1] > world.now_us],
        "early": cloud.log.early_requests,
        "duplicates": cloud.log.duplicate_puts,
    }
    return json.loads(json.dumps(_plain(found), default=str))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


class Life:
    """A user whose random requests are the same for one seed."""

    def __init__(self, app: InProcessCloud, seed: int) -> None:
        self.app = app
        self.chance = random.Random(seed)
        self.users = [f"user{number:02}@contoso.example" for number in range(1, 6)]

    def begin(self) -> None:
        self.app.create_network()
        rules = [
            {"id": "flaky", "match": {"op": "vm.*"}, "when": {"rate": 0.3, "max_hits": 9}, "do": {"kind": "http"}},
            {"id": "second", "match": {"op": "nsg.put", "attempt": "2"}, "do": {"kind": "drop_after"}},
            {"id": "fails", "match": {"name": "cpc-3"}, "do": {"kind": "lro_fail", "code": "AllocationFailed"}},
        ]
        self.app.sim("POST", "faults", rules)
        self.app.sim("POST", "seed", {"domains": [{"name": "corp.example", "ous": [], "accounts": []}]})

    def step(self) -> None:
        """Do one thing; it may be refused."""
        name = f"cpc-{self.chance.randrange(6)}"
        self.chance.choice([self._machine, self._machine, self._power, self._extension, self._people, self._rest])(name)

    def _machine(self, name: str) -> None:
        nic = f"{NETWORK}/networkInterfaces/{name}-nic"
        self.app.send("PUT", nic, nic_body(SUBNET, {"deskwright:cloudpc": name}))
        self.app.send("PUT", f"{VMS}/{name}", vm_body(nic, password="Vm-Secret-1", zone=self.chance.choice("12")))

    def _power(self, name: str) -> None:
        self.app.send("POST", f"{VMS}/{name}/{self.chance.choice(['start', 'deallocate', 'restart', 'powerOff'])}")
        if self.chance.random() < 0.3:
            self.app.send("DELETE", f"{VMS}/{name}")

    def _extension(self, name: str) -> None:
        publisher, kind = "Microsoft.Azure.ActiveDirectory", "AADLoginForWindows"
        about = {"publisher": publisher, "type": kind, "typeHandlerVersion": "2.0", "settings": {"mdmId": "x"}}
        self.app.send("PUT", f"{VMS}/{name}/extensions/{kind}", {"location": REGION, "properties": about})

    def _people(self, name: str) -> None:
        user = self.chance.choice(self.users)
        self.app.sim("POST", "graph/members", {"group": "Project", self.chance.choice(["add", "remove"]): [user]})
        enabled = self.chance.random() < 0.5
        self.app.sim("POST", "graph/users", {"user": user, "accountEnabled": enabled})
        path = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{self.app.cloud.world.guid(name)}"
        properties = {"roleDefinitionId": ROLE, "principalId": self.app.cloud.world.guid(user)}
        self.app.send("PUT", path, {"properties": properties})

    def _rest(self, name: str) -> None:
        token = self.app.token("vault", VAULT)
        secret = {"value": f"hidden-{self.chance.random()}", "tags": {"for": name}}
        headers = {"host": "cloud", "authorization": f"Bearer {token}"}
        self.app.cloud.handle(
            Request("PUT", f"/secrets/{name}", "api-version=7.4", headers, json.dumps(secret).encode())
        )
        self.app.send("PUT", f"{NETWORK}/networkSecurityGroups/{name}", {"location": REGION, "properties": {}})
        self.app.sim("PATCH", "config", {"agents": {name: self.chance.choice(["never", 60, None])}})
        self.app.sim("POST", "buckets/close", {"policy": "HighCostGet", "seconds": 5})
        self.app.sim("POST", "clock/advance", {"seconds": self.chance.randrange(200)})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_world_is_the_same_after_a_kill_at_any_moment(tmp_path: Path, seed: int) -> None:
    clock = OwnClock(START_US, 0)
    path = tmp_path / "first"
    app = InProcessCloud(build(clock, keys(), Options(seed, "real", demo_seed(5)), path), clock)
    life, moments = Life(app, seed), []
    life.begin()
    app.sim("PATCH", "config", {"anyPrincipalExists": True})
    for _ in range(60):
        life.step()
        app.sim("POST", "clock/advance", {"seconds": 1})
        moments.append((path.stat().st_size, snapshot_of(app.cloud)))
    app.cloud.journal.close()
    lines, key = path.read_bytes(), (tmp_path / "first.key").read_bytes()
    for number, (size, before) in enumerate(life.chance.sample(moments, 4)):
        copy = tmp_path / f"copy{number}"
        torn = lines[size : size + life.chance.randrange(40)]
        copy.write_bytes(lines[:size] + torn)
        copy.with_name(f"{copy.name}.key").write_bytes(key)
        again = build(OwnClock(START_US, 0), keys(), Options(seed, "real", demo_seed(5)), copy)
        assert snapshot_of(again) == before
        again.journal.close()


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[FileClock]:
    opened = FileClock.create(tmp_path / "clock", datetime(2026, 11, 21, tzinfo=UTC), 0.0)
    yield opened
    opened.close()


def shared(clock: FileClock, path: Path) -> InProcessCloud:
    return InProcessCloud(build(clock, keys(), Options(7, "real", demo_seed(5)), path), OwnClock(0, 0))


def test_operations_keep_their_due_times_when_the_cloud_was_away(clock: FileClock, tmp_path: Path) -> None:
    first = shared(clock, tmp_path / "journal")
    first.create_machine("cpc-1", first.create_network())
    (before,) = first.sim("GET", "operations?kind=vm.create")
    made = first.request("GET", f"{VMS}/cpc-1")["properties"]["timeCreated"]
    first.cloud.journal.close()
    clock.advance(timedelta(seconds=40))
    again = shared(clock, tmp_path / "journal")
    (after,) = again.sim("GET", "operations?kind=vm.create")
    assert (after["accepted"], after["due"]) == (before["accepted"], before["due"])
    assert again.request("GET", f"{VMS}/cpc-1")["properties"]["timeCreated"] == made
    clock.advance(timedelta(hours=1))
    (after,) = again.sim("GET", "operations?kind=vm.create")
    assert (after["status"], after["due"]) == ("Succeeded", before["due"])
    again.cloud.journal.close()


def test_a_clock_of_its_own_never_goes_back(tmp_path: Path) -> None:
    moments = []
    for _ in range(3):
        clock = OwnClock(START_US, 10.0)
        app = InProcessCloud(build(clock, keys(), Options(7, "real", demo_seed(5)), tmp_path / "journal"), clock)
        app.request("PUT", GROUP, {"location": REGION})
        app.sim("POST", "clock/advance", {"seconds": 3600})
        moments += [app.cloud.world.now_us, clock.now_us()]
        app.cloud.journal.close()
    assert moments == sorted(moments)
    assert moments[-1] - START_US < 4 * 3600 * 1_000_000


def test_faults_go_on_counting_where_they_stood(tmp_path: Path) -> None:
    first = open_cloud("instant", tmp_path / "journal")
    rule = {"id": "twice", "match": {"op": "group.get"}, "when": {"max_hits": 2}, "do": {"kind": "http", "status": 500}}
    first.sim("POST", "faults", rule)
    assert first.send("GET", GROUP).status == 500
    first.cloud.journal.close()
    again = open_cloud("instant", tmp_path / "journal")
    assert [again.send("GET", GROUP).status for _ in range(2)] == [500, 404]
    again.cloud.journal.close()


def test_callers_that_have_to_wait_still_have_to_after_a_restart(tmp_path: Path) -> None:
    first = open_cloud("instant", tmp_path / "journal")
    first.create_machine("cpc-1", first.create_network())
    for _ in range(13):
        refused = first.send("POST", f"{VMS}/cpc-1/restart")
    first.cloud.journal.close()
    again = open_cloud("instant", tmp_path / "journal")
    again.advance(2)
    reply = again.send("POST", f"{VMS}/cpc-1/restart")
    assert (refused.status, reply.status) == (429, 429)
    assert int(reply.headers["Retry-After"]) == int(refused.headers["Retry-After"]) - 2
    assert [each["invariant"] for each in again.sim("GET", "invariants")["findings"]] == ["beforeRetryAfter"]
    again.cloud.journal.close()


def test_a_reset_to_nothing_stays_nothing(tmp_path: Path) -> None:
    first = open_cloud("instant", tmp_path / "journal")
    first.sim("POST", "reset", {"begin": False})
    first.cloud.journal.close()
    again = open_cloud("instant", tmp_path / "journal")
    assert again.sim("GET", "state?view=directory") == {}
    again.cloud.journal.close()


def test_a_restored_snapshot_stays_restored(tmp_path: Path) -> None:
    first = open_cloud("real", tmp_path / "journal")
    subnet = first.create_network()
    first.sim("POST", "snapshot", {"name": "empty"})
    first.create_machine("cpc-1", subnet)
    first.sim("POST", "restore", {"name": "empty"})
    first.create_machine("cpc-2", subnet)
    before = snapshot_of(first.cloud)
    first.cloud.journal.close()
    again = open_cloud("real", tmp_path / "journal")
    assert snapshot_of(again.cloud) == before
    assert again.sim("GET", "snapshots").keys() == {"empty"}
    again.cloud.journal.close()


def test_a_journal_of_an_older_version_may_have_settings_that_no_longer_exist(tmp_path: Path) -> None:
    first = open_cloud("instant", tmp_path / "journal")
    first.cloud.setting("oldSetting", int, "gone since")
    first.sim("POST", "config", {"oldSetting": 4})
    first.cloud.journal.close()
    path = tmp_path / "journal"
    path.write_bytes(path.read_bytes().replace(b',"r":', b',"old":'))
    again = open_cloud("instant", path)
    assert again.sim("GET", "config") == {"oldSetting": 4}
    again.cloud.journal.close()


def test_a_journal_has_one_cloud_at_a_time(tmp_path: Path) -> None:
    first = open_cloud("instant", tmp_path / "journal")
    with pytest.raises(JournalError, match="in use"):
        open_cloud("instant", tmp_path / "journal")
    first.cloud.journal.close()
    open_cloud("instant", tmp_path / "journal").cloud.journal.close()


@pytest.mark.parametrize(("old", "new"), [(b'"method":"PUT"', b'"method":"PUT'), (b"/resourceGroups/", b"/nothing/")])
def test_a_damaged_journal_is_refused_with_a_reason(tmp_path: Path, old: bytes, new: bytes) -> None:
    first = open_cloud("instant", tmp_path / "journal")
    first.request("PUT", GROUP, {"location": REGION})
    first.request("PUT", f"{GROUP}-2", {"location": REGION})
    first.cloud.journal.close()
    path = tmp_path / "journal"
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    with pytest.raises(JournalError, match=r"damaged|unknown|refused"):
        open_cloud("instant", path)


def test_a_journal_that_cannot_be_written_stops_the_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_cloud("instant", tmp_path / "journal")
    app.request("PUT", GROUP, {"location": REGION})

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("azure_simulator.core.journal.os.write", full)
        with pytest.raises(OSError, match="No space"):
            app.send("PUT", f"{GROUP}-2", {"location": REGION})
    assert app.error("GET", GROUP) == (503, "ServiceUnavailable")
    app.cloud.journal.close()
    again = open_cloud("instant", tmp_path / "journal")
    assert (again.send("GET", GROUP).status, again.send("GET", f"{GROUP}-2").status) == (200, 404)
    again.cloud.journal.close()
