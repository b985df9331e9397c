"""``export``, ``diff`` and ``apply``: write the service's objects to files, compare files with it, and change it."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from deskwright import bodies, offering, requests, session
from deskwright.commands import manner_of, manner_options
from deskwright.errors import NotFoundError, UsageError
from deskwright.manifests import KINDS, Json
from deskwright.manifests.applying import apply_changes, await_builds, check, foretell
from deskwright.manifests.documents import change_of, checked, planned
from deskwright.manifests.kind import Change, Writing
from deskwright.manifests.references import References
from deskwright.manifests.secrets import secrets_of
from deskwright.output import as_yaml
from deskwright.session import Session
from deskwright.terminal import emit, printable

_FILES = click.Option(
    ["-f", "--file", "files"],
    multiple=True,
    required=True,
    metavar="FILE",
    help="A file of YAML; - is stdin.",
    shell_complete=offering.files,
)


def _plan(use: Session, files: tuple[str, ...]) -> tuple[list[Change], References]:
    """Return the changes that the files ask for, in the order of applying. Raises: CommandError."""
    documents = checked(each for name in files for each in bodies.read_documents(name))
    if not documents:
        raise UsageError(f"there is nothing in {', '.join(files)}")
    references = References(use, KINDS, planned(documents))
    return [change_of(kind, document, references) for kind, document in documents], references


def _lines(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        never = f": {', '.join(sorted(change.fixed))} cannot be changed" if change.fixed else ""
        yield printable(f"{change.kind.name} {change.label}: {change.action}{never}")
        for at, before, after in change.different:
            if before is not None:
                yield click.style(printable(f"  - {at}: {_word(before)}"), fg="red")
            yield click.style(printable(f"  + {at}: {_word(after)}"), fg="green")


def _word(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _diff(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Compare files with the service, and print the changes that apply would make."""
    use = session.of(values)
    changes, _ = _plan(use, values["files"])
    _show(use, changes)
    if values["exit_code"] and any(change.action != "unchanged" for change in changes):
        sys.exit(1)


def _show(use: Session, changes: list[Change]) -> None:
    if use.output.for_people:
        emit("\n".join(_lines(changes)), coloured=True)
        return
    use.output.items(
        {
            "kind": change.kind.name,
            "name": change.label,
            "action": change.action,
            "changes": [{"at": at, "before": before, "after": after} for at, before, after in change.different],
        }
        for change in changes
    )


def _apply(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Change the service to match files; objects that match already, or that no file names, are left alone.

    If somebody changes a thing between the reading and the writing, nothing of it is written (exit code 5). Before the
    first change the service reviews all of them, as far as they refer to what is there already.
    """
    use = session.of(values)
    manner = manner_of(values)
    changes, references = _plan(use, values["files"])
    _show(use, changes)
    todo = [change for change in changes if change.action != "unchanged"]
    writing = Writing(use, references, secrets_of(todo, ask=not manner.dry_run))
    await_builds(changes, todo, writing, manner)
    check(todo, writing, manner)
    if manner.dry_run:
        foretell(todo, writing)
    if manner.dry_run or not todo:
        return
    requests.confirm("Apply this?", manner)
    apply_changes(todo, writing, manner)


def _export(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Print resources of the service as files for diff and apply: all of them, or those called NAME.

    Passwords are not in it: a connection of a hybrid join gets adDomainPassword by hand, {env: NAME} or {file: PATH}.
    """
    use = session.of(values)
    kinds = [KINDS[name] for name in values["kinds"]] or list(KINDS.values())
    wanted = {name.casefold() for name in values["names"]}
    references = References(use, KINDS)
    documents: list[Json] = []
    found = set[str]()
    for kind in kinds:
        for view in kind.views(references):
            names = {str(each).casefold() for each in (kind.label(view), view["id"], view.get("displayName"))}
            found |= names & wanted
            if not wanted or names & wanted:
                documents.append(kind.document(view, references))
    if missing := wanted - found:
        raise NotFoundError(f"nothing is called {', '.join(sorted(missing))}")
    if use.output.for_people:
        emit("---\n".join(as_yaml(each) for each in documents), nl=False)
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
