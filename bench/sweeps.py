"""Many due rows of many tenants, a third of them of one tenant whose rule always fails: how long others wait.

``python -m bench sweeps`` has 50,000 rows of 5,000 tenants; ``sweeps:3000,300`` is smaller. The app's own sweep runs on
an Azurite of its own, with a rule that reads the row's tenant. Ticks are counted, not times: each begins with rows for
40 seconds, and the clock stands a minute later at the next.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector
from azure.core.pipeline.transport import AioHttpTransport
from azure_simulator import certificates

from bench.figures import Figure
from bench.reading import Host
from local import azurite
from shared.errors import ConflictError
from shared.services.operations.sweeps import sweep_due
from shared.storage.due import Due, DueKind
from shared.storage.tables import Tables
from tests.identities import Identity
from tests.integration import things
from tests.integration.services import PaperServices, in_place

_GREEDY = "greedy"
_MOST_TICKS = 30
_GOAL = 2.0


class _Turns:
    """The rule: it reads the tenant, and fails for the greedy one. *acted*: rows by tenant."""

    def __init__(self) -> None:
        self.acted: Counter[str] = Counter()

    async def __call__(self, deps: Any, client: Any, due: Due) -> datetime | None:  # noqa: ANN401 - as a rule gets them
        del client
        await deps.tenants.find(due.tenant_id)
        self.acted[due.tenant_id] += 1
        if due.tenant_id == _GREEDY:
            raise ConflictError("it never can")
        return None


async def _run(url: str, tls: Any, rows: int, tenants: int) -> tuple[int, int, int]:  # noqa: ANN401 - an SSL context
    """Return the rows of the first tick, the ticks until every tenant had a turn, and until nothing healthy is left."""
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        transport = AioHttpTransport(session=session, session_owner=False)
        here = PaperServices(Tables(url, Identity, prefix="sweeps", transport=transport))
        with in_place(here):
            failing, others = rows // 3, tenants - 1
            dues = [Due(DueKind.START, things.NOW, _GREEDY, f"pc{n}") for n in range(failing)]
            later = things.NOW + timedelta(seconds=1)  # behind all of the greedy tenant's
            dues += [Due(DueKind.START, later, f"t{n % others}", f"pc{n}") for n in range(rows - failing)]
            await here.due.put_all(dues)
            here.hand.advance(timedelta(minutes=1))
            return await _ticks(here, rows - failing, others)


async def _ticks(here: PaperServices, healthy: int, others: int) -> tuple[int, int, int]:
    turns, host, first, served = _Turns(), Host(), 0, 0
    client: Any = host
    for tick in range(1, _MOST_TICKS + 1):
        await sweep_due(client, {DueKind.START: turns})
        first = first or turns.acted.total()
        if not served and len(turns.acted.keys() - {_GREEDY}) == others:
            served = tick
        if turns.acted.total() - turns.acted[_GREEDY] >= healthy:
            return first, served, tick
        here.hand.advance(timedelta(minutes=1))
    raise SystemExit(
        f"after {_MOST_TICKS} ticks {healthy} healthy rows are not done: {turns.acted.total()} were acted on"
    )


def main(rows: str = "50000", tenants: str = "5000") -> list[Figure]:
    """Sweep until nothing healthy is left."""
    with tempfile.TemporaryDirectory() as folder:
        made = certificates.issue(Path(folder) / "certificates")
        server = azurite.start(Path(folder) / "tables", made)
        try:
            first, served, done = asyncio.run(_run(server.tables_url, made.client_context(), int(rows), int(tenants)))
        finally:
            server.stop()
    name = f"{int(rows):,} due rows of {int(tenants):,} tenants"
    return [
        Figure(f"ticks until every other tenant had a turn / 1, {name}", float(served), 1.0, "ticks", 1, _GOAL),
        Figure(f"ticks until nothing healthy is left / 1, {name}", float(done), 1.0, "ticks", 1),
        Figure(f"rows of the first tick / row, {name}", float(first), 1.0, "rows", 1),
    ]
