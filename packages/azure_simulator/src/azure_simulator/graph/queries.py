"""The query options of one Graph request, and the page they cut out of a collection.

`$skiptoken` is ours alone to read; a nextLink carries every other option along, is absolute, and
goes on behind the last item, so that a change between two pages neither repeats nor hides others.
Source: learn.microsoft.com/graph/{query-parameters,paging,aad-advanced-queries}.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph import odata, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory import Doc

PAGE = 100
LARGEST_PAGE = 999
_KNOWN = frozenset(
    {"$select", "$filter", "$search", "$top", "$skiptoken", "$count", "$orderby", "$expand", "$deltatoken", "$format"}
)


@dataclass(frozen=True)
class Options:
    """What a request asks of a collection."""

    select: tuple[str, ...]
    top: int
    after: tuple[str, int] | None
    count: bool
    keeps: Callable[[Doc], bool]
    order: tuple[str, bool] | None


def bad_request(message: str, code: str = "Request_BadRequest") -> Problem:
    """Make Graph's 400."""
    return Problem(400, code, message)


def texts(body: Doc, name: str) -> list[str]:
    """Return an optional list of texts of a body; raise a 400 when it is something else."""
    value = body.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise bad_request(f"Invalid value specified for property '{name}': a list of texts is needed.")
    return list(value or ())


def fields(body: Doc, name: str) -> Doc:
    """Return an optional object of a body; raise a 400 when it is something else."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad_request(f"Invalid value specified for property '{name}': an object is needed.")
    return dict(value or {})


def is_eventual(call: Call) -> bool:
    """Tell whether the request has both signs of an advanced query."""
    header = call.headers.get("consistencylevel", "").lower() == "eventual"
    return header and call.query.get("$count", "").lower() == "true"


def require_eventual(call: Call) -> None:
    """Refuse an advanced query without `ConsistencyLevel: eventual` and `$count=true`."""
    if not is_eventual(call):
        raise bad_request(
            "The specified filter to the reference property query is currently not supported. "
            "Advanced queries need the header ConsistencyLevel: eventual and $count=true.",
            "Request_UnsupportedQuery",
        )


def read_options(call: Call, kind: str, *, page: int = PAGE) -> Options:
    """Read and check the options of a request.

    Raises:
        Problem: 400 for an unknown option, property or page size, or an advanced query that does
            not say so.
    """
    check_names(call)
    if "$expand" in call.query:
        name = call.query["$expand"].partition("(")[0].strip()
        raise bad_request(
            f"Parsing OData Select and Expand failed: '$expand={name}' is not supported here.", "BadRequest"
        )
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
    """Read `$select` alone, for single objects."""
    return _select(call, kind)


def _select(call: Call, kind: str) -> tuple[str, ...]:
    names = tuple(each.strip() for each in call.query.get("$select", "").split(",") if each.strip())
    known = {each.lower(): each for each in shapes.PROPERTIES.get(kind, ())}
    for name in names:
        if known and name.lower() not in known:
            raise bad_request(
                "Parsing OData Select and Expand failed: "
                f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.",
                "BadRequest",
            )
    return tuple(known.get(name.lower(), name) for name in names)


def check_names(call: Call) -> None:
    """Refuse options that Graph does not know; those without `$` it lets pass."""
    unknown = [each for each in call.query if each.startswith("$") and each not in _KNOWN]
    if unknown:
        raise bad_request(f"Unrecognized query argument specified: '{unknown[0]}'.")


def read_top(call: Call, page: int = PAGE) -> int:
    """Return the page size asked for, or the usual one."""
    text = call.query.get("$top")
    if text is None:
        return page
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive.")
    return int(text)


def _count(call: Call, kind: str) -> bool:
    """Tell whether to count; of directory objects only an advanced query does."""
    text = call.query.get("$count", "false").lower()
    if text not in {"true", "false"}:
        raise bad_request(f"Invalid value '{text}' for $count query option found.", "BadRequest")
    directory = kind in shapes.TYPES or kind == "directoryObject"
    return text == "true" and (not directory or is_eventual(call))


def _filter(call: Call, kind: str) -> Callable[[Doc], bool]:
    text = call.query.get("$filter")
    if text is None:
        return lambda _doc: True
    try:
        compiled = odata.compile_filter(text)
    except odata.QueryError as error:
        raise bad_request(str(error)) from error
    refused = compiled.fields & shapes.UNFILTERED.get(kind, frozenset())
    if refused:
        text = (
            f"Unsupported or invalid query filter clause specified for property '{min(refused)}' of resource '{kind}'."
        )
        raise bad_request(text, "Request_UnsupportedQuery")
    unknown = compiled.fields - shapes.PROPERTIES.get(kind, compiled.fields)
    if unknown:
        raise bad_request(f"Property '{min(unknown)}' does not exist on type '{kind}'.")
    if compiled.advanced and kind in shapes.TYPES:
        require_eventual(call)
    return compiled.matches


def _search(call: Call) -> Callable[[Doc], bool]:
    text = call.query.get("$search")
    if text is None:
        return lambda _doc: True
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise bad_request(
            "Request with $search query parameter only works through MSGraph with a special "
            "request header: 'ConsistencyLevel: eventual'",
            "Request_UnsupportedQuery",
        )
    try:
        odata.check_search(text)
    except odata.QueryError as error:
        raise bad_request(str(error)) from error
    return odata.compile_search(text)


def _order(call: Call, kind: str) -> tuple[str, bool] | None:
    text = call.query.get("$orderby")
    if not text:
        return None
    name, _, direction = text.partition(" ")
    if name not in shapes.PROPERTIES.get(kind, {name}):
        raise bad_request(f"Property '{name}' does not exist on type '{kind}'.")
    if name not in shapes.SORTED.get(kind, {name}) or direction.strip().lower() not in {"", "asc", "desc"}:
        raise bad_request("Sorting not supported for current query.", "Request_UnsupportedQuery")
    if kind == "device" or (kind in shapes.TYPES and "$filter" in call.query):
        require_eventual(call)
    return name, direction.strip().lower() == "desc"


def _after(call: Call) -> tuple[str, int] | None:
    """Read the skip token: the last item seen and how many there were until it."""
    token = call.query.get("$skiptoken")
    if token is None:
        return None
    try:
        seen = json.loads(base64.urlsafe_b64decode(token))
        return str(seen["after"]), int(seen["count"])
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise bad_request("Skip token is not valid.", "Directory_ExpiredPageToken") from error


def page(
    call: Call,
    items: Iterable[Doc],
    options: Options,
    show: Callable[[Doc], Doc],
    what: str,
) -> Answer:
    """Answer with the page that the options cut out of the items (each has an `id`)."""
    kept = _thinned(call, [item for item in items if options.keeps(item)])
    if options.order is None:
        kept.sort(key=lambda item: str(item["id"]))
    else:
        name, down = options.order
        kept.sort(key=lambda item: (str(item.get(name) or "").casefold(), item["id"]), reverse=down)
    start = _start(kept, options)
    cut = kept[start : start + options.top]
    body: Doc = {"@odata.context": context(call, what)}
    if options.count and not options.after:
        body["@odata.count"] = len(kept)
    if start + options.top < len(kept):
        body["@odata.nextLink"] = _next_link(call, str(cut[-1]["id"]), start + len(cut))
    body["value"] = [show(item) for item in cut]
    return Answer(body)


def _thinned(call: Call, items: list[Doc]) -> list[Doc]:
    """Let a fault rule make the directory answer `empty`, or `partial {share}` without saying so."""
    match call.fault:
        case {"kind": "empty"}:
            return []
        case {"kind": "partial", "share": share}:
            return items[: int(len(items) * float(share))]
        case _:
            return items


def _start(items: list[Doc], options: Options) -> int:
    """Find the place behind the last item seen, also when it is gone."""
    if options.after is None:
        return 0
    last, seen = options.after
    places = (place for place, item in enumerate(items, 1) if item["id"] == last)
    gone = sum(str(item["id"]) < last for item in items) if options.order is None else min(seen, len(items))
    return next(places, gone)


def context(call: Call, what: str) -> str:
    """Return the `@odata.context` of an answer."""
    version = call.path.strip("/").split("/", maxsplit=1)[0]
    return f"{call.base}/{version}/$metadata#{what}"


def _next_link(call: Call, after: str, count: int) -> str:
    token = base64.urlsafe_b64encode(json.dumps({"after": after, "count": count}).encode()).decode()
    options = {**call.query, "$skiptoken": token}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{call.base}{call.path}?{query}"
