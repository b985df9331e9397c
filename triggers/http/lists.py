"""Lists: chosen, ordered and counted as the query says, shown page by page; or all of it as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode, urlunsplit

from shared.domain.filtering import Row, Scalar, accepts
from shared.domain.pages import OrderError, behind, ordered, page_of, place_of, read_token, token_of
from shared.domain.values import Value
from shared.errors import InvalidError, Problem
from shared.pauses import unhurried
from shared.storage.repository import Repository
from triggers.http.answers import attachment
from triggers.http.call import Call, Response, ok, parts_of
from triggers.http.odata import Collection, Query, read_query, refuse_unselectable, row_of, selected
from triggers.http.openapi_metadata import choices_of, properties_of

USUAL, MOST = 100, 1000
_MOST_DIGITS = 9  # Python itself refuses numbers of more than 4,300


def top_of(call: Call, usual: int = USUAL) -> int:
    """Return how many to give at most, *usual* where nobody says it. Raises: InvalidError."""
    top = call.query("$top")
    if top is None:
        return usual
    number = count_of(top)
    if number is None or not 1 <= number <= MOST:
        raise InvalidError(Problem("$top", f"write a number from 1 to {MOST}"))
    return number


def count_of(text: str) -> int | None:
    """Return the number in *text*, or None if it is no number or has too many digits."""
    return int(text) if len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit() else None


def listed(call: Call, items: Iterable[Any], next_token: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the body of a list."""
    body: dict[str, Any] = {**more, "value": list(items)}
    if call.left_out:
        body["@deskwright.unreadable"] = [{"id": error.id, "reason": str(error)} for error in call.left_out]
    if next_token is not None:
        body["@odata.nextLink"] = next_link(call, next_token)
    return body


def next_link(call: Call, next_token: str) -> str:
    """Return the address of the next page: this one's, with its token."""
    parts = parts_of(call.request)
    query = {**call.params, "$skiptoken": next_token}
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query, safe="$"), ""))


_BOM = "\ufeff"
"""Byte order mark, by which a spreadsheet knows that the file is UTF-8."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a formula, full width too (https://owasp.org/www-community/attacks/CSV_Injection)."""


async def csv_file(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table with a header. Other requests are answered meanwhile."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_cell(name.removeprefix("@")) for name in names])
    async for row in unhurried(rows):
        writer.writerow([_cell(value) for value in row])
    return _BOM + file.getvalue()


def _cell(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the text of a CSV cell, with an apostrophe before text that a spreadsheet would evaluate as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


V = TypeVar("V", bound=Value)
View = Callable[[V], Mapping[str, Any]]
Found = tuple[Mapping[str, Any], Mapping[str, Scalar]]
"""Properties of a thing that are shown, and values that are compared."""

_CSV = "text/csv"


async def whole_list(
    call: Call,
    collection: Collection,
    views: Iterable[Mapping[str, Any]],
    more: Mapping[str, Any] | None = None,
    usual: int = USUAL,
) -> Response:
    """Answer with a page of a list that was read as a whole. *more*: beside the items; *usual*: how many on a page.

    The token of the next page says where this one has ended, as those of lists that are kept do.
    """
    query = list_query(call, collection)
    seen = [(view, row_of(view, collection)) async for view in unhurried(filter(call.sees, views))]
    found = [each async for each in unhurried(seen) if accepts(query.condition, each[1])]
    rows: list[dict[str, Scalar]] = [
        {**row, "id": id_, "": number}
        for number, ((_, row), id_) in enumerate(zip(found, _ids(found, collection), strict=True))
    ]
    rows = ordered(rows, query.order) if query.order else rows
    if wants_csv(call):
        return await csv_response(collection, query, ((row, view) for view, row in _of(found, rows)))
    try:
        page, following = page_of(collection.name, rows, query.order, top_of(call, usual), call.query("$skiptoken"))
    except OrderError as error:
        raise InvalidError(Problem("$skiptoken", str(error))) from error
    items = [selected(view, query, collection) for view, _ in _of(found, page)]
    return ok(listed(call, items, following, **(more or {}), **_count(query, len(rows))))


def list_query(call: Call, collection: Collection) -> Query:
    """Return the options of a list's request. Raises: InvalidError for options that *collection* does not support."""
    query = read_query(call.params, collection, choices_of(call.returns, tuple(collection.kinds)))
    refuse_unselectable(query, collection, properties_of(call.returns))
    return query


def _ids(found: Iterable[Found], collection: Collection) -> Iterator[str]:
    """Yield the id of each row: its key, with a number if others have the same."""
    seen: Counter[str] = Counter()
    for view, row in found:
        key = "|".join(str(row.get(name, view.get(name))) for name in collection.key)
        seen[key] += 1
        yield key if seen[key] == 1 else f"{key}|{seen[key]}"


def _of(found: Sequence[Found], rows: Iterable[Mapping[str, Scalar]]) -> list[Found]:
    """Return the elements from which *rows* were made, in the order of the rows."""
    return [found[int(row[""] or 0)] for row in rows]


async def kept_list(
    call: Call,
    repository: Repository[V],
    collection: Collection,
    view: View[V],
    entries: Iterable[Row],
    more: Mapping[str, Any] | None = None,
) -> Response:
    """Answer with a page of records: filtered and sorted by their *entries*; only the records of the page are read.

    The token of the next page says where this one has ended: what comes or goes between two pages moves no other.
    """
    query = list_query(call, collection)
    seen = unhurried(filter(call.sees, entries))
    found = ordered([entry async for entry in seen if accepts(query.condition, entry)], query.order)
    if wants_csv(call):
        return await _kept_csv(call, repository, (collection, query), view, found)
    top, token, count = top_of(call), call.query("$skiptoken"), len(found)
    if token is not None:
        try:
            found = behind(found, query.order, read_token(token, query.order))
        except OrderError as error:
            raise InvalidError(Problem("$skiptoken", str(error))) from error
    page = found[:top]
    following = token_of(place_of(page[-1], query.order), query.order) if len(found) > top else None
    records = await repository.several(call.tenant.id, [str(entry["id"]) for entry in page])
    items = [selected(view(stored.value), query, collection) for stored in records]
    return ok(listed(call, items, following, **(more or {}), **_count(query, count)))


def wants_csv(call: Call) -> bool:
    """Return whether the caller accepts CSV and names it."""
    accepted = (call.request.headers.get("accept") or "").lower().split(",")
    return any(each.partition(";")[0].strip() == _CSV for each in accepted)


async def _kept_csv(
    call: Call, repository: Repository[V], asked: tuple[Collection, Query], view: View[V], found: Sequence[Row]
) -> Response:
    """Return all entries as CSV; where other properties are selected, of the records."""
    collection, query = asked
    if query.select is None or set(query.select) <= {"id", *collection.kinds}:
        return await csv_response(collection, query, ((entry, entry) for entry in found))
    views = {stored.value.id: view(stored.value) async for stored in repository.each(call.tenant.id)}  # type: ignore[attr-defined] # every record has an id
    chosen = [entry for entry in found if entry["id"] in views]
    return await csv_response(collection, query, ((entry, views[str(entry["id"])]) for entry in chosen))


async def csv_response(
    collection: Collection, query: Query, rows: Iterable[tuple[Mapping[str, Scalar], Mapping[str, Any]]]
) -> Response:
    """Answer with *rows*, pairs of compared values and view, as CSV: a column for each property."""
    names = query.select if query.select is not None else tuple(collection.kinds)
    lines = ([row[name] if name in row else view.get(name) for name in names] for row, view in rows)
    disposition = attachment(f"{collection.name.rpartition('/')[2]}.csv")
    return Response(200, await csv_file(names, lines), {"Content-Disposition": disposition}, kind=_CSV)


def _count(query: Query, count: int) -> dict[str, int]:
    return {"@odata.count": count} if query.count else {}
