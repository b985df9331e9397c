"""The steps of a maintenance timer: a step that fails is logged and holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

_log = logging.getLogger("deskwright.maintenance")


async def each_by_itself(*steps: Callable[[], Awaitable[object]]) -> None:
    """Take every step, in order. Raises: the error of the first that failed, after the last."""
    failed: list[Exception] = []
    for step in steps:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - raised after the last
            _log.exception("a step of the maintenance failed; the others go on")
            failed.append(error)
    if failed:
        raise failed[0]
