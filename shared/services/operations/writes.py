"""The write of one record that a change makes: its decision and its execution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.values import Value
from shared.errors import ConflictError, InvalidError, NameTakenError, Problem
from shared.services.operations.action_context import ActionContext
from shared.storage.repository import Repository, Stored

R = TypeVar("R")
V = TypeVar("V", bound=Value)

Edit = Callable[[V], V | None]
"""Returns the changed value, or None where nothing changes. Raises: ConflictError where the change is refused."""


@dataclass(frozen=True, slots=True)
class WriteEffect(Generic[R]):
    """Effect of a write. *result*: for the use case; *before* and *after*: for the audit log."""

    result: R
    before: Value | None = None
    after: Value | None = None
    changed: bool = True


@dataclass(frozen=True, slots=True)
class RecordWrite(Generic[R]):
    """A write that was decided: *before* and *after* are the record's. *of_record*: False where none is written."""

    apply: Callable[[], Awaitable[WriteEffect[R]]]
    before: Value | None = None
    after: Value | None = None
    of_record: bool = True


@contextmanager
def name_taken_is(problem: Problem) -> Iterator[None]:
    """Report a name that was taken concurrently like a name that was taken before."""
    try:
        yield
    except NameTakenError as error:
        raise InvalidError(problem) from error


def insertion(context: ActionContext, repository: Repository[V], value: V, id: str) -> RecordWrite[Stored[V]]:  # noqa: A002 - the word of every record
    """Return the write that adds *value* to *repository*; where this very request has added it before, it gives that.

    Raises, when applied: ConflictError if somebody else has.
    """
    return insertion_by(context, value, repository.insert, partial(repository.find, context.tenant_id, id))


def insertion_by(
    context: ActionContext,
    value: V,
    insert: Callable[[V], Awaitable[Stored[V]]],
    find: Callable[[], Awaitable[Stored[V] | None]],
) -> RecordWrite[Stored[V]]:
    """Return the same as ``insertion``, by functions: *find* returns a record that this very request may have added."""

    async def apply() -> WriteEffect[Stored[V]]:
        try:
            return WriteEffect(await insert(value), None, value)
        except ConflictError:
            there = await find() if context.repeatable else None
            if there is None:
                raise
            return WriteEffect(there, None, there.value, changed=False)

    return RecordWrite(apply, None, value)


def change(before: V, edit: Edit[V], apply_edit: Callable[[Edit[V]], Awaitable[V]]) -> RecordWrite[V]:
    """Return the write that edits a record, once more whenever somebody else was faster (``Repository.change``).

    *apply_edit* does that for one record. Raises: ConflictError where *edit* refuses what is there now.
    """
    seen = before

    def watched(value: V) -> V | None:
        nonlocal seen
        seen = value
        return edit(value)

    async def apply() -> WriteEffect[V]:
        after = await apply_edit(watched)
        return WriteEffect(after, seen, after, changed=seen != after)

    return RecordWrite(apply, before, edit(before) or before)


def change_cloud_pc(context: ActionContext, before: CloudPc, edit: Edit[CloudPc]) -> RecordWrite[CloudPc]:
    """Return the write that edits a Cloud PC, which was as *before* when that was decided.

    Raises, when applied: ConflictError where *edit* does, or where it has been built anew meanwhile.
    """

    def edit_unless_built_anew(pc: CloudPc) -> CloudPc | None:
        edited = edit(pc)
        if pc.current.generation != before.current.generation:
            raise ConflictError("it has been built anew meanwhile", status=pc.status.value)
        return edited

    return change(before, edit_unless_built_anew, partial(context.deps.cloud_pcs.change, before.tenant_id, before.id))


def replacement(stored: Stored[V], after: V, replace: Callable[..., Awaitable[Stored[V]]]) -> RecordWrite[Stored[V]]:
    """Return the write that replaces a record by a repository's *replace*; an unchanged record is not written.

    Raises, when applied: StaleError, NotFoundError.
    """
    before = stored.value

    async def apply() -> WriteEffect[Stored[V]]:
        if after == before:
            return WriteEffect(stored, before, after, changed=False)
        return WriteEffect(await replace(after, seen=stored.etag), before, after)

    return RecordWrite(apply, before, after)


def removal(before: Value, remove: Callable[[], Awaitable[None]]) -> RecordWrite[None]:
    """Return the write that removes a record. Raises, when applied: StaleError."""

    async def apply() -> WriteEffect[None]:
        await remove()
        return WriteEffect(None, before, None)

    return RecordWrite(apply, before, None)


def deletion(stored: Stored[V], repository: Repository[V]) -> RecordWrite[None]:
    """Return the write that removes a record as it was read. Raises, when applied: StaleError."""
    return removal(stored.value, partial(repository.remove_stored, stored))


def no_record(before: Value | None = None, after: Value | None = None) -> RecordWrite[None]:
    """Return the write of a change that only starts work: nothing but its audit event, with *before* and *after*."""

    async def apply() -> WriteEffect[None]:
        return WriteEffect(None, before, after)

    return RecordWrite(apply, before, after, of_record=False)
