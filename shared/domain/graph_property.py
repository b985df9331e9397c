"""A property of Microsoft Graph as a row: its name on the wire and its place in the value. All else is derived.

Bodies, forms, views, filters of lists and drift read the rows: ``triggers/http/properties.py``, ``planning/drift.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

LEFT_OUT: Any = object()
"""Marks that a property is left out of the form, so that the form's own default applies."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property that can be set: *name* on the wire; *step* and *field* of the wizard's form, in Python's names.

    A record that has a part with the name of the step has the value in it, another one itself. *step* is empty where
    there is no wizard.

    *inside*: the member of the property's object that has the value. *absent*: the value of something new that leaves
    the property out, where Graph has another default than the form. *cleared*: the value that null stands for in a
    change; a field that may be None needs none. *decided*: it is shown with the tenant's value where it is left to the
    tenant. *rebuilt*: it reaches an existing Cloud PC by a rebuild alone, so that a difference is drift. *searched*:
    ``$search`` looks into it. *shape*: its type on the wire, where that is not the field's.
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
    shape: Any = None

    @property
    def member(self) -> str:
        """The name of the field in the form."""
        return to_camel(self.field)

    def of(self, record: object) -> Any:  # noqa: ANN401 - of the field
        """Return the value in a record."""
        return getattr(getattr(record, self.step, record) if self.step else record, self.field)
