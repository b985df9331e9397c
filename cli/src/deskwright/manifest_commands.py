"""``export``, ``diff`` and ``apply``: what the service has and what files say, made alike."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from deskwright import bodies, manifests, requests, session, waiting
from deskwright.commands import manner_of, manner_options
from deskwright.errors import UsageError
from deskwright.manifests import KINDS, SITE, Json, Kind, Names
from deskwright.operations import operation
from deskwright.output import as_yaml
from deskwright.requests import Manner
from deskwright.session import Session

_FILES = click.Option(["-f", "--file", "files"], multiple=True, required=True, help="A file of YAML; - is stdin.")


@dataclass(frozen=True, slots=True)
class Change:
    """What a document comes to. *identifier*: of what there is, None where there is nothing; *etag*: as it was read."""

    kind: Kind
    name: str
    said: Json
    identifier: str | None
    etag: str
    different: tuple[tuple[str, object, object], ...]

    @property
    def action(self) -> str:
        """What has to be done: create, update, or nothing."""
        return "create" if self.identifier is None else "update" if self.different else "unchanged"


def _plan(use: Session, files: tuple[str, ...]) -> list[Change]:
    """Return what files come to. Raises: CommandError."""
    names = Names(use)
    documents = [each for name in files for each in bodies.read_documents(name)]
    return [_change(use, kind, document, names) for kind, document in manifests.checked(documents)]


def _change(use: Session, kind: Kind, said: Json, names: Names) -> Change:
    name = said[kind.key]
    if isinstance(said.get("groups"), list):
        said = {**said, "groups": [use.group(str(each)) for each in said["groups"]]}
    found = manifests.existing(use, kind, name)
    if found is None:
        return Change(
            kind, name, said, None, "", tuple(manifests.differences({"kind": kind.name, kind.key: name}, said))
        )
    view, etag = found
    before = manifests.document_of(kind, view, names)
    return Change(kind, name, said, str(view["id"]), etag, tuple(manifests.differences(before, said)))


def _lines(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        yield f"{change.kind.name} {change.name}: {change.action}"
        for at, before, after in change.different:
            if before is not None:
                yield click.style(f"  - {at}: {_word(before)}", fg="red")
            yield click.style(f"  + {at}: {_word(after)}", fg="green")


def _word(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _diff(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Compare files with the service: what apply would change."""
    use = session.of(values)
    changes = _plan(use, values["files"])
    _show(use, changes)
    if values["exit_code"] and any(change.action != "unchanged" for change in changes):
        sys.exit(1)


def _show(use: Session, changes: list[Change]) -> None:
    if use.output.for_people:
        click.echo("\n".join(_lines(changes)))
        return
    use.output.items(
        {
            "kind": change.kind.name,
            "name": change.name,
            "action": change.action,
            "changes": [{"at": at, "before": before, "after": after} for at, before, after in change.different],
        }
        for change in changes
    )


def _apply(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Make the service as files say; what is so already is left alone, and so is what they do not name.

    If somebody changes a thing between the reading and the writing, nothing of it is written (exit code 5).
    """
    use = session.of(values)
    manner = manner_of(values)
    changes = _plan(use, values["files"])
    _show(use, changes)
    todo = [change for change in changes if change.action != "unchanged"]
    if manner.dry_run or not todo:
        return
    requests.confirm("Apply this?", manner)
    names = Names(use)
    begun: list[str] = []
    for change in todo:
        begun += [operation for operation in _write(use, change, names) if operation]
        click.echo(f"{change.kind.name} {change.name}: {change.action}d", err=True)
    for address in begun if manner.waits else ():
        waiting.wait(use.client, address, seconds=manner.seconds)


def _write(use: Session, change: Change, names: Names) -> Iterator[str | None]:
    """Write a change; yield the operations that it has begun."""
    kind, identifier = change.kind, change.identifier
    touched = {at.partition(".")[0] for at, _, _ in change.different}
    if identifier is None and kind.creates:
        body = manifests.body_of(kind, change.said, names)
        answer = requests.send(use, operation(kind.creates), use.address(kind.creates), body, Manner())
        yield answer.operation
        identifier = str(answer.body["id"])
    elif touched - {"groups"} or identifier is None:
        body = manifests.body_of(kind, _said(use, change, touched), names)
        given = {"id": identifier} if kind.creates and identifier else {kind.name: change.name}
        address = use.address(kind.changes, **given)
        answer = requests.send(use, operation(kind.changes), address, body, Manner(if_match=change.etag or None))
        yield answer.operation
    if kind.assigns and "groups" in touched and (change.said["groups"] or change.identifier):
        targets = {"assignments": [{"target": {"groupId": each}} for each in change.said["groups"]]}
        address = use.address(kind.assigns, id=str(identifier))
        yield requests.send(use, operation(kind.assigns), address, targets, Manner()).operation


def _said(use: Session, change: Change, touched: set[str]) -> Json:
    """Return what to send of a document: what differs; of what is replaced as a whole, all of it."""
    if change.kind is not SITE:
        return {name: value for name, value in change.said.items() if name in touched}
    found = manifests.existing(use, change.kind, change.name)
    return {**(manifests.document_of(change.kind, found[0], Names(use)) if found else {}), **change.said}


def _export(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Print what the service has as files for diff and apply: all of it, or the things called NAME."""
    use = session.of(values)
    kinds = [KINDS[name] for name in values["kinds"]] or list(KINDS.values())
    wanted = {name.casefold() for name in values["names"]}
    documents = list(manifests.exported(use, kinds, lambda name: not wanted or name.casefold() in wanted))
    if wanted and not documents:
        raise UsageError(f"nothing is called {', '.join(values['names'])}")
    if use.output.for_people:
        click.echo("---\n".join(as_yaml(each) for each in documents), nl=False)
    else:
        use.output.items(documents)


def _command(name: str, run: Any, *params: click.Parameter) -> click.Command:  # noqa: ANN401 - a function of ours
    made = click.Command(name, params=list(params), callback=run, help=run.__doc__)
    return session.options(made)  # type: ignore[return-value]  # a command with more options


diff = _command(
    "diff", _diff, _FILES, click.Option(["--exit-code"], is_flag=True, help="End with 1 when something differs.")
)
apply = _command("apply", _apply, _FILES, *manner_options(asks=True, keyed=False))
export = _command(
    "export",
    _export,
    click.Argument(["names"], nargs=-1, metavar="[NAME]..."),
    click.Option(["--kind", "kinds"], type=click.Choice(list(KINDS)), multiple=True, help="Only this kind."),
)
