"""Warns of orchestrators that run here and would hang on Azure with SDK 1.x (docs/notes.md 1.7)."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from functions_host.storage.state import Node

_RETRIED, _ANY, _ALL = {1, 3}, 11, 12
RETRY_IN_ANY = "retries inside task_any: on Azure with SDK 1.x its ids diverge and it hangs (durable-python issue 603)"
LONG_TIMER = "a timer of more than 6 days: on Azure its cancellation is ignored (durable-python issue 573)"
WINDOW = (
    "a task_any over earlier tasks and new ones: on Azure with SDK 1.x only the new ones are waited for, and what"
    " comes next stalls (durable-js issue 574)"
)
_SIX_DAYS_US = 6 * 86_400_000_000


def retries_in_any(actions: Iterable[dict[str, Any]]) -> bool:
    """Return whether a call with retry is listed below a WhenAny."""
    return any(action["actionType"] in _RETRIED for action in _below_any(actions, inside=False))


def gate_of(action: dict[str, Any], index: str, nodes: Iterable[Node]) -> tuple[frozenset[int], ...]:
    """Return the open tasks below each child of the entry at an index of the list, if it is a WhenAny.

    Azure continues after the entry when one of these children has ended, whatever else user code waits for. A child
    without a task (a wait for an event) counts as ended, because that cannot be seen here.
    """
    if action["actionType"] != _ANY:
        return ()
    below: list[set[int]] = [set() for _ in action["compoundActions"]]
    for node in nodes:
        first, _, rest = node.path.partition(".")
        if first == index:
            below[int(rest.partition(".")[0])].add(node.event_id)
    return tuple(frozenset(child) for child in below)


def stalls(gate: tuple[frozenset[int], ...], still_open: Collection[int]) -> bool:
    """Return whether Azure would still wait at an entry."""
    return bool(gate) and all(any(one in still_open for one in child) for child in gate)


def is_long(now_us: int, due_us: int) -> bool:
    """Return whether Azure would cut a timer into segments, which cannot be cancelled."""
    return due_us - now_us > _SIX_DAYS_US


def _below_any(actions: Iterable[dict[str, Any]], *, inside: bool) -> Iterator[dict[str, Any]]:
    for action in actions:
        kind = action["actionType"]
        if kind in {_ANY, _ALL}:
            yield from _below_any(action["compoundActions"], inside=inside or kind == _ANY)
        elif inside:
            yield action
