"""The query options of one Graph request: read, checked, and compiled.

Source: learn.microsoft.com/graph/{query-parameters,aad-advanced-queries}.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.graph.directory.entities import entity
from azure_simulator.graph.protocol import bodies, checks, odata, operations, paths, search

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

PAGE = 100
LARGEST_PAGE = 999
_KNOWN = frozenset(
    {"$select", "$filter", "$search", "$top", "$skiptoken", "$count", "$orderby", "$expand", "$deltatoken", "$format"}
)


@dataclass(frozen=True)
class Options:
    """Options by which a request selects from a collection."""

    select: tuple[str, ...]
    top: int
    after: tuple[str, int] | None
    count: bool
    keeps: Callable[[Doc], bool]
    order: tuple[str, bool] | None


def is_eventual(call: Call) -> bool:
    """Return whether the request has both marks of an advanced query."""
    header = call.headers.get("consistencylevel", "").lower() == "eventual"
    return header and call.query.get("$count", "").lower() == "true"


def require_eventual(call: Call) -> None:
    """Refuse an advanced query without `ConsistencyLevel: eventual` and `$count=true`."""
    if not is_eventual(call):
        raise checks.bad_request(
            "The specified filter to the reference property query is currently not supported. "
            "Advanced queries need the header ConsistencyLevel: eventual and $count=true.",
            "Request_UnsupportedQuery",
        )


def read_options(call: Call, kind: str, *, page: int = PAGE) -> Options:
    """Read and check the options of a request.

    Raises:
        Problem: 400 for an unknown option, property or page size, or for an advanced query that is not marked as one.
    """
    keeps = [_filter(call, kind), _search(call)]
    return Options(
        select=_select(call, kind),
        top=read_top(call, page),
        after=_after(call),
        count=_count(call, kind),
        keeps=lambda doc: all(each(doc) for each in keeps),
        order=_order(call, kind),
    )


def read_select(call: Call, kind: str) -> tuple[str, ...]:
    """Read `$select` only, for single objects."""
    return _select(call, kind)


def _select(call: Call, kind: str) -> tuple[str, ...]:
    names = tuple(each.strip() for each in call.query.get("$select", "").split(",") if each.strip())
    known = {each.lower(): each for each in entity(kind).properties}
    for name in names:
        _refuse_unsupported(kind, name)
        if known and name.lower() not in known:
            raise checks.bad_request(
                "Parsing OData Select and Expand failed: "
                f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.",
                "BadRequest",
            )
    return tuple(known.get(name.lower(), name) for name in names)


def select_of(call: Call, kind: str, doc: Doc) -> Doc:
    """Return the properties in `$select` of an entity that is not kept as a document; all of them without `$select`.

    Raises:
        Problem: 400 for a property that Graph's metadata does not have, or that the simulator does not have.
    """
    names = [each.strip() for each in call.query.get("$select", "").split(",") if each.strip()]
    known = {each.lower(): each for each in doc}
    for name in names:
        if name.lower() not in known and paths.has_property(kind, name):
            raise bodies.not_supported(f"The property '{name}' of {kind}")
        if name.lower() not in known:
            raise checks.bad_request(f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.")
    return {known[name.lower()]: doc[known[name.lower()]] for name in names} if names else doc


def _refuse_unsupported(kind: str, name: str) -> None:
    if name.lower() in {each.lower() for each in entity(kind).unsupported}:
        raise bodies.not_supported(f"The property '{name}' of {kind}")


def check_names(call: Call) -> None:
    """Refuse options that Graph does not know; names without `$` are ignored."""
    unknown = [each for each in call.query if each.startswith("$") and each not in _KNOWN]
    if unknown:
        raise checks.bad_request(f"Unrecognized query argument specified: '{unknown[0]}'.")


def refuse_expand(call: Call) -> None:
    """Refuse `$expand`: no relation comes along with an entity here."""
    if "$expand" in call.query:
        raise bodies.not_supported(f"'$expand={call.query['$expand']}'")


def read_top(call: Call, page: int = PAGE) -> int:
    """Return the requested page size, or the default."""
    text = call.query.get("$top")
    if text is None:
        return page
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise checks.bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive.")
    return int(text)


def _count(call: Call, kind: str) -> bool:
    """Return whether to count; directory objects are counted by an advanced query only."""
    text = call.query.get("$count", "false").lower()
    if text not in {"true", "false"}:
        raise checks.bad_request(f"Invalid value '{text}' for $count query option found.", "BadRequest")
    in_directory = bool(entity(kind).odata_type) or kind == "directoryObject"
    return text == "true" and (not in_directory or is_eventual(call))


def _filter(call: Call, kind: str) -> Callable[[Doc], bool]:
    text = call.query.get("$filter")
    if text is None:
        return lambda _doc: True
    try:
        compiled = odata.compile_filter(text)
    except odata.QueryError as error:
        raise checks.bad_request(str(error)) from error
    refused = compiled.fields & entity(kind).not_filterable
    if refused:
        text = (
            f"Unsupported or invalid query filter clause specified for property '{min(refused)}' of resource '{kind}'."
        )
        raise checks.bad_request(text, "Request_UnsupportedQuery")
    for name in sorted(compiled.fields):
        _refuse_unsupported(kind, name)
    unknown = compiled.fields - (entity(kind).properties or compiled.fields)
    if unknown:
        raise checks.bad_request(f"Property '{min(unknown)}' does not exist on type '{kind}'.")
    if compiled.advanced and entity(kind).odata_type:
        require_eventual(call)
    return compiled.matches


def _search(call: Call) -> Callable[[Doc], bool]:
    text = call.query.get("$search")
    if text is None:
        return lambda _doc: True
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise checks.bad_request(
            "Request with $search query parameter only works through MSGraph with a special "
            "request header: 'ConsistencyLevel: eventual'",
            "Request_UnsupportedQuery",
        )
    try:
        search.check_search(text)
    except odata.QueryError as error:
        raise checks.bad_request(str(error)) from error
    return search.compile_search(text)


def _order(call: Call, kind: str) -> tuple[str, bool] | None:
    text = call.query.get("$orderby")
    if not text:
        return None
    name, _, direction = text.partition(" ")
    declared = entity(kind)
    _refuse_unsupported(kind, name)
    if declared.properties and name not in declared.properties:
        raise checks.bad_request(f"Property '{name}' does not exist on type '{kind}'.")
    sortable = declared.sortable is None or name in declared.sortable
    if not sortable or direction.strip().lower() not in {"", "asc", "desc"}:
        raise checks.bad_request("Sorting not supported for current query.", "Request_UnsupportedQuery")
    if kind == "device" or (declared.odata_type and "$filter" in call.query):
        require_eventual(call)
    return name, direction.strip().lower() == "desc"


def _after(call: Call) -> tuple[str, int] | None:
    """Read the skip token: the last item sent, and how many items were sent up to it."""
    token = call.query.get("$skiptoken")
    if token is None:
        return None
    try:
        state = json.loads(base64.urlsafe_b64decode(token))
        return str(state["after"]), int(state["count"])
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise checks.bad_request("Skip token is not valid.", "Directory_ExpiredPageToken") from error


def candidates(call: Call, kind: str) -> list[Doc]:
    """List the documents that the request's `$filter` may keep: an index answers when it names one value."""
    replica, text = operations.replica_of(call), call.query.get("$filter")
    named = odata.equality(text) if text is not None else None
    if named is not None and replica.directory.is_indexed(kind, named[0]):
        return replica.by(kind, *named)
    return replica.all(kind)
