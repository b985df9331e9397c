"""Intune's managed devices: find, change, retire, wipe, delete, and the primary user (beta).

Source: learn.microsoft.com/graph/api/resources/intune-devices-manageddevice; the primary user:
docs/notes.md 2 (`POST /beta/.../managedDevices('{id}')/users/$ref`). With `config.graph.primaryUserLagSeconds`
setting the primary user is a 404 until so long after the record appeared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.times import SECOND
from azure_simulator.graph.directory.entities import entity
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment.registration import machine_of
from azure_simulator.graph.protocol import bodies, checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import directory_bodies
from azure_simulator.graph.resources.users import full_user

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory.records import Doc

_WRITE = "DeviceManagementManagedDevices.ReadWrite.All"
_READ = f"DeviceManagementManagedDevices.Read.All {_WRITE}"
_WIPE = "DeviceManagementManagedDevices.PrivilegedOperations.All"
_ROOT = "/deviceManagement/managedDevices"
_PAGE = 1000


def find_managed(call: Call) -> Doc:
    """Return the managed device of the path; raise Intune's 404, or its 400 for a text that is not an id."""
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    if not checks.is_id(call.param("id")):
        raise Problem(400, "BadRequest", f"'{call.param('id')}' is not a valid managed device id.")
    found = directory.get("managedDevice", tenant, call.param("id"))
    if found is None:
        raise Problem(404, "ResourceNotFound", f"Device {call.param('id')} was not found.")
    return found


@operation("managedDevice.list", "GET", _ROOT, roles=_READ, units=0)
def list_managed(call: Call) -> Answer:
    """Answer `GET /deviceManagement/managedDevices`."""
    options = queries.read_options(call, "managedDevice", page=_PAGE)
    devices = queries.candidates(call, "managedDevice")
    return pages.page(
        call,
        devices,
        options,
        lambda doc: projection.select("managedDevice", doc, options.select),
        "deviceManagement/managedDevices",
    )


@operation("managedDevice.get", "GET", f"{_ROOT}/{{id}}", roles=_READ, units=0)
def get_managed(call: Call) -> Answer:
    """Answer one managed device."""
    names = queries.read_select(call, "managedDevice")
    body = projection.select("managedDevice", find_managed(call), names)
    return Answer({"@odata.context": pages.context(call, "deviceManagement/managedDevices/$entity"), **body})


@operation("managedDevice.update", "PATCH", f"{_ROOT}/{{id}}", roles=_WRITE, units=0)
def update_managed(call: Call) -> Answer:
    """Change notes, management name or owner type; the rest is read-only."""
    device, body = find_managed(call), call.object()
    refused = sorted(set(body) & entity("managedDevice").properties - set(directory_bodies.MANAGED_DEVICE.members))
    if refused:
        raise Problem(400, "BadRequest", f"Property '{refused[0]}' is read-only and cannot be set.")
    changes = bodies.read(body, directory_bodies.MANAGED_DEVICE)
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    return Answer(projection.visible(directory.change("managedDevice", tenant, device["id"], **changes)))


@operation("managedDevice.delete", "DELETE", f"{_ROOT}/{{id}}", roles=_WRITE, units=0)
def delete_managed(call: Call) -> Answer:
    """Delete the record at once, without an effect on the machine."""
    device = find_managed(call)
    directory_of(call.world).remove("managedDevice", operations.tenant_of(call), device["id"])
    return Answer(status=204)


@operation("managedDevice.retire", "POST", f"{_ROOT}/{{id}}/retire", roles=f"{_WRITE} {_WIPE}", units=0)
def retire(call: Call) -> Answer:
    """Remove company data from the device: pending until it checks in, then the record is deleted."""
    return _remove_at_check_in(call, "retirePending")


@operation("managedDevice.wipe", "POST", f"{_ROOT}/{{id}}/wipe", roles=_WIPE, units=0)
def wipe(call: Call) -> Answer:
    """Reset the device: pending until it checks in, then the record is deleted."""
    return _remove_at_check_in(call, "wipePending")


def _check_in(world: World, tenant: str, key: str) -> None:
    """Let a device check in, which deletes its record; one whose machine is deleted never does."""
    directory = directory_of(world)
    doc = directory.get("managedDevice", tenant, key) or {}
    machine = str(doc.get("_vm", ""))
    if not machine or machine_of(world, machine) == doc.get("_machine"):
        directory.remove("managedDevice", tenant, key)


def _remove_at_check_in(call: Call, state: str) -> Answer:
    device = find_managed(call)
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    directory.change("managedDevice", tenant, device["id"], managementState=state)
    attempt = call.world.attempt("intune.checkin", device["id"])
    due_us = call.now_us + call.world.duration_us("intune.checkin", device["id"], attempt)
    call.world.at(due_us, lambda: _check_in(call.world, tenant, device["id"]))
    return Answer(status=204)


@operation("managedDevice.users", "GET", f"{_ROOT}/{{id}}/users", roles=_READ, units=0, versions=("beta",))
def list_primary_user(call: Call) -> Answer:
    """Answer with the primary user, if the device has one."""
    device = find_managed(call)
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    user = directory.get("user", tenant, device.get("userId") or "")
    value = [] if user is None else [projection.select("user", full_user(call, user), ())]
    return Answer({"@odata.context": pages.context(call, "users"), "value": value})


@operation("managedDevice.setUser", "POST", f"{_ROOT}/{{id}}/users/$ref", roles=_WRITE, units=0, versions=("beta",))
def set_primary_user(call: Call) -> Answer:
    """Make the user named by `@odata.id` the primary user."""
    device = find_managed(call)
    reference = str(call.object().get("@odata.id", ""))
    head, _, name = reference.rpartition("/")
    if not head.lower().endswith("/users"):
        raise Problem(400, "BadRequest", f"'@odata.id' does not name a user: '{reference}'.")
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    user = directory.get("user", tenant, name)
    if user is None:
        raise Problem(404, "ResourceNotFound", f"User {name} was not found.")
    lag_s = float(call.world.config.get("graph", {}).get("primaryUserLagSeconds", 0))
    if call.now_us < int(device.get("_appeared_us", 0)) + lag_s * SECOND:
        raise Problem(404, "ResourceNotFound", f"Device {device['id']} was not found.")
    directory.change(
        "managedDevice",
        tenant,
        device["id"],
        userId=user["id"],
        userPrincipalName=user["userPrincipalName"],
        userDisplayName=user["displayName"],
    )
    return Answer(status=204)


@operation(
    "managedDevice.clearUser",
    "DELETE",
    f"{_ROOT}('{{id}}')/users/$ref",
    roles=_WRITE,
    units=0,
    versions=("beta",),
)
def clear_primary_user(call: Call) -> Answer:
    """Leave the device without a primary user: a shared device."""
    device, directory = find_managed(call), directory_of(call.world)
    none = {"userId": "", "userPrincipalName": "", "userDisplayName": ""}
    directory.change("managedDevice", operations.tenant_of(call), device["id"], **none)
    return Answer(status=204)
