"""The part of OData that the Graph-shaped routes understand: $select, $filter (eq, and), $count, $expand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import InvalidError, Problem

_KNOWN = frozenset({"$top", "$skiptoken", "$select", "$filter", "$count", "$expand"})
_TERM = r"\s*(?P<name>[A-Za-z][A-Za-z0-9/]*)\s+eq\s+(?P<value>'(?:[^']|'')*'|true|false|null)\s*"


@dataclass(frozen=True, slots=True)
class Collection:
    """The options that a collection supports.

    *columns*: the properties that ``$filter`` may name, with the record's column for each. *hidden*: properties that
    only ``$select`` shows, as Graph has it. *expands*: properties that only ``$expand`` shows.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    expands: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()  # columns kept in lower case


def named_parameters(
    params: Mapping[str, str], query: Collection | tuple[str, ...], *, graph: bool, version: str
) -> dict[str, str]:
    """Return the parameters of an address that has those of *query*. Raises: InvalidError for one that it has not.

    Graph ignores parameters that are no options of OData, reads the names of options in any case, and takes them
    without their $ in its *version* beta (https://learn.microsoft.com/graph/query-parameters).
    """
    known = _KNOWN if isinstance(query, Collection) else frozenset(query)
    found, unknown = {}, []
    for written, value in params.items():
        name = str(written)
        option = name.lower() if name.startswith("$") or not graph else f"${name.lower()}"
        if name in known:
            found[name] = str(value)
        elif graph and option in known and (name.startswith("$") or version == "beta"):
            found[option] = str(value)
        elif name.startswith("$") or not graph:
            unknown.append(name)
    if unknown:
        there = f"there are {', '.join(sorted(known))}" if known else "there are none here"
        raise InvalidError(*(Problem(name, f"unknown query parameter; {there}") for name in unknown))
    return found


@dataclass(frozen=True, slots=True)
class Query:
    """The options of a request, apart from paging."""

    select: tuple[str, ...] | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    count: bool = False
    expand: frozenset[str] = frozenset()


def read_query(params: Mapping[str, str], collection: Collection) -> Query:
    """Return the options in the query parameters. Raises: InvalidError for what *collection* does not support."""
    expand = frozenset(_names(params.get("$expand")))
    if unknown := expand - collection.expands:
        raise InvalidError(Problem("$expand", f"{', '.join(sorted(unknown))} cannot be expanded here"))
    select = params.get("$select")
    return Query(
        select=tuple(_names(select)) if select is not None else None,
        filters=_filters(params.get("$filter"), collection),
        count=_boolean("$count", params.get("$count")),
        expand=expand,
    )


def selected(view: Mapping[str, Any], query: Query, collection: Collection) -> dict[str, Any]:
    """Return the properties of *view* that *query* selects. Raises: InvalidError for one that it does not have."""
    if query.select is None:
        left_out = collection.hidden | (collection.expands - query.expand)
        return {name: value for name, value in view.items() if name not in left_out}
    if unknown := set(query.select) - view.keys():
        raise InvalidError(Problem("$select", f"there is no property {', '.join(sorted(unknown))}"))
    wanted = {"id", *query.select, *query.expand}
    return {name: value for name, value in view.items() if name in wanted}


def matches(view: Mapping[str, Any], query: Query) -> bool:
    """Return whether *view* passes the filters; for collections that are not read from records."""
    return all(str(view.get(name)).casefold() == value.casefold() for name, value in query.filters.items())


def columns(query: Query, collection: Collection) -> dict[str, str]:
    """Return the filters by the columns of the records."""
    return {
        collection.columns[name]: value.casefold() if name in collection.folded else value
        for name, value in query.filters.items()
    }


def context(base: str, collection: Collection, query: Query) -> str:
    """Return ``@odata.context`` for answers below *base*."""
    properties = f"({','.join(query.select)})" if query.select else ""
    return f"{base}/$metadata#deviceManagement/virtualEndpoint/{collection.name}{properties}"


def _filters(text: str | None, collection: Collection) -> dict[str, str]:
    if text is None or not text.strip():
        return {}
    found: dict[str, str] = {}
    at = 0
    while True:
        term = re.compile(_TERM, re.IGNORECASE).match(text, at)  # made when first used: this module is always loaded
        if term is None:
            raise InvalidError(Problem("$filter", "write it as: property eq 'value', joined by and"))
        name, value = term["name"], term["value"]
        if name not in collection.columns:
            possible = ", ".join(sorted(collection.columns)) or "none"
            raise InvalidError(Problem("$filter", f"cannot filter by {name}; properties that can be: {possible}"))
        if name in found or not value.startswith("'"):
            raise InvalidError(Problem("$filter", f"{name}: compare it once, with a text in single quotes"))
        found[name] = value[1:-1].replace("''", "'")
        at = term.end()
        if at == len(text):
            return found
        if text[at : at + 4].lower() != "and ":
            raise InvalidError(Problem("$filter", "write it as: property eq 'value', joined by and"))
        at += 4


def _names(text: str | None) -> list[str]:
    return [name for each in (text or "").split(",") if (name := each.strip())]


def _boolean(name: str, text: str | None) -> bool:
    if text is None:
        return False
    if text.lower() not in {"true", "false"}:
        raise InvalidError(Problem(name, "write true or false"))
    return text.lower() == "true"
