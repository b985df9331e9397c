"""Hundreds of concurrent calls stay within the clouds' rate limits, and use them fully."""

import asyncio
import inspect
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts.calls import TICKETS, PacedError, on_behalf_of
from shared.contracts.machines import CREATE_NIC, PREPARE_HOSTED_NETWORK, NicOrder, NicReady
from shared.contracts.outcomes import Ticket
from shared.errors import ThrottledError
from tests.contract.test_activities_desktop import NETWORK, build, machine_of
from tests.contract.worker import Worker
from tests.implementations import implementation, registered

pytestmark = pytest.mark.simulator
MANY = 300
BURST, PER_SECOND = 200, 10  # of ARM's writes


@dataclass
class Caller:
    order: NicOrder
    due: datetime
    tickets: tuple[Ticket, ...] = ()
    outcome: Any = None
    calls: int = field(default=0)

    async def call(self) -> None:
        TICKETS.set(list(self.tickets))
        self.calls += 1
        try:
            with on_behalf_of(self.order.machine.tenant_id, self.order.machine.region):
                self.outcome = await implementation(CREATE_NIC)(self.order)
        except PacedError as paced:
            self.tickets = (*self.tickets, *paced.tickets)
            self.due += paced.after
        except ThrottledError as throttled:
            self.due += throttled.after


async def called(worker: Worker, callers: list[Caller]) -> timedelta:
    """Make all calls concurrently, and again when they are due; return the time until the last has its outcome."""
    with ExitStack() as records:
        for caller in callers:
            records.enter_context(worker.wanting(caller.order))
        return await called_by_records(worker, callers)


async def called_by_records(worker: Worker, callers: list[Caller]) -> timedelta:
    """Make the calls while there are records that want the resources."""
    clock = worker.deps.clock
    began = clock.now()
    while waiting := [caller for caller in callers if caller.outcome is None]:
        now = clock.now()
        due = [caller for caller in waiting if caller.due <= now]
        if due:
            await asyncio.gather(*(caller.call() for caller in due))
        else:
            worker.cloud.advance(max(0.001, min((caller.due - now).total_seconds() for caller in waiting)))
    assert all(isinstance(caller.outcome, NicReady) for caller in callers)
    return clock.now() - began


async def refused(worker: Worker) -> int:
    buckets = (await worker.cloud.call("GET", "/_sim/buckets")).body
    return sum(bucket["refused"] for bucket in buckets)


def callers_of(worker: Worker, subnet_ids: tuple[str, ...], prefix: str, count: int) -> list[Caller]:
    now = worker.deps.clock.now()
    machines = (machine_of(f"{prefix}{n}") for n in range(count))
    return [Caller(NicOrder(machine=machine, subnet_ids=subnet_ids), now) for machine in machines]


async def test_hundreds_of_concurrent_writes_are_never_throttled_and_waste_no_time(worker: Worker) -> None:
    ready = await worker.wait(PREPARE_HOSTED_NETWORK, NETWORK)
    worker.cloud.advance(60)
    callers = callers_of(worker, ready.subnet_ids, "pc", MANY)
    took = await called(worker, callers)
    assert max(caller.calls for caller in callers) <= 2
    assert took <= timedelta(seconds=(MANY - BURST) / PER_SECOND * 1.3)
    assert await refused(worker) == 0


@pytest.mark.parametrize("part", [0.5, 0.25])
async def test_limits_below_the_published_ones_are_learned_within_a_minute(worker: Worker, part: float) -> None:
    await worker.cloud.sim("config", {"throttling": {"enabled": part}})
    ready = await worker.wait(PREPARE_HOSTED_NETWORK, NETWORK)
    await called(worker, callers_of(worker, ready.subnet_ids, "first", int(MANY * part)))
    worker.cloud.advance(60)
    learning = await refused(worker)
    callers = callers_of(worker, ready.subnet_ids, "then", int(MANY * part))
    took = await called(worker, callers)
    assert await refused(worker) - learning <= 0.01 * sum(caller.calls for caller in callers)
    assert took <= timedelta(seconds=(MANY - BURST) / PER_SECOND * 2)


async def test_a_lock_of_one_resource_does_not_slow_the_calls_for_others(worker: Worker) -> None:
    # recorded: a 429 RetryableError without Retry-After (Azure/azure-cli, test_network_vpn_connection_nat_rule, 2023)
    ready = await worker.wait(PREPARE_HOSTED_NETWORK, NETWORK)
    locked = {"kind": "http", "status": 429, "code": "RetryableError", "message": "A retryable error occurred."}
    await worker.cloud.sim("faults", {"match": {"op": "nic.put"}, "when": {"max_hits": 1}, "do": locked})
    first, second = callers_of(worker, ready.subnet_ids, "pc", 2)
    with worker.wanting(first.order), worker.wanting(second.order):
        await first.call()
        await second.call()
    assert (first.outcome, isinstance(second.outcome, NicReady)) == (None, True)


async def test_an_activity_that_reads_one_machine_twice_gets_on_when_its_limit_is_used_up(worker: Worker) -> None:
    """Azure allows a call for one VM every five seconds then; begun anew, the activity makes its first call again."""
    machine = machine_of()
    await build(worker, machine)
    with suppress(AssertionError):  # that it was answered
        for _ in range(37):
            await worker.cloud.arm("GET", machine.vm_id)
    (deallocate,) = (
        inspect.unwrap(each.get_user_function())
        for each in registered()
        if each.get_function_name() == "begin_deallocate"
    )
    payload: dict[str, Any] = {"order": machine.to_json(), "orderedAt": worker.deps.clock.now().isoformat()}
    for _ in range(3):
        answer = await deallocate(payload)
        if answer["kind"] != "later":
            break
        worker.cloud.advance(answer["after"])
        payload |= {"tickets": answer["tickets"]}
    assert answer["kind"] == "accepted"
