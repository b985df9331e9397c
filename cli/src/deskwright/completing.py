"""Completion of names that begin with the typed text. After an error nothing is offered.

Shells wait for an answer at each press of the key, so that it is given up soon.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from threading import Thread
from typing import Any

import click
from click.shell_completion import CompletionItem

from deskwright.catalogue.words import NAMES
from deskwright.completion import is_plain
from deskwright.operations import operation
from deskwright.output import Output
from deskwright.session import Session

_PATIENCE_SECONDS = 2.0
_MOST_LOOKED_AT = 500

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def names_of(kind: str) -> Complete:
    """Return a function that completes the name of a thing."""

    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _soon(lambda: _begun(_session(context.params), kind, incomplete))

    return complete


def tenants(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the id of a tenant."""

    def begun() -> Iterator[CompletionItem]:
        for each in _session(context.params).client.ask("GET", "/me").body["tenants"]:
            if str(each["id"]).startswith(incomplete):
                yield CompletionItem(str(each["id"]))

    return _soon(begun)


def _soon(look: Callable[[], Iterator[CompletionItem]]) -> list[CompletionItem]:
    """Return the items that are found within two seconds."""
    found: list[CompletionItem] = []

    def run() -> None:
        with suppress(Exception):  # whatever it is: a shell that completes is no place to tell it
            found.extend(look())

    looking = Thread(target=run, daemon=True)
    looking.start()
    looking.join(_PATIENCE_SECONDS)
    return [*found]


def _session(said: Mapping[str, Any]) -> Session:
    return Session(said.get("context"), said.get("person"), said.get("tenant"), Output())


def _begun(use: Session, kind: str, incomplete: str) -> Iterator[CompletionItem]:
    """Yield the names with this beginning; the id in place of a name that a shell would split."""
    named, low = NAMES[kind], incomplete.casefold()
    wanted = ",".join(dict.fromkeys(("id", *named.properties)))
    query = {"$select": wanted} if "$select" in operation(named.listed_by).query else {}
    offered = set[str]()
    for item in use.client.items(use.address(named.listed_by), query, _MOST_LOOKED_AT):
        for name in (str(item[at]) for at in named.properties if item.get(at)):
            if name.casefold().startswith(low) and name not in offered:
                offered.add(name)
                yield CompletionItem(name if is_plain(name) else str(item["id"]), help=name)
