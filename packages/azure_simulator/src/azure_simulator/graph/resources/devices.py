"""Directory devices: find, change, delete.

A device can be disabled and can have extension attributes. Only Intune sets `enrollmentProfileName`, `isManaged` and
the like: the documentation of the update operation does not list them for other callers.
Source: learn.microsoft.com/graph/api/device-update, /graph/api/resources/device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import bodies, checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import directory_bodies

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

READ_ROLES = "Device.Read.All Device.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
_WRITE = "Device.ReadWrite.All Directory.ReadWrite.All"


def find_device(call: Call) -> Doc:
    """Return the device of the path, by object id or by device id; raise the 404."""
    replica = operations.replica_of(call)
    if "device_id" in call.params:
        found = next(iter(replica.by("device", "deviceId", checks.check_id(call.param("device_id")))), None)
    else:
        found = replica.get("device", checks.check_id(call.param("id")))
    if found is None:
        raise checks.not_found(call.params.get("device_id") or call.params["id"])
    return found


@operation("device.list", "GET", "/devices", roles=READ_ROLES)
def list_devices(call: Call) -> Answer:
    """Answer `GET /devices`."""
    options = queries.read_options(call, "device")
    devices = queries.candidates(call, "device")
    return pages.page(call, devices, options, lambda doc: projection.select("device", doc, options.select), "devices")


@operation("device.get", "GET", "/devices/{id}", roles=READ_ROLES)
@operation("device.getByDeviceId", "GET", "/devices(deviceId='{device_id}')", roles=READ_ROLES)
def get_device(call: Call) -> Answer:
    """Answer one device."""
    body = projection.select("device", find_device(call), queries.read_select(call, "device"))
    return Answer({"@odata.context": pages.context(call, "devices/$entity"), **body})


@operation("device.update", "PATCH", "/devices/{id}", roles=_WRITE)
@operation("device.updateByDeviceId", "PATCH", "/devices(deviceId='{device_id}')", roles=_WRITE)
def update_device(call: Call) -> Answer:
    """Change a device; the next synchronisation sets a hybrid one back."""
    device, body = find_device(call), call.object()
    refused = sorted(set(body) & directory_bodies.BY_INTUNE)
    if refused:
        raise Problem(
            403,
            "Authorization_RequestDenied",
            f"Insufficient privileges to complete the operation: '{refused[0]}' is set by Intune.",
        )
    changes = bodies.read(body, directory_bodies.DEVICE, device)
    directory_of(call.world).change("device", operations.tenant_of(call), device["id"], **changes)
    if "accountEnabled" in changes and device["trustType"] == "ServerAd":
        call.world.publish("hybrid_device_changed", tenant=operations.tenant_of(call), device=device["id"])
    return Answer(status=204)


@operation("device.delete", "DELETE", "/devices/{id}", roles=_WRITE)
@operation("device.deleteByDeviceId", "DELETE", "/devices(deviceId='{device_id}')", roles=_WRITE)
def delete_device(call: Call) -> Answer:
    """Delete a device; its memberships end."""
    device = find_device(call)
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    for group in directory.memberships[tenant].groups_of(device["id"], call.now_us):
        directory.set_member(tenant, group, device["id"], present=False, at_us=call.now_us)
    directory.remove("device", tenant, device["id"])
    return Answer(status=204)
