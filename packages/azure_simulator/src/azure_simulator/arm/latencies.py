"""How long ARM's work takes on a real day, in seconds (azure.md 1.1; guesses are marked)."""

from __future__ import annotations

from azure_simulator.core.latency import about

KINDS = {
    "vm.create": about(100, 240, 45, 1200),
    "vm.agent": about(20, 90, 3, 600),  # a guess
    "vm.update": about(8, 20, 2),
    "vm.resize": about(45, 120, 15),
    "vm.start": about(25, 70, 6),
    "vm.restart": about(40, 90, 15),
    "vm.redeploy": about(112, 240, 60),
    "vm.reapply": about(20, 60, 5),
    "vm.reimage": about(90, 220, 45),
    "vm.powerOff": about(14, 40, 5),
    "vm.powerOff.skipped": about(5, 12, 2),
    "vm.deallocate": about(33, 80, 12),
    "vm.delete": about(25, 70, 0.4),
    "vm.delete.forced": about(8, 25, 0.4),  # a guess
    "extension.aadloginforwindows": about(95, 220, 45),
    "extension.jsonaddomainextension": about(110, 260, 50),
    "extension.dsc": about(180, 400, 90),
    "extension.delete": about(30, 80, 10),
    "runcommand.put": about(35, 90, 20),
    "runcommand.delete": about(5, 20, 1),
    "vm.runCommand": about(35, 90, 20),
    "disk.put": about(3, 10, 1),
    "disk.update": about(3, 10, 1),
    "disk.delete": about(2, 8, 0.5),
    "snapshot.put": about(8, 60, 2),
    "snapshot.copy": about(600, 2400, 120),  # to another region; a guess
    "snapshot.update": about(2, 6, 0.5),
    "snapshot.delete": about(2, 8, 0.5),
    "image.put": about(30, 90, 10),
    "image.delete": about(8, 20, 2),
    "reservation.put": about(15, 60, 3),  # a guess
    "reservation.delete": about(8, 30, 2),
    "vnet.put": about(4, 10, 1),
    "vnet.delete": about(10, 20, 2),
    "subnet.put": about(4, 10, 1),
    "subnet.delete": about(10, 20, 2),
    "nic.put": about(0.6, 2, 0.1),
    "nic.delete": about(5, 12, 1),
    "nsg.put": about(3, 8, 1),
    "nsg.delete": about(5, 12, 1),
    "public_ip.put": about(3, 8, 1),
    "public_ip.delete": about(8, 15, 1),
    "nat.put": about(5, 12, 1),
    "nat.delete": about(10, 20, 1),
    "gallery.put": about(8, 20, 2),
    "gallery.delete": about(10, 20, 2),
    "gallery.image.put": about(8, 20, 2),
    "gallery.image.delete": about(10, 20, 2),
    "gallery.version.put": about(240, 600, 60),
    "gallery.replicate": about(480, 1800, 120),
    "gallery.version.delete": about(30, 90, 5),
    "principal.replication": about(12, 60, 2),  # a guess
    "provider.register": about(30, 90, 5),
    "group.delete": about(60, 180, 10),
}
