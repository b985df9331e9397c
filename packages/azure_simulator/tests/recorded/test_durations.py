"""The profile `real` takes as long as Azure did in recordings (`durations.json`, written by `durations.py`)."""

import json
from collections.abc import Mapping

import pytest

from packages.azure_simulator.tests.in_process import open_cloud
from packages.azure_simulator.tests.recorded.durations import FACTS

OURS = {
    "PUT microsoft.network/virtualnetworks": ("vnet.put",),
    "DELETE microsoft.network/virtualnetworks": ("vnet.delete",),
    "PUT microsoft.network/virtualnetworks/subnets": ("subnet.put",),
    "DELETE microsoft.network/virtualnetworks/subnets": ("subnet.delete",),
    "PUT microsoft.network/networksecuritygroups": ("nsg.put",),
    "DELETE microsoft.network/networksecuritygroups": ("nsg.delete",),
    "PUT microsoft.network/publicipaddresses": ("public_ip.put",),
    "DELETE microsoft.network/publicipaddresses": ("public_ip.delete",),
    "PUT microsoft.network/natgateways": ("nat.put",),
    "PUT microsoft.network/networkinterfaces": ("nic.put",),
    "PUT microsoft.compute/disks": ("disk.put",),
    "PUT microsoft.compute/snapshots": ("snapshot.put",),
    "PUT microsoft.compute/images": ("image.put",),
    "PUT microsoft.compute/galleries": ("gallery.put",),
    "DELETE microsoft.compute/galleries": ("gallery.delete",),
    "PUT microsoft.compute/galleries/images": ("gallery.image.put",),
    "DELETE microsoft.compute/galleries/images": ("gallery.image.delete",),
    "PUT microsoft.compute/galleries/images/versions": ("gallery.replicate", "gallery.version.put"),
    "DELETE microsoft.compute/galleries/images/versions": ("gallery.version.delete",),
    "PATCH microsoft.compute/virtualmachines": ("vm.update",),
    "DELETE microsoft.compute/virtualmachines": ("vm.delete",),
    "POST microsoft.compute/virtualmachines/start": ("vm.start",),
    "POST microsoft.compute/virtualmachines/deallocate": ("vm.deallocate",),
    "POST microsoft.compute/virtualmachines/poweroff": ("vm.powerOff",),
    "POST microsoft.compute/virtualmachines/runcommand": ("vm.runCommand",),
    "DELETE microsoft.compute/virtualmachines/extensions": ("extension.delete",),
}
"""Recorded operation -> the kinds of latency that make it up."""
FACTOR = 1.5


def facts() -> Mapping[str, Mapping[str, float]]:
    found: Mapping[str, Mapping[str, float]] = json.loads(FACTS.read_text())
    return found


@pytest.mark.parametrize("operation", OURS)
def test_the_usual_duration_is_what_was_recorded(operation: str) -> None:
    recorded, kinds = facts()[operation], open_cloud().cloud.durations
    usual = sum(kinds[kind]["p50"] for kind in OURS[operation])
    earliest = recorded["median"] - recorded["grain"]  # it had ended at some moment between two polls
    assert earliest / FACTOR <= usual <= recorded["median"] * FACTOR
