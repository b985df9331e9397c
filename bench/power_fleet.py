"""Power of a whole fleet: starts due at once, a tick without work, and machines that were shut down inside Windows.

It is a part of ``python -m bench power``. The limiter, the sweep, the engine
and the record are the app's. The bucket of Azure Compute is the published one, drawn; the tick runs on Azurite.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector
from azure_simulator import certificates

from bench.figures import Figure
from bench.reading import CountingTransport, Host
from local import azurite
from shared.clients.pacing import arm_limits
from shared.domain.power.engine import PowerStep, decide
from shared.domain.power.record import CloudPcPower, seen
from shared.domain.power.state import LISTED_EVERY, ObservedPower
from shared.domain.rate_limiter import Limit, RateLimiter
from shared.services.operations.sweeps import sweep_due
from shared.services.power.acting import next_look
from shared.storage.due import Due, DueKind
from shared.storage.tables import Tables
from tests.identities import Identity
from tests.integration import things
from tests.integration.services import PaperServices, in_place

_BEGIN = 1_800_000_000.0
_STEP_S = 0.1
_START = "https://arm/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v/start"
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_ALLOWED = timedelta(minutes=10)
_SMALL = 100
_BATCH = 1_000


def figures(number: int) -> list[Figure]:
    """Measure all three, for a number of machines."""
    return [*_starts(number), *asyncio.run(_ticks(number)), _billed()]


def _starts(number: int) -> list[Figure]:
    """Let starts of one tenant wait for their tickets, and spend these at a bucket of the published size."""
    limit = next(each.limit for each in arm_limits("bench")("POST", _START, "westeurope") if "UpdateVM" in each.name)
    spent, refused, ended = 0, 0, _BEGIN
    limiter, azure, now = RateLimiter.full(limit, _BEGIN), limit.burst, _BEGIN
    first = limiter.enqueue("contoso", number) - number + 1
    while spent < number:
        limiter.advance(now)
        while spent < number and limiter.delay("contoso", first + spent) <= 0:
            refused, azure = (refused + 1, azure) if azure < 1 else (refused, azure - 1)
            spent, ended = spent + 1, now
        azure = min(limit.burst, azure + limit.per_second * _STEP_S)
        now += _STEP_S
    name = f"{number:,} starts due at once"
    return [
        Figure(f"power: {name} / Compute's bound", ended - _BEGIN, _bound(number, limit), "s", number, 1.05),
        Figure(f"power: {name} that Compute refuses", refused, 1.0, "n", number, 0.0),
    ]


def _bound(number: int, limit: Limit) -> float:
    return max(_STEP_S, (number - limit.burst) / limit.per_second)


async def _ticks(number: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        made = certificates.issue(Path(folder) / "certificates")
        server = azurite.start(Path(folder) / "tables", made)
        try:
            async with ClientSession(connector=TCPConnector(ssl=made.client_context())) as session:
                transport = CountingTransport(session)
                here = PaperServices(Tables(server.tables_url, Identity, prefix="power", transport=transport))
                return [await _tick(here, transport, size) for size in sorted({min(_SMALL, number), number})]
        finally:
            server.stop()


async def _tick(here: PaperServices, transport: CountingTransport, number: int) -> Figure:
    """Count the requests of one sweep while the next look at each machine is an hour ahead."""
    later = things.NOW + timedelta(hours=1)
    dues = [Due(DueKind.POWER, later, "contoso", f"pc{each}") for each in range(number)]
    host: Any = Host()
    with in_place(here):
        for begin in range(0, number, _BATCH):
            await here.due.put_all(dues[begin : begin + _BATCH])
        await sweep_due(host, {})  # the first one of a process reads more
        here.hand.advance(_MINUTE)
        transport.take()
        await sweep_due(host, {})
        requests = transport.take()["requests"]
    return Figure(f"power: requests of a tick without work, {number:,} machines", requests, 1.0, "requests", 1, 1.0)


def _billed() -> Figure:
    """Shut machines down at each minute between two lists; return the longest time until one is deallocated."""
    longest = max(_until_deallocated(things.NOW + minute * _MINUTE) for minute in range(LISTED_EVERY // _MINUTE))
    name = "power: longest time from a shutdown inside Windows to deallocation / 10 minutes"
    return Figure(name, longest / _MINUTE, _ALLOWED / _MINUTE, "min", LISTED_EVERY // _MINUTE, 1.0)


def _until_deallocated(shut_down: datetime) -> timedelta:
    """Return how long a machine stays billed: a list finds it, and the engine looks at it from then on."""
    now = things.NOW + LISTED_EVERY  # the list after the one at which it still ran
    power = seen(CloudPcPower(id="pc", tenant_id="contoso", since=things.NOW), ObservedPower.RUNNING, things.NOW, now)
    while now < shut_down + _DAY:
        power = seen(power.with_sessions(0, 0, now), ObservedPower.SHUT_DOWN, now, now + _DAY)
        facts = power.facts(readable=True)
        decision = decide(facts, now)
        if decision.step is PowerStep.DEALLOCATE:
            return now - shut_down
        now = next_look(power, facts, decision, now) or shut_down + _DAY
    return _DAY
