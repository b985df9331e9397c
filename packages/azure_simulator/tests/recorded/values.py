"""The values of two answers to one request: which differ, by classes such as `properties.state: Updating -> Succeeded`.

Compared is what both answers have: what one of them lacks is found by the names of members (`findings.members`). The
order of lists and the case of ids do not count, nor does what is declared below: what each cloud invents, what
depends on when somebody asked, and what is the cloud's own offer and not an answer to a request.
"""

import re
from collections.abc import Iterator
from typing import Any

_INVENTED = (
    (r"https://(?:graph\.microsoft\.com|cloud)/", "https://<graph>/"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<guid>"),
    (r"\b[0-9a-z]{26}\.[a-z]{2,4}\.internal\.cloudapp\.net", "<suffix>"),
    (r"_(?:OsDisk_1|disk1)_[0-9a-f]{32}", "_<disk>"),  # Azure has both, and nothing says when it takes which
    (r"[0-9a-f]{32}", "<hex>"),
    (r"[0-9A-F]{2}(?:-[0-9A-F]{2}){5}", "<mac>"),
    (r"S-1-12-1(?:-\d+){4}", "<sid>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", "<moment>"),
    (r"(?:\d{1,3}\.){3}\d{1,3}(?![\d./])|(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}", "<ip>"),
)
_OWN = re.compile("|".join(f"(?P<_{number}>{pattern})" for number, (pattern, _) in enumerate(_INVENTED)), re.IGNORECASE)
_FREE = frozenset(
    {
        *("secretText", "hint", "token", "registrationInfo"),  # secrets, which recordings have not
        *("createdBy", "createdByType", "lastModifiedBy", "lastModifiedByType", "updatedBy"),  # who called
        "uniqueName",  # has the name of the gallery, which the recordings' clients have replaced elsewhere only
        *("message", "executionMessage"),  # texts
        *("osName", "osVersion", "vmAgentVersion", "typeHandlerVersion", "exactVersion"),  # of what is in the guest
    }
)
"""Members whose values each cloud has for itself."""
_OFFERED = re.compile(
    r"GET microsoft\.\w+ resourceTypes"
    r"|GET microsoft\.authorization/roledefinitions value"
    r"|GET microsoft\.compute/(locations|virtualmachines)/vmsizes "
    r"|GET microsoft\.compute/locations/publishers/"
    r"|GET microsoft\.network/locations/usages value\[\]\.(currentValue|limit)"
    r"|GET graph servicePrincipals\S* \S*(appRoles|oauth2PermissionScopes)\[\]"
    r"|GET resourcegroups location"
    r"|\S+ microsoft\.compute/virtualmachines \S*hyperVGeneration"
)
"""Values that depend on a cloud's offers: built-in roles, sizes, images and usage by others, of which the simulator has
some in today's form; and the place of a group that was there before the recording.
"""
_UNDER_WAY = re.compile(
    r"^GET .*(provisioningState: (Creating|Updating|Deleting|Migrating|Pending)|completionPercent:) "
)
"""Values shown while an operation was under way: in a replay each ends before the next request."""
_WORD = re.compile(r"[\w.*<>/ -]{0,48}")


def differences(what: str, recorded: Any, ours: Any) -> Iterator[str]:
    """Yield each difference between two answers to one request: `GET type path: recorded -> ours`."""
    for each in _differences(recorded, ours, ""):
        said = f"{what} {each}"
        if not _OFFERED.match(said) and not _UNDER_WAY.match(said):
            yield said


def _differences(recorded: Any, ours: Any, path: str) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for name, value in recorded.items():
            if name in _FREE and name in ours:
                if (value is None) != (ours[name] is None):
                    yield f"{path}.{name}: {_is_there(value)} -> {_is_there(ours[name])}".lstrip(".")
            elif name in ours and name != "tags":
                yield from _differences(value, ours[name], f"{path}.{name}" if path else name)
    elif isinstance(recorded, list) and isinstance(ours, list):
        yield from _of_lists(recorded, ours, f"{path}[]")
    elif _plain(recorded) != _plain(ours):
        yield f"{path}: {_said(recorded)} -> {_said(ours)}"


def _is_there(value: Any) -> str:
    return "None" if value is None else "..."


def _of_lists(recorded: list[Any], ours: list[Any], path: str) -> Iterator[str]:
    """Compare the entries that are about the same, and what has no name as a set."""
    if not all(isinstance(each, dict) for each in [*recorded, *ours]):
        if sorted(map(str, map(_plain, recorded))) != sorted(map(str, map(_plain, ours))):
            yield f"{path}: {_said(recorded)} -> {_said(ours)}"
        return
    named = {_name(each): each for each in ours}
    for each in recorded:
        if _name(each) in named:
            yield from _differences(each, named[_name(each)], path)


def _name(node: dict[str, Any]) -> str:
    return next((str(node[each]).lower() for each in ("id", "keyId", "name", "code") if node.get(each)), "")


def _plain(value: Any) -> Any:
    """Put a mark in the place of invented values, and small letters into ids."""
    if not isinstance(value, str):
        return value
    value = _OWN.sub(lambda found: _INVENTED[int((found.lastgroup or "_0")[1:])][1], value)
    return value.lower() if value.startswith(("/", "http")) else value


def _said(value: Any) -> str:
    shown = str(_plain(value))
    return shown if _WORD.fullmatch(shown) else "..."
