"""A property of a resource as a row: its name on the wire and its place in the value. All else is derived.

Bodies, forms, views, filters of lists and drift read the rows: ``triggers/http/properties.py``, ``planning/drift.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import create_model
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from shared.domain.values import Value

LEFT_OUT: Any = object()
"""Marks that a property is left out of the form, so that the form's own default applies."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property that can be set: *name* on the wire; *step* and *field* of the wizard's form, in Python's names.

    *step* may name an object within the step, as ``credentials/domain``, which some forms and records lack. A record
    that has a part with such a name has the value in it, another one itself. *step* is empty where there is no wizard.

    *inside*: the member of the property's object that has the value. *absent*: the value of something new that leaves
    the property out, where Graph has another default than the form. *cleared*: the value that null stands for in a
    change; a field that may be None needs none. *decided*: it is shown with the tenant's value where it is left to the
    tenant. *rebuilt*: it reaches an existing Cloud PC by a rebuild alone, so that a difference is drift. *searched*:
    ``$search`` looks into it. *shown*: answers have it. *listed*: lists filter and order by it, too. *shape*: its type
    on the wire, where that is not the field's.
    """

    name: str
    step: str
    field: str
    inside: str = ""
    absent: Any = LEFT_OUT
    cleared: Any = LEFT_OUT
    decided: bool = False
    rebuilt: bool = False
    searched: bool = False
    listed: bool = True
    shown: bool = True
    shape: Any = None

    @property
    def member(self) -> str:
        """The name of the field in the form."""
        return to_camel(self.field)

    @property
    def may_lack(self) -> bool:
        """Whether there are records without the object that has the value."""
        return "/" in self.step

    def of(self, record: object) -> Any:  # noqa: ANN401 - of the field
        """Return the value in a record; None where the record lacks the object that has it."""
        found: Any = record
        for part in self.step.split("/"):
            found = getattr(found, part, found) if part else found
        return None if found is None else getattr(found, self.field)


Record = TypeVar("Record", bound=Value)


def annotation_of(field: FieldInfo) -> Any:  # noqa: ANN401 - a type
    """Return the type of a field with its limits and rules."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def edit_of(form: type[Value], name: str, about: str) -> type[Value]:
    """Return the model of a change: every field of *form*, each of which may be left out. *about*: its description."""
    optional: Any = {field: (annotation_of(facts) | None, None) for field, facts in form.model_fields.items()}
    return create_model(name, __base__=Value, __doc__=about, __module__=form.__module__, **optional)


def changed(record: Record, edit: Value) -> Record:
    """Apply a PATCH *edit* to a *record*; members that an object leaves out stay, as in OData."""
    given: dict[str, Any] = {}
    for name, value in edit:
        if isinstance(value, Value):
            given[name] = getattr(record, name).but(**{part: getattr(value, part) for part in value.model_fields_set})
        elif value is not None:
            given[name] = value
    return record.but(**given)
