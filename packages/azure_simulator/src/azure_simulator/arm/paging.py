"""Long lists come in pages: `nextLink` leads to the next one (`config.pageSize`, 500 by default).

A page begins after the id that its `$skiptoken` holds, so nothing is lost or seen twice when
resources come and go between two pages.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from typing import TYPE_CHECKING
from urllib.parse import quote

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.requests import whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

PAGE_SIZE = 500


def page(call: Call, found: list[Resource], show: Callable[[Resource], Json] | None = None) -> Answer:
    """Show the page of a list that a request asks for; a list of one page keeps its order."""
    size = _size(call)
    body: Json = {}
    after = _after(call)
    if after or len(found) > size:
        rows = sorted(found, key=lambda each: each.key)
        begin = bisect_right(rows, after, key=lambda each: each.key)
        found = rows[begin : begin + size]
        if begin + size < len(rows):
            body["nextLink"] = _link(call, found[-1].key)
    return Answer({"value": [show(each) if show else each.body for each in found], **body})


def _size(call: Call) -> int:
    size, top = int(call.world.config.get("pageSize", PAGE_SIZE)), call.query.get("$top", "")
    if not top:
        return size
    wanted = whole(top)
    if not wanted:
        text = f"The value '{top[:60]}' of $top is not a positive number."
        raise Problem(400, "InvalidParameter", text, target="$top")
    return min(size, wanted)


def _after(call: Call) -> str:
    token = call.query.get("$skiptoken", "")
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise Problem(400, "InvalidParameter", "The $skiptoken is not valid.", target="$skiptoken") from problem


def _link(call: Call, after: str) -> str:
    kept = {name: value for name, value in call.query.items() if name != "$skiptoken"}
    token = base64.urlsafe_b64encode(after.encode()).decode()
    parts = [f"{quote(name, safe='$')}={quote(value)}" for name, value in {**kept, "$skiptoken": token}.items()]
    return f"{call.base}{quote(call.path)}?{'&'.join(parts)}"
