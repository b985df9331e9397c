"""Naming rules of resources (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules).

Every provider words its refusal in its own way; ARM itself refuses what no name may hold.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from azure_simulator.arm.resource_types import ResourceType

_LONGEST = 260
_NEVER = re.compile(r"[<>%&\\?/#\x00-\x1f]")


def check(resource_type: ResourceType, name: str) -> None:
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
    rule = resource_type.naming
    if rule is None or re.fullmatch(rule.pattern, name, re.ASCII) is not None:
        return
    if rule.parameter:
        text = f"The entity name '{rule.parameter}' is invalid according to its validation rule: ^{rule.pattern}$."
        raise Problem(400, "InvalidParameter", text, target=rule.parameter)
    raise resource_type.provider.invalid_name(name, rule.pattern)


def _refused(text: str, name: str) -> Problem:
    return Problem(400, "InvalidResourceName", text, target=name)
