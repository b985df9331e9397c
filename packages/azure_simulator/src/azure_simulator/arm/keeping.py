"""Properties of a request are kept and shown, also where the handler of its type ignores them.

A handler makes a resource of what it understands. Afterwards `perform` compares the body with what the resource shows:
what is missing there, and what the request changed and the handler left as it was, is shown from now on
(`Resource.given`).

A PATCH changes what it names of that. A PUT replaces the whole (RFC 9110, 9.3.4; the resource API reference of
https://github.com/cloud-and-ai-microsoft/resource-provider-contract): what it leaves out is again what the handler had
there, if anything, unless the property can never change. Nothing is kept of a request that is refused, or that a
handler answers without touching the resource (a PUT while another one goes on). What an operation shows from its
beginning and cannot finish, its handler takes back (`Resource.undo`). `ResourceType.unshown` names what Azure takes and
never shows: secrets, and what becomes something else.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.arm.immutable_properties import same
from azure_simulator.core.resources import overlay
from azure_simulator.core.world import merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azure_simulator.arm.resource_types import Target
    from azure_simulator.core.answers import Answer, Json
    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.core.resources import Given, Resource, Step

ROWS = ("name", "lun", "id")
"""Members that identify a row of a list; the first that all rows have is used."""
BESIDE = frozenset({"id", "name", "type", "location"})
"""Properties set by the address and the provider of a resource."""
_FAILED = 400


@dataclass(frozen=True, slots=True)
class _Asked:
    """The values of a request, the handler's view of the resource, and the values of earlier requests."""

    wanted: Json
    before: Json
    given: dict[Given, object]


def perform(call: Call, target: Target, handler: Handler) -> Answer:
    """Let a handler answer; store the values that it does not use."""
    plain = call.method in {"PUT", "PATCH"} and target.named and not target.action and isinstance(call.body, dict)
    if not plain or target.type.models.request(call.method) is None:
        return handler(call)
    wanted, found = deepcopy(call.body), call.world.resources.get(call.path)
    if found is None:
        answer = handler(call)
        _keep(call, target, _Asked(wanted, {}, {}), answer)
        return answer
    shown, earlier, version = found.shown, found.earlier, found.version
    _prepare(call, target, found, wanted)
    asked = _Asked(wanted, found.body, shown.given)
    try:
        answer = handler(call)
    except Exception:
        found.show_again(shown, earlier)
        raise
    if call.world.resources.get(call.path) is found and found.version == version:
        found.show_again(shown, earlier)
        _tell(answer, shown.given)
    else:
        _keep(call, target, asked, answer)
    return answer


def _prepare(call: Call, target: Target, found: Resource, wanted: Json) -> None:
    """Remove the properties of a resource that the request sends anew, and with a PUT all that may go."""
    found.earlier, given = found.shown, found.given
    if call.method == "PATCH":
        found.given = dict(_patched(given, wanted))
        return
    found.given = {path: value for path, value in given.items() if _is_one_of(path, target.type.immutable)}
    gone = {path: found.covered.get(path) for path in given if path not in found.given}
    for name, usual in target.type.omitted.items():
        path: Given = tuple(name.split("."))
        if _at(wanted, path) is None:
            gone[path] = usual
    found.body = overlay(found.body, gone)


def _patched(given: dict[Given, object], wanted: Json) -> Iterator[tuple[Given, object]]:
    """Yield the given values after a PATCH: objects are merged, other values are for the handler to see first."""
    for path, value in given.items():
        said = _at(wanted, path)
        if said is None:
            yield path, value
        elif isinstance(value, dict) and isinstance(said, dict) and path != ("tags",):
            yield path, merge(value, said)


def _keep(call: Call, target: Target, asked: _Asked, answer: Answer) -> None:
    kept = call.world.resources.get(call.path)
    if kept is None or answer.status >= _FAILED:
        return
    new = {
        path: value
        for path, value in _left_out(asked.wanted, asked.before, kept.body, ())
        if path[0] not in BESIDE and not _is_one_of(path, target.type.unshown)
    }
    fresh = {path: _at(kept.body, path) for path in new if path not in asked.given}
    kept.given, kept.covered = {**kept.given, **new}, {**kept.covered, **fresh}
    kept.body = overlay(kept.body, kept.given)
    _tell(answer, kept.given)


def _tell(answer: Answer, given: dict[Given, object]) -> None:
    if isinstance(answer.body, dict) and "id" in answer.body:
        answer.body = overlay(answer.body, given)


def _left_out(wanted: object, before: object, shown: object, path: tuple[Step, ...]) -> Iterator[tuple[Given, object]]:
    """Yield the values of a body that a resource does not show, or still shows as before."""
    if isinstance(wanted, dict) and isinstance(shown, dict):
        for key, value in wanted.items():
            inner = before.get(key) if isinstance(before, dict) else None
            if key in shown:
                yield from _left_out(value, inner, shown[key], (*path, key))
            elif value not in ({}, [], "", None):  # an empty text is none (recorded for host pools)
                yield (*path, key), value
    elif isinstance(wanted, list) and isinstance(shown, list) and (mark := _mark(wanted, shown)):
        rows = {_fold(each[mark]): each for each in shown}
        old = {_fold(each.get(mark)): each for each in _rows(before)}
        for each in wanted:
            key = _fold(each[mark])
            if key in rows:
                yield from _left_out(each, old.get(key), rows[key], (*path, (mark, key)))
    elif before is not None and not same(wanted, before) and same(shown, before):
        yield path, wanted


def _mark(wanted: list[object], shown: list[object]) -> str:
    rows = [*wanted, *shown]
    if not wanted or not all(isinstance(each, dict) for each in rows):
        return ""
    return next((name for name in ROWS if all(name in each for each in rows)), "")  # type: ignore[operator]


def _rows(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _at(body: object, path: Given) -> object:
    """Return the value of a body at a path, `None` without one."""
    for step in path:
        if isinstance(step, tuple):
            rows = body if isinstance(body, list) else []
            body = next((each for each in rows if _fold(each.get(step[0])) == step[1]), None)
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


def _is_one_of(path: Given, names: Iterable[str]) -> bool:
    """Return whether a path is, or lies within, one of those with dots."""
    name = ".".join(each for each in path if isinstance(each, str))
    return any(name == each or name.startswith(f"{each}.") for each in names)


def _fold(value: object) -> object:
    return value.lower() if isinstance(value, str) else value
