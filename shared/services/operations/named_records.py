"""Creation, edit and deletion of the records that have a name of their own, times and a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from shared.dependencies import Dependencies
from shared.domain.operations.operation import ResourceType
from shared.domain.values import NamedRecord, Value
from shared.domain.wizards.forms import parse, problems_of
from shared.errors import InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Promise, Resource, make_change
from shared.services.operations.writes import deletion, insertion, name_taken_is, replacement
from shared.storage.repository import Repository, Stored

N = TypeVar("N", bound=NamedRecord)
F = TypeVar("F", bound=Value)


@dataclass(frozen=True, slots=True)
class NamedKind(Generic[N]):
    """A kind of records with names: its type, its repository, and the problem of a name that is taken.

    *promise* of each change: see ``make_change``.
    """

    type: ResourceType
    repository: Callable[[Dependencies], Repository[N]]
    name_taken: Problem

    def new(self, context: ActionContext, model: Callable[..., N], form: Value, **more: object) -> N:
        """Return a record with the properties of *form* and *more*; the same request gives the same id twice."""
        return model(
            id=context.new_id(self.type),
            tenant_id=context.tenant.id,
            created_date_time=context.now,
            last_modified_date_time=context.now,
            **dict(form),
            **more,
        )

    async def insert(self, context: ActionContext, record: N, promise: Promise | None = None) -> Stored[N]:
        """Save a record of ``new``. Raises: InvalidError where its name is taken."""
        write = insertion(context, self.repository(context.deps), record, record.id)
        with name_taken_is(self.name_taken):
            return await make_change(context, Resource(self.type, record.id), write, promise=promise)

    async def replace(
        self, context: ActionContext, stored: Stored[N], after: N, promise: Promise | None = None
    ) -> Stored[N]:
        """Replace a record by *after*, with the time of the change; an unchanged record is not written.

        Raises: InvalidError where its name is taken, StaleError.
        """
        if after == stored.value:
            return stored
        after = after.but(last_modified_date_time=context.now)
        write = replacement(stored, after, self.repository(context.deps).replace)
        with name_taken_is(self.name_taken):
            return await make_change(context, Resource(self.type, after.id), write, promise=promise)

    async def remove(self, context: ActionContext, stored: Stored[N], promise: Promise | None = None) -> None:
        """Delete a record. Raises: StaleError."""
        write = deletion(stored, self.repository(context.deps))
        await make_change(context, Resource(self.type, stored.value.id), write, promise=promise)


def edited(form: F, given: Mapping[str, Any], at: str = "") -> F:
    """Return *form* with the properties in *given*; null gives one its default back.

    *at*: pointer of the form in the body. Raises: InvalidError.
    """
    whole = {**form.to_json(), **given}
    try:
        return parse(type(form), {name: value for name, value in whole.items() if value is not None})
    except ValidationError as error:
        raise InvalidError(*problems_of(error, at, noun="property")) from error
