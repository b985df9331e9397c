"""Machine extensions: Entra join, domain join, session host registration, and the plain ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import SILENT, accepted
from azure_simulator.arm.plane import normal
from azure_simulator.arm.reading import invalid, location_of, read, tags_of, unchangeable
from azure_simulator.compute.machines import active_directory, extension_handlers, lifecycle
from azure_simulator.compute.machines.power import not_running
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import Course, LongRunning, begin, running_on
from azure_simulator.core.resources import Resource
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND
from azure_simulator.core.world import NEVER, World, merge

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call

ROUTES = Routes("arm")
TYPE = f"{lifecycle.TYPE}/extensions"
VM = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Compute/virtualMachines/{vm}"
ALL = f"{VM}/extensions"
ONE = f"{ALL}/{{extension}}"
TIMEOUT_US = 90 * 60 * SECOND
REPORT = "VM has reported a failure when processing extension '{name}' (publisher '{publisher}' and "
REPORT += "type '{type}'). Error message: '{why}'. More information on troubleshooting is available "
REPORT += "at https://aka.ms/vmextensionwindowstroubleshoot."


@dataclass(frozen=True, slots=True)
class Install:
    """An accepted extension: what it is, for which machine."""

    vm: Resource
    name: str
    publisher: str
    type: str
    settings: Json
    secrets: Json

    @property
    def computer(self) -> str:
        """Give the machine's computer name."""
        return str(self.vm.facts["computer"])

    def failure(self, why: str) -> Problem:
        """Word a failure as the agent reports it."""
        text = REPORT.format(name=self.name, publisher=self.publisher, type=self.type, why=why)
        return Problem(200, "VMExtensionProvisioningError", text)


@ROUTES.operation("extension.put", "PUT", ONE, throttle="UpdateVM", action=f"{TYPE}/write")
def put_extension(call: Call) -> Answer:
    """Install or update an extension."""
    world, vm = call.world, call.need(call.path[: call.path.lower().rindex("/extensions/")])
    install = _read(call, vm)
    found = world.resources.get(call.path)
    _check_same(install, found)
    _check_allowed(call, install, found)
    under_way = running_on(world, call.path)
    if under_way and found is not None:
        return accepted(call, under_way[0], 200, found.body, style=SILENT)
    error, effect = _outcome(world, install)
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
    return accepted(call, operation, 200 if found else 201, extension.body, style=SILENT)


@ROUTES.operation("extension.update", "PATCH", ONE, throttle="UpdateVM", action=f"{TYPE}/write")
def patch_extension(call: Call) -> Answer:
    """Change an extension; it is installed again as it is then."""
    return put_extension(replace(call, body=patched(call.resource(), call.object())))


def patched(found: Resource, body: Json, given: Json | None = None) -> Json:
    """Give the whole body a PATCH leads to; `given` are the properties that were asked for before."""
    properties = merge(given or found.properties, read(body, "properties", "object", {}))
    tags = body["tags"] if "tags" in body else found.body.get("tags", {})
    return {"location": found.body["location"], "tags": tags, "properties": properties}


@ROUTES.operation("extension.get", "GET", ONE, throttle="LowCostGet", action=f"{TYPE}/read")
def get_extension(call: Call) -> Answer:
    """Show an extension; `$expand=instanceView` adds its statuses."""
    found = call.resource()
    if call.query.get("$expand", "").lower() != "instanceview":
        return Answer(found.body)
    view = found.facts.get("view", {})
    return Answer({**found.body, "properties": {**found.properties, "instanceView": view}})


@ROUTES.operation("extensions.list", "GET", ALL, throttle="LowCostGet", action=f"{TYPE}/read")
def list_extensions(call: Call) -> Answer:
    """List the extensions of a machine."""
    call.need(call.path.rpartition("/")[0])
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


@ROUTES.operation("extension.delete", "DELETE", ONE, throttle="UpdateVM", action=f"{TYPE}/delete")
def delete_extension(call: Call) -> Answer:
    """Remove an extension; what it did to Windows stays."""
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    vm = call.need(call.path[: call.path.lower().rindex("/extensions/")])
    course = Course(lambda _: _removed(world, found))
    operation = begin(call, "extension.delete", found.id, course, region=vm.body["location"])
    return accepted(call, operation, 202, monitor=True)


def _check_same(install: Install, found: Resource | None) -> None:
    """Refuse to make an extension another one."""
    if found is None:
        return
    for name, asked in (("publisher", install.publisher), ("type", install.type)):
        if found.properties[name].lower() != asked.lower():
            raise unchangeable(name)


def check_place(call: Call, vm: Resource) -> None:
    """Refuse what is to run in a machine of another location."""
    if location_of(call) != normal(vm.body["location"]):
        raise invalid("location", f"The location of '{call.path}' must be that of its VM: {vm.body['location']}.")


def _read(call: Call, vm: Resource) -> Install:
    check_place(call, vm)
    body = call.object()
    names = [str(read(body, f"properties.{key}", "string")) for key in ("publisher", "type", "typeHandlerVersion")]
    extension_handlers.check(call.world, *names)
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
    if vm.facts["power"] != "running":
        raise Problem(
            409,
            "OperationNotAllowed",
            "Cannot modify extensions in the VM when the VM is not running.",
        ) from not_running(vm, "modify extensions in")
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
                f"Multiple VMExtensions per handler not supported for OS type 'Windows'. VMExtension '{install.name}' "
                f"with handler '{handler}' already added or specified in input.",
            )


def _outcome(world: World, install: Install) -> tuple[Problem | None, Callable[[], None]]:
    """Decide what an extension does: an error, or an effect at its end."""
    match install.type.lower():
        case "aadloginforwindows":
            return _entra_join(world, install)
        case "jsonaddomainextension":
            return _domain_join(world, install)
        case "dsc":
            return _session_host(world, install)
        case _:
            return None, lambda: None


def _entra_join(world: World, install: Install) -> tuple[Problem | None, Callable[[], None]]:
    vm = install.vm
    mdm = bool(install.settings.get("mdmId"))

    def joined() -> None:
        vm.facts["join"] = "entra"
        uuid, computer = vm.properties["vmId"], install.computer
        world.publish("entra_joined", vm_id=vm.id, computer_name=computer, mdm=mdm, vm_uuid=uuid)

    if "systemassigned" not in str(vm.body.get("identity", {}).get("type", "")).lower():
        why = "AAD Join failed with status code: -2145648574. TerminalErrorCode 1007: "
        return install.failure(why + "DSREG_E_MSI_TENANTID_UNAVAILABLE"), joined
    if vm.facts.get("join") == "domain":
        return install.failure("AAD Join failed: the machine is domain joined already"), joined
    if vm.facts.get("join") == "entra":
        return None, lambda: None
    answers: list[str] = []
    world.publish("ask_entra_name", computer_name=install.computer, vm_id=vm.id, answers=answers)
    if answers:
        why = "AAD Join failed with status code: -2145648509. Another object with the same value "
        return install.failure(f"{why}for property hostnames already exists. {answers[0]}"), joined
    return None, joined


def _domain_join(world: World, install: Install) -> tuple[Problem | None, Callable[[], None]]:
    vm, settings = install.vm, install.settings
    domain, unit = str(settings.get("Name", "")), str(settings.get("OUPath", ""))

    def joined() -> None:
        vm.facts["join"] = "domain"
        active_directory.join(world, domain, install.computer, unit)
        computer = install.computer
        world.publish("domain_joined", vm_id=vm.id, computer_name=computer, domain=domain, ou=unit)

    if vm.facts.get("join") == "entra":
        return install.failure("The machine is joined to Microsoft Entra ID already"), joined
    password = str(install.secrets.get("Password", ""))
    return active_directory.check_join(world, vm, settings, password), joined


def _session_host(world: World, install: Install) -> tuple[Problem | None, Callable[[], None]]:
    function = str(install.settings.get("configurationFunction", ""))
    if not function.lower().endswith("addsessionhost"):
        return None, lambda: None
    arguments = {**install.settings.get("properties", {}), **_secret_arguments(install.secrets)}
    pool = str(arguments.get("hostPoolName", arguments.get("HostPoolName", "")))
    token = str(arguments.get("registrationInfoToken", arguments.get("RegistrationInfoToken", "")))
    answers: list[str] = []
    world.publish("ask_registration", host_pool=pool, token=token, answers=answers)
    if answers:
        why = f"DSC Configuration 'AddSessionHost' completed with error(s): {answers[0]}"
        return install.failure(why), lambda: None
    return None, lambda: register_session_host(world, install.vm, pool, token)


def _secret_arguments(secrets: Json) -> Json:
    """Give DSC's secret arguments: `protectedSettings.properties` or its `Items`."""
    found: Json = {}
    for key in ("properties", "configurationArguments", "Items"):
        value = secrets.get(key)
        if isinstance(value, dict):
            found |= value
    return found


def register_session_host(world: World, vm: Resource, host_pool: str, token: str) -> None:
    """Announce that the desktop agent of a machine has registered; `token` is hashed."""
    vm.facts["sessionHostOf"] = host_pool
    world.publish(
        "session_host_registered",
        vm_id=vm.id,
        computer_name=vm.facts["computer"],
        vm_uuid=vm.properties["vmId"],
        host_pool=host_pool,
        token=token,
        joined=vm.facts.get("join", ""),
    )


def _keep(call: Call, install: Install, found: Resource | None) -> Resource:
    given = {k: v for k, v in call.object()["properties"].items() if k != "protectedSettings"}
    body: Json = {
        "name": install.name,
        "id": call.path,
        "type": TYPE,
        "location": install.vm.body["location"],
        "tags": tags_of(call.object()),
        "properties": {**given, "provisioningState": "Creating"},
    }
    if found is None:
        return call.world.resources.add(Resource(call.path, TYPE, body, call.now_us))
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
    """End an extension well, unless somebody stopped its machine meanwhile."""
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
    status = {"code": code, "level": level, "displayStatus": code, "message": message}
    return {
        "name": extension.name,
        "type": f"{properties['publisher']}.{properties['type']}",
        "typeHandlerVersion": properties.get("typeHandlerVersion", ""),
        "statuses": [status],
    }
