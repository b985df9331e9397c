"""Derived of the rows of properties (``shared/domain/graph_property.py``): types, forms, views and filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, NotRequired, Required, Union, get_args, get_origin

from pydantic import Field
from pydantic.fields import FieldInfo
from typing_extensions import TypedDict

from shared.domain.filtering import Kind
from shared.domain.graph_property import LEFT_OUT, Property, annotation_of
from shared.domain.values import Value
from triggers.http.json_schema import DumpOf, Json

_KINDS: Mapping[type[Any], Kind] = {bool: Kind.FLAG, int: Kind.NUMBER, str: Kind.TEXT}
_make: Any = TypedDict  # mypy wants a literal; a test compares the types with what is read and shown


@dataclass(frozen=True)
class Properties:
    """The rows of one resource. *steps*: the models of the form's steps that the rows name."""

    rows: tuple[Property, ...]
    steps: Mapping[str, type[Value]]

    def _field(self, row: Property) -> FieldInfo:
        return self.steps[row.step].model_fields[row.field]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the properties."""
        return frozenset(row.name for row in self.rows)

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kind by which lists filter and order each property; objects have none."""
        found = {row.name: self._kind(row) for row in self.rows if row.shown and row.listed}
        return {name: kind for name, kind in found.items() if kind is not None}

    def _kind(self, row: Property) -> Kind | None:
        of = _scalar(row.shape or self._field(row).annotation)
        return next((kind for base, kind in _KINDS.items() if isinstance(of, type) and issubclass(of, base)), None)

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """The properties into which ``$search`` looks."""
        return tuple(row.name for row in self.rows if row.searched)

    def pointers(self) -> dict[str, str]:
        """Return the pointers of the form's fields in a body."""
        return {
            f"/{row.step}/{row.member}": "/".join(("", row.name, *([row.inside] if row.inside else [])))
            for row in self.rows
        }

    def form(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the form of a new resource: the steps with the values of a body, or Graph's own defaults."""
        found: dict[str, Any] = {step: {} for step in self.steps if "/" not in step}
        for row in self.rows:
            if row.name in body or row.absent is not LEFT_OUT:
                value = _inner(row, body[row.name]) if row.name in body else row.absent
                _part(found, row)[row.member] = value
        return found

    def named(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of a form that a body names."""
        found: dict[str, Any] = {}
        for row in self.rows:
            if row.name in body:
                _part(found, row)[row.member] = _inner(row, body[row.name])
        return found

    def without_nulls(self, body: Mapping[str, Any]) -> Json:
        """Return a change in which null has its meaning, where the property is not empty by it."""
        means = {row.name: row.cleared for row in self.rows if row.cleared is not LEFT_OUT}
        return {name: means.get(name) if value is None else value for name, value in body.items()}

    def change(self, form: dict[str, Json], body: Mapping[str, Any]) -> None:
        """Apply a PATCH *body* to the present *form*; properties that an object leaves out stay, as in OData."""
        for row in self.rows:
            if row.name not in body:
                continue
            step, value = form[row.step], _inner(row, body[row.name])
            before = step.pop(row.member, None)
            if value is not None:
                both = isinstance(before, Mapping) and isinstance(value, Mapping)
                step[row.member] = {**before, **value} if both else value

    def view(self, record: object, decided: object) -> Json:
        """Return the properties of a *record* for a client.

        *decided*: its part in which nothing is left to the tenant's settings.
        """
        found: Json = {}
        for row in (each for each in self.rows if each.shown):
            value = getattr(decided, row.field) if row.decided else row.of(record)
            value = _as_json(value)
            found[row.name] = {row.inside: value} if row.inside else value
        return found

    def body_types(self, *, new: bool) -> dict[str, Any]:
        """Return the types of the properties in a body. *new*: it creates an object, so required fields are needed."""
        found = {}
        for row in self.rows:
            field = self._field(row)
            needed = new and field.is_required() and row.absent is LEFT_OUT and not row.may_lack
            of = row.shape or _on_wire(annotation_of(field))
            found[row.name] = (Required if needed else NotRequired)[self._published(row, of)]
        return found

    def view_types(self) -> dict[str, Any]:
        """Return the types of the properties in an answer."""
        return {row.name: self._published(row, self._view_type(row)) for row in self.rows if row.shown}

    def _published(self, row: Property, of: Any) -> Any:  # noqa: ANN401 - a type
        """Return the type of a property, with the facts from which the portal and the command line are derived."""
        if self._field(row).title is None:
            return of  # of a resource whose pages and commands have their own words
        told: Json = {"title": self._field(row).title, "form": f"{row.step}/{row.member}"}
        told |= {"inside": row.inside} if row.inside else {}
        return Annotated[of, Field(json_schema_extra={"x-deskwright-field": told})]

    def _view_type(self, row: Property) -> Any:  # noqa: ANN401 - a type
        annotation = row.shape or self._field(row).annotation
        of = _on_wire(_scalar(annotation) if row.decided else _unbounded(annotation))
        return of | None if row.may_lack else of


def typed(name: str, types: Mapping[str, Any], about: str = "") -> type[Any]:
    """Return a ``TypedDict`` with properties of these types."""
    made: type[Any] = _make(name, types)
    made.__doc__ = about
    return made


def _as_json(value: Any) -> Any:  # noqa: ANN401 - a value of the domain
    if isinstance(value, tuple):
        return [_as_json(each) for each in value]
    return value.to_json() if isinstance(value, Value) else value


def _part(form: dict[str, Any], row: Property) -> dict[str, Any]:
    """Return the object of a form that has the value of a property; it is made where the form lacks it."""
    for name in row.step.split("/"):
        form = form.setdefault(name, {})
    return form


def _inner(row: Property, value: Any) -> Any:  # noqa: ANN401 - JSON
    return value.get(row.inside) if row.inside and isinstance(value, Mapping) else value


def _on_wire(of: Any) -> Any:  # noqa: ANN401 - a type
    """Return the JSON type of a property; a value has the type of its dump."""
    if get_origin(of) is tuple:
        member: Any = _on_wire(get_args(of)[0])
        return list[member]
    return Annotated[Json, DumpOf(of)] if isinstance(of, type) and issubclass(of, Value) else of


def _unbounded(of: Any) -> Any:  # noqa: ANN401 - a type
    """Return a type without the limits that apply to requests."""
    if get_origin(of) is Annotated:
        return _unbounded(get_args(of)[0])
    if get_origin(of) in {Union, UnionType}:
        return Union[tuple(map(_unbounded, get_args(of)))]  # noqa: UP007 - of a number that is not known
    return of


def _scalar(of: Any) -> Any:  # noqa: ANN401 - a type
    """Return the type of a value that is not None."""
    bare = _unbounded(of)
    some = [each for each in get_args(bare) if each is not type(None)] if get_origin(bare) in {Union, UnionType} else []
    return some[0] if len(some) == 1 else bare
