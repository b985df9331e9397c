"""What resources may be called (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules).

Every provider words its refusal in its own way; ARM itself refuses what no name may hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from azure_simulator.arm.resource_types import Kind

_LONGEST = 260
_NEVER = re.compile(r"[<>%&\\?/#\x00-\x1f]")
_DISK = r"[^_\W][\w\-.]{0,79}(?<![-.])"
_NETWORK = r"[^_\W]([\w\-.]{0,78}\w)?"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and what Compute calls the parameter that breaks it."""

    pattern: str
    parameter: str = ""


RULES = {
    "Microsoft.Compute/virtualMachines": Rule(r"[A-Za-z0-9]([\w\-.]{0,62}[A-Za-z0-9])?", "vmName"),
    "Microsoft.Compute/disks": Rule(_DISK, "disk.name"),
    "Microsoft.Compute/snapshots": Rule(_DISK, "snapshot.name"),
    "Microsoft.Compute/images": Rule(_DISK, "imageName"),
    "Microsoft.Compute/capacityReservationGroups": Rule(_DISK, "capacityReservationGroupName"),
    "Microsoft.Compute/capacityReservationGroups/capacityReservations": Rule(_DISK, "capacityReservationName"),
    "Microsoft.Compute/galleries": Rule(r"[A-Za-z0-9]([\w.]{0,78}[A-Za-z0-9])?", "galleryName"),
    "Microsoft.Compute/galleries/images": Rule(r"[A-Za-z0-9]([\w\-.]{0,78}[A-Za-z0-9])?", "galleryImageName"),
    "Microsoft.Compute/galleries/images/versions": Rule(r"\d{1,10}(\.\d{1,10}){2}", "galleryImageVersionName"),
    "Microsoft.Network/virtualNetworks": Rule(r"[^_\W]([\w\-.]{0,62}\w)?"),
    "Microsoft.Network/virtualNetworks/subnets": Rule(_NETWORK),
    "Microsoft.Network/networkInterfaces": Rule(_NETWORK),
    "Microsoft.Network/networkSecurityGroups": Rule(_NETWORK),
    "Microsoft.Network/networkSecurityGroups/securityRules": Rule(_NETWORK),
    "Microsoft.Network/publicIPAddresses": Rule(_NETWORK),
    "Microsoft.Network/natGateways": Rule(_NETWORK),
    "Microsoft.Resources/resourceGroups": Rule(r"[-\w.()]{0,89}[-\w()]"),
    "Microsoft.Authorization/locks": Rule(r"[^<>%&\\?/]{1,260}"),
    "Microsoft.DesktopVirtualization/hostPools": Rule(r"[A-Za-z0-9@.\-_ ]{3,64}"),
    "Microsoft.DesktopVirtualization/applicationGroups": Rule(r"[A-Za-z0-9@.\-_ ]{3,64}"),
    "Microsoft.DesktopVirtualization/workspaces": Rule(r"[A-Za-z0-9@.\-_ ]{3,64}"),
}
_RULES = {kind.lower(): rule for kind, rule in RULES.items()}


def check(kind: Kind, name: str) -> None:
    """Refuse a name that its resource type may not have."""
    if len(name) > _LONGEST:
        raise _refused(
            f"The provided resource name '{name}' has a length of '{len(name)}' which exceeds the maximum length of "
            f"'{_LONGEST}'.",
            name,
        )
    if _NEVER.search(name) or name.endswith((".", " ")):
        text = (
            f"The provided resource name '{name}' has these invalid characters: '<>%&\\?/#' or control characters. "
            "The name can not end with a dot or a space."
        )
        raise _refused(text, name)
    rule = _RULES.get(kind.type.lower())
    if rule is not None and re.fullmatch(rule.pattern, name, re.ASCII) is None:
        raise _broken(kind, rule, name)


def _broken(kind: Kind, rule: Rule, name: str) -> Problem:
    if rule.parameter:
        text = f"The entity name '{rule.parameter}' is invalid according to its validation rule: ^{rule.pattern}$."
        return Problem(400, "InvalidParameter", text, target=rule.parameter)
    if kind.provider == "microsoft.network":
        return _refused(
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
            "character, and it must end with a word character or with '_'. The name may contain word characters or "
            "'.', '-', '_'.",
            name,
        )
    if kind.provider == "microsoft.resources":
        return Problem(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' has these invalid characters: '{_strange(name)}'. The name can "
            "only be a letter, digit, '-', '.', '(', ')' or '_'.",
            target=name,
        )
    return _refused(f"The resource name '{name}' does not match ^{rule.pattern}$.", name)


def _refused(text: str, name: str) -> Problem:
    return Problem(400, "InvalidResourceName", text, target=name)


def _strange(name: str) -> str:
    return "".join(sorted(set(re.sub(r"[\w\-.()]", "", name)))) or name[-1:]
