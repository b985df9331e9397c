r"""Values that scripts set in the registry of Windows, read from their text; nothing is executed.

A step sets a value with one line: `Set-Value <path> <name> <value>` (a function that the script defines), or
`Set-ItemProperty` or `New-ItemProperty` with `-Path` or `-LiteralPath`, `-Name` and `-Value`. Each may be a quoted
text, a number, a parameter of the run command (`$IdleMinutes`), a variable that got one of these on a line of its own
(`$Key = 'HKLM:\SOFTWARE\...'`), or a product of them in brackets (`($IdleMinutes * 60000)`).
The registry is a fact of the machine: `registry[key][name]`, both in lower case, keys as `hklm\software\...`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.compute.machines.scripts import STEP

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource

_VALUE = r"""('[^']*'|"[^"]*"|\([^()]*\)|[^\s'"()|;]+)"""
_SET = re.compile(rf"^\s*Set-Value\s+{_VALUE}\s+{_VALUE}\s+{_VALUE}", re.IGNORECASE)
_COMMAND = re.compile(r"^\s*(?:Set|New)-ItemProperty\s+(.*)$", re.IGNORECASE)
_OPTION = re.compile(rf"-(LiteralPath|Path|Name|Value)\s+{_VALUE}", re.IGNORECASE)
_ASSIGNED = re.compile(rf"^\s*\$(\w+)\s*=\s*{_VALUE}\s*$")
_CAST = re.compile(r"\[\w+\]")


def settle(vm: Resource, script: str, steps: Collection[str], given: Mapping[str, object]) -> bool:
    """Set the registry values of the steps that worked (lower-cased names); return whether there were any."""
    registry: Json = {key: dict(values) for key, values in vm.facts.get("registry", {}).items()}
    known, changed, step = dict(given), False, ""
    for line in script.splitlines():
        marker = STEP.match(line)
        if marker:
            step = marker.group(1).lower()
        assigned = _ASSIGNED.match(line)
        if assigned:
            known[assigned.group(1).lower()] = _read(assigned.group(2), known)
        found = _wanted(line)
        if found and step in steps:
            path, name, value = (_read(each, known) for each in found)
            registry.setdefault(_key(str(path)), {})[str(name).lower()] = value
            changed = True
    if changed:
        vm.facts["registry"] = registry
    return changed


def _wanted(line: str) -> tuple[str, ...]:
    """Return path, name and value of a line that sets one; nothing for another line."""
    plain = _SET.match(line)
    if plain:
        return plain.groups()
    command = _COMMAND.match(line)
    options = {name.lower(): value for name, value in _OPTION.findall(command.group(1))} if command else {}
    path = options.get("literalpath", options.get("path", ""))
    return (path, options["name"], options["value"]) if path and {"name", "value"} <= set(options) else ()


def _read(text: str, known: Mapping[str, object]) -> object:
    """Return the value that a piece of a script stands for."""
    text = _CAST.sub("", text).strip()
    if text.startswith("(") and text.endswith(")"):
        product = 1
        for factor in text[1:-1].split("*"):
            number = str(_read(factor, known))
            product *= int(number) if number.isascii() and number.isdecimal() else 0
        return product
    if text.startswith("$"):
        return known.get(text[1:].lower(), "")
    if text[:1] in {"'", '"'}:
        return text[1:-1]
    return int(text) if text.isascii() and text.isdecimal() else text


def _key(path: str) -> str:
    """Write a path with its hive and in lower case, without the drive's colon."""
    drive, _, rest = path.replace("/", "\\").partition(":")
    return f"{drive}\\{rest.strip(chr(92))}".lower() if rest else path.lower()
