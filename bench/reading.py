"""Reads and writes of the service when nothing, or little, has changed: rows and requests, counted on the wire.

Counts, not times: they are the same on every machine. Azurite stores the records, and its responses are counted; the
directory is a fake that counts its calls. ``reading:5000,100000``: a fleet of 5,000 Cloud PCs, and the
sweep among 100,000 grace periods.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector
from azure.core.pipeline.transport import AioHttpTransport
from azure_simulator import certificates
from azure_simulator.certificates import Certificates

from bench.figures import Figure
from bench.filing import file_rows
from local import azurite
from shared.contracts.reconciling import PLAN_TENANT, ReconcileOrder
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.tenants.directory import Subscription, Watch, WatchedResource
from shared.services.cloud_pcs.deprovisioning import deprovision_due
from shared.services.operations.sweeps import sweep_due
from shared.services.tenants.directory_changes import catch_up
from shared.storage.due import Due, DueKind, grace_due
from shared.storage.due_index import _row
from shared.storage.repository import Stored
from shared.storage.tables import Tables
from tests.identities import Identity
from tests.integration import things
from tests.integration.services import PaperDirectory, PaperServices, in_place, perform

_DUE = 50
_CHANGED = 3
_FEW = 100
_PAGE = 1_000
_BATCH = 1_000


class CountingTransport(AioHttpTransport):  # type: ignore[misc] # azure-core types it only with aiohttp's
    """Counts the traffic with Table Storage: requests, rows read, changes."""

    def __init__(self, session: ClientSession) -> None:
        super().__init__(session=session, session_owner=False)
        self.counts: Counter[str] = Counter()

    async def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - as azure-core has it
        response: Any = await super().send(request, **options)
        self.counts["requests"] += 1
        if request.method != "GET":
            self.counts["writes"] += 1
        elif response.status_code == 200:  # noqa: PLR2004
            body = json.loads(response.body() if hasattr(response, "body") else response.content)
            self.counts["rows"] += len(body["value"]) if "value" in body else 1
        return response

    def take(self) -> Counter[str]:
        """Return the counts and reset them."""
        counts, self.counts = self.counts, Counter()
        return counts


class DeltaDirectory(PaperDirectory):
    """A directory with delta queries as in Graph: some users per page."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []

    async def request(self, method: str, path: str, **_asked: object) -> dict[str, Any]:
        self.reads.append(f"{method} {path}")
        resource, _, at = path.partition("#")
        users = self.log[int(at) :] if at and "users" in resource else []
        kind = "users" if "users" in resource else "groups"
        return {"value": [{"id": f"id-{name}"} for name in users], "@odata.deltaLink": f"/{kind}#{len(self.log)}"}

    def refuse_foreign(self, link: str | None) -> None:
        """Every link here is its own."""


class Fleet(PaperServices):
    """A tenant in which every user has exactly the Cloud PCs that they are entitled to."""

    def __init__(self, tables: Tables, number: int) -> None:
        super().__init__(tables)
        self.settings = self.settings.model_copy(update={"notification_url": "https://service.invalid"})
        self.delta = self.directory = DeltaDirectory()
        self.number = number
        self.people = [f"u{n:06d}" for n in range(number)]

    async def settle(self) -> Fleet:
        """Write the records."""
        await self.tenants.insert(things.tenant())
        await self.sites.insert(things.site())
        await self.connections.insert(things.connection())
        await self.policies.insert(things.policy())
        until = things.NOW + timedelta(days=20)
        told = tuple(Subscription(id=each.value, resource=each, expires_at=until) for each in WatchedResource)
        await self.watches.insert(Watch(tenant_id=things.tenant().entra_tenant_id, subscriptions=told))
        self.directory.groups = {"g1": set(self.people)}
        self.directory.licences = dict.fromkeys(self.people, ("sku-1",))
        self.directory.skus = [self.directory.skus[0].but(enabled=self.number, consumed=self.number)]
        await self.plan()
        planned = [stored async for stored in self.cloud_pcs.each("contoso")]
        for at in range(0, len(planned), _BATCH):
            await self.cloud_pcs.save_all([Stored(_settled(s.value), s.etag) for s in planned[at : at + _BATCH]])
        return self

    async def plan(self) -> None:
        """Plan the complete tenant."""
        await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))


class Host:
    """Starts nothing; remembers the requests to start."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        del order
        self.started.append(f"{name} {instance_id}")
        return instance_id

    async def get_status(self, instance_id: str) -> None:
        """Return no status: nothing has been started."""
        del instance_id


def _settled(pc: CloudPc) -> CloudPc:
    return pc.with_current(phase=Phase.BUILT, attempt=1, reason=None).but(
        status=Status.PROVISIONED, provisioned_date_time=things.NOW
    )


async def settled_reconcile(fleet: Fleet, wire: CountingTransport) -> Counter[str]:
    """Return the reads and writes of a reconcile of the complete tenant when nothing has changed."""
    await fleet.plan()  # the first one may write due rows
    wire.take()
    await fleet.plan()
    return wire.take()


async def catching_up(fleet: Fleet, wire: CountingTransport, changed: int) -> Counter[str]:
    """Return the cost of a periodic delta query after *changed* users changed: rows, and calls to the directory."""
    host: Any = Host()
    tenant = things.tenant()
    await catch_up(fleet, host, tenant, fleet.hand.now())
    fleet.hand.advance(timedelta(minutes=10))
    fleet.delta.log += fleet.people[:changed]
    fleet.directory.reads.clear()
    wire.take()
    await catch_up(fleet, host, tenant, fleet.hand.now())
    taken = await fleet.changes.take("contoso", 1_000)
    if taken:
        await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso", user_ids=tuple(taken)))
        await fleet.changes.settle("contoso", taken)
    counts = wire.take()
    counts["calls"] = len(fleet.directory.reads)
    return counts


def grace_periods(fleet: Fleet, number: int) -> list[Due]:
    """Return the due rows of *number* grace periods, 50 of which are due."""
    now = fleet.hand.now()
    ends = [now - timedelta(hours=1) if n < _DUE else now + timedelta(days=7, seconds=n) for n in range(number)]
    dues: list[Due] = []
    for n, ends_at in enumerate(ends):
        grace = Grace(cause=RemovalCause.LICENSE_REMOVED, started_at=ends_at - timedelta(days=7), ends_at=ends_at)
        pc = things.cloud_pc(f"u{n:06d}", status=Status.IN_GRACE_PERIOD, grace=grace)
        due = grace_due(pc)
        dues += [due] if due else []
    return dues


async def removal_sweep(wire: CountingTransport) -> tuple[Counter[str], int]:
    """Return the reads of the sweep of grace periods, and the number of removals that it started."""
    host: Any = Host()
    wire.take()
    await sweep_due(host, {DueKind.DEPROVISION: deprovision_due})
    return wire.take(), len(host.started)


async def _among_many(folder: Path, made: Certificates, number: int) -> tuple[Counter[str], int]:
    """Return the same with *number* grace periods, on an Azurite with these rows in its file."""
    server = azurite.start(folder, made, on_disk=True)
    try:
        async with settled_fleet(server.tables_url, made.client_context(), "grace", _FEW) as (fleet, _):
            promised = grace_periods(fleet, number)
            await fleet.due.put_all(promised[:1])
    finally:
        server.stop()
    file_rows(folder / "azurite", "gracedue", [_row(due) for due in promised[1:]])
    server = azurite.start(folder, made, on_disk=True)
    try:
        async with fleet_in(server.tables_url, made.client_context(), "grace", _FEW) as (_, wire):
            return await removal_sweep(wire)
    finally:
        server.stop()


@asynccontextmanager
async def fleet_in(
    tables_url: str, tls: ssl.SSLContext, prefix: str, number: int
) -> AsyncIterator[tuple[Fleet, CountingTransport]]:
    """Yield a fleet with its existing tables, and the transport to them."""
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        wire = CountingTransport(session)
        tables = Tables(tables_url, Identity, prefix=prefix, transport=wire)
        fleet = Fleet(tables, number)
        with in_place(fleet):
            yield fleet, wire
        await tables.close()


@asynccontextmanager
async def settled_fleet(
    tables_url: str, tls: ssl.SSLContext, prefix: str, number: int
) -> AsyncIterator[tuple[Fleet, CountingTransport]]:
    """Yield a reconciled fleet in tables of its own."""
    async with fleet_in(tables_url, tls, prefix, number) as (fleet, wire):
        yield await fleet.settle(), wire


async def _measure(folder: Path, made: Certificates, number: int, in_grace: int) -> list[Figure]:
    settled: dict[int, Counter[str]] = {}
    caught: dict[int, Counter[str]] = {}
    server = azurite.start(folder / "settled", made)
    try:
        for size in (_FEW, number):
            async with settled_fleet(server.tables_url, made.client_context(), f"n{size}", size) as (fleet, wire):
                settled[size] = await settled_reconcile(fleet, wire)
                caught[size] = await catching_up(fleet, wire, _CHANGED)
    finally:
        server.stop()
    swept, started = await _among_many(folder / "grace", made, in_grace)
    if started != _DUE:
        message = f"the sweep started {started} and not {_DUE}"
        raise SystemExit(message)
    few, many, among = caught[_FEW], caught[number], f"{_CHANGED} changes among {number:,} / among {_FEW}"
    more = settled[number]["requests"] - settled[_FEW]["requests"]
    pages = -(-number // _PAGE) - 1  # of the few there is one
    return [
        _figure(f"reading: writes of a reconcile of {number:,} settled Cloud PCs / 1", settled[number]["writes"], 1, 0),
        _figure(f"reading: its further requests / further pages of {_PAGE}", more, max(1, pages), 1.0),
        _figure(f"reading: rows read by catching up on {among}", many["rows"], few["rows"], 1.0),
        _figure(f"reading: calls to the directory by catching up on {among}", many["calls"], few["calls"], 1.0),
        _figure(
            f"reading: rows read by the removal sweep, {_DUE} of {in_grace:,} due / {_DUE}", swept["rows"], _DUE, 1.1
        ),
    ]


def _figure(name: str, ours: int, theirs: int, goal: float) -> Figure:
    return Figure(name, float(ours), float(theirs), "counted", 1, goal)


def main(number: str = "5000", in_grace: str = "100000") -> list[Figure]:
    """Count on Azurites of its own."""
    with tempfile.TemporaryDirectory() as folder:
        made = certificates.issue(Path(folder) / "certificates")
        return asyncio.run(_measure(Path(folder), made, int(number), int(in_grace)))
