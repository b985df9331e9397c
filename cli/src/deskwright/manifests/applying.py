"""Applying changes of documents: checked as a whole before the first is written, waited for where the next needs it."""

import time
from collections.abc import Iterable, Sequence

from deskwright import waiting
from deskwright.errors import UsageError
from deskwright.foresight import foreseen
from deskwright.manifests.kind import Change, Writing
from deskwright.requests import Manner
from deskwright.terminal import say


def check(changes: Sequence[Change], writing: Writing, manner: Manner) -> None:
    """Check that all changes can be written, as far as is known before the first. Raises: UsageError, RefusedError."""
    if problems := list(_problems(changes, writing)):
        raise UsageError("nothing was changed:\n" + "\n".join(f"  {each}" for each in problems))
    slow = {(change.kind.name, change.label) for change in changes if change.kind.slow(change.said)}
    if not manner.dry_run:
        for change in changes:
            _refuse_to_wait(change, change.needs & slow, manner)


def await_builds(changes: Sequence[Change], todo: Sequence[Change], writing: Writing, manner: Manner) -> None:
    """Wait for builds that were begun before and are needed now. Raises: CommandError."""
    building = {
        (change.kind.name, change.label): address
        for change in changes
        if (address := change.kind.building(change, writing.use))
    }
    for change in todo if not manner.dry_run else ():
        needed = change.refers & building.keys()
        _refuse_to_wait(change, needed, manner)
        _wait(writing, [building.pop(each) for each in sorted(needed)], _until(manner))


def _refuse_to_wait(change: Change, needed: Iterable[tuple[str, str]], manner: Manner) -> None:
    """Raise a UsageError if something has to be built before a change can be made, and nobody waits."""
    for kind, label in sorted(needed) if not manner.waits else ():
        raise UsageError(
            f"{_at(change)} needs the {kind} {label}, which is built first",
            advice="--wait waits for it. Nothing was changed.",
        )


def foretell(changes: Iterable[Change], writing: Writing) -> None:
    """Write, on stderr, the consequences of changes for Cloud PCs, by the service's planner. Nothing is changed."""
    for change in changes:
        for wanted in change.kind.dry_runs(change, writing) if not change.needs else ():
            if wanted:
                say(f"{_at(change)}: {foreseen(writing.use, wanted)['summary']}")


def apply_changes(changes: Sequence[Change], writing: Writing, manner: Manner) -> None:
    """Write changes in their order; wait for the operations that they begin.

    Raises: CommandError, which says what was done before.
    """
    until = _until(manner)
    begun: dict[tuple[str, str], list[str]] = {}
    done = 0
    try:
        for change in changes:
            for need in sorted(change.needs & begun.keys()) if manner.waits else ():
                _wait(writing, begun.pop(need), until)
            operations = [each for each in change.kind.write(change, writing) if each]
            begun[change.kind.name, change.label] = operations
            writing.references.look_again(change.kind.name)
            done += 1
            say(f"{_at(change)}: {change.action}d")
        for operations in begun.values() if manner.waits else ():
            _wait(writing, operations, until)
    except BaseException:
        say(f"{done} of {len(changes)} changes were written; a second apply goes on from there.")
        raise


def _until(manner: Manner) -> float | None:
    return None if manner.seconds is None else time.monotonic() + manner.seconds


def _at(change: Change) -> str:
    return f"{change.kind.name} {change.label}"


def _problems(changes: Sequence[Change], writing: Writing) -> Iterable[str]:
    for change in changes:
        at = _at(change)
        if change.fixed:
            yield f"{at}: {', '.join(sorted(change.fixed))} cannot be changed; give it another name, or delete it first"
        elif not change.needs and (not change.kind.needs_password(change) or change.label in writing.secrets):
            yield from (f"{at}: {each}" for each in _review(change, writing))


def _review(change: Change, writing: Writing) -> Iterable[str]:
    """Yield the errors that the service finds in a change; its warnings are written at once."""
    yield from change.kind.faults(change)
    for wizard, form in change.kind.forms(change, writing):
        review = writing.review(wizard, form)
        for warning in review["warnings"]:
            say(f"{_at(change)}: warning: {warning['message']}")
        for step in review["steps"]:
            yield from (f"{each['pointer']}: {each['message']}" for each in step["errors"])


def _wait(writing: Writing, operations: Iterable[str], until: float | None) -> None:
    for address in operations:
        seconds = None if until is None else max(0.0, until - time.monotonic())
        waiting.wait(writing.use.client, address, seconds=seconds)
