"""Template functions whose result depends on their arguments alone.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions, and the values that Microsoft's
engine computed (`tests/recorded/expressions.jsonl`), which decide where the two differ. Texts are compared by prefix,
suffix, place and order without regard to case, but `contains`, `equals` and `replace` have regard to it.
"""

from __future__ import annotations

import base64
import functools
import ipaddress
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urljoin

from azure_simulator.deployments.unique_string import unique_string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_GUIDS = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
"""The namespace of `guid()`."""
_PLACE = re.compile(r"\{(?P<index>\d+)(?:,(?P<width>-?\d+))?(?::(?P<form>\w+))?\}|\{\{|\}\}")
_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


_LONGEST = 10_000
"""Numbers that `range` gives at most; a width may be as large."""


def _bounded(number: int) -> int:
    if abs(number) > _LONGEST:
        raise ValueError
    return number


def text_of(value: object) -> str:
    """Return a value as `string()` and `format()` write it."""
    if value is None:
        raise TypeError
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value).capitalize() if isinstance(value, bool) else str(value)


def concat(*parts: Any) -> Any:  # noqa: ANN401 - JSON
    """Join arrays, or texts."""
    if parts and isinstance(parts[0], list):
        return [each for part in parts for each in part]
    return "".join(map(text_of, parts))


def _format(pattern: str, *values: object) -> str:
    """Put values into a text; a brace that stands twice is one of the text's own."""

    def put(found: re.Match[str]) -> str:
        if found["index"] is None:
            return found[0][0]
        written = _formed(values[int(found["index"])], found["form"])
        width = _bounded(int(found["width"] or 0))
        return written.ljust(-width) if width < 0 else written.rjust(width)

    return _PLACE.sub(put, pattern)


def _formed(value: object, form: str | None) -> str:
    match form and (form[0].upper(), _bounded(int(form[1:] or 0))):
        case None:
            return text_of(value)
        case ("D", digits) if isinstance(value, int):
            return f"{value:0{digits}d}"
        case ("N", digits) if isinstance(value, int):
            return f"{value:,.{digits}f}"
        case _:
            raise ValueError


def _guid(*parts: object) -> str:
    """Return the version 5 UUID that Resource Manager makes of texts."""
    return str(uuid.uuid5(_GUIDS, "-".join(map(text_of, parts))))


def _unique_string(*parts: object) -> str:
    return unique_string("-".join(map(text_of, parts)))


def _contains(whole: Any, part: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(whole, dict):
        return str(part).lower() in {name.lower() for name in whole}
    return part in whole


def _upper(text: str) -> str:
    """Return upper case as .NET does: a letter without a single capital stays."""
    return "".join(each.upper() if len(each.upper()) == 1 else each for each in text)


def _split(text: str, marks: str | list[str]) -> list[str]:
    return re.split("|".join(map(re.escape, [marks] if isinstance(marks, str) else marks)), text)


def _union(*parts: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(parts[0], list):
        return list({json.dumps(each): each for part in parts for each in part}.values())
    return functools.reduce(_merged, parts)


def _merged(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(one[name], value) if isinstance(value, dict) and isinstance(one.get(name), dict) else value
        for name, value in other.items()
    }
    return {**one, **both}


def _intersection(first: Any, *others: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(first, list):
        return [each for each in first if all(each in other for other in others)]
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _numbers(values: tuple[Any, ...]) -> list[int]:
    return values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)


def _bool(value: object) -> bool:
    if isinstance(value, str):
        return {"true": True, "false": False}[value.lower()]
    return bool(value)


def _quotient(one: int, other: int) -> int:
    """Divide and cut off towards zero."""
    found = abs(one) // abs(other)
    return found if (one < 0) == (other < 0) else -found


def _ordered(one: Any, other: Any) -> int:  # noqa: ANN401 - numbers or texts
    """Compare numbers, or texts without regard to case first: negative, 0 or positive."""
    if isinstance(one, str):
        one, other = (one.lower(), one.swapcase()), (other.lower(), other.swapcase())
    return int(one > other) - int(one < other)


def _sorted(values: list[Any], less: Callable[..., bool]) -> list[Any]:
    return sorted(
        values, key=functools.cmp_to_key(lambda one, other: -1 if less(one, other) else int(less(other, one)))
    )


def _to_object(values: list[Any], key: Callable[..., str], value: Callable[..., Any] | None = None) -> dict[str, Any]:
    return {key(each): value(each) if value else each for each in values}


def _grouped(values: list[Any], key: Callable[..., str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in values:
        found.setdefault(key(each), []).append(each)
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _date_time_add(base: str, duration: str) -> str:
    """Add a duration; a month counts 30 days and a year 365."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError
    part = {name: int(value or 0) for name, value in found.groupdict().items() if name != "sign"}
    days = part["years"] * 365 + part["months"] * 30 + part["days"]
    added = timedelta(days=days, hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"])
    return _written(_moment(base) + (-added if found["sign"] else added))


def _parse_cidr(text: str) -> dict[str, Any]:
    network = ipaddress.ip_network(text, strict=False)
    return {
        "network": str(network[0]),
        "netmask": str(network.netmask),
        "broadcast": str(network[-1]),
        "firstUsable": str(network[1]),
        "lastUsable": str(network[-2]),
        "cidr": network.prefixlen,
    }


def _cidr_subnet(text: str, prefix: int, index: int) -> str:
    network = ipaddress.ip_network(text, strict=False)
    size = 1 << (network.max_prefixlen - prefix)
    if prefix < network.prefixlen or (index + 1) * size > network.num_addresses:
        raise ValueError
    return f"{network[index * size]}/{prefix}"


PLAIN: dict[str, Callable[..., Any]] = {
    "add": lambda one, other: one + other,
    "and": lambda *values: all(each is True for each in values),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64tostring": lambda text: base64.b64decode(text).decode(),
    "bool": _bool,
    "cidrhost": lambda text, index: str(ipaddress.ip_network(text, strict=False)[index + 1]),
    "cidrsubnet": _cidr_subnet,
    "coalesce": lambda *values: next((each for each in values if each is not None), None),
    "concat": concat,
    "contains": _contains,
    "createarray": lambda *values: list(values),
    "createobject": lambda *values: dict(zip(values[::2], values[1::2], strict=True)),
    "datauri": lambda text: f"data:text/plain;charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}",
    "datetimeadd": _date_time_add,
    "datetimefromepoch": lambda seconds: _written(datetime.fromtimestamp(seconds, UTC)),
    "datetimetoepoch": lambda text: int(_moment(text).timestamp()),
    "div": _quotient,
    "empty": lambda value: value in (None, "", [], {}),
    "endswith": lambda text, part: text.lower().endswith(part.lower()),
    "equals": lambda one, other: one == other,
    "false": lambda: False,
    "filter": lambda values, test: [each for each in values if test(each) is True],
    "first": lambda values: next(iter(values), "" if isinstance(values, str) else None),
    "flatten": lambda values: [each for inner in values for each in inner],
    "format": _format,
    "greater": lambda one, other: _ordered(one, other) > 0,
    "greaterorequals": lambda one, other: _ordered(one, other) >= 0,
    "groupby": _grouped,
    "guid": _guid,
    "indexof": lambda text, part: text.lower().find(part.lower()),
    "int": int,
    "intersection": _intersection,
    "items": lambda value: [{"key": name, "value": value[name]} for name in sorted(value)],
    "join": lambda values, mark: mark.join(map(text_of, values)),
    "json": json.loads,
    "last": lambda values: next(reversed(values), "" if isinstance(values, str) else None),
    "lastindexof": lambda text, part: text.lower().rfind(part.lower()),
    "length": len,
    "less": lambda one, other: _ordered(one, other) < 0,
    "lessorequals": lambda one, other: _ordered(one, other) <= 0,
    "map": lambda values, change: [change(each) for each in values],
    "mapvalues": lambda value, change: {name: change(each) for name, each in value.items()},
    "max": lambda *values: max(_numbers(values)),
    "min": lambda *values: min(_numbers(values)),
    "mod": lambda one, other: one - other * _quotient(one, other),
    "not": lambda value: value is not True,
    "null": lambda: None,
    "objectkeys": sorted,
    "or": lambda *values: any(each is True for each in values),
    "padleft": lambda text, width, fill=" ": text_of(text).rjust(_bounded(width), fill),
    "parsecidr": _parse_cidr,
    "range": lambda start, count: list(range(start, start + _bounded(count))),
    "reduce": lambda values, start, join: functools.reduce(join, values, start),
    "replace": lambda text, old, new: text.replace(old, new),
    "shallowmerge": lambda values: {name: each for value in values for name, each in value.items()},
    "skip": lambda values, count: values[max(count, 0) :],
    "sort": _sorted,
    "split": _split,
    "startswith": lambda text, part: text.lower().startswith(part.lower()),
    "string": text_of,
    "substring": lambda text, start, length: text[start : start + length],
    "take": lambda values, count: values[: max(count, 0)],
    "tolower": lambda text: text.lower(),
    "toobject": _to_object,
    "toupper": _upper,
    "trim": lambda text: text.strip(),
    "true": lambda: True,
    "tryget": lambda value, name: value.get(name),
    "union": _union,
    "uniquestring": _unique_string,
    "uri": lambda base, part: quote(urljoin(base, part), safe=":/?#[]@!$&'()*+,;=%-._~"),
    "uricomponent": lambda text: quote(text, safe="-._~"),
    "uricomponenttostring": unquote,
}
"""The functions by their names in lower case."""
