"""Bodies of Graph's clients are read by the types that the OpenAPI document shows: one declaration for both."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pydantic import AfterValidator, GetCoreSchemaHandler, TypeAdapter, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.domain.values import WRITTEN
from shared.domain.wizards.forms import problems_of
from shared.errors import InvalidError, Problem
from triggers.http.openapi_metadata import properties_of


@dataclass(frozen=True, slots=True)
class Only:
    """Marks a property that is not supported: null or one of *defaults* may be written, for the *reason* nothing else.

    The schema is that of the annotated type. Of an object what is null in it does not count.
    """

    defaults: tuple[Any, ...] = ()
    reason: str = "is not supported"

    def fault(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return why *value* may not be written, None if it may."""
        if value is None or _comparable(value) in [{}, *map(_comparable, self.defaults)]:
            return None
        shown = (each if isinstance(each, str) and each else json.dumps(each) for each in self.defaults)
        return f"{self.reason}; leave it out, or write {' or '.join((*shown, 'null'))}"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the annotated type, with this check in its place."""
        return core_schema.no_info_wrap_validator_function(self._check, handler(source))

    def _check(self, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - JSON
        del handler
        if wrong := self.fault(value):
            raise PydanticCustomError("value_error", "{message}", {"message": wrong})
        return value


@dataclass(frozen=True, slots=True)
class Ignoring:
    """Marks an object within a body, of which some *names* are ignored: only the service sets them (decision 121)."""

    names: frozenset[str]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the annotated type, which reads the remaining value."""
        return core_schema.no_info_wrap_validator_function(self._check, handler(source))

    def _check(self, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - JSON
        known = isinstance(value, dict)
        return handler({name: each for name, each in value.items() if name not in self.names} if known else value)


class ReadElsewhere:
    """Marks a property that has its type's schema, and whose value another function reads."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the annotated type, of which only the JSON schema counts."""
        return core_schema.no_info_wrap_validator_function(lambda value, _: value, handler(source))


def not_empty(message: str) -> AfterValidator:
    """Return the check that a text is not empty, with its *message*; the schema of the type does not change."""

    def check(text: str) -> str:
        if not text:
            raise ValueError(message)
        return text

    return AfterValidator(check)


@dataclass(slots=True)
class Declared:
    """A body after reading: its values as they were sent, and its problems."""

    values: dict[str, Any]
    sent: frozenset[str] = frozenset()
    """The names of all properties in the body, including those that are null."""
    problems: list[Problem] = field(default_factory=list)

    def first(self, names: Iterable[str]) -> Any:  # noqa: ANN401 - JSON
        """Return the value of the first of *names* in the body, for a property with several names."""
        return next((self.values[name] for name in names if name in self.values), None)

    def wrong(self, pointer: str, message: str) -> None:
        """Add an error."""
        self.problems.append(Problem(pointer, message))

    def settle(self) -> None:
        """Raise InvalidError if anything is wrong."""
        if self.problems:
            raise InvalidError(*self.problems)


def read_declared(
    declared: type[Any],
    raw: Mapping[str, Any],
    *,
    ignored: Collection[str] = (),
    hidden: Mapping[str, Only] = MappingProxyType({}),
    nulls: Collection[str] = (),
) -> Declared:
    """Read a body by its declared type; the values stay unchanged, because the form validates them again.

    *ignored*: only the service sets them (decision 121). *hidden*: not supported, and not in the document either.
    *nulls*: the properties in which null is a value; in all others it stands for one that is left out.
    """
    known = properties_of(declared) - {*nulls}
    body = {name: value for name, value in bare(raw).items() if value is not None or name not in known}
    faults = {name: wrong for name, only in hidden.items() if (wrong := only.fault(body.pop(name, None)))}
    found = Declared({name: value for name, value in body.items() if name not in ignored}, frozenset(raw))
    found.problems = [Problem(f"/{name}", wrong) for name, wrong in faults.items()]
    if (error := _error(declared, found.values)) and _without_unknown_nulls(found.values, error):
        error = _error(declared, found.values)
    found.problems += problems_of(error, noun="property") if error else []
    return found


def _error(declared: type[Any], values: Mapping[str, Any]) -> ValidationError | None:
    try:
        _adapter(declared).validate_json(json.dumps(values), strict=True, context=WRITTEN, by_alias=True, by_name=False)
    except ValidationError as error:
        return error
    return None


def _without_unknown_nulls(values: dict[str, Any], error: ValidationError) -> bool:
    """Remove null members that objects within a body should not have; return whether there were any."""
    found = False
    for each in error.errors(include_url=False):
        *places, last = each["loc"] or ("",)  # without a place where a rule of the whole body is broken
        if places and each["type"] == "extra_forbidden" and each["input"] is None:
            inner: Any = values
            for place in places:
                inner = inner[place]
            found = inner.pop(last, found) is None
    return found


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(declared: type[Any]) -> TypeAdapter[Any]:
    """Return the reader of a type, which is made when it is first needed."""
    return _ADAPTERS.setdefault(declared, _ADAPTERS.get(declared) or TypeAdapter(declared))


def bare(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a copy of a value without the annotations of OData in its objects."""
    if isinstance(value, Mapping):
        return {name: bare(each) for name, each in value.items() if "@odata." not in name}
    return [bare(each) for each in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value without the annotations in it, Graph's and ours."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items() if "@" not in name}
    return [plain(each) for each in value] if isinstance(value, list) else value


def _comparable(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value without the annotations and nulls of its objects."""
    there = plain(value)
    return {name: each for name, each in there.items() if each is not None} if isinstance(there, dict) else there


def changes(raw: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a body that differ from *view*: clients also send unchanged ones."""
    return {name: value for name, value in raw.items() if name not in view or not _same(name, value, view[name])}


def _same(name: str, value: Any, shown: Any) -> bool:  # noqa: ANN401 - JSON
    """Return whether two values of a property are equal; a time may be written in several ways."""
    if not (name.endswith("DateTime") and isinstance(value, str) and isinstance(shown, str)):
        return bool(plain(value) == plain(shown))
    try:
        return datetime.fromisoformat(value) == datetime.fromisoformat(shown)
    except ValueError:
        return False


def renamed(error: InvalidError, pointers: Mapping[str, str]) -> InvalidError:
    """Return *error* with the form's pointers converted to pointers into the Graph body (longest prefix first)."""
    return InvalidError(*(Problem(_pointer(p.pointer, pointers), p.message) for p in error.problems))


def _pointer(pointer: str, pointers: Mapping[str, str]) -> str:
    for form, graph in sorted(pointers.items(), key=lambda pair: -len(pair[0])):
        if pointer == form or pointer.startswith(f"{form}/"):
            return graph + pointer.removeprefix(form)
    return pointer
