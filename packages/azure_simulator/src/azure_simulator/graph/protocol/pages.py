"""The page that the options of a query cut out of a collection.

A nextLink is absolute, has every other option of the request, and continues after the last item. So a change between
two pages neither repeats nor hides other items. Only this module reads `$skiptoken`.
Source: learn.microsoft.com/graph/paging.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from azure_simulator.core.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc
    from azure_simulator.graph.protocol.queries import Options


def page(
    call: Call,
    items: Iterable[Doc],
    options: Options,
    show: Callable[[Doc], Doc],
    what: str,
) -> Answer:
    """Answer with the page that the options cut out of the items (each has an `id`)."""
    matching = _with_fault(call, [item for item in items if options.keeps(item)])
    if options.order is None:
        matching.sort(key=lambda item: str(item["id"]))
    else:
        name, down = options.order
        matching.sort(key=lambda item: (str(item.get(name) or "").casefold(), item["id"]), reverse=down)
    start = _start(matching, options)
    cut = matching[start : start + options.top]
    body: Doc = {"@odata.context": context(call, what)}
    if options.count and not options.after:
        body["@odata.count"] = len(matching)
    if start + options.top < len(matching):
        body["@odata.nextLink"] = _next_link(call, str(cut[-1]["id"]), start + len(cut))
    body["value"] = [show(item) for item in cut]
    return Answer(body)


def _with_fault(call: Call, items: list[Doc]) -> list[Doc]:
    """Apply a fault rule that makes the directory answer nothing (`empty`) or a part of it (`partial {share}`)."""
    match call.fault:
        case {"kind": "empty"}:
            return []
        case {"kind": "partial", "share": share}:
            return items[: int(len(items) * float(share))]
        case _:
            return items


def _start(items: list[Doc], options: Options) -> int:
    """Return the index after the last item sent, also when that item is deleted."""
    if options.after is None:
        return 0
    last, sent = options.after
    places = (place for place, item in enumerate(items, 1) if item["id"] == last)
    deleted = sum(str(item["id"]) < last for item in items) if options.order is None else min(sent, len(items))
    return next(places, deleted)


def context(call: Call, what: str) -> str:
    """Return the `@odata.context` of an answer."""
    version = call.path.strip("/").split("/", maxsplit=1)[0]
    return f"{call.base}/{version}/$metadata#{what}"


def _next_link(call: Call, after: str, count: int) -> str:
    token = base64.urlsafe_b64encode(json.dumps({"after": after, "count": count}).encode()).decode()
    options = {**call.query, "$skiptoken": token}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{call.base}{call.path}?{query}"
