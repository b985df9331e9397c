"""Effects of extensions in a machine: Entra join, domain join, registration as a session host; others do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.compute.machines import active_directory
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

REPORT = "VM has reported a failure when processing extension '{name}' (publisher '{publisher}' and "
REPORT += "type '{type}'). Error message: '{why}'. More information on troubleshooting is available "
REPORT += "at https://aka.ms/vmextensionwindowstroubleshoot."


@dataclass(frozen=True, slots=True)
class Install:
    """An accepted extension: its type and settings, and its machine."""

    vm: Resource
    name: str
    publisher: str
    type: str
    settings: Json
    secrets: Json

    @property
    def computer(self) -> str:
        """Return the machine's computer name."""
        return str(self.vm.facts["computer"])

    def failure(self, why: str) -> Problem:
        """Word a failure as the agent reports it."""
        text = REPORT.format(name=self.name, publisher=self.publisher, type=self.type, why=why)
        return Problem(200, "VMExtensionProvisioningError", text)


def outcome(world: World, install: Install) -> tuple[Problem | None, Callable[[], None]]:
    """Determine the result of an extension: an error, or an effect at its end."""
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
    if install.vm.facts.get("sessionHostOf") and starts_from_a_disk(install.vm):
        return None, lambda: None  # its agent says that it is registered, in the pool of the machine before
    arguments = {**install.settings.get("properties", {}), **_secret_arguments(install.secrets)}
    pool = str(arguments.get("hostPoolName", arguments.get("HostPoolName", "")))
    token = str(arguments.get("registrationInfoToken", arguments.get("RegistrationInfoToken", "")))
    answers: list[str] = []
    world.publish("ask_registration", host_pool=pool, token=token, answers=answers)
    if answers:
        why = f"DSC Configuration 'AddSessionHost' completed with error(s): {answers[0]}"
        return install.failure(why), lambda: None
    return None, lambda: register_session_host(world, install.vm, pool, token)


def starts_from_a_disk(vm: Resource) -> bool:
    """Return whether a machine was made of an existing disk, with the agents of the machine before."""
    return bool(vm.properties["storageProfile"]["osDisk"].get("createOption") == "Attach")


def _secret_arguments(secrets: Json) -> Json:
    """Return DSC's secret arguments: `protectedSettings.properties` or its `Items`."""
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
