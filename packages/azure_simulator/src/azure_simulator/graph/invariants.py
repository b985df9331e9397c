"""Invariants: no directory records whose machine is deleted, no two existing machines of one name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment.registration import machine_of

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World


def orphans(world: World) -> list[Json]:
    """List devices and managed devices whose machine no longer exists."""
    directory, found = directory_of(world), []
    for tenant in (str(each["tenantId"]) for each in directory.tenants()):
        for kind in ("device", "managedDevice"):
            for doc in directory.all(kind, tenant):
                machine = str(doc.get("_vm", ""))
                if machine and machine_of(world, machine) != doc.get("_machine"):
                    name = doc.get("displayName") or doc.get("deviceName")
                    found.append({"kind": kind, "id": doc["id"], "name": name, "machine": machine})
    return found


def same_names(world: World) -> list[Json]:
    """List devices of existing machines that share a name within a tenant."""
    directory, found = directory_of(world), []
    for tenant in (str(each["tenantId"]) for each in directory.tenants()):
        live = [
            str(doc["displayName"]).lower()
            for doc in directory.all("device", tenant)
            if "_vm" in doc and machine_of(world, doc["_vm"]) == doc["_machine"]
        ]
        names = Counter(live)
        found += [{"tenant": tenant, "name": name, "devices": n} for name, n in names.items() if n > 1]
    return found
