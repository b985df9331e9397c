"""Commands made of the catalogue: their arguments and options come from the operation they stand for."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from deskwright import bodies, foresight, offering, requests, session
from deskwright.catalogue.words import NAMES, Verb
from deskwright.completing import names_of, tenants
from deskwright.operations import Field, Operation, operation
from deskwright.requests import Manner
from deskwright.session import Session
from deskwright.watching import watch_item, watch_list

_LISTING = {
    "$filter": ("filter", "Which: an OData filter, as in \"status eq 'failed'\"."),
    "$search": ("search", "Words to search for."),
    "$orderby": ("orderby", "Properties to order by, as in 'status desc,id'."),
    "$select": ("select", "Only these properties, joined by commas."),
    "$expand": ("expand", "What to show with it."),
}
_SILENT = frozenset({"$top", "$skiptoken", "$count", "confirm", "user", *_LISTING})
_WATCHING = (click.Option(["-w", "--watch"], is_flag=True, help="Show it again as it changes, until Ctrl-C."),)
_PAGE = 500
_METAVARS = {"my": "pc"}
_KINDS = {"text": str, "number": int, "flag": bool}


def command(verb: Verb) -> click.Command:
    """Return the command of a verb."""
    found = operation(verb.operation)

    def run(**values: Any) -> None:  # noqa: ANN401 - what click gives
        _run(session.of(values), verb, found, values)

    about = verb.about or found.about
    made = click.Command(verb.name, params=list(_params(found, verb)), callback=run, help=about, short_help=about)
    return session.options(made)  # type: ignore[return-value]  # a command with more options


def _params(found: Operation, verb: Verb) -> Iterator[click.Parameter]:
    """Yield the arguments and options of an operation."""
    for number, name in enumerate(found.parameters):
        shown = _METAVARS.get(verb.named, verb.named).upper() if number == 0 and verb.named else name.upper()
        shown = shown.replace("-", "_")
        completed = names_of(verb.named) if number == 0 and verb.named else None
        yield click.Argument([f"at_{name}"], metavar=shown, shell_complete=completed)
    if verb.on_tenant:
        yield tenant_argument()
    if "user" in found.query:
        yield click.Argument(["query_user"], metavar="USER")
    if "$top" in found.query:
        yield click.Option(["--top", "limit"], type=click.IntRange(min=1), help="At most so many; all without it.")
    for name, (option, about) in _LISTING.items():
        if name in found.query:
            yield click.Option([f"--{option}", _key("query", name)], help=about)
    for name in found.query:
        if name not in _SILENT:
            yield click.Option([f"--{kebab(name)}", _key("query", name)])
    yield from _WATCHING if found.reads else _changing(found, verb)


def _changing(found: Operation, verb: Verb) -> Iterator[click.Parameter]:
    """Yield the options of a command that changes something."""
    if found.fields is not None:
        yield from body_options()
        for field in found.fields:
            if not (verb.own_dry_run and field.name == "dryRun"):
                yield from _field_options(field)
    yield from manner_options(asks=bool(verb.asks), keyed=found.keyed, matched=found.matched)


def tenant_argument() -> click.Argument:
    """Return the argument of a command on a tenant; it is the same as ``--tenant``."""
    return click.Argument(["on_tenant"], required=False, metavar="[TENANT]", shell_complete=tenants)


def body_options() -> Iterator[click.Parameter]:
    """Yield the options by which a whole body is given."""
    about = "The body, as YAML or JSON; - is stdin."
    yield click.Option(["-f", "--file"], metavar="FILE", help=about, shell_complete=offering.files)
    yield click.Option(
        ["--set", "settings"], multiple=True, metavar="FIELD=VALUE", help="One field; @FILE is a file's text."
    )


def manner_options(*, asks: bool, keyed: bool, matched: bool = False) -> Iterator[click.Parameter]:
    """Yield the options of how something is done."""
    yield click.Option(["--dry-run"], is_flag=True, help="Show what would be done, and do nothing.")
    if asks:
        yield click.Option(["-y", "--yes"], is_flag=True, help="Do not ask.")
    yield click.Option(["--wait/--no-wait"], default=None, help="Wait for the operation; on a terminal by default.")
    yield click.Option(["--timeout", "seconds"], type=click.FloatRange(min=0), help="Seconds to wait at most.")
    if keyed:
        yield click.Option(["--idempotency-key", "key"], help="The same key again has no second effect, for a day.")
    if matched:
        yield click.Option(["--if-match"], metavar="ETAG", help="Only if it has not changed since.")


def manner_of(values: dict[str, Any]) -> Manner:
    """Take the options of ``Manner`` out of a command's values."""
    names = ("dry_run", "yes", "wait", "seconds", "key", "if_match")
    return Manner(**{name: values.pop(name) for name in names if name in values})


def kebab(name: str) -> str:
    """Return a property's name as an option: ``gracePeriodInHours`` -> ``grace-period-in-hours``."""
    plain = name.removeprefix("@deskwright.")
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in plain).lstrip("-")


def _key(kind: str, name: str) -> str:
    """Return the name under which click keeps a value."""
    return f"{kind}_{''.join(each if each.isalnum() else '_' for each in name)}"


def _field_options(field: Field) -> Iterator[click.Parameter]:
    """Yield the options of a field; none for a secret, because other users can read a command line."""
    key, about = _key("body", field.name), field.about or None
    if field.secret:
        return
    if field.name == "assignments":
        yield click.Option(
            ["--group", key], multiple=True, metavar="GROUP", help="A group, by its name or object id; again for more."
        )
        yield click.Option(["--no-groups", "no_groups"], is_flag=True, help="No group at all.")
    elif field.kind == "flag":
        yield click.Option([f"--{kebab(field.name)}/--no-{kebab(field.name)}", key], default=None, help=about)
    elif field.kind == "texts":
        yield click.Option([f"--{kebab(field.name)}", key], multiple=True, help=about)
    elif field.kind == "json":
        yield click.Option([f"--{kebab(field.name)}", key], metavar="JSON", help=about)
    elif field.encoded:
        about = f"{about}; @FILE is a file, which is encoded"
        yield click.Option([f"--{kebab(field.name)}", key], metavar="TEXT", help=about, shell_complete=offering.files)
    else:
        kind = click.Choice(field.choices) if field.choices and field.kind == "text" else _KINDS[field.kind]
        yield click.Option([f"--{kebab(field.name)}", key], type=kind, help=about)


def _given(use: Session, found: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that options name."""
    given: dict[str, Any] = {}
    for field in found.fields or ():
        value = values.get(_key("body", field.name))
        if field.name == "assignments":
            if value or values.get("no_groups"):
                given[field.name] = [{"target": {"groupId": use.group(each)}} for each in value or ()]
        elif field.kind == "texts":
            given |= {field.name: list(value)} if value else {}
        elif value is not None:
            given[field.name] = bodies.value(value) if field.kind == "json" else value
    return given


def _run(use: Session, verb: Verb, found: Operation, values: dict[str, Any]) -> None:
    """Run a command."""
    use.on_tenant(values.pop("on_tenant", None))
    given = {name: str(values[f"at_{name}"]) for name in found.parameters}
    words = " ".join(given.values()) or use.tenant_name or ""
    if verb.named and given:
        first = found.parameters[0]
        given[first] = use.identified(verb.named, given[first])
    address = found.address(use.tenant if found.in_tenant else "", given)
    asked = {name: values.get(_key("query", name)) for name in found.query}
    query = {name: str(value) for name, value in asked.items() if value is not None}
    if found.reads:
        _read(use, verb, found, address, query, values.get("limit"), watch=values["watch"])
        return
    manner = manner_of(values)
    body = bodies.body(found.fields, values.get("file"), _given(use, found, values), values.get("settings") or ())
    if verb.own_dry_run and manner.dry_run:
        answer = requests.send(use, found, address, {**(body or {}), "dryRun": True}, manner)
        use.output.item(answer.body, rows="value")
        return
    if manner.dry_run:
        change = foresight.change_of(verb.planned_as, given.get("id", ""), body) if verb.planned_as else None
        if change is None:
            requests.show_request(use, found.method, address, body)
        else:
            foresight.show(use, foresight.foreseen(use, change))
        return
    if verb.own_dry_run and not manner.yes:
        foresight.tell(use.client.ask(found.method, address, body={**(body or {}), "dryRun": True}).body)
    question = verb.asks.format(words or use.tenant if found.in_tenant else words) if verb.asks else ""
    if verb.confirms:
        answer = requests.send_confirmed(use, found, address, body, manner, question)
    else:
        if question:
            requests.confirm(question, manner)
        answer = requests.send(use, found, address, body, manner, query)
    requests.finish(use, answer, manner, verb.columns, verb.rows)


def _read(
    use: Session,
    verb: Verb,
    found: Operation,
    address: str,
    query: dict[str, str],
    limit: int | None,
    *,
    watch: bool = False,
) -> None:
    """Print a list, or one thing; *watch*: again as it changes."""
    is_list = "$skiptoken" in found.query
    if verb.select and (use.output.for_people or not is_list):
        query.setdefault("$select", verb.select)
    if not is_list:
        query |= {"$top": str(limit)} if limit else {}

        def one() -> object:
            return use.client.ask("GET", address, query=query).body

        if watch:
            watch_item(one, use.output, verb.columns, verb.rows)
        use.output.item(one(), verb.columns, verb.rows)
        return
    query["$top"] = str(min(limit or _PAGE, _PAGE))
    chosen = verb.columns if "$select" not in query or use.output.for_people else ()
    named = any(each.listed_by == verb.operation for each in NAMES.values())

    def items() -> Iterator[dict[str, Any]]:
        for item in use.client.items(address, query, limit):
            spread = item.get(verb.spread) if verb.spread and use.output.in_columns else None
            yield from ({**item, **each} for each in spread or [{}])

    if watch:
        watch_list(lambda: [*items()], use.output, chosen, named=named)
    use.output.items(items(), chosen, named=named)
