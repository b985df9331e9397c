"""Rules of Azure Policy: the condition of a definition on a resource, with the expressions that were evaluated.

Texts are compared without regard to case. A member that a resource lacks is null: of the operators `exists` and the
negative ones are true for it. A value that only a deployment determines (`Later`) makes its condition unknown.
Source: learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule. What is not read here
is refused when a definition is written: count, `[*]`, functions other than `parameters`, effects that change bodies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import unsupported
from azure_simulator.arm.regions import normal

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Json

EFFECTS = frozenset({"deny", "audit", "disabled"})
_PARAMETER = re.compile(r"\[parameters\('([^']+)'\)\]", re.IGNORECASE)
_TAG = re.compile(r"tags(?:\[['\"]?([^'\"\]]+)['\"]?\]|\.(.+))", re.IGNORECASE)
_PLAIN = frozenset({"name", "type", "location", "kind", "tags", "id"})


def _low(value: object) -> str:
    return str(value).lower()


def _within(value: object, wanted: Any) -> bool:  # noqa: ANN401 - JSON
    return _low(value) in {_low(each) for each in wanted}


def _like(value: object, wanted: object) -> bool:
    escaped = _low(wanted).replace("[", "[[]").replace("?", "[?]")
    return fnmatchcase(_low(value), escaped)


def _holds(value: object, wanted: object) -> bool:
    if isinstance(value, dict | list):
        return _within(wanted, value)
    return _low(wanted) in _low(value)


_POSITIVE: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, wanted: _low(value) == _low(wanted),
    "like": _like,
    "in": _within,
    "contains": _holds,
}
_NEGATIVE = {"notequals": "equals", "notlike": "like", "notin": "in", "notcontains": "contains"}
OPERATORS = frozenset({*_POSITIVE, *_NEGATIVE, "exists"})


@dataclass(slots=True)
class Judged:
    """One resource under a rule: its type, and its body, with the expressions that were evaluated."""

    kind: str
    name: str
    body: Json
    parameters: Json
    unknown: Callable[[object], bool]
    expressions: list[Json] = field(default_factory=list)

    def holds(self, rule: Json) -> bool | None:
        """Return whether a condition is true; None where only the deployment determines that."""
        if "allOf" in rule:
            found = [self.holds(each) for each in rule["allOf"]]
            return False if False in found else None if None in found else True
        if "anyOf" in rule:
            found = [self.holds(each) for each in rule["anyOf"]]
            return True if True in found else None if None in found else False
        if "not" in rule:
            inner = self.holds(rule["not"])
            return None if inner is None else not inner
        return self._compared(rule)

    def _compared(self, rule: Json) -> bool | None:
        operator, wanted = next((name, rule[name]) for name in rule if name.lower() in OPERATORS)
        wanted, value = given(wanted, self.parameters), self._value(rule["field"])
        if self.unknown(value):
            return None
        result = self._is(operator.lower(), value, wanted)
        shown: Json = {"result": str(result), "expressionKind": "Field", "expression": rule["field"]}
        shown |= {"path": self._path(rule["field"])}
        shown |= {} if value is None else {"expressionValue": value}
        self.expressions.append({**shown, "targetValue": wanted, "operator": operator[0].upper() + operator[1:]})
        return result

    def _is(self, operator: str, value: object, wanted: Any) -> bool:  # noqa: ANN401 - JSON
        if operator == "exists":
            return (value is not None) is (_low(wanted) == "true")
        positive = _NEGATIVE.get(operator, operator)
        found = value is not None and _POSITIVE[positive](value, wanted)
        return not found if operator in _NEGATIVE else found

    def _path(self, name: str) -> str:
        """Return where a field lies in a resource's body."""
        prefix = f"{self.kind.lower()}/"
        if not name.lower().startswith(prefix):
            return name
        member = name[len(prefix) :].replace("/", ".")
        top = member.partition(".")[0].lower()
        return member if top in {each.lower() for each in self.body} else f"properties.{member}"

    def _value(self, name: str) -> object:
        plain: dict[str, object] = {"type": self.kind, "name": self.name, "id": self.body.get("id")}
        plain["location"] = normal(str(self.body["location"])) if isinstance(self.body.get("location"), str) else None
        if name.lower() in plain:
            return plain[name.lower()]
        if tag := _TAG.fullmatch(name):
            return _member(self.body.get("tags"), (tag[1] or tag[2]).lower())
        if "/" in name and not name.lower().startswith(f"{self.kind.lower()}/"):
            return None
        found: object = self.body
        for step in self._path(name).split("."):
            found = found if self.unknown(found) else _member(found, step.lower())
        return found


def _member(of: object, name: str) -> object:
    rows = of.items() if isinstance(of, dict) else ()
    return next((each for key, each in rows if key.lower() == name), None)


def given(value: object, parameters: Json) -> object:
    """Return a value of a definition with the parameter that it names."""
    named = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
    return _member(parameters, named[1].lower()) if named else value


def check(rule: object, path: str = "properties.policyRule.if") -> None:
    """Refuse a condition that the simulator would not evaluate as Azure does."""
    if not isinstance(rule, dict):
        raise unsupported(path, "A condition that is no object")
    for word in ("allOf", "anyOf"):
        if isinstance(rule.get(word), list):
            for number, each in enumerate(rule[word]):
                check(each, f"{path}.{word}[{number}]")
            return
    if "not" in rule:
        check(rule["not"], f"{path}.not")
        return
    operators = [name for name in rule if name.lower() in OPERATORS]
    if len(rule) != 2 or len(operators) != 1 or not isinstance(rule.get("field"), str):  # noqa: PLR2004 - both
        raise unsupported(path, f"A condition with {', '.join(rule)}")
    name, value = rule["field"], rule[operators[0]]
    if "*" in name or ("/" not in name and name.lower() not in _PLAIN and not _TAG.fullmatch(name)):
        raise unsupported(f"{path}.field", f"The field '{name}'")
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and each.startswith("[") and not _PARAMETER.fullmatch(each):
            raise unsupported(f"{path}.{operators[0]}", f"The expression '{each}'")
