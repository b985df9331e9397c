"""Lists as CSV (RFC 4180), which a spreadsheet opens without taking what somebody has written for a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from shared.pauses import unhurried

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
    """Return the text of a cell: one that a spreadsheet would calculate gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
