"""What is fixed when a machine is made: asking for another value later is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import read, unchangeable

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

FIXED: dict[str, object] = {
    "properties.storageProfile.imageReference": None,
    "properties.osProfile.computerName": None,
    "properties.osProfile.adminUsername": None,
    "properties.osProfile.adminPassword": None,
    "properties.osProfile.windowsConfiguration.provisionVMAgent": True,
    "properties.storageProfile.osDisk.createOption": None,
    "properties.storageProfile.osDisk.name": None,
    "properties.storageProfile.osDisk.managedDisk.storageAccountType": None,
    "properties.priority": "Regular",
    "zones": [],
    "location": None,
}
"""Path -> what a machine has that says nothing about it; `None` when it can have nothing else."""
OF_ITS_DISK = ("osDisk.name", "storageAccountType")
"""What another OS disk brings along."""

_UNNAMED = re.compile(r"^properties\.(storageProfile\.|osProfile\.(?=windowsConfiguration))?")
"""Where a property is, which Compute leaves out when it names it."""


def check(call: Call, found: Resource) -> None:
    """Refuse another value of what is fixed at creation."""
    wanted = call.object()
    swaps = swapped(wanted, found)
    for path, otherwise in FIXED.items():
        asked, before = _at(wanted, path), _at(found.body, path)
        if path.endswith("adminPassword"):
            before = found.facts["password"]
        before = otherwise if before is None else before
        if asked is None or before is None or (swaps and path.endswith(OF_ITS_DISK)):
            continue
        if not _same(asked, before):
            raise unchangeable(_UNNAMED.sub("", path))
    _check_security(wanted, found)


def swapped(wanted: Json, vm: Resource) -> bool:
    """Tell whether a body asks for another OS disk than the machine has."""
    asked = read(wanted, "properties.storageProfile.osDisk.managedDisk.id", "string", "")
    now = vm.properties["storageProfile"]["osDisk"]["managedDisk"].get("id", "")
    return bool(asked and now and asked.lower() != now.lower())


def _check_security(wanted: Json, found: Resource) -> None:
    """Refuse to take Trusted Launch from a machine, or to give it to one that is allocated."""
    path = "properties.securityProfile.securityType"
    asked, before = _at(wanted, path), _at(found.body, path) or "Standard"
    if asked is None or _same(asked, before):
        return
    if before != "Standard" or found.facts["power"] != "deallocated":
        raise unchangeable(_UNNAMED.sub("", path))


def _same(asked: object, before: object) -> bool:
    if isinstance(asked, dict) and isinstance(before, dict):
        return all(_fold(before.get(key)) == _fold(value) for key, value in asked.items())
    return _fold(asked) == _fold(before)


def _at(body: Json, path: str) -> object:
    value: object = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _fold(value: object) -> object:
    if isinstance(value, list):
        return [_fold(each) for each in value]
    return value.replace(" ", "").lower() if isinstance(value, str) else value
