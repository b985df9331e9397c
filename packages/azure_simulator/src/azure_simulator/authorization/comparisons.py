"""The operators of conditions, by their names in lower case.

Source: learn.microsoft.com/azure/role-based-access-control/conditions-format#operators.
"""

from __future__ import annotations

import operator
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Compare = Callable[[str, str], bool]


@cache
def _like(pattern: str) -> re.Pattern[str]:
    """Read `*` as any text and `?` as one character; a backslash takes that away."""
    parts = re.findall(r"\\.|[^\\]", pattern)
    signs = {"*": ".*", "?": "."}
    return re.compile(
        "".join(signs.get(each) or re.escape(each.removeprefix("\\") or each) for each in parts), re.DOTALL
    )


def _number(compare: Callable[[int, int], bool]) -> Compare:
    return lambda one, other: re.fullmatch(r"-?\d+", one) is not None and compare(int(one), int(other))


def _folded(compare: Compare) -> Compare:
    return lambda one, other: compare(one.casefold(), other.casefold())


def _not(compare: Compare) -> Compare:
    return lambda one, other: not compare(one, other)


def _string_operators() -> dict[str, Compare]:
    plain: dict[str, Compare] = {
        "equals": operator.eq,
        "startswith": str.startswith,
        "like": lambda one, pattern: _like(pattern).fullmatch(one) is not None,
    }
    found: dict[str, Compare] = {}
    for name, compare in plain.items():
        found[f"string{name}"], found[f"string{name}ignorecase"] = compare, _folded(compare)
        found[f"stringnot{name}"], found[f"stringnot{name}ignorecase"] = _not(compare), _not(_folded(compare))
    return found


NUMBERS: dict[str, Compare] = {
    "numericequals": _number(operator.eq),
    "numericnotequals": _number(operator.ne),
    "numericlessthan": _number(operator.lt),
    "numericlessthanequals": _number(operator.le),
    "numericgreaterthan": _number(operator.gt),
    "numericgreaterthanequals": _number(operator.ge),
}
_EQUAL = _folded(operator.eq)
COMPARISONS: dict[str, Compare] = {
    **_string_operators(),
    **NUMBERS,
    "guidequals": _EQUAL,
    "guidnotequals": _not(_EQUAL),
    "boolequals": _EQUAL,
    "boolnotequals": _not(_EQUAL),
}
QUANTIFIERS: dict[str, tuple[Callable[..., bool], Callable[..., bool]]] = {
    "foranyofanyvalues": (any, any),
    "forallofanyvalues": (all, any),
    "foranyofallvalues": (any, all),
    "forallofallvalues": (all, all),
}
"""Name -> for how many values on the left, and for how many on the right, a comparison has to hold."""
