"""`$search` as the directory understands it, compiled to a predicate.

Source: learn.microsoft.com/graph/search-query-parameter (directory objects).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.graph.protocol.odata import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.graph.protocol.odata import Item


def compile_search(text: str) -> Callable[[Item], bool]:
    """Compile `$search`: `"displayName:cloud"` clauses joined by AND or OR.

    The directory matches word prefixes of displayName and description, and prefixes of the rest.

    Raises:
        QueryError: a clause is not `"property:value"` in double quotes.
    """
    groups = re.split(r"\s+OR\s+", text.strip())
    return lambda item: any(all(_clause(each, item) for each in re.split(r"\s+AND\s+", group)) for group in groups)


def check_search(text: str) -> None:
    """Raise `QueryError` unless every clause of a `$search` is well formed."""
    for each in re.split(r"\s+(?:AND|OR)\s+", text.strip()):
        if not re.fullmatch(r'"\w+:[^"]+"', each):
            raise QueryError("Syntax error: character ':' is not valid or a quote is missing.")


def _clause(text: str, item: Item) -> bool:
    name, _, wanted = text.strip('"').partition(":")
    have, want = str(item.get(name) or "").casefold(), wanted.casefold()
    tokens = re.split(r"[^\w]+", have) if name in {"displayName", "description"} else []
    return have.startswith(want) or any(each.startswith(want) for each in tokens)
