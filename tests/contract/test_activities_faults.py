"""A machine is built once, whatever goes wrong on the way: the rules of azure_simulator.scenarios, one by one."""

from collections.abc import AsyncIterator

import pytest
from azure_simulator import scenarios
from azure_simulator.certificates import Certificates

from shared.contracts import machines
from tests.contract.test_activities_desktop import build, machine_of, vm_order
from tests.contract.worker import Worker, working

pytestmark = pytest.mark.simulator


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch, profile="real") as found:
        yield found


async def play(worker: Worker, name: str) -> None:
    for rule in scenarios.load(name)["faults"]:
        await worker.cloud.sim("faults", rule)


def machines_there(worker: Worker) -> int:
    return len(worker.cloud.cloud.world.resources.of_type("Microsoft.Compute/virtualMachines"))


@pytest.mark.parametrize(
    "scenario",
    [
        "11-response-of-vm-create-lost",
        "12-put-returns-500-but-creates",
        "15-operation-url-expires",
        "51-roles-not-propagated",
        "17-stale-reads",
    ],
)
async def test_one_machine_is_built(worker: Worker, scenario: str) -> None:
    await play(worker, scenario)
    await build(worker, machine_of())
    assert machines_there(worker) == 1
    assert await worker.cloud.findings() == []


async def test_no_request_is_sent_before_computes_retry_after(worker: Worker) -> None:
    order = await vm_order(worker, machine_of())
    policy = {"kind": "http", "status": 429, "code": "OperationNotAllowed", "message": "too many requests"}
    rule = {"match": {"op": "vm.create"}, "when": {"until": 1200}, "do": {**policy, "headers": {"Retry-After": 1200}}}
    await worker.cloud.sim("faults", rule)
    await worker.finish(await worker.do(machines.BEGIN_VM, order))
    statuses = [each.status for each in worker.cloud.cloud.log.ring if each.op == "vm.create"]
    assert statuses == [429, 201]
