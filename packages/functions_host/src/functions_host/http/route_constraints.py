"""The constraints of route templates, as ASP.NET checks them: with the invariant culture of .NET."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from functions_host.errors import RouteError


def constraint(kind: str, argument: str, *, lazy: bool = False) -> Callable[[str], bool]:
    """Make one constraint's check. Raises: ``RouteError`` for an unknown constraint.

    *lazy*: a regular expression that cannot be read raises it when a value is checked.
    """
    name = kind.lower()
    if name in _PLAIN:
        return _PLAIN[name]
    if name != "regex" and name not in _SIZED:
        raise RouteError(f"unknown route constraint {kind!r}")
    try:
        if name == "regex":
            pattern = re.compile(argument.replace("{{", "{").replace("}}", "}"), re.IGNORECASE)
            return lambda value: pattern.search(value) is not None
        numbers = [int(part) for part in argument.split(",")]
    except (ValueError, re.error) as error:
        unreadable = RouteError(f"the route constraint {kind}({argument}) cannot be read: {error}")
        if lazy and name == "regex":
            return lambda _: _raise(unreadable)
        raise unreadable from error
    if len(numbers) not in _SIZES.get(name, {1}):
        raise RouteError(f"the route constraint {kind}({argument}) has {len(numbers)} numbers")
    check = _SIZED[name]
    return lambda value: check(value, numbers)


def _raise(error: RouteError) -> bool:
    raise error


def _is_datetime(value: str) -> bool:
    """Read ISO dates, which are all that apps write in addresses; .NET reads more spellings."""
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return False
    return True


def _is_int(value: str) -> bool:
    return re.fullmatch(r"\s*[+-]?\d+\s*", value, re.ASCII) is not None


def _is_float(value: str) -> bool:
    """Return whether a text is a number by ``NumberStyles.Float`` with thousands."""
    number = r"[+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
    return re.fullmatch(rf"\s*(?:{number}|[+-]?(?i:nan|infinity|∞))\s*", value, re.ASCII) is not None


def _is_decimal(value: str) -> bool:
    """Return whether a text is a number by ``NumberStyles.Number``: no exponent, a sign on either side."""
    return re.fullmatch(r"\s*[+-]?(?:\d[\d,]*\.?\d*|\.\d+)[+-]?\s*", value, re.ASCII) is not None


_GUID = re.compile(
    r"\s*(?:[0-9a-f]{32}|([({])?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?(1)[)}]))\s*",
    re.IGNORECASE,
)
_SIZED: Mapping[str, Callable[[str, list[int]], bool]] = {
    "min": lambda value, sizes: _is_int(value) and int(value) >= sizes[0],
    "max": lambda value, sizes: _is_int(value) and int(value) <= sizes[0],
    "range": lambda value, sizes: _is_int(value) and sizes[0] <= int(value) <= sizes[1],
    "length": lambda value, sizes: sizes[0] <= len(value) <= sizes[-1],
    "minlength": lambda value, sizes: len(value) >= sizes[0],
    "maxlength": lambda value, sizes: len(value) <= sizes[0],
}
_SIZES = {"range": {2}, "length": {1, 2}}
_PLAIN: Mapping[str, Callable[[str], bool]] = {
    "int": lambda value: _is_int(value) and -(2**31) <= int(value) < 2**31,
    "long": lambda value: _is_int(value) and -(2**63) <= int(value) < 2**63,
    "bool": lambda value: value.strip().lower() in {"true", "false"},
    "guid": lambda value: _GUID.fullmatch(value) is not None,
    "alpha": lambda value: re.fullmatch(r"[A-Za-z]*", value) is not None,
    "datetime": _is_datetime,
    "decimal": _is_decimal,
    "float": _is_float,
    "double": _is_float,
    "required": bool,
}
