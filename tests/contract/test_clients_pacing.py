"""Hundreds of calls at once keep within the clouds' rate limits, and waste none of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

import activities.networks  # noqa: F401 - imported for what it registers
from local.certificates import Certificates
from shared.contracts.machines import CREATE_NIC, PREPARE_HOSTED_NETWORK, NicOrder, NicReady
from shared.contracts.outcomes import Ticket
from shared.contracts.tickets import TICKETS, PacedError
from shared.workflow import ACTIVITIES
from tests.contract.test_activities_desktop import NETWORK, machine_of
from tests.contract.worker import Worker, working

pytestmark = pytest.mark.simulator
MANY = 300
BURST, PER_SECOND = 200, 10  # of ARM's writes


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch, profile="instant") as found:
        yield found


@dataclass
class Caller:
    order: NicOrder
    due: datetime
    tickets: tuple[Ticket, ...] = ()
    outcome: Any = None
    calls: int = field(default=0)

    async def call(self) -> None:
        TICKETS.set(self.tickets)
        self.calls += 1
        try:
            self.outcome = await ACTIVITIES[CREATE_NIC.name](self.order)
        except PacedError as paced:
            self.tickets = (*self.tickets, *paced.tickets)
            self.due += paced.after


async def test_hundreds_of_writes_at_once_are_never_throttled_and_take_no_longer_than_they_must(worker: Worker) -> None:
    ready = await worker.wait(PREPARE_HOSTED_NETWORK, NETWORK)
    clock = worker.services.clock
    worker.cloud.advance(60)
    began = clock.now()
    callers = [Caller(NicOrder(machine=machine_of(f"pc{n}"), subnet_ids=ready.subnet_ids), began) for n in range(MANY)]
    while waiting := [caller for caller in callers if caller.outcome is None]:
        now = clock.now()
        due = [caller for caller in waiting if caller.due <= now]
        if due:
            await asyncio.gather(*(caller.call() for caller in due))
        else:
            worker.cloud.advance(max(0.001, min((caller.due - now).total_seconds() for caller in waiting)))
    assert all(isinstance(caller.outcome, NicReady) for caller in callers)
    assert max(caller.calls for caller in callers) <= 2
    took = clock.now() - began
    assert took <= timedelta(seconds=(MANY - BURST) / PER_SECOND * 1.3)
    buckets = worker.cloud.cloud.throttle.view()
    assert sum(bucket["refused"] for bucket in buckets) == 0
