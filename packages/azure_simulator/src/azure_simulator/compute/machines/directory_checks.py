"""Steps of a script that use a directory or a share: they fail as the machine's own attempt would.

By their names, `resolveDomain`, `bindJoinAccount`, `findOrganizationalUnit` (case and hyphens do not count), with the
parameters `domain`, `user`, `organizationalUnit` and the protected `password`. Without `domain` nothing is checked.
Two have an effect: `disableComputerAccount` disables the account of the parameter `computerName`, `leaveDomain` that of
the machine, which has to be in the domain.
`leaveService` takes Windows out of Entra ID and forgets its host pool; a member of a domain refuses it.
`enrollInIntune` needs a machine with a device in Entra ID. `reachProfiles` needs the share of the parameter
`profilePath`, where an equals sign stands for a dollar sign, which no parameter of a run command may have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.compute.machines import active_directory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

ENROLL = "enrollinintune"
LEAVE_SERVICE = "leaveservice"
_SHARES = "reachprofiles"
_UNITS = frozenset({"findorganizationalunit"})
_DISABLE, _LEAVE = "disablecomputeraccount", "leavedomain"
_ACCOUNTS = frozenset({"bindjoinaccount", _DISABLE, _LEAVE}) | _UNITS
_DOMAINS = frozenset({"resolvedomain", "reachdomaincontroller"}) | _ACCOUNTS


def failure(world: World, vm: Resource, step: str, given: Json) -> str:
    """Return the reason why a step fails; empty when it does not."""
    name = step.replace("-", "").lower()
    if name == ENROLL:
        answers: list[str] = []
        world.publish("ask_enrollment", vm_id=vm.id, answers=answers)
        return "".join(answers)
    if name == LEAVE_SERVICE:
        return "This computer is a member of a domain." if vm.facts.get("join") == "domain" else ""
    if name == _SHARES and given.get("profilepath"):
        unreached: list[str] = []
        world.publish("ask_share", share=str(given["profilepath"]).replace("=", "$"), answers=unreached)
        return "".join(unreached)
    return _in_domain(world, vm, name, given) if name in _DOMAINS and given.get("domain") else ""


def _in_domain(world: World, vm: Resource, name: str, given: Json) -> str:
    """Return the reason why a step fails that uses a domain."""
    settings = {"Name": given["domain"], "User": given.get("user", ""), "OUPath": given.get("organizationalunit", "")}
    found = active_directory.check_join(world, vm, settings, str(given.get("password", "")))
    if found is None:
        return _not_joined(world, vm, str(given["domain"])) if name == _LEAVE else ""
    reached = {"1355": name in _DOMAINS, "1326": name in _ACCOUNTS, "code 2:": name in _UNITS}
    for mark, fails in reached.items():
        if mark in found.message:
            return found.message.rpartition("aka.ms/vmextensionwindowstroubleshoot. ")[2] if fails else ""
    return ""


def settle(world: World, vm: Resource, steps: Iterable[str], given: Json) -> None:
    """Change the accounts in the domain as the steps that worked do."""
    accounts = {_DISABLE: str(given.get("computername", "")), _LEAVE: str(vm.facts["computer"])}
    for step in steps:
        if step.replace("-", "").lower() == LEAVE_SERVICE:
            vm.facts |= {"join": "", "sessionHostOf": ""}
        account = accounts.get(step.replace("-", "").lower())
        if account and given.get("domain"):
            active_directory.disable(world, str(given["domain"]), account, vm.id)


def _not_joined(world: World, vm: Resource, domain: str) -> str:
    """Return Windows' reason why a computer that has joined no domain cannot leave it (2692, NERR_SetupNotJoined)."""
    joined = active_directory.domains(world)[domain.lower()].computers
    here = str(vm.facts["computer"]).lower()
    return "" if here in joined else "This machine is not currently joined to a domain."
