"""Steps of a script that use a directory: they fail as the machine's own attempt would.

By their names, `resolveDomain`, `bindJoinAccount`, `findOrganizationalUnit` (case and hyphens do not count), with the
parameters `domain`, `user`, `organizationalUnit` and the protected `password`. Without `domain` nothing is checked.
`enrollInIntune` needs a machine with a device in Entra ID.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.compute.machines import active_directory

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

ENROLL = "enrollinintune"
_UNITS = frozenset({"findorganizationalunit"})
_ACCOUNTS = frozenset({"bindjoinaccount"}) | _UNITS
_DOMAINS = frozenset({"resolvedomain", "reachdomaincontroller"}) | _ACCOUNTS


def failure(world: World, vm: Resource, step: str, given: Json) -> str:
    """Give the reason why a step fails; empty when it does not."""
    name = step.replace("-", "").lower()
    if name == ENROLL:
        answers: list[str] = []
        world.publish("ask_enrollment", vm_id=vm.id, answers=answers)
        return "".join(answers)
    if name not in _DOMAINS or not given.get("domain"):
        return ""
    settings = {"Name": given["domain"], "User": given.get("user", ""), "OUPath": given.get("organizationalunit", "")}
    found = active_directory.check_join(world, vm, settings, str(given.get("password", "")))
    if found is None:
        return ""
    reached = {"1355": name in _DOMAINS, "1326": name in _ACCOUNTS, "code 2:": name in _UNITS}
    for mark, fails in reached.items():
        if mark in found.message:
            return found.message.rpartition("aka.ms/vmextensionwindowstroubleshoot. ")[2] if fails else ""
    return ""
