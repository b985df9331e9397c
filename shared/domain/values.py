"""Values of the domain: frozen models, and the texts in them."""

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

Item = TypeVar("Item")
TWICE = "named_twice"
"""The kind of pydantic's error for a list that names something twice; ``second`` of its context says where."""


Id = Annotated[str, Field(max_length=200)]
"""Id of a record, or of an object of a directory: nothing has a longer name."""

ResourceId = Annotated[str, Field(max_length=1000)]
"""Id of a resource of Azure, or of an image."""

Word = Annotated[str, Field(max_length=100)]
"""A word of a fixed set, before it is checked against the set."""


def is_none(value: object) -> bool:
    """Whether a field has no value: an ``exclude_if``, for fields that earlier records and histories lack."""
    return value is None


def is_false(value: object) -> bool:
    """Whether a field is False: an ``exclude_if``, as ``is_none``."""
    return value is False


def is_empty(value: tuple[object, ...]) -> bool:
    """Whether a field is an empty list: an ``exclude_if``, as ``is_none``."""
    return not value


def distinct(values: tuple[Item, ...]) -> tuple[Item, ...]:
    """Validate that all items of a list differ: an ``AfterValidator``."""
    for n, value in enumerate(values):
        if value in values[:n]:
            raise PydanticCustomError(TWICE, "named twice", {"second": n})
    return values


@dataclass(frozen=True, slots=True)
class Counted:
    """Marks a list, behind the ``Field`` with its ``max_length``: in JSON a longer one is refused before its members.

    Pydantic counts only valid members: of thousands of wrong ones it would validate each and keep its errors.
    """

    def __get_pydantic_core_schema__(self, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the list, for JSON behind a check of its length."""
        members = handler(source)
        most: int = members["max_length"]

        def count(value: Any) -> str:  # noqa: ANN401 - anything that JSON has
            if isinstance(value, list) and len(value) > most:
                facts = {"field_type": "Tuple", "max_length": most, "actual_length": len(value)}
                raise PydanticKnownError("too_long", facts)
            return json.dumps(value)  # and not the value: only in JSON a text may be a time, or the name of an enum

        counted = core_schema.no_info_before_validator_function(
            count, core_schema.json_schema(members), json_schema_input_schema=members
        )
        return core_schema.json_or_python_schema(json_schema=counted, python_schema=members)


WRITTEN: Mapping[str, bool] = MappingProxyType({"written": True})
"""The context of a validation of input; without it the value comes from storage or from another worker."""


def when_written(rule: Callable[[Item], Item]) -> AfterValidator:
    """Return a validator that applies *rule* to input, and not to stored values.

    A list of possible values may lose one, and a rule may become stricter: the records of before stay readable.
    """

    def check(value: Item, info: ValidationInfo) -> Item:
        return rule(value) if info.context is WRITTEN else value

    return AfterValidator(check)


def _local(at: time) -> time:
    if at.tzinfo is not None:
        raise PydanticCustomError("value_error", "write the local time without a zone: the schedule has one for all")
    return at


LocalTime = Annotated[
    time, when_written(_local), WithJsonSchema({"type": "string", "format": "local-time", "maxLength": 16})
]
"""A time of a day in the zone of its schedule: ``07:00:00``. JSON Schema's format ``time`` has an offset (RFC 3339)."""


def wrong_at(part: str, message: str) -> PydanticCustomError:
    """Return an error of a *part* (a JSON name) of a validated value, where the whole has to be seen to find it."""
    return PydanticCustomError("value_error", "{message}", {"message": message, "at": part})


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the properties in which two JSON objects differ, in order."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


class Value(BaseModel):
    """A frozen value: snake_case in Python, camelCase in JSON, unknown fields refused.

    Its validator is built with the first value that is validated, and that makes pydantic look through all installed
    distributions for plugins. So that a cold start does neither, a module makes no value when it is imported: defaults
    are factories, and constants are made by ``model_construct``, which does not validate.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=cache(to_camel),  # many models have the same names
        populate_by_name=True,
        defer_build=True,  # a cold start pays for the values it meets; pydantic builds them under a lock
    )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON: camelCase names, ISO times, absent values left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def audited(self) -> dict[str, Any]:
        """Return the properties to keep in an audit event."""
        return self.to_json()

    def but(self, **changes: Any) -> Self:  # noqa: ANN401 - any field of the model
        """Return a copy with *changes*, validated like any other value."""
        return type(self).model_validate({**dict(self), **changes})


class NamedRecord(Value):
    """A record of a tenant with a name that no other of its kind has."""

    id: str
    tenant_id: str
    created_date_time: datetime
    last_modified_date_time: datetime


@dataclass(frozen=True, slots=True)
class Inlined:
    """Marks a field of a ``FlatValue``: in JSON the fields of the part are the record's own.

    *names*: those that have another name there, part -> record.
    """

    names: Mapping[str, str] = field(default_factory=dict)


class FlatValue(Value):
    """A value with inlined parts: nested in Python, flat in JSON.

    A part that several records share is declared once, and the JSON of each stays as it was when its fields were
    written out. ``but`` takes the fields of a part, too.
    """

    @model_validator(mode="before")
    @classmethod
    def _nest(cls, raw: Any) -> Any:  # noqa: ANN401 - anything that may be validated
        if not isinstance(raw, Mapping):
            return raw
        places = _places(cls)
        moved = raw.keys() & places.keys()
        if not moved:
            return raw
        found = {name: value for name, value in raw.items() if name not in moved}
        for name in moved:
            part, member = places[name]
            inner = found.get(part)
            if not isinstance(inner, dict):
                inner = found[part] = {} if inner is None else dict(inner)
            inner[member] = raw[name]
        return found

    @model_serializer(mode="wrap")
    def _flatten(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = handler(self)
        for part, names in _parts(type(self)).items():
            for name in {part, to_camel(part)} & found.keys():
                inner = found.pop(name)
                found |= {names.get(each, each): value for each, value in inner.items()}
        return found


@cache
def _parts(record: type[FlatValue]) -> dict[str, Mapping[str, str]]:
    """Return the inlined parts of a record by their field, each with its other names."""
    return {
        name: mark.names
        for name, part in record.model_fields.items()
        for mark in part.metadata
        if isinstance(mark, Inlined)
    }


@cache
def _places(record: type[FlatValue]) -> dict[str, tuple[str, str]]:
    """Return where the fields of inlined parts belong, by their name in JSON and in Python: (part, field)."""
    found: dict[str, tuple[str, str]] = {}
    for part, names in _parts(record).items():
        model = record.model_fields[part].annotation
        for member in model.model_fields if isinstance(model, type) and issubclass(model, Value) else ():
            alias = to_camel(member)
            named = names.get(alias, alias)
            found |= {named: (part, member), _snake(named): (part, member)}
    return found


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


JOINERS = "\u200c\u200d\ufe0e\ufe0f"
"""Zero-width (non-)joiners and variation selectors: Persian and joined emoji need them, and nobody sees them."""


def one_line(text: str) -> str:
    """Validate a text of one line: an ``AfterValidator``, behind the ``Field`` that says how long the text may be.

    In front of it the length would be that of anything, and its message that of a list.
    """
    readable(text)
    if text != text.strip():
        raise ValueError("must not begin or end with a space")
    return text


def printable(text: str) -> str:
    """Validate a password or a key, which may have any character that is printed: an ``AfterValidator``."""
    if not text.isprintable():
        raise ValueError("write it without line breaks, tabs and other control characters")
    return text


def readable(text: str) -> None:
    """Refuse a character that cannot be shown in one line. Raises: ValueError with the advice for it."""
    for character in text:
        if wrong := _unusable(character):
            raise ValueError(wrong)


def _unusable(character: str) -> str | None:
    """Return why a character may not be used in a name, None if it may."""
    if character.isprintable() or character in JOINERS:
        return None
    match unicodedata.category(character):
        case "Zs":
            return "write an ordinary space in place of the special one (such as a no-break space)"
        case "Cc" | "Zl" | "Zp":
            return "line breaks, tabs and other control characters may not be used; write it in one line"
        case "Cf":
            return f"the invisible character U+{ord(character):04X} may not be used; leave it out"
        case _:
            return f"the character U+{ord(character):04X} cannot be shown; leave it out"


def several_lines(text: str) -> str:
    """Validate a text that may have several lines: an ``AfterValidator``, as ``one_line``."""
    if any(unicodedata.category(character) == "Cc" and character not in "\n\r\t" for character in text):
        raise ValueError("leave out control characters; line breaks and tabs may be used")
    return text


Label = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
"""The name of a customer or a place: it may have "&" and the like, as company names do."""

Description = Annotated[str, Field(max_length=1500), AfterValidator(several_lines)]
"""Description of something's purpose."""


def sentence(text: str) -> str:
    """Return a clause as a sentence of its own: ``it waits`` is ``It waits.``."""
    said = text.strip()
    return f"{said[:1].upper()}{said[1:]}{'' if said.endswith(('.', '!', '?')) else '.'}" if said else ""


def amount(count: int, thing: str) -> str:
    """Return such as ``1 Cloud PC`` and ``2 Cloud PCs``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
