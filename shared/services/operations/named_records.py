"""Creation and edit of the records that have a name of their own, times and a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.domain.operations.operation import ResourceType
from shared.domain.values import Value
from shared.domain.wizards.forms import parse, problems_of
from shared.errors import InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Promise, Resource, make_change
from shared.services.operations.writes import insertion, name_taken_is
from shared.storage.repository import Repository, Stored

V = TypeVar("V", bound=Value)
F = TypeVar("F", bound=Value)


def new_record(context: ActionContext, model: Callable[..., V], kind: ResourceType, form: Value, **more: object) -> V:
    """Return a record with the properties of *form* and *more*; the same request gives the same id twice."""
    return model(
        id=context.new_id(kind),
        tenant_id=context.tenant.id,
        created_date_time=context.now,
        last_modified_date_time=context.now,
        **dict(form),
        **more,
    )


async def insert_named(
    context: ActionContext,
    repository: Repository[V],
    kind: ResourceType,
    record: V,
    name_taken: Problem,
    promise: Promise | None = None,
) -> Stored[V]:
    """Save a record of ``new_record``. *promise*: see ``make_change``. Raises: InvalidError with *name_taken*."""
    resource = Resource(kind, context.new_id(kind))
    write = insertion(context, repository, record, resource.id)
    with name_taken_is(name_taken):
        return await make_change(context, resource, write, promise=promise)


def edited(form: F, given: Mapping[str, Any]) -> F:
    """Return *form* with the properties in *given*; null gives one its default back. Raises: InvalidError."""
    whole = {**form.to_json(), **given}
    try:
        return parse(type(form), {name: value for name, value in whole.items() if value is not None})
    except ValidationError as error:
        raise InvalidError(*problems_of(error, noun="property")) from error
