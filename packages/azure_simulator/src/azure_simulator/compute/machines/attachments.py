"""Attach and detach data disks of a machine by their ids, without its complete model."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import read
from azure_simulator.compute.machines import changes, lifecycle
from azure_simulator.compute.machines.machine_type import VIRTUAL_MACHINES
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.times import NEVER

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

OPERATIONS = Operations(VIRTUAL_MACHINES)


@OPERATIONS.post("vm.disks", "attachDetachDataDisks")
def attach_detach(call: Call) -> Answer:
    """Attach data disks to a machine, and detach others; the operation ends with its storage profile."""
    vm = call.need(call.path.rpartition("/")[0])
    lifecycle.check_not_deleting(call.world, vm)
    body = call.object()
    rows: list[Json] = list(vm.properties["storageProfile"].get("dataDisks", []))
    for entry in read(body, "dataDisksToDetach", "array", []):
        disk_id = read(entry, "diskId", "string").lower()
        left = [row for row in rows if row["managedDisk"].get("id", "").lower() != disk_id]
        if len(left) == len(rows):
            raise Problem(409, "OperationNotAllowed", f"Disk '{entry['diskId']}' is not attached to VM '{vm.name}'.")
        rows = left
    for entry in read(body, "dataDisksToAttach", "array", []):
        taken = {row["lun"] for row in rows}
        free = next(number for number in count() if number not in taken)
        kept = {key: entry[key] for key in ("caching", "deleteOption") if key in entry}
        managed = {"id": read(entry, "diskId", "string")}
        lun = read(entry, "lun", "integer", free)
        rows.append({"lun": lun, "createOption": "Attach", "managedDisk": managed, **kept})
    changes.update(call, vm, {"properties": {"storageProfile": {"dataDisks": rows}}})
    operation = call.world.operations[call.notes["operation"]]

    def finish() -> None:
        operation.result = vm.properties["storageProfile"]

    if operation.due_us < NEVER:
        call.world.at(operation.due_us, finish)
    return accepted(call, operation, 202, monitor=True)
