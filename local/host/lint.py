"""Warns of orchestrators that run here and would hang on Azure with SDK 1.x (host.md 1.7)."""

from collections.abc import Iterable, Iterator
from typing import Any

_RETRIED, _ANY, _ALL = {1, 3}, 11, 12
RETRY_IN_ANY = "retries inside task_any: on Azure with SDK 1.x its ids diverge and it hangs (durable-python issue 603)"
LONG_TIMER = "a timer of more than 6 days: on Azure its cancellation is ignored (durable-python issue 573)"
_SIX_DAYS_US = 6 * 86_400_000_000


def retries_in_any(actions: Iterable[dict[str, Any]]) -> bool:
    """Tell whether a call with retry is listed below a WhenAny."""
    return any(action["actionType"] in _RETRIED for action in _below_any(actions, inside=False))


def is_long(now_us: int, due_us: int) -> bool:
    """Tell whether Azure would cut a timer into segments, which cannot be cancelled."""
    return due_us - now_us > _SIX_DAYS_US


def _below_any(actions: Iterable[dict[str, Any]], *, inside: bool) -> Iterator[dict[str, Any]]:
    for action in actions:
        kind = action["actionType"]
        if kind in {_ANY, _ALL}:
            yield from _below_any(action["compoundActions"], inside=inside or kind == _ANY)
        elif inside:
            yield action
