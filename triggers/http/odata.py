"""The part of OData that lists understand: $select, $filter, $search, $orderby, $count, $expand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.filtering import (
    Choices,
    Comparison,
    Condition,
    FilterError,
    Kind,
    Kinds,
    Scalar,
    Together,
    moment,
    read_filter,
    refuse_unknown,
    searched,
)
from shared.domain.pages import OrderError, Term, read_order
from shared.errors import InvalidError, Problem

_KNOWN = frozenset({"$top", "$skiptoken", "$select", "$filter", "$search", "$orderby", "$count", "$expand"})


@dataclass(frozen=True, slots=True)
class Collection:
    """The options that a collection supports.

    *within*: what its address stands below, in answers. *kinds*: the properties that ``$filter`` and ``$orderby`` may
    name; a CSV has a column for each. *searched*: where ``$search`` looks. *order*: how it is ordered when nobody says
    how. *key*: the properties that tell an item from all others. *hidden*: properties that only ``$select`` shows, as
    Graph has it. *expands*: properties that only ``$expand`` shows. *lacks*: properties that Graph documents and we
    have not, with spaces between: null where ``$select`` names them. *own*: parameters without a $; those that are
    called as a property name the value that it has.
    """

    name: str
    within: str = "deviceManagement/virtualEndpoint"
    kinds: Kinds = field(default_factory=dict)
    searched: tuple[str, ...] = ()
    order: str = ""
    key: tuple[str, ...] = ("id",)
    hidden: frozenset[str] = frozenset()
    expands: frozenset[str] = frozenset()
    lacks: str = ""
    own: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its query parameters."""
        options = ["$top", "$skiptoken", "$select", "$count"]
        options += ["$filter", "$orderby"] if self.kinds else []
        options += ["$search"] if self.searched else []
        options += ["$expand"] if self.expands else []
        return (*options, *self.own)


def kinds_of(*texts: str, moments: str = "", numbers: str = "", flags: str = "") -> dict[str, Kind]:
    """Return the kinds of a collection's properties: *texts*, and the others by their names with blanks between."""
    named = {Kind.MOMENT: moments.split(), Kind.NUMBER: numbers.split(), Kind.FLAG: flags.split()}
    return {**dict.fromkeys(texts, Kind.TEXT), **{name: kind for kind, names in named.items() for name in names}}


def named_parameters(
    params: Mapping[str, str], query: Collection | tuple[str, ...], *, graph: bool, version: str
) -> dict[str, str]:
    """Return the parameters of an address. Raises: InvalidError for a parameter that is not in *query*.

    Graph ignores parameters that are no options of OData, reads the names of options in any case, and takes them
    without their $ in its *version* beta (https://learn.microsoft.com/graph/query-parameters).
    """
    known = frozenset(query.parameters if isinstance(query, Collection) else query)
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
    condition: Condition = field(default_factory=lambda: Together(()))
    order: tuple[Term, ...] = ()
    count: bool = False
    expand: frozenset[str] = frozenset()

    @property
    def shown(self) -> frozenset[str]:
        """The properties that the query names; costly ones are read only if they are named."""
        return self.expand | frozenset(self.select or ())


def read_query(params: Mapping[str, str], collection: Collection, choices: Choices | None = None) -> Query:
    """Return the options in the query parameters. *choices*: of the properties that have one of a few values.

    Raises: InvalidError for options unsupported by *collection*.
    """
    expand = frozenset(_names(params.get("$expand")))
    if unknown := expand - collection.expands:
        raise InvalidError(Problem("$expand", f"{', '.join(sorted(unknown))} cannot be expanded here"))
    select = params.get("$select")
    return Query(
        select=tuple(_names(select)) if select is not None else None,
        condition=_condition(params, collection, choices or {}),
        order=_order(params.get("$orderby"), collection),
        count=_boolean("$count", params.get("$count")),
        expand=expand,
    )


def selected(view: Mapping[str, Any], query: Query, collection: Collection) -> dict[str, Any]:
    """Return the properties of *view* that *query* selects; missing ones are left out."""
    if query.select is None:
        left_out = collection.hidden | (collection.expands - query.expand)
        return {name: value for name, value in view.items() if name not in left_out}
    wanted = {"id", *query.select, *query.expand}
    lacking: dict[str, Any] = {name: None for name in collection.lacks.split() if name in wanted}
    return {**{name: value for name, value in view.items() if name in wanted}, **lacking}


def refuse_unselectable(query: Query, collection: Collection, declared: Iterable[str]) -> None:
    """Refuse to select a property that no item ever has: neither *declared* nor comparable.

    What some items lack is no error, whichever are shown. Raises: InvalidError.
    """
    known = {*declared, *collection.kinds}
    lacking = collection.lacks.split()
    if unknown := [name for name in query.select or () if name not in known and name not in lacking]:
        possible = ", ".join(sorted(known))
        message = f"there is no property {', '.join(unknown)}; properties that can be selected: {possible}"
        raise InvalidError(Problem("$select", message))


def row_of(view: Mapping[str, Any], collection: Collection) -> dict[str, Scalar]:
    """Return the comparable properties of *view* by name; ``a/b`` is the property b of a."""
    kinds = {**dict.fromkeys(collection.searched, Kind.TEXT), **collection.kinds}
    row = {name: _scalar(_within(view, name), kind) for name, kind in kinds.items()}
    return row if "id" in row else {"id": _scalar(view.get("id"), Kind.TEXT), **row}


def context(base: str, collection: Collection, query: Query) -> str:
    """Return ``@odata.context`` for answers below *base*."""
    properties = f"({','.join(query.select)})" if query.select else ""
    return f"{base}/$metadata#{collection.within}/{collection.name}{properties}"


def _condition(params: Mapping[str, str], collection: Collection, choices: Choices) -> Condition:
    parts: list[Condition] = []
    if (text := params.get("$filter")) is not None and text.strip():
        try:
            parts.append(read_filter(text, collection.kinds, choices))
        except FilterError as error:
            raise InvalidError(Problem("$filter", str(error))) from error
    if text := params.get("$search"):
        try:
            parts.append(searched(text, collection.searched))
        except FilterError as error:
            raise InvalidError(Problem("$search", str(error))) from error
    named = [name for name in collection.own if name in collection.kinds and params.get(name)]
    for name in named:
        try:
            refuse_unknown(name, params[name], choices)
        except FilterError as error:
            raise InvalidError(Problem(name, str(error))) from error
        parts.append(Comparison(name, "eq", params[name].casefold()))
    return Together(tuple(parts))


def _order(text: str | None, collection: Collection) -> tuple[Term, ...]:
    wanted = text if text is not None and text.strip() else collection.order
    if not wanted:
        return ()
    try:
        return read_order(wanted, collection.kinds)
    except OrderError as error:
        raise InvalidError(Problem("$orderby", str(error))) from error


def _within(view: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - any JSON
    """Return a property of a view; a property with a slash in its name goes before the path of the same name."""
    if name in view or "/" not in name:
        return view.get(name)
    first, _, rest = name.partition("/")
    inner = view.get(first)
    if isinstance(inner, list):  # of the first of them
        inner = next(iter(inner), None)
    return _within(inner, rest) if isinstance(inner, Mapping) else None


def _scalar(value: Any, kind: Kind) -> Scalar:  # noqa: ANN401 - any JSON
    if kind is Kind.MOMENT and isinstance(value, str):
        return moment(datetime.fromisoformat(value))
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _names(text: str | None) -> list[str]:
    return [name for each in (text or "").split(",") if (name := each.strip())]


def _boolean(name: str, text: str | None) -> bool:
    if text is None:
        return False
    if text.lower() not in {"true", "false"}:
        raise InvalidError(Problem(name, "write true or false"))
    return text.lower() == "true"
