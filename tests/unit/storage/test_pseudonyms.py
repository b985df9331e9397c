"""A pseudonym may stand wherever a stored record may name a person: generated from the models of all tables."""

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.storage.repository import Shape
from tests.walking import modules

NAMES = ("ada.lovelace@contoso.example", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "Ada Lovelace")
PSEUDONYM = "erased-0123456789ab"
NO_PERSON = {("Tenant", "entra_tenant_id"), ("Tenant", "subscription_id"), ("Tenant", "further_subscription_ids")}
"""Ids of directories and subscriptions, which no person has."""
REFUSED = {("MailSettings", "receivers"), ("MailSettings", "sender")}
"""An erasure refuses whose address is there (tests/integration/test_erasing_everywhere.py)."""


def shapes() -> dict[str, type[BaseModel]]:
    found = [
        value for module in modules("shared.storage") for value in vars(module).values() if isinstance(value, Shape)
    ]
    return {f"{shape.table} {shape.model.__name__}": shape.model for shape in found}


def texts(annotation: Any, rules: tuple[Any, ...], seen: set[Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield the texts within a type: the model and the field that they are in, and their rules."""
    if get_origin(annotation) is Annotated:
        yield from texts(get_args(annotation)[0], (*rules, *get_args(annotation)[1:]), seen)
    elif annotation is str:
        yield "", "", Annotated[str, *rules] if rules else str
    elif isinstance(annotation, type) and annotation not in seen and _fields(annotation):
        seen.add(annotation)
        for name, (inner, more) in _fields(annotation).items():
            for model, field, kind in texts(inner, more, seen):
                yield model or annotation.__name__, field or name, kind
    else:
        for each in get_args(annotation):
            yield from texts(each, (), seen)


def _fields(kind: type[Any]) -> dict[str, tuple[Any, tuple[Any, ...]]]:
    if issubclass(kind, BaseModel):
        return {name: (field.annotation, tuple(field.metadata)) for name, field in kind.model_fields.items()}
    if dataclasses.is_dataclass(kind):
        return {name: (each, ()) for name, each in get_type_hints(kind, include_extras=True).items()}
    return {}


def takes(kind: Any, value: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def test_what_may_be_a_name_may_be_a_pseudonym() -> None:
    seen: set[Any] = set()
    found = [each for model in shapes().values() for each in texts(model, (), seen)]
    assert len(found) > 400
    wrong = {
        (model, field)
        for model, field, kind in found
        if any(takes(kind, name) for name in NAMES) and not takes(kind, PSEUDONYM)
    }
    assert wrong == NO_PERSON | REFUSED
