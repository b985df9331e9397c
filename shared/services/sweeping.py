"""Sweeps: every due row is checked against its record and acted on. The same row may come twice, or late."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime

from shared.dependencies import Dependencies, dependencies
from shared.errors import DeskwrightError
from shared.storage.due import Due, DueKind
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.sweeps")

Rule = Callable[[Dependencies, DurableClient, Due], Awaitable[datetime | None]]
"""Acts on one due row; returns when to look again, None when it is done or no longer wanted."""


async def sweep(client: DurableClient, kind: DueKind, rule: Rule) -> None:
    """Act on everything of a kind that is due; a row whose rule fails stays due and stops no other."""
    deps = dependencies()
    await _act_on(deps, client, await deps.due.due(kind, deps.clock.now()), rule)


async def sweep_together(client: DurableClient, rules: Mapping[DueKind, Rule]) -> None:
    """Sweep kinds that share a partition: read once, then act on the kinds at the same time."""
    deps = dependencies()
    found = await deps.due.due_among(rules, deps.clock.now())
    of = {kind: [due for due in found if due.kind is kind] for kind in rules}
    await asyncio.gather(*(_act_on(deps, client, of[kind], rule) for kind, rule in rules.items()))


async def _act_on(deps: Dependencies, client: DurableClient, dues: Iterable[Due], rule: Rule) -> None:
    for due in dues:
        try:
            again_at = await rule(deps, client, due)
        except DeskwrightError as error:
            _log.warning("%s of %s/%s stays due: %s", due.kind.value, due.tenant_id, due.subject_id, error)
            continue
        if again_at is None:
            await deps.due.drop(due)
        else:
            await deps.due.postpone(due, again_at)
