"""Whatever happens in whatever order: cores, hardware, slots and addresses are counted as they are there."""

import random
from pathlib import Path
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud

CRG = f"{GROUP}/providers/Microsoft.Compute/capacityReservationGroups/crg"
DISKS = f"{GROUP}/providers/Microsoft.Compute/disks"
HERE = {"location": REGION}
SIZES = ("Standard_D2s_v5", "Standard_D4s_v5")


class Walk:
    """A user who sends any request at any time; refused ones count as well."""

    def __init__(self, app: InProcessCloud, seed: int) -> None:
        self.app = app
        self.choose = random.Random(seed)
        self.subnet = app.create_network()
        app.request("PUT", CRG, {"location": REGION})

    def step(self) -> None:
        action = self.choose.choice((self.make, self.make, self.power, self.change, self.reserve, self.drop, self.fail))
        action(f"cpc-{self.choose.randint(1, 4)}")
        self.app.advance(self.choose.choice((0, 1, 30, 300)))

    def make(self, name: str) -> None:
        nic = f"{NETWORK}/networkInterfaces/{name}-nic"
        self.app.send("PUT", nic, nic_body(self.subnet))
        body = vm_body(nic, size=self.choose.choice(SIZES), delete=self.choose.choice(("Delete", "Detach")))
        if self.choose.random() < 0.5:
            body["properties"]["capacityReservation"] = {"capacityReservationGroup": {"id": CRG}}
        if self.choose.random() < 0.3:
            body["properties"]["storageProfile"]["dataDisks"] = [{"lun": 0, "createOption": "Empty", "diskSizeGB": 8}]
        self.app.send("PUT", f"{VMS}/{name}", body)

    def power(self, name: str) -> None:
        verb = self.choose.choice(("start", "deallocate", "powerOff", "restart", "redeploy", "reapply"))
        self.app.send("POST", f"{VMS}/{name}/{verb}")

    def change(self, name: str) -> None:
        group = self.choose.choice(({"id": CRG}, {}))
        properties: dict[str, Any] = self.choose.choice(
            (
                {"hardwareProfile": {"vmSize": self.choose.choice(SIZES)}},
                {"capacityReservation": {"capacityReservationGroup": group}},
                {"storageProfile": {"dataDisks": []}},
            )
        )
        self.app.send("PATCH", f"{VMS}/{name}", {"properties": properties})

    def reserve(self, name: str) -> None:
        path = f"{CRG}/capacityReservations/{name}"
        if self.choose.random() < 0.3:
            self.app.send("DELETE", path)
        size, slots = self.choose.choice(SIZES), self.choose.randint(0, 3)
        self.app.send("PUT", path, {"location": REGION, "sku": {"name": size, "capacity": slots}})

    def drop(self, name: str) -> None:
        paths = (f"{VMS}/{name}", f"{VMS}/{name}?forceDeletion=true", f"{NETWORK}/networkInterfaces/{name}-nic")
        self.app.send("DELETE", self.choose.choice(paths))

    def fail(self, name: str) -> None:
        """Let the hardware be short, or operations on one machine fail."""
        vms = self.choose.choice((2, 4, 100))
        self.app.sim("POST", "config", {"capacity": [{"vms": vms}]})
        code = self.choose.choice(("AllocationFailed", "OSProvisioningTimedOut", "InternalExecutionError"))
        rule = {"id": "f", "match": {"op": "vm.*", "name": name}, "do": {"kind": "lro_fail", "code": code}}
        self.app.sim("POST", "faults", [rule])


@pytest.mark.parametrize("seed", range(4))
def test_everything_is_counted_as_it_is_there(seed: int) -> None:
    app = open_cloud("real", seed=seed)
    app.sim("POST", "config", {"throttling": {"enabled": False}, "quotas": {"*": {"cores": 24}}})
    walk = Walk(app, seed)
    for _ in range(120):
        walk.step()
        findings = app.sim("GET", "invariants")["findings"]
        assert [each for each in findings if each["invariant"] in {"counted", "cores within quota"}] == []
    app.sim("POST", "faults", [])
    app.advance(3600)
    app.send("DELETE", GROUP)
    app.advance(3600)
    assert app.error("GET", GROUP) == (404, "ResourceGroupNotFound")
    assert app.sim("GET", "state?view=capacity") == {"cores": {}, "placed": {}}


def everything(app: InProcessCloud) -> Any:
    """Return all state that a restart must bring back."""
    store = app.cloud.world.resources
    found = {each.id: (each.body, each.facts) for kind in store.types() for each in store.of_type(kind)}
    return found, app.sim("GET", "state?view=capacity"), app.sim("GET", "operations")


def test_a_restart_brings_back_slots_disks_and_snapshots(tmp_path: Path) -> None:
    app = open_cloud("real", tmp_path / "journal", seed=11)
    app.sim("POST", "config", {"throttling": {"enabled": False}})
    walk = Walk(app, 11)
    for number in range(60):
        walk.step()
        for disk in app.request("GET", DISKS)["value"][:1]:
            body = {"creationData": {"createOption": "Copy", "sourceResourceId": disk["id"]}, "incremental": True}
            app.send(
                "PUT", f"{GROUP}/providers/Microsoft.Compute/snapshots/s{number % 4}", {**HERE, "properties": body}
            )
    before = everything(app)
    assert app.cloud.journal is not None
    app.cloud.journal.close()
    again = open_cloud("real", tmp_path / "journal", seed=11)
    assert everything(again) == before
    assert {kind.rpartition("/")[2] for kind in again.cloud.world.resources.types()} >= {"snapshots", "disks"}
    assert again.cloud.journal is not None
    again.cloud.journal.close()
