"""The client of Azure Monitor's metrics at the simulated batch API: values, gaps, and refusals."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts.outcomes import DeclinedError, MissingError
from shared.errors import UnavailableError
from tests.contract.test_activities_desktop import build, machine_of
from tests.contract.worker import TENANT, Worker

GIB = 1024**3


async def test_a_machine_has_its_load_in_quarters_of_an_hour(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    await worker.cloud.sim("config", {"metrics": {"load": [{"machines": "*", "cpu": 95, "memory": 75}]}})
    end = worker.deps.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    start = end - timedelta(hours=2)
    metrics = worker.deps.metrics(TENANT.id)
    found = await metrics.of_machines(machine.subscription_id, machine.region, [machine.vm_id], start, end)
    load = found[machine.vm_id.lower()]
    assert load.cpu_percent
    assert set(load.cpu_percent.values()) == {95.0}
    assert set(load.available_bytes.values()) == {2 * GIB}
    assert all(each.minute % 15 == 0 and start <= each < end for each in load.cpu_percent)


async def test_a_missing_machine_and_another_region_are_refused(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    metrics, end = worker.deps.metrics(TENANT.id), worker.deps.clock.now()
    start = end - timedelta(hours=1)
    with pytest.raises(MissingError):
        await metrics.of_machines(machine.subscription_id, machine.region, [f"{machine.vm_id}x"], start, end)
    with pytest.raises(DeclinedError):
        await metrics.of_machines(machine.subscription_id, "eastus2", [machine.vm_id], start, end)


async def test_an_outage_is_an_error_and_no_load(worker: Worker) -> None:
    rule = {"id": "away", "match": {"op": "metrics.batch"}, "do": {"kind": "http", "status": 503}}
    await worker.cloud.sim("faults", rule)
    end = worker.deps.clock.now()
    with pytest.raises(UnavailableError):
        await worker.deps.metrics(TENANT.id).of_machines("s", "westeurope", ["x"], end - timedelta(hours=1), end)
