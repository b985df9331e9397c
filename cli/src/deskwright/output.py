"""Output of commands on stdout: tables for people, six formats for programs."""

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deskwright import tables
from deskwright.errors import UsageError
from deskwright.tables import heading, value_at
from deskwright.terminal import emit, say

FORMATS = ("table", "json", "jsonl", "yaml", "csv", "tsv", "none")
_EIGHT_BITS = re.compile(r"[\x7f-\x9f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Output:
    """Output options. *query*: a JMESPath expression that is applied first, to a list as a whole. *utc*: of times."""

    form: str = "table"
    query: str | None = None
    utc: bool = False

    def __post_init__(self) -> None:
        """Choose the time zone of all moments that are printed."""
        tables.show_times(in_utc=self.utc)

    @property
    def for_people(self) -> bool:
        """Whether a table of the usual columns is wanted."""
        return self.form == "table" and self.query is None

    @property
    def in_columns(self) -> bool:
        """Whether the usual columns of a list are wanted, by people or by programs."""
        return self.form in {"table", "csv", "tsv"} and self.query is None

    def items(
        self,
        items: Iterable[Mapping[str, Any]],
        columns: Sequence[str] = (),
        *,
        named: bool = False,
        titles: bool = True,
    ) -> None:
        """Print a list. *named*: its items have names besides their ids; *titles*: whether columns have titles."""
        if self.form == "jsonl" and self.query is None:
            for item in items:
                emit(_json(item))
            return
        self._print(list(items), columns, named=named, titles=titles)

    def item(self, item: object, columns: Sequence[str] = (), rows: str = "") -> None:
        """Print one thing. *rows*: the path of a list in it that people see as a table of *columns* below the rest."""
        if not (self.for_people and isinstance(item, Mapping)):
            self._print(item, ())
            return
        if not rows:
            chosen = {heading(each).lower(): value_at(item, each.rpartition("=")[2]) for each in columns}
            emit(tables.facts(chosen if columns else item), coloured=True)
            return
        below = value_at(item, rows)
        top = rows.partition("/")[0]
        rest = {name: value for name, value in item.items() if name != top and value not in (None, [], {})}
        head = tables.facts(rest)
        if head:
            emit(head, coloured=True)
        if isinstance(below, list) and below:
            if head:
                emit()
            emit(tables.table(below, columns or tables.columns_of(below)), coloured=True)

    def _print(self, content: object, columns: Sequence[str], *, named: bool = False, titles: bool = True) -> None:
        if self.query is not None:
            content, columns = _searched(self.query, content), ()
        match self.form:
            case "none":
                return
            case "json":
                emit(_escaped(json.dumps(content, indent=2, ensure_ascii=False)))
            case "jsonl":
                for each in content if isinstance(content, list) else [content]:
                    emit(_json(each))
            case "yaml":
                emit(as_yaml(content), nl=False)
            case "csv" | "tsv":
                emit(_separated(content, columns, self.form, titles=titles), nl=False)
            case _:
                _table(content, columns, named=named, titles=titles)


def as_yaml(content: object) -> str:
    """Return a value as YAML, in its own order."""
    import yaml

    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120))


def _table(content: object, columns: Sequence[str], *, named: bool, titles: bool) -> None:
    if isinstance(content, Mapping):
        emit(tables.facts(content), coloured=True)
    elif isinstance(content, list) and all(isinstance(each, Mapping) for each in content):
        if not content:
            say("Nothing.")
            return
        table = tables.table(content, columns or tables.columns_of(content), named=named)
        emit(table if titles else table.partition("\n")[2], coloured=True)
    elif isinstance(content, list):
        emit("\n".join(tables.shown(each) for each in content))
    elif content is not None:
        emit(tables.shown(content))


def _separated(content: object, columns: Sequence[str], form: str, *, titles: bool) -> str:
    """Return rows for a spreadsheet or a shell; a spreadsheet takes no cell for a formula."""
    import csv

    rows: list[Any] = content if isinstance(content, list) else [content]
    text = io.StringIO()
    tabs = form == "tsv"
    writer = csv.writer(text, delimiter="\t" if tabs else ",", lineterminator="\n")
    if rows and all(isinstance(row, Mapping) for row in rows):
        chosen = tuple(columns) or tuple(dict.fromkeys(name for row in rows for name in row if "@odata." not in name))
        if titles and not tabs:
            writer.writerow([column.partition("=")[0] for column in chosen])
        cells = [[value_at(row, column.rpartition("=")[2]) for column in chosen] for row in rows]
    else:
        cells = [row if isinstance(row, list) else [row] for row in rows]
    for row in cells:
        writer.writerow([_cell(value, plain=tabs) for value in row])
    return text.getvalue()


def _cell(value: object, *, plain: bool) -> str:
    if isinstance(value, list | Mapping):
        return _json(value)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if plain or isinstance(value, int | float) or not text.startswith(_FORMULA) else f"'{text}"


def _searched(query: str, content: object) -> object:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(query, content)
    except JMESPathError as error:
        raise UsageError(f"--query: {str(error).splitlines()[0]}", advice="See https://jmespath.org.") from error


def _json(value: object) -> str:
    return _escaped(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def _escaped(text: str) -> str:
    """Return JSON in which 8-bit control characters, which JSON allows, are escaped too."""
    return _EIGHT_BITS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
