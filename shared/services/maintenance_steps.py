"""The steps of a maintenance timer: a step that fails is logged and holds up no other; what they share is read once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from shared.dependencies import Dependencies

_log = logging.getLogger("deskwright.maintenance")


class TenantIds:
    """The ids of all tenants, read by the first step that asks; a reading that failed is made again by the next."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps, self._found = deps, list[str]()

    async def __call__(self) -> Sequence[str]:
        """Return the ids, in the order of the table."""
        if not self._found:
            self._found = [stored.value.id async for stored in self._deps.tenants.each()]
        return self._found


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
