"""The little of OData that the resource manager's own lists understand: `name eq 'value' and ...`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_CONDITION = re.compile(r"\s*(\w+)\s+eq\s+'([^']*)'\s*", re.IGNORECASE)
_KNOWN = frozenset({"resourcetype", "name", "location", "resourcegroup", "tagname", "tagvalue"})


def conditions(call: Call) -> dict[str, str]:
    """Read `$filter`; names and values come lower-cased."""
    text, found = call.query.get("$filter", ""), {}
    for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE) if text else []:
        match = _CONDITION.fullmatch(part)
        if match is None or match.group(1).lower() not in _KNOWN:
            raise Problem(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string.")
        found[match.group(1).lower()] = match.group(2).lower()
    return found


def tagged(resource: Resource, wanted: dict[str, str]) -> bool:
    """Tell whether a resource has the tag of the filter, if that names one."""
    tags = {name.lower(): str(value).lower() for name, value in (resource.body.get("tags") or {}).items()}
    name = wanted.get("tagname")
    if name is None:
        return True
    return name in tags and wanted.get("tagvalue", tags[name]) == tags[name]
