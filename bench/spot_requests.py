"""Reads and writes of the service for Spot Groups: rows and requests of Table Storage, and requests of Graph.

Counts, not times: they are the same on every machine. The app's own sweeps, activities and queue handler run on Azurite
with the counting transport of ``bench/reading.py``. The directory and Azure Virtual Desktop are fakes that count their
calls; which orchestrations are started is remembered, and their activities are called in the order of their procedures.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import ClientSession, TCPConnector
from azure_simulator import certificates

from bench.figures import Figure
from bench.reading import CountingTransport, Host
from local import azurite
from shared.contracts.outcomes import Done
from shared.contracts.reconciling import (
    CLOSE_CHANGES,
    PLAN_TENANT,
    TAKE_CHANGES,
    BatchRecord,
    ChangesOrder,
    ReconcileOrder,
)
from shared.contracts.spot_groups import (
    CLOSE_SPOT_ENGINE,
    OBSERVE_SPOT_HOSTS,
    PLAN_SPOT_HOSTS,
    PLAN_SPOT_MEMBERS,
    EngineClosing,
    EngineOrder,
    HostPlanOrder,
    SpotGroupOrder,
)
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.group import SpotGroup
from shared.services.tenants.directory_changes import Received, receive_message
from shared.storage.due import Due, DueKind, SpotLook
from shared.storage.repository import Stored
from shared.storage.tables import Tables
from tests.identities import Identity
from tests.implementations import timer
from tests.integration import things
from tests.integration.desks import Desk, image_version, off, on_paper, session_host, spot_group
from tests.integration.services import PaperServices, in_place, perform

_HOSTS = 25
_TENANT = things.TENANT_ID
_LATER = timedelta(minutes=5)
_BATCH = 100


@asynccontextmanager
async def _services(tables_url: str, tls: Any, prefix: str) -> AsyncIterator[tuple[PaperServices, CountingTransport]]:  # noqa: ANN401 - an SSL context
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        wire = CountingTransport(session)
        tables = Tables(tables_url, Identity, prefix=prefix, transport=wire)
        services = PaperServices(tables)
        with in_place(services):
            await services.tenants.insert(things.tenant())
            await services.connections.insert(things.connection())
            await services.image_versions.insert(image_version())
            yield services, wire
        await tables.close()


def _group(number: int) -> SpotGroup:
    assigned = [{"id": "a", "group_id": f"g{number}", "assigned_at": things.NOW}]
    return spot_group(
        id=f"{number:020x}", display_name=f"Group {number}", quantity=_HOSTS * 10, assignments=tuple(assigned)
    )


async def _insert_groups(services: PaperServices, number: int) -> list[SpotGroup]:
    groups = [_group(each) for each in range(number)]
    for at in range(0, number, _BATCH):
        some = groups[at : at + _BATCH]
        await services.spot_groups.save_all([Stored(each, "") for each in some])
    return groups


async def _insert_hosts(services: PaperServices, groups: list[SpotGroup]) -> None:
    now = services.hand.now()
    for group in groups:
        hosts = [
            session_host(n, id=f"{group.id[-6:]}-{n}", spot_group_id=group.id, resources=session_host(n).resources)
            for n in range(1, _HOSTS + 1)
        ]
        await services.session_hosts.save_all([Stored(each, "") for each in hosts])
        state = SpotGroupState(id=group.id, tenant_id=_TENANT, planned_at=now, next_look_at=now + _LATER)
        await services.spot_states.insert(state)
    await services.due.put_all([Due(DueKind.SPOT, now + _LATER, _TENANT, each.id, SpotLook.HOSTS) for each in groups])


async def _sweep(wire: CountingTransport) -> tuple[Counter[str], int]:
    host: Any = Host()
    wire.take()
    await timer("sweep")(None, host)
    return wire.take(), len(host.started)


async def _engine_run(services: PaperServices, wire: CountingTransport, group: SpotGroup) -> Counter[str]:
    """Return the requests of one run of the engine in which nothing has changed since the run before."""
    ids: dict[str, Any] = {"tenant_id": _TENANT, "spot_group_id": group.id}
    for _ in range(2):
        services.hand.advance(timedelta(minutes=1))
        wire.take()
        observed = await perform(OBSERVE_SPOT_HOSTS, EngineOrder(**ids))
        planned = await perform(PLAN_SPOT_HOSTS, HostPlanOrder(**ids, observed=observed))
        if planned.steps:
            raise SystemExit(f"a group at rest has steps: {planned.steps}")
        await perform(CLOSE_SPOT_ENGINE, EngineClosing(**ids, requested_at=observed.requested_at))
    return wire.take()


async def _due_runs(url: str, tls: Any, number: int) -> list[Figure]:  # noqa: ANN401 - as above
    async with _services(url, tls, "engine") as (services, wire):
        groups = await _insert_groups(services, number)
        await _insert_hosts(services, groups)
        desks = {f"h{n}": Desk() if n == 1 else off() for n in range(1, _HOSTS + 1)}
        on_paper(services, **desks)
        await _sweep(wire)  # the first of a process looks for rows of earlier releases too
        idle, none = await _sweep(wire)
        services.hand.advance(_LATER)
        full, started = await _sweep(wire)
        if (none, started) != (0, number):
            raise SystemExit(f"the sweeps started {none} and {started} runs, not 0 and {number}")
        run = await _engine_run(services, wire, groups[0])
    among = f"{number} groups with {number * _HOSTS:,} hosts"
    return [
        _figure(f"rows read by a sweep in which nothing is due, {among} / 1", idle["rows"], 1, 0.0),
        _figure(f"requests of a sweep in which nothing is due, {among} / 1", idle["requests"], 1, 1.0),
        _figure(f"rows read by a sweep in which every group is due, {among} / due row", full["rows"], number, None),
        _figure(f"requests of that sweep, {among} / due row", full["requests"], number, None),
        _figure(f"requests of an engine run in which nothing changes, {_HOSTS} hosts / run", run["requests"], 1, None),
        _figure(f"rows read by that run / host, {_HOSTS} hosts", run["rows"], _HOSTS, None),
        _figure(f"writes of that run, {_HOSTS} hosts / run", run["writes"], 1, None),
    ]


async def _changes(url: str, tls: Any, number: int) -> list[Figure]:  # noqa: ANN401 - as above
    """Count the requests of *n* messages, each about a user who joins another of *n* Spot Groups."""
    async with _services(url, tls, "changes") as (services, wire):
        groups = await _insert_groups(services, number)
        people = [str(UUID(int=each + 1)) for each in range(number)]
        directory = services.directory
        directory.groups = {f"g{each}": {person} for each, person in enumerate(people)}
        host: Any = Host()
        wire.take()
        for person in people:
            message = {
                "tenantId": _TENANT,
                "type": "groupMembership",
                "userIds": [person],
                "at": "2026-11-21T09:00:00Z",
            }
            await receive_message(services, host, Received(id=person, tries=1, body=json.dumps(message).encode()))
        queued = wire.take()
        wakes = await _settle(services, host)
        woken = [each.split()[1] for each in host.started if each.startswith("reconcile_spot_group")]
        plans, granted = 0, 0
        for group in groups[: len(set(woken))]:
            planned = await perform(PLAN_SPOT_MEMBERS, SpotGroupOrder(tenant_id=_TENANT, spot_group_id=group.id))
            plans, granted = plans + 1, granted + sum(map(len, planned.grants))
    if granted != number or len(set(woken)) != number:
        raise SystemExit(f"{len(set(woken))} groups were woken and {granted} of {number} members have a place")
    name = f"{number} messages for {number} Spot Groups"
    return [
        _figure(f"plans of members / message, {name}", len(woken), number, 1.0),
        _figure(f"requests of Graph that find the groups / message, {name}", wakes, number, None),
        _figure(f"requests of Table Storage to take a message / message, {name}", queued["requests"], number, None),
    ]


async def _settle(services: PaperServices, host: Any) -> int:  # noqa: ANN401 - a client of Durable Functions
    """Settle all changes as ``settle_changes`` does; return how often Graph was asked for the groups."""
    asked = 0
    while True:
        batch = await perform(TAKE_CHANGES, ChangesOrder(tenant_id=_TENANT))
        await perform(PLAN_TENANT, ReconcileOrder(tenant_id=_TENANT, user_ids=tuple(sorted(batch.marks))))
        services.directory.reads.clear()
        closed = await perform(CLOSE_CHANGES, BatchRecord(tenant_id=_TENANT, marks=batch.marks), host)
        asked += len(services.directory.reads)
        if isinstance(closed, Done):
            return asked


def _figure(name: str, ours: int, theirs: int, goal: float | None) -> Figure:
    return Figure(name, float(ours), float(theirs), "counted", 1, goal)


def main(groups: str = "200", changed: str = "1000") -> list[Figure]:
    """Count on an Azurite of its own."""
    with tempfile.TemporaryDirectory() as folder:
        made = certificates.issue(Path(folder) / "certificates")
        server = azurite.start(Path(folder) / "tables", made)
        try:
            runs = asyncio.run(_due_runs(server.tables_url, made.client_context(), int(groups)))
            return runs + asyncio.run(_changes(server.tables_url, made.client_context(), int(changed)))
        finally:
            server.stop()
