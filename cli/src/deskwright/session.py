"""The session shared by every command of the service: context, client, tenant and output options."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import click

from deskwright import contexts, offering, sign_in
from deskwright.catalogue.words import NAMES, Named
from deskwright.client import Client
from deskwright.contexts import Context
from deskwright.errors import ConflictError, NotFoundError, SignInError, UsageError
from deskwright.operations import operation
from deskwright.output import FORMATS, Output

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{20}", re.ASCII)
_FEW = 5
_MOST_LOOKED_AT = 2_000


@dataclass
class Session:
    """One command's view of a service."""

    context_name: str | None
    person: str | None
    tenant_name: str | None
    output: Output

    @cached_property
    def context(self) -> Context:
        """The context of this command. Raises: CommandError."""
        return contexts.chosen(self.context_name, self.person)

    @cached_property
    def client(self) -> Client:
        """A client with the caller's token."""
        return Client(self.context.address, sign_in.tokens(self.context, self.person), bundle=self.context.bundle)

    @cached_property
    def tenant(self) -> str:
        """The tenant of the option or the context, or the caller's only tenant. Raises: CommandError."""
        named = self.tenant_name or self.context.tenant
        if named:
            return named
        mine = [str(each["id"]) for each in self.client.ask("GET", "/me").body["tenants"]]
        if len(mine) != 1:
            if not mine:
                raise SignInError("you may see no tenant", advice="Your own Cloud PCs: deskwright my list.")
            seen = f"there are {', '.join(mine[:_FEW])}{' ...' if len(mine) > _FEW else ''}"
            raise UsageError(f"which tenant? {seen}", advice="Name it: --tenant, DESKWRIGHT_TENANT, or context set.")
        return mine[0]

    def on_tenant(self, name: str | None) -> None:
        """Take a tenant that a command names in place of its option. Raises: UsageError if both name one."""
        if name and self.tenant_name not in (None, name) and "DESKWRIGHT_TENANT" not in os.environ:
            raise UsageError(f"which tenant? {name} or {self.tenant_name}", advice="Name it once.")
        self.tenant_name = name or self.tenant_name

    def address(self, name: str, **given: str) -> str:
        """Return the address of an operation of this tenant."""
        found = operation(name)
        return found.address(self.tenant if found.in_tenant else "", given)

    def identified(self, kind: str, name: str) -> str:
        """Return the id of a thing by its id or one of its names. Raises: NotFoundError, ConflictError."""
        if _ID.fullmatch(name):
            return name
        named, low = NAMES[kind], name.casefold()
        listed = operation(named.listed_by)
        found = []
        if "$filter" in listed.query:
            text = name.replace("'", "''")
            wanted = " or ".join(f"{each} eq '{text}'" for each in named.properties)
            listed_so = self.client.items(self.address(named.listed_by), {"$filter": wanted})
            found = [each for each in listed_so if low in set(_names(named, each))]
        if not found:
            wanted = ",".join({"id": 0, **dict.fromkeys(named.properties), named.told_apart or "id": 0})
            query = {"$select": wanted} if "$select" in listed.query else {}
            known = list(self.client.items(self.address(named.listed_by), query, _MOST_LOOKED_AT))
            found = [each for each in known if low in set(_names(named, each))]
            if not found:
                raise _not_found(kind, name, known)
        if len(found) > 1:
            ids = "; ".join(_told_apart(named, each) for each in found[:_FEW])
            raise ConflictError(f"{len(found)} are called {name!r}", advice=f"Name one by its id: {ids}.")
        return str(found[0]["id"])

    def group(self, name: str) -> str:
        """Return the object id of a group by its id or its name. Raises: NotFoundError, ConflictError."""
        if _ID.fullmatch(name):
            return name
        listed = self.client.ask("GET", self.address("find_groups"), query={"$search": name}).body["value"]
        found = [str(each["id"]) for each in listed if each["displayName"].casefold() == name.casefold()]
        if not found:
            raise NotFoundError(
                f"there is no group {name!r}", advice=f"deskwright group find --search {name[:3]} looks."
            )
        if len(found) > 1:
            raise ConflictError(
                f"{len(found)} groups are called {name!r}", advice=f"Name one by its id: {', '.join(found)}."
            )
        return found[0]


def _names(named: Named, item: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a thing, without regard to case."""
    for at in named.properties:
        if name := str(item.get(at) or "").casefold():
            yield name
            if named.told_apart:
                yield f"{name} {str(item.get(named.told_apart)).casefold()}"


def _not_found(kind: str, name: str, known: Sequence[Mapping[str, Any]]) -> NotFoundError:
    """Return the error for a name that stands for nothing, with the names that are like it."""
    from deskwright.suggestions import alike

    named = NAMES[kind]
    names = [str(each[at]) for each in known for at in named.properties if each.get(at)]
    advice = f"{alike(name, names)}deskwright {kind} list shows those there are."
    return NotFoundError(f"there is no {named.called} {name!r}", advice=advice)


def _told_apart(named: Named, item: Mapping[str, Any]) -> str:
    return f"{item['id']} ({item[named.told_apart]})" if named.told_apart else str(item["id"])


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command of the service has; they become one argument, ``session``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def of(values: dict[str, Any]) -> Session:
    """Take the options of ``Session`` out of a command's values."""
    output = Output(values.pop("output"), values.pop("query"), values.pop("utc"))
    return Session(values.pop("context"), values.pop("person"), values.pop("tenant"), output)


_OPTIONS: Sequence[Any] = (
    click.option(
        *("-o", "--output"),
        type=click.Choice(FORMATS),
        default="table",
        envvar="DESKWRIGHT_OUTPUT",
        show_default=True,
        help="Format of what is printed.",
    ),
    click.option("--query", metavar="JMESPATH", help="What to print of it (jmespath.org), as in az."),
    click.option("--utc", is_flag=True, envvar="DESKWRIGHT_UTC", help="Times in UTC, not in this machine's time zone."),
    click.option(
        *("-t", "--tenant"),
        envvar="DESKWRIGHT_TENANT",
        help="The tenant; by default the context's, or the only one.",
    ),
    click.option(
        "--context",
        envvar="DESKWRIGHT_CONTEXT",
        help="The context; by default the current one.",
        shell_complete=offering.contexts_of,
    ),
    click.option(
        *("--as", "person"),
        metavar="PERSON",
        help="Who to be in a demonstration (make run): provider, reader, user01 ...",
        shell_complete=offering.people,
    ),
)
