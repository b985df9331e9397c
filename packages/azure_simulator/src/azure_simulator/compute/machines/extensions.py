"""Extensions of machines: their handler is checked, their effect happens when the installation ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.providers import Polling
from azure_simulator.arm.reading import invalid, location_of, read, tags_of
from azure_simulator.arm.regions import normal
from azure_simulator.arm.resource_types import FIXED, ResourceType
from azure_simulator.compute.disks.attached_disks import system_of
from azure_simulator.compute.machines import extension_handlers, lifecycle
from azure_simulator.compute.machines.extension_effects import Install, outcome
from azure_simulator.compute.provider import COMPUTE, SDK
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.operations import LongRunning
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import NEVER, SECOND
from azure_simulator.core.world import World, merge

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call

EXTENSIONS = ResourceType(
    name="Microsoft.Compute/virtualMachines/extensions",
    provider=COMPUTE,
    params=("vm", "extension"),
    models=BodyModels(SDK, "VirtualMachineExtension", "VirtualMachineExtensionUpdate"),
    immutable={"properties.publisher": FIXED, "properties.type": FIXED},
    unshown=("properties.protectedSettings", "properties.instanceView"),
    latencies={
        "extension.aadloginforwindows": about(95, 220, 45),
        "extension.jsonaddomainextension": about(110, 260, 50),
        "extension.dsc": about(180, 400, 90),
        "extension.delete": about(30, 80, 10),
    },
    throttle={**dict.fromkeys(("GET", "LIST"), "LowCostGet"), **dict.fromkeys(("PUT", "PATCH", "DELETE"), "UpdateVM")},
    polling=Polling(0, 0),
    settings={"extensionHandlers": ({"*": [int]}, "more extension handlers: publisher.type and its major versions")},
)
OPERATIONS = Operations(EXTENSIONS)
TIMEOUT_US = 90 * 60 * SECOND


@OPERATIONS.put("extension.put")
def put_extension(call: Call) -> Answer:
    """Install or update an extension."""
    world, vm = call.world, call.need(call.path[: call.path.lower().rindex("/extensions/")])
    install = _read(call, vm)
    found = world.resources.get(call.path)
    _check_allowed(call, install, found)
    under_way = running_on(world, call.path)
    if under_way and found is not None:
        return accepted(call, under_way[0], 200, found.body)
    error, effect = outcome(world, install)
    wait_us = vm.facts["agentFromUs"] - world.now_us
    if vm.facts["agentFromUs"] >= NEVER:
        why = f"Provisioning of VM extension '{install.name}' has timed out. Extension installation may be taking too "
        why += "long, or extension status could not be obtained."
        error, wait_us = Problem(200, "VMExtensionProvisioningTimeout", why), TIMEOUT_US
    extension = _keep(call, install, found)
    course = Course(
        lambda operation: _ended(world, vm, extension, operation, effect),
        lambda operation: _failed(world, extension, operation),
        error=error,
        extra_us=max(0, wait_us),
    )
    kind = f"extension.{install.type.lower()}"
    operation = begin(call, kind, extension.id, course, region=vm.body["location"])
    return accepted(call, operation, 200 if found else 201, extension.body)


@OPERATIONS.patch("extension.update")
def patch_extension(call: Call) -> Answer:
    """Change an extension; it is installed anew."""
    return put_extension(replace(call, body=patched(call.resource(), call.object())))


def patched(found: Resource, body: Json, given: Json | None = None) -> Json:
    """Return the complete body that a PATCH leads to; `given` are the properties of the last request."""
    properties = merge(given or found.properties, read(body, "properties", "object", {}))
    tags = body["tags"] if "tags" in body else found.body.get("tags", {})
    return {"location": found.body["location"], "tags": tags, "properties": properties}


@OPERATIONS.get("extension.get")
def get_extension(call: Call) -> Answer:
    """Show an extension; `$expand=instanceView` adds its statuses."""
    found = call.resource()
    if call.query.get("$expand", "").lower() != "instanceview":
        return Answer(found.body)
    view = found.facts.get("view", {})
    return Answer({**found.body, "properties": {**found.properties, "instanceView": view}})


@OPERATIONS.list_group("extensions.list")
def list_extensions(call: Call) -> Answer:
    """List the extensions of a machine."""
    call.need(call.path.rpartition("/")[0])
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


@OPERATIONS.delete("extension.delete")
def delete_extension(call: Call) -> Answer:
    """Remove an extension; its effects on Windows stay.

    Source: github.com/hashicorp/terraform-provider-azurerm/issues/477.
    """
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    vm = call.need(call.path[: call.path.lower().rindex("/extensions/")])
    _check_running(vm)
    course = Course(lambda _: _removed(world, found))
    operation = begin(call, "extension.delete", found.id, course, region=vm.body["location"])
    return accepted(call, operation, 202, monitor=True)


def check_place(call: Call, vm: Resource) -> None:
    """Refuse a location that is not the machine's."""
    if location_of(call) != normal(vm.body["location"]):
        raise invalid("location", f"The location of '{call.path}' must be that of its VM: {vm.body['location']}.")


def _read(call: Call, vm: Resource) -> Install:
    check_place(call, vm)
    body = call.object()
    names = [str(read(body, f"properties.{key}", "string")) for key in ("publisher", "type", "typeHandlerVersion")]
    extension_handlers.check(call.world, system_of(vm), *names)
    return Install(
        vm=vm,
        name=call.param("extension"),
        publisher=body["properties"]["publisher"],
        type=body["properties"]["type"],
        settings=read(body, "properties.settings", "object", {}),
        secrets=read(body, "properties.protectedSettings", "object", {}),
    )


def _check_allowed(call: Call, install: Install, found: Resource | None) -> None:
    vm = install.vm
    lifecycle.check_free(call.world, vm)
    _check_running(vm)
    for other in call.world.resources.collection(f"{vm.id}/extensions"):
        if found is not None and other.key == found.key:
            continue
        if other.properties["provisioningState"] == "Failed":
            raise Problem(
                409,
                "OperationNotAllowed",
                f"Operation 'Update VM extension' is not allowed on VM '{vm.name}' since VM has extension "
                f"'{other.name}' in failed state.",
            )
        handler = f"{install.publisher}.{install.type}"
        if f"{other.properties['publisher']}.{other.properties['type']}".lower() == handler.lower():
            raise Problem(
                400,
                "BadRequest",
                f"Multiple VMExtensions per handler not supported for OS type '{system_of(vm)}'. VMExtension "
                f"'{install.name}' with handler '{handler}' already added or specified in input.",
            )


def _check_running(vm: Resource) -> None:
    if vm.facts["power"] != "running":
        text = "Cannot modify extensions in the VM when the VM is not running."
        raise Problem(409, "OperationNotAllowed", text)


def _keep(call: Call, install: Install, found: Resource | None) -> Resource:
    given = {k: v for k, v in call.object()["properties"].items() if k != "protectedSettings"}
    body: Json = {
        "name": install.name,
        "id": call.path,
        "type": EXTENSIONS.name,
        "location": install.vm.body["location"],
        "tags": tags_of(call.object()),
        "properties": {**given, "provisioningState": "Creating"},
    }
    if found is None:
        return call.world.resources.add(Resource(call.path, EXTENSIONS.name, body, call.now_us))
    body["properties"]["provisioningState"] = "Updating"
    found.replace({**body, "id": found.id, "name": found.name}, call.now_us)
    return found


def _ended(
    world: World,
    vm: Resource,
    extension: Resource,
    operation: LongRunning,
    effect: Callable[[], None],
) -> None:
    """End an extension well, unless its machine was stopped meanwhile."""
    if world.resources.get(extension.id) is not extension:
        return
    if vm.facts["power"] != "running":
        why = "VM has not reported status for VM agent or extensions: the VM is not running."
        operation.error = Problem(200, "VMAgentStatusCommunicationError", why)
        _failed(world, extension, operation)
        return
    effect()
    extension.set(world.now_us, provisioningState="Succeeded")
    extension.facts["view"] = _view(extension, "succeeded", "")


def _failed(world: World, extension: Resource, operation: LongRunning) -> None:
    message = operation.error.message if operation.error else ""
    extension.set(world.now_us, provisioningState="Failed")
    extension.facts["view"] = _view(extension, "failed", message)


def _removed(world: World, extension: Resource) -> None:
    world.resources.remove(extension.id)


def _view(extension: Resource, state: str, message: str) -> Json:
    properties = extension.properties
    level = "Info" if state == "succeeded" else "Error"
    code = f"ProvisioningState/{state}"
    status = {"code": code, "level": level, "displayStatus": f"Provisioning {state}", "message": message}
    return {
        "name": extension.name,
        "type": f"{properties['publisher']}.{properties['type']}",
        "typeHandlerVersion": properties.get("typeHandlerVersion", ""),
        "statuses": [status],
    }
