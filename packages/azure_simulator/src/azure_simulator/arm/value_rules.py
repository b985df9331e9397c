"""Formats and ranges of values in bodies that the SDKs' models do not have: declared by path, checked in one place.

    values={
        "properties.idleTimeoutInMinutes": between(4, 30),
        "properties.dnsSettings.domainNameLabel": matching(LABEL, "The domain name label {value} is invalid."),
    }

A path goes through members; `rows[]` is each row of a list. A member that is not there, or is empty, has no value.
"""

from __future__ import annotations

import base64 as encoding
import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import invalid, unsupported
from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

_SHOWN = 60
GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SECONDS = (86_400, 3_600, 60, 1)
_URI = re.compile(r"https?://[^\s/?#]+([/?#]\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule for a value, and the wording of its refusal: `{name}` and `{value}` are filled in."""

    fits: Callable[[Any], bool]
    says: str
    code: str = ""

    def check(self, name: str, value: object) -> None:
        """Refuse a value that does not fit."""
        if self.fits(value):
            return
        text = self.says.replace("{name}", name).replace("{value}", str(value)[:_SHOWN])
        raise Problem(400, self.code, text) if self.code else invalid(name, text)


def check(rules: Mapping[str, Rule], body: object) -> None:
    """Refuse values of a body that do not fit the rules of its type."""
    for path, rule in rules.items():
        for value in values_at(body, path):
            if value is not None and value != "":
                rule.check(path.removeprefix("properties.").replace("[]", ""), value)


def check_lacks(lacks: Mapping[str, str], body: object) -> None:
    """Refuse members that a type of Azure has and the simulated one has not."""
    for path, what in lacks.items():
        if any(values_at(body, path)):
            raise unsupported(path.removeprefix("properties."), what)


def values_at(body: object, path: str) -> Iterator[object]:
    """Yield the values of a body at a path; `None` without one."""
    yield from _at(body, path.split("."))


def _at(value: object, steps: list[str]) -> Iterator[object]:
    if not steps:
        yield value
    elif isinstance(value, dict):
        found = value.get(steps[0].removesuffix("[]"))
        for each in found if steps[0].endswith("[]") and isinstance(found, list) else [found]:
            yield from _at(each, steps[1:])


def between(least: float, most: float) -> Rule:
    """Make the rule of a number."""
    says = "The value '{value}' of parameter '{name}' is out of range. The value must be between "
    return Rule(lambda value: bool(least <= value <= most), f"{says}'{least}' and '{most}', inclusive.")


def matching(pattern: str, says: str, code: str = "") -> Rule:
    """Make the rule of a text that a pattern describes."""
    found = re.compile(pattern, re.ASCII)
    return Rule(lambda value: found.fullmatch(str(value)) is not None, says, code)


def at_most(length: int, code: str = "") -> Rule:
    """Make the rule of a text that may not be longer."""
    says = f"The value of parameter '{{name}}' exceeds the maximum length of {length} characters."
    return Rule(lambda value: len(str(value)) <= length, says, code)


def no_more_than(rows: int, says: str) -> Rule:
    """Make the rule of a list."""
    return Rule(lambda value: not isinstance(value, list) or len(value) <= rows, says)


def one_of(choices: Collection[object], says: str = "The value '{value}' of parameter '{name}' is invalid.") -> Rule:
    """Make the rule of a value that is one of some, texts in any case."""
    known = {_fold(each) for each in choices}
    return Rule(lambda value: _fold(value) in known, says)


def lasting(least_s: int, most_s: int) -> Rule:
    """Make the rule of a duration in ISO 8601 format."""
    says = (
        f"The value '{{value}}' of parameter '{{name}}' is invalid. It must be a duration in ISO 8601 format between "
        f"{least_s // 60} and {most_s // 60} minutes."
    )

    def fits(value: object) -> bool:
        seconds = seconds_of(str(value))
        return seconds is not None and least_s <= seconds <= most_s

    return Rule(fits, says)


def seconds_of(text: str) -> int | None:
    """Read a duration such as `PT1H30M`; `None` when it is none."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    return sum(int(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part)


def encoded(longest: int, says: str) -> Rule:
    """Make the rule of a text in base64."""

    def fits(value: object) -> bool:
        try:
            encoding.b64decode(str(value), validate=True)
        except ValueError:  # also a text that is not ASCII
            return False
        return len(str(value)) <= longest

    return Rule(fits, says)


def an_address(says: str, code: str = "") -> Rule:
    """Make the rule of an IPv4 address."""

    def fits(value: object) -> bool:
        try:
            IPv4Address(str(value))
        except AddressValueError:
            return False
        return True

    return Rule(fits, says, code)


def a_uri() -> Rule:
    """Make the rule of an absolute address of the web."""
    return Rule(lambda value: _URI.fullmatch(str(value)) is not None, "The value of parameter '{name}' is no URI.")


def _fold(value: object) -> object:
    return value.lower() if isinstance(value, str) else value
