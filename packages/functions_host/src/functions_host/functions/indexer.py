"""Finds the app's functions and checks them as Microsoft's worker does (docs/notes.md 3.1)."""

import importlib
import inspect
import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions.decorators.function_app import Function as SdkFunction

from functions_host.errors import AppError
from functions_host.functions.signature import IMPLICIT_OUTPUT, OUT, FunctionError, Signature, read_signature
from functions_host.log import log_event
from functions_host.settings.config import is_true

_INOUT = 2
TRIGGERS = frozenset(
    {
        "httpTrigger", "timerTrigger", "queueTrigger", "orchestrationTrigger", "activityTrigger",
        "entityTrigger",
    }
)  # fmt: skip
BINDINGS = TRIGGERS | {"http", "queue", "durableClient"}
_NAME_KEYS = {"orchestrationTrigger": "orchestration", "activityTrigger": "activity", "entityTrigger": "entityName"}
_NAME = re.compile(r"(?!(?i:host)$)[A-Za-z][\w-]{0,127}")


class IndexingError(FunctionError):
    """The worker fails to list the app's functions because of this one."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding as function.json would have it; ``raw`` holds its further keys."""

    name: str
    type: str
    direction: int
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app, ready to be called; ``name`` is as the app writes it."""

    name: str
    call: Callable[..., Any]
    is_async: bool
    trigger: Binding
    bindings: tuple[Binding, ...]
    signature: Signature
    retry: Mapping[str, Any] | None
    location: str  # file:line
    disabled: bool = False

    @property
    def clients(self) -> tuple[Binding, ...]:
        """Return the durable client bindings."""
        return tuple(b for b in self.bindings if b.type == "durableClient")

    @property
    def outputs(self) -> tuple[Binding, ...]:
        """Return the output bindings."""
        return tuple(b for b in self.bindings if b.direction == OUT)


@dataclass(slots=True)
class Registry:
    """The app's functions by name and by kind; durable names match without regard to case."""

    functions: dict[str, Function] = field(default_factory=dict)

    def of(self, trigger: str) -> list[Function]:
        """List the enabled functions of one trigger type."""
        return [f for f in self.functions.values() if f.trigger.type == trigger and not f.disabled]

    def durable(self, trigger: str) -> dict[str, Function]:
        """Map durable names (case-folded) to functions."""
        return {self.durable_name(one).casefold(): one for one in self.of(trigger)}

    @staticmethod
    def durable_name(one: Function) -> str:
        """Return the name that orchestrators call a function by: the trigger's own name, else the function's."""
        return str(one.trigger.raw.get(_NAME_KEYS[one.trigger.type]) or one.name)


def index(app: Path, environ: Mapping[str, str], only: frozenset[str] | None, *, tolerant: bool = False) -> Registry:
    """Import the app and check every function; ``AppError`` lists all that is wrong.

    *tolerant*: a function that is wrong is left out, and the others are served, as Azure's host does with most. One at
    which Microsoft's worker fails makes all functions vanish.
    """
    for folder in (app / ".python_packages/lib/site-packages", app):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    script = environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
    register = _import_app(app, script)
    try:
        found: list[SdkFunction] = register.get_functions()
    except ValueError as error:
        raise AppError([f"{app / script}: {error}"]) from error
    registry, problems = _checked_all(found, environ, only)
    fatal = [*_same_names(registry), *_duplicate_names(registry)]
    if fatal or (problems and not tolerant):
        raise AppError([*(text for text, _ in problems), *fatal])
    for text, vanish in problems:
        log_event("host", f"{text}: {'the app has no functions' if vanish else 'it is left out'}", logging.ERROR)
        if vanish:
            return Registry()
    if not registry.functions:
        raise AppError([f"{app / script}: no functions found; is every blueprint registered?"])
    return registry


def _checked_all(
    found: list[SdkFunction], environ: Mapping[str, str], only: frozenset[str] | None
) -> tuple[Registry, list[tuple[str, bool]]]:
    """Check every function; return those that are right, and of the others the problem, and whether all vanish."""
    registry, problems = Registry(), list[tuple[str, bool]]()
    for one in found:
        try:
            function = _checked(one, environ, only)
        except FunctionError as error:
            text = f"{_location(one)}: {one.get_function_name()}: {error}"
            problems.append((text, isinstance(error, IndexingError)))
        else:
            registry.functions[function.name] = function
    return registry, problems


def _same_names(registry: Registry) -> list[str]:
    """Find names that differ in case only: Azure's host does not start with them."""
    first: dict[str, Function] = {}
    for one in registry.functions.values():
        first.setdefault(one.name.lower(), one)
    return [
        f"{one.location}: {one.name} and {other.name} ({other.location}) differ in case only: the host takes one"
        for one in registry.functions.values()
        if (other := first[one.name.lower()]) is not one
    ]


def _duplicate_names(registry: Registry) -> list[str]:
    """Find durable names that two functions share; names match without regard to case."""
    problems = []
    for trigger in sorted(IMPLICIT_OUTPUT):
        for name, one in registry.durable(trigger).items():
            same = [f for f in registry.of(trigger) if f is not one and registry.durable_name(f).casefold() == name]
            problems += [f"{f.location}: {f.name} has the durable name of {one.name} ({one.location})" for f in same]
    return problems


def _import_app(app: Path, script: str) -> func.FunctionRegister:
    path = app / script
    if not path.exists():
        raise AppError([f"{path}: missing; the app's functions are registered there"])
    try:
        module = importlib.import_module(path.stem)
    except (Exception, SystemExit) as error:
        raise AppError([_import_problem(error, path)]) from error
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        raise AppError([f"{path}: exactly one FunctionApp or DFApp must be there, {len(apps)} found"])
    return apps[0]


def _import_problem(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if "importlib" not in frame.filename]
    app_frames = [frame for frame in outside if frame.filename.startswith(str(path.parent))]
    last = (app_frames or outside or frames)[-1]
    return f"{last.filename}:{last.lineno}: {type(error).__name__}: {error}"


def _location(one: SdkFunction) -> str:
    call = one.get_user_function()
    for name in ("orchestrator_function", "entity_function", "client_function"):
        call = getattr(call, name, call)
    code = getattr(inspect.unwrap(call), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else "?"


def _checked(one: SdkFunction, environ: Mapping[str, str], only: frozenset[str] | None) -> Function:
    """Check one function's names, bindings, parameters and annotations."""
    name = str(one.get_function_name())
    if not _NAME.fullmatch(name):
        raise FunctionError("its name must be a letter, then up to 127 letters, digits, _ or -, and not 'host'")
    bindings = tuple(_binding(raw) for raw in one.get_bindings())
    triggers = [binding for binding in bindings if binding.type.lower().endswith("trigger")]
    if len(triggers) != 1:
        raise FunctionError(f"it must have exactly one trigger, it has {len(triggers)}")
    for binding in bindings:
        if binding.type not in BINDINGS:
            known = ", ".join(sorted(BINDINGS))
            raise FunctionError(
                f"{binding.name!r} is a {binding.type}, which this host does not support; it supports {known}"
            )
        if binding.direction == _INOUT:
            raise FunctionError('"inout" bindings are not supported')
    call = one.get_user_function()
    _check_async(call)
    try:
        signature = read_signature(call, {b.name: b for b in bindings})
    except FunctionError as error:
        raise IndexingError(str(error)) from error
    disabled = is_true(environ.get(f"AzureWebJobs.{name}.Disabled")) or is_true(
        environ.get(f"AzureWebJobs_{name}_Disabled")
    )
    return Function(
        name=name,
        call=call,
        is_async=inspect.iscoroutinefunction(call),
        trigger=triggers[0],
        bindings=bindings,
        signature=signature,
        retry=one.get_settings_dict("retry_policy"),
        location=_location(one),
        disabled=disabled or (only is not None and name not in only),
    )


def _check_async(call: Callable[..., Any]) -> None:
    """Refuse ``async def`` that is not awaited, and ``def`` that the SDK awaits; Azure fails at the first call."""
    for name in ("orchestrator_function", "entity_function"):
        own = getattr(call, name, None)
        if inspect.iscoroutinefunction(own) or inspect.isasyncgenfunction(own):
            raise FunctionError("it must be def, not async def: orchestrators and entities are not awaited")
    own = call
    while hasattr(own, "client_function"):
        own = own.client_function
    if own is not call and not any(map(inspect.iscoroutinefunction, (own, inspect.unwrap(own)))):
        raise FunctionError("it must be async def: it has a durable client, and the SDK awaits what it returns")


def _binding(sdk: Any) -> Binding:  # noqa: ANN401 - the SDK's class
    raw = {key: _plain(value) for key, value in sdk.get_dict_repr().items()}
    return Binding(str(sdk.name), str(sdk.type), int(sdk.direction), raw)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
