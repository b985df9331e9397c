"""The list of instances: counts, a form to choose by, and a page of rows, the newest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from simulation_base.pages.markup import Html, table, tag

from functions_host.pages.formatting import length, lifetime, link, moment, status
from functions_host.storage.reads import Filter, Reads
from functions_host.storage.state import LIVE, TERMINAL, Instance

ROWS = 50
_STATUSES = (*LIVE, *TERMINAL)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The values of the form; ``after`` is the last row of the previous page."""

    status: str = ""
    name: str = ""
    prefix: str = ""
    after: tuple[int, str] | None = None

    def query(self, **changed: str) -> str:
        """Return the query of an address, for the first page."""
        values = {"status": self.status, "name": self.name, "prefix": self.prefix} | changed
        return "?" + urlencode({name: text for name, text in values.items() if text})


def parse_query(query: Mapping[str, str]) -> ListQuery:
    """Read an address; invalid values count as absent."""
    created, _, last_id = query.get("after", "").partition("|")
    after = (int(created), last_id) if created.isdecimal() else None
    chosen = query.get("status", "")
    return ListQuery(chosen if chosen in _STATUSES else "", query.get("name", ""), query.get("prefix", ""), after)


def render(reads: Reads, query: ListQuery, orchestrators: list[str], now_us: int) -> Html:
    """Write the list of the instances that match."""
    chosen = Filter(
        statuses=(query.status,) if query.status else (),
        name=query.name or None,
        prefix=query.prefix or None,
        before=query.after,
        newest_first=True,
    )
    rows = reads.instances(chosen, ROWS + 1)
    shown = rows[:ROWS]
    heads = ("instance", "orchestrator", "status", "created", "last turn", "#duration")
    body = table(heads, [_row(row, now_us) for row in shown]) if shown else _nothing(query)
    return tag(
        "main",
        _tiles(reads.counts(), query),
        tag("section", tag("h2", "Instances"), _form(query, orchestrators), body, _pages(query, rows), id="instances"),
    )


def _tiles(counts: Mapping[str, int], query: ListQuery) -> Html:
    tiles = [("", sum(counts.values()), "all"), *((each, counts.get(each, 0), each) for each in _STATUSES)]
    return tag("div", [_tile(*tile, query) for tile in tiles], class_="tiles")


def _tile(chosen: str, count: int, label: str, query: ListQuery) -> Html:
    tone = "tile bad" if chosen == "Failed" and count else "tile"
    is_current = "true" if chosen == query.status else None
    content = (tag("b", f"{count:,}"), tag("span", label))
    return tag("a", *content, class_=tone, href=query.query(status=chosen), aria_current=is_current)


def _form(query: ListQuery, orchestrators: list[str]) -> Html:
    names = [tag("option", name, value=name, selected=name.lower() == query.name.lower()) for name in orchestrators]
    statuses = [tag("option", each, value=each, selected=each == query.status) for each in _STATUSES]
    return tag(
        "form",
        tag("select", tag("option", "any orchestrator", value=""), names, name="name", aria_label="Orchestrator"),
        tag("select", tag("option", "any status", value=""), statuses, name="status", aria_label="Status"),
        tag("input", type="search", name="prefix", value=query.prefix, placeholder="id begins with", aria_label="Id"),
        tag("button", "Show"),
        tag("a", "everything", href="?") if query != ListQuery() else "",
        method="get",
        class_="choose",
    )


def _row(row: Instance, now_us: int) -> Iterator[Html | str]:
    yield link(row.id)
    yield row.name
    yield status(row)
    yield moment(row.created_us)
    yield moment(row.updated_us)
    yield length(lifetime(row, now_us))


def _nothing(query: ListQuery) -> Html:
    return tag(
        "p",
        "No instance matches." if query != ListQuery() else "No orchestration has been started yet.",
        class_="note",
    )


def _pages(query: ListQuery, rows: list[Instance]) -> Html:
    """Link to the older rows, and back to the newest."""
    links = []
    if query.after is not None:
        links.append(tag("a", "« newest", href=query.query()))
    if len(rows) > ROWS:
        last = rows[ROWS - 1]
        links.append(tag("a", "older »", href=query.query(after=f"{last.created_us}|{last.id}")))
    return tag("p", links, class_="pages") if links else Html("")
