"""Notices over kills and an outage of the receiver, beside a broken receiver, and drained for CPU.

``notices:20,200,10000``: so many kills, changes of records while they happen, and events that are drained. The service
is the app's own, on an Azurite of its own; the receiver is a process of its own, over TLS.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

from azure_simulator import certificates

from bench.figures import Figure
from bench.notices_processes import (
    BEGINS,
    LASTS,
    Place,
    change_and_send,
    ended,
    forked,
    make_endpoint,
    receive,
)
from local import azurite
from shared.domain.naming import derived_id
from shared.domain.notices.events import EventType, NoticeEvent
from shared.services.notices.delivering import deliver
from shared.services.notices.relaying import relay
from shared.storage.outbox import event_writes
from shared.storage.tables import Table
from tests.integration import things
from tests.integration.receivers import NoticeServices

_OTHERS = 9
_TURNS = 3
_EVENTS_BESIDE = 100
_MOST_DELAY = 1.01
_CPU_OF_EVENT = 1 / 200
_TABLE = "cloudpcs"


def _killed(place: Place, kills: int, changes: int) -> list[Figure]:
    """Change records in a process that is killed again and again; compare the arrivals with the records."""

    async def make(services: NoticeServices) -> None:
        await services.tenants.insert(things.tenant())
        await make_endpoint(services, place.port(), "/away")

    asyncio.run(place.with_services("killed", make))
    random, clock, met = Random(7), place.clock, 0  # noqa: S311 - a scenario, not a secret
    for number in range(kills):
        child = forked(partial(change_and_send, place, changes))
        wanted = BEGINS + LASTS * (number + random.random()) / (kills + 1)
        while clock.at < wanted:
            if os.waitpid(child, os.WNOHANG) != (0, 0):
                raise RuntimeError("a process has ended before it was killed")
            time.sleep(0.002)  # noqa: TID251 - the worker's progress is in a file
        time.sleep(random.random() * 0.05)  # noqa: TID251 - the kill comes in the middle of something
        met += ended(child, kill=True) != 0
    if met < kills or ended(forked(partial(change_and_send, place, changes))) != 0:
        raise RuntimeError(f"{met} of {kills} processes were killed, or the last one has failed")
    return _compared(place, kills, changes)


def _compared(place: Place, kills: int, changes: int) -> list[Figure]:
    """Return the figures of lost and repeated notices, and of their ids, by the events that are kept."""
    kept: dict[str, str] = {}

    async def read(services: NoticeServices) -> None:
        async for each in services.events.between(things.TENANT_ID, BEGINS, BEGINS + timedelta(days=9)):
            kept[each.event.subject] = each.event.id
        done = [each.value.id async for each in services.cloud_pcs.each(things.TENANT_ID)]
        if len(done) != changes:
            raise RuntimeError(f"{len(done)} of {changes} records were changed")
        for id_ in done:
            kept.setdefault(f"cloudPCs/{id_}", "")

    asyncio.run(place.with_services("killed", read))
    came = Counter(id_ for path, id_, status in place.arrived() if path == "/away" and status < 300)  # noqa: PLR2004
    lost = sum(id_ not in came for id_ in kept.values())
    strange = len(came.keys() - set(kept.values()))
    refused = sum(path == "/away" and status == 503 for path, _, status in place.arrived())  # noqa: PLR2004
    of = f"{changes:,} notices over {kills} kills and six hours without a receiver"
    note = f"{came.total()} came, {refused} tries were refused meanwhile"
    return [
        Figure(f"notices lost / 1, {of}", float(lost), 1.0, "notices", changes, 0.0, note),
        Figure(f"ids / notice, {of}", float(len(came) + strange), float(changes), "ids", changes, 1.0),
        Figure(f"repeats / crash, {of}", float(came.total() - len(came)), float(kills), "notices", kills, 1.0),
    ]


async def _fill(services: NoticeServices, number: int, run: str) -> None:
    """Put events into the outbox, as records' transactions do."""
    table = Table(services.tables, _TABLE)
    for at in range(0, number, 100):
        events = [
            NoticeEvent(
                id=derived_id("event", run, str(n)),
                tenant_id=things.TENANT_ID,
                type=EventType.CLOUD_PC_PROVISIONED.value,
                time=services.hand.at,
                subject=f"cloudPCs/{n % 500}",
                data={"tenantId": things.TENANT_ID, "id": str(n), "displayName": f"Office - {n}"},
            )
            for n in range(at, min(at + 100, number))
        ]
        await table.write_all(list(event_writes(events)))
    await services.outbox.promise(_TABLE, things.TENANT_ID)


async def _drained(services: NoticeServices, ids: list[str]) -> float:
    """Send all notices, to each endpoint beside the others; return the CPU until *ids* have theirs, on average.

    One process sends for all of them, so that its CPU is what one endpoint may cost the others. Seconds would be those
    of a machine that others use.
    """
    begun = time.process_time()
    await relay(services, things.TENANT_ID, _TABLE)
    took: list[float] = []

    async def send(id_: str) -> None:
        while await services.deliveries.waiting(things.TENANT_ID, id_):
            await deliver(services, things.TENANT_ID, id_)
            if id_ not in ids:
                return
        took.append(time.process_time() - begun)

    async for each in services.notice_endpoints.each(things.TENANT_ID):
        services.paper_queue.woken.append((each.value.id, timedelta()))
    woken, services.paper_queue.woken = {id_ for id_, _ in services.paper_queue.woken}, []
    await asyncio.gather(*(send(id_) for id_ in woken))
    return sum(took) / len(took)


def _beside(place: Place) -> Figure:
    """Compare the delay of endpoints beside a broken one with their delay beside a healthy one."""
    times: dict[str, list[float]] = {"/bad": [], "/good": []}
    for turn in range(_TURNS):
        for path in sorted(times, reverse=bool(turn % 2)):

            async def measure(services: NoticeServices, path: str = path, turn: int = turn) -> None:
                await services.tenants.insert(things.tenant())
                others = [await make_endpoint(services, place.port(), f"/o{n}") for n in range(_OTHERS)]
                await make_endpoint(services, place.port(), path)
                await _fill(services, _EVENTS_BESIDE, f"{path}{turn}")
                times[path].append(await _drained(services, others))

            asyncio.run(place.with_services(f"beside{path.strip('/')}{turn}", measure))
    pairs = sorted(zip(times["/bad"], times["/good"], strict=True), key=lambda pair: pair[0] / pair[1])
    bad, good = pairs[len(pairs) // 2]
    name = f"CPU until {_OTHERS} endpoints have theirs, beside one that answers 500 / beside one that answers"
    return Figure(name, bad, good, "s", _TURNS, _MOST_DELAY, f"{_EVENTS_BESIDE} events each, in turn")


def _drain(place: Place, events: int) -> Figure:
    """Measure the CPU of the process that sends on and delivers events to one endpoint."""
    found: list[float] = []

    async def measure(services: NoticeServices) -> None:
        await services.tenants.insert(things.tenant())
        id_ = await make_endpoint(services, place.port(), "/drain")
        await _fill(services, events, "drain")
        begun = time.process_time()
        await _drained(services, [id_])
        found.append(time.process_time() - begun)

    asyncio.run(place.with_services("drain", measure))
    came = {id_ for path, id_, _ in place.arrived() if path == "/drain"}
    if len(came) != events:
        raise RuntimeError(f"{len(came)} of {events} have arrived")
    each = found[0] / events
    note = f"{1 / each:.0f} a second of CPU"
    return Figure(f"CPU of an event of {events:,} drained / 5 ms", each, _CPU_OF_EVENT, "s", events, 1.0, note)


@contextmanager
def _opened() -> Iterator[Place]:
    """Start Azurite and the receiver."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = certificates.issue(folder / "certificates")
        server = azurite.start(folder / "tables", made)
        place = Place(folder, made, server.tables_url, {})
        receiver = forked(partial(receive, place))
        try:
            while not place.port():
                time.sleep(0.01)  # noqa: TID251 - its port is in a file
            yield place
        finally:
            ended(receiver, kill=True)
            server.stop()


def main(kills: str = "20", changes: str = "200", events: str = "10000") -> list[Figure]:
    """Measure on an Azurite of its own."""
    with _opened() as place:
        return [*_killed(place, int(kills), int(changes)), _beside(place), _drain(place, int(events))]
