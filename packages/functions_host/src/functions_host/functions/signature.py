"""Compares parameters and annotations with the bindings, as Microsoft's worker does (docs/notes.md 3.1)."""

import collections.abc
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import azure.functions as func

from functions_host.functions.generic_binding import GENERIC, GenericConverter

OUT = 1
IMPLICIT_OUTPUT = frozenset({"orchestrationTrigger", "activityTrigger", "entityTrigger"})
_NO_GENERICS = {typing.Union, typing.ClassVar, tuple, collections.abc.Callable}


class FunctionError(Exception):
    """One function is not as the worker requires it."""


class _Bound(Protocol):
    @property
    def type(self) -> str: ...

    @property
    def direction(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's parameters: ``converters`` maps each to the binding type that converts it."""

    wants_context: bool
    converters: Mapping[str, str]


def converter_of(kind: str) -> Any:  # noqa: ANN401 - the SDK's classes have no common type
    """Return the converter of a binding type; without one of its own it is the generic one."""
    if kind == GENERIC:
        return GenericConverter
    registry = func.get_binding_registry()  # type: ignore[no-untyped-call]
    return registry.get(kind) or GenericConverter


def read_signature(call: Callable[..., Any], bindings: Mapping[str, _Bound]) -> Signature:
    """Check a function's parameters. Raises: ``FunctionError`` where the worker would refuse the function."""
    bound = dict(bindings)
    for name, binding in bound.items():
        if binding.type in {"orchestrationTrigger", "entityTrigger"} and name != "context":
            raise FunctionError(f'its parameter must be called context, with context_name="context", not {name!r}')
    parameters = dict(inspect.signature(call).parameters)
    try:
        notes = typing.get_type_hints(call)
    except (NameError, TypeError) as error:
        raise FunctionError(f"its annotations cannot be resolved: {error}") from error
    returned = bound.pop("$return", None)
    wants_context = "context" in parameters and "context" not in bound
    if wants_context:
        parameters.pop("context")
        _check_context(notes)
    _check_names(set(parameters), bound)
    converters = {name: _checked(name, binding, notes) for name, binding in bound.items()}
    if returned is not None:
        converters["$return"] = returned.type
        if "return" in notes:
            _check_return(returned, notes["return"])
    return Signature(wants_context, converters)


def _check_context(notes: Mapping[str, Any]) -> None:
    note = notes.get("context")
    if note is not None and getattr(note, "__name__", "") != "Context":
        raise FunctionError(f'the "context" parameter is expected to be azure.functions.Context, got {note!r}')


def _check_names(declared: set[str], bound: Mapping[str, _Bound]) -> None:
    """Compare the names of parameters and bindings; the error names the parameter to write."""
    unbound = sorted(declared - set(bound))
    absent = sorted(set(bound) - declared)
    if unbound and absent:
        raise FunctionError(
            f"it has the parameter {_quoted(unbound)}, its decorators fill {_quoted(absent)}: use one name for both"
        )
    if unbound:
        raise FunctionError(f"no decorator fills its parameter {_quoted(unbound)}: add one, or take the parameter out")
    if absent:
        filled = ", ".join(f"{name!r} ({bound[name].type})" for name in absent)
        raise FunctionError(f"it has no parameter {filled}, which a decorator fills: add the parameter")


def _quoted(names: list[str]) -> str:
    return ", ".join(map(repr, names))


def _checked(name: str, binding: _Bound, notes: Mapping[str, Any]) -> str:
    """Check one parameter's annotation; return the binding type that converts its value."""
    if name not in notes:
        return binding.type
    note = notes[name]
    origin = typing.get_origin(note) or note
    is_out = isinstance(origin, type) and issubclass(origin, func.Out)
    if is_out != (binding.direction == OUT):
        expected = "func.Out[...]" if binding.direction == OUT else "a type without func.Out"
        raise FunctionError(f"the annotation of {name!r} must be {expected}, not {note!r}")
    inner = note
    if is_out:
        arguments = typing.get_args(note)
        if len(arguments) != 1:
            raise FunctionError(f"binding {name} has invalid Out annotation {note!r}")
        inner = arguments[0]
    if not isinstance(inner, type) and not _is_generic(inner):
        raise FunctionError(f"binding {name} has invalid non-type annotation {note!r}")
    plain = inner in (str, bytes) and binding.type not in IMPLICIT_OUTPUT
    kind = GENERIC if plain else binding.type
    if not _accepts(kind, inner, out=is_out):
        raise FunctionError(
            f"type of {name} binding in function.json {binding.type!r} does not match "
            f"its Python annotation {getattr(inner, '__name__', repr(inner))!r}"
        )
    return kind


def _is_generic(note: Any) -> bool:  # noqa: ANN401 - any annotation
    """Return whether an annotation is a generic of ``typing``, as Dict[str, int] is and dict[str, int] is not."""
    return type(note).__module__ == "typing" and typing.get_origin(note) not in {None, *_NO_GENERICS}


def _check_return(returned: _Bound, note: Any) -> None:  # noqa: ANN401 - any annotation
    if not isinstance(note, type):
        raise FunctionError(f"has invalid non-type return annotation {note!r}")
    if not _accepts(returned.type, note, out=True):
        raise FunctionError(f"Python return annotation {note.__name__!r} does not match binding type {returned.type!r}")


def _accepts(kind: str, note: Any, *, out: bool) -> bool:  # noqa: ANN401 - any annotation
    if kind == "durableClient":
        return True  # the SDK has put its own wrapper around the function
    converter = converter_of(kind)
    check = converter.check_output_type_annotation if out else converter.check_input_type_annotation
    try:
        return bool(check(note))
    except TypeError:  # issubclass() of a generic, which the worker does not survive either
        return False
