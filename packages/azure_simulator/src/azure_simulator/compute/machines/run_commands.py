"""Run commands: the managed resource and the action; nothing is executed (see `scripts`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import invalid, read, tags_of
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.arm.value_rules import GUID, a_uri, matching
from azure_simulator.compute.disks.attached_disks import is_linux
from azure_simulator.compute.machines import directory_checks, lifecycle, scripts, windows_registry
from azure_simulator.compute.machines.extension_effects import register_session_host
from azure_simulator.compute.machines.extensions import check_place, patched
from azure_simulator.compute.machines.machine_type import VIRTUAL_MACHINES
from azure_simulator.compute.machines.power import not_running
from azure_simulator.compute.provider import COMPUTE, SDK
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.compute.machines.scripts import Run
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

RUN_COMMANDS = ResourceType(
    name="Microsoft.Compute/virtualMachines/runCommands",
    provider=COMPUTE,
    params=("vm", "command"),
    models=BodyModels(SDK, "VirtualMachineRunCommand", "VirtualMachineRunCommandUpdate"),
    unshown=("properties.protectedParameters", "properties.runAsPassword"),
    values={
        **{f"properties.{name}": a_uri() for name in ("outputBlobUri", "errorBlobUri", "source.scriptUri")},
        **{
            f"properties.{name}.{part}": matching(GUID, "The value '{value}' of parameter '{name}' is no GUID.")
            for name in ("outputBlobManagedIdentity", "errorBlobManagedIdentity", "source.scriptUriManagedIdentity")
            for part in ("clientId", "objectId")
        },
    },
    latencies={"runcommand.put": about(35, 90, 20), "runcommand.delete": about(5, 20, 1)},
    throttle={**dict.fromkeys(("GET", "LIST"), "LowCostGet"), **dict.fromkeys(("PUT", "PATCH", "DELETE"), "UpdateVM")},
    settings={"scriptOutcomes": ([dict], "how steps of scripts go: vm, step, message, timeOut, attempts")},
)
OPERATIONS, ACTIONS = Operations(RUN_COMMANDS), Operations(VIRTUAL_MACHINES)
LIMIT = 25
DEFAULT_TIMEOUT_S = 90 * 60
BUILT_IN = (
    *("RunPowerShellScript", "DisableNLA", "DisableWindowsUpdate", "EnableAdminAccount", "EnableEMS", "EnableRemotePS"),
    *("EnableWindowsUpdate", "IPConfig", "RDPSettings", "ResetRDPCert", "SetRDPPort", "WindowsActivationValidation"),
    *("WindowsGhostedNicValidationScript", "WindowsUpgradeAssessmentValidation"),
)
"""The commands for Windows that Azure has (learn.microsoft.com/azure/virtual-machines/windows/run-command)."""
FOR_LINUX = ("RunShellScript", "ifconfig")
"""Run commands for Linux."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a script on a machine."""

    vm: Resource
    run: Run
    parameters: Json
    timeout_s: int
    script: str = ""

    @property
    def hangs_us(self) -> int:
        """Return the time after which a script that hangs is ended."""
        return self.timeout_s * SECOND if self.run.timed_out else 0

    def view(self, world: World, begun_us: int) -> Json:
        """Return the instance view of a run that has ended."""
        state = "Failed" if self.run.failed else "Succeeded"
        if self.run.timed_out:
            state = "TimedOut"
        return {
            "executionState": state,
            "executionMessage": "Execution completed" if state == "Succeeded" else state,
            "exitCode": 0 if state == "Succeeded" else 1,
            "output": self.run.output,
            "error": "",
            "startTime": iso(begun_us),
            "endTime": iso(world.now_us),
        }


@OPERATIONS.put("runcommand.put")
def put_run_command(call: Call) -> Answer:
    """Run a script as a resource of its own; an unchanged body does not run it once more."""
    world, vm = call.world, _machine(call, "/runcommands/")
    check_place(call, vm)
    properties = read(call.object(), "properties", "object")
    execution = _execution(call, vm, _script(vm, properties), properties)
    found = world.resources.get(call.path)
    if found is None and len(world.resources.collection(f"{vm.id}/runCommands")) >= LIMIT:
        raise Problem(409, "OperationNotAllowed", f"At most {LIMIT} run commands per VM.")
    under_way = running_on(world, call.path)
    if under_way and found is not None:
        return accepted(call, under_way[0], 200, found.body)
    if found is not None and found.facts["requested"] == properties:
        found.replace({**found.body, "tags": tags_of(call.object())}, call.now_us)
        return Answer(found.body)
    asynchronous = read(properties, "asyncExecution", "boolean", False)
    strict = read(properties, "treatFailureAsDeploymentFailure", "boolean", False)
    command = _keep(call, vm, found)
    course, ended = _course(world, command, execution, asynchronous=asynchronous, strict=strict)
    operation = begin(call, "runcommand.put", command.id, course, region=vm.body["location"])
    if asynchronous:
        length_us = world.duration_us("runcommand.put", command.id) + execution.hangs_us
        world.at(operation.due_us + length_us, ended)
    return accepted(call, operation, 200 if found else 201, command.body)


def _course(
    world: World, command: Resource, execution: Execution, *, asynchronous: bool, strict: bool
) -> tuple[Course, Callable[[], None]]:
    """Return the course of a run; an asynchronous run ends after its operation has."""
    begun_us = world.now_us

    def ended() -> None:
        if world.resources.get(command.id) is not command or command.facts["begunUs"] != begun_us:
            return
        _settle(world, execution)
        command.facts["view"] = execution.view(world, begun_us)

    def done(_: object) -> None:
        if not asynchronous:
            ended()
        command.set(world.now_us, provisioningState="Succeeded")

    def failed(_: object) -> None:
        ended()
        command.set(world.now_us, provisioningState="Failed")

    error = _failure(command, execution) if strict and not asynchronous else None
    extra_us = 0 if asynchronous else execution.hangs_us
    return Course(done, failed, error=error, extra_us=extra_us), ended


@OPERATIONS.patch("runcommand.update")
def patch_run_command(call: Call) -> Answer:
    """Change a run command; a changed command runs once more."""
    found = call.resource()
    return put_run_command(replace(call, body=patched(found, call.object(), found.facts["requested"])))


@OPERATIONS.get("runcommand.get")
def get_run_command(call: Call) -> Answer:
    """Show a run command; `$expand=instanceView` adds exit code and output."""
    found = call.resource()
    if call.query.get("$expand", "").lower() != "instanceview":
        return Answer(found.body)
    view = found.facts.get("view") or {
        "executionState": "Running",
        "exitCode": 0,
        "output": "",
        "error": "",
        "startTime": iso(found.facts["begunUs"]),
    }
    return Answer({**found.body, "properties": {**found.properties, "instanceView": view}})


@OPERATIONS.list_group("runcommands.list")
def list_run_commands(call: Call) -> Answer:
    """List the run commands of a machine."""
    call.need(call.path.rpartition("/")[0])
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


@OPERATIONS.delete("runcommand.delete")
def delete_run_command(call: Call) -> Answer:
    """Remove a run command; a running script is killed."""
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    vm = call.need(call.path[: call.path.lower().rindex("/runcommands/")])
    lifecycle.check_not_deleting(world, vm)
    if vm.facts["power"] != "running":
        raise not_running(vm, "remove run commands from")

    def done(_: object) -> None:
        world.resources.remove(found.id)

    found.facts["begunUs"] = -1
    region = vm.body["location"]
    operation = begin(call, "runcommand.delete", found.id, Course(done), region=region)
    return accepted(call, operation, 202, monitor=True)


@ACTIONS.post("vm.runCommand", "runCommand")
def run_command(call: Call) -> Answer:
    """Run a script as an action: one at a time, the output in the final answer."""
    world, vm = call.world, _machine(call, "/runcommand")
    lifecycle.check_free(world, vm)
    body = call.object()
    _check_known(vm, read(body, "commandId", "string"))
    script = "\n".join(map(str, read(body, "script", "array", [])))
    execution = _execution(call, vm, script, body)

    def done(_: object) -> None:
        _settle(world, execution)

    course = Course(done)
    operation = begin(call, "vm.runCommand", vm.id, course, region=vm.body["location"])
    state = "succeeded" if not execution.run.failed else "failed"
    streams = {"StdOut": execution.run.output, "StdErr": ""}
    operation.result = {
        "value": [
            {
                "code": f"ComponentStatus/{name}/{state}",
                "level": "Info",
                "displayStatus": f"Provisioning {state}",
                "message": text,
            }
            for name, text in streams.items()
        ]
    }
    return accepted(call, operation, 202, monitor=True)


def _machine(call: Call, marker: str) -> Resource:
    vm = call.need(call.path[: call.path.lower().rindex(marker)])
    lifecycle.check_not_deleting(call.world, vm)
    if vm.facts["power"] != "running":
        raise not_running(vm, "run commands on")
    return vm


def _script(vm: Resource, properties: Json) -> str:
    source = read(properties, "source", "object")
    ways = [name for name in ("script", "scriptUri", "commandId", "galleryScriptReferenceId") if name in source]
    if len(ways) > 1:
        raise invalid("source", f"Only one of the properties of source may be set, not {' and '.join(ways)}.")
    if "commandId" in source:
        _check_known(vm, source["commandId"])
    return str(read(source, "script", "string", ""))


def _check_known(vm: Resource, command: str) -> None:
    if command.lower() not in {name.lower() for name in (FOR_LINUX if is_linux(vm) else BUILT_IN)}:
        raise invalid("commandId", "The value of parameter commandId is invalid.")


def _execution(call: Call, vm: Resource, script: str, body: Json) -> Execution:
    attempt = call.world.attempts.get(("runcommand.put", call.path.lower()), 0) + 1
    given: Json = {}
    for key in ("parameters", "protectedParameters"):
        for entry in read(body, key, "array", []):
            given[str(read(entry, "name", "string")).lower()] = entry.get("value", "")
    run = scripts.read_script(call.world, vm, script, attempt, given)
    timeout_s = int(read(body, "timeoutInSeconds", "integer", DEFAULT_TIMEOUT_S))
    if timeout_s < 1:
        raise invalid("timeoutInSeconds", "The value of parameter timeoutInSeconds is invalid.")
    return Execution(vm, run, given, timeout_s, script)


def _settle(world: World, execution: Execution) -> None:
    vm, run = execution.vm, execution.run
    if world.resources.get(vm.id) is not vm or is_linux(vm):
        return
    scripts.settle(vm, run, vm.properties["storageProfile"]["osDisk"]["diskSizeGB"])
    worked = {step["step"].lower() for step in run.steps if step["ok"]}
    directory_checks.settle(world, vm, worked, execution.parameters)
    if windows_registry.settle(vm, execution.script, worked, execution.parameters):
        world.publish("vm_policies", vm_id=vm.id)
    if "register-session-host" in worked:
        pool = str(execution.parameters.get("hostpool", ""))
        token = str(execution.parameters.get("registrationtoken", ""))
        register_session_host(world, vm, pool, token)
    if directory_checks.ENROLL in worked:
        world.publish("device_enrolled", vm_id=vm.id)
    if "generalize" in worked:
        lifecycle.halted(world, vm, "stopped")


def _failure(command: Resource, execution: Execution) -> Problem | None:
    if execution.run.timed_out:
        text = f"The run command '{command.name}' did not finish in {execution.timeout_s} seconds."
        return Problem(200, "VMExtensionProvisioningTimeout", text)
    if execution.run.failed:
        text = f"The run command '{command.name}' failed: exit code 1."
        return Problem(200, "VMExtensionProvisioningError", text)
    return None


def _keep(call: Call, vm: Resource, found: Resource | None) -> Resource:
    given = call.object()["properties"]
    kept = {key: value for key, value in given.items() if key not in {"protectedParameters", "runAsPassword"}}
    body: Json = {
        "name": call.param("command"),
        "id": call.path,
        "type": RUN_COMMANDS.name,
        "location": vm.body["location"],
        "tags": tags_of(call.object()),
        "properties": {**kept, "provisioningState": "Updating" if found else "Creating"},
    }
    facts = {"begunUs": call.now_us, "requested": given}
    if found is None:
        return call.world.resources.add(Resource(call.path, RUN_COMMANDS.name, body, call.now_us, facts))
    found.facts = facts
    found.replace({**body, "id": found.id, "name": found.name}, call.now_us)
    return found
