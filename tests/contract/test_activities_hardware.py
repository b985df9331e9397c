"""A machine's hardware changes while it is stopped: its size, its disk; each call may come twice."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from shared.contracts import machines, remote_actions
from shared.contracts.outcomes import Done, Refused
from shared.contracts.remote_actions import DiskOrder, Hardware, SizeOrder
from shared.domain.owner import Owner
from tests.contract.test_activities_desktop import build, machine_of
from tests.contract.worker import Worker, working

pytestmark = pytest.mark.simulator

LARGER = "Standard_D4s_v5"


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        yield found


async def brought_about(worker: Worker, activity: Any, order: Any) -> None:
    assert isinstance(await worker.finish(await worker.do(activity, order)), machines.Finished)
    assert await worker.do(activity, order) == Done()


async def test_a_stopped_machine_has_another_size_and_a_larger_disk(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    before: Hardware = await worker.do(remote_actions.READ_HARDWARE, machine)
    larger = DiskOrder(machine=machine, size_in_gb=before.disk_size_in_gb * 2)
    await brought_about(worker, machines.BEGIN_DEALLOCATE, machine)
    await brought_about(worker, remote_actions.BEGIN_DISK_GROWTH, larger)
    await brought_about(worker, remote_actions.BEGIN_RESIZE, SizeOrder(machine=machine, size=LARGER))
    await brought_about(worker, remote_actions.BEGIN_START, machine)
    after = await worker.do(remote_actions.READ_HARDWARE, machine)
    assert after == before.but(size=LARGER, disk_size_in_gb=before.disk_size_in_gb * 2)


async def test_a_disk_never_shrinks_and_a_deleted_machine_has_no_hardware(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    assert await worker.do(remote_actions.BEGIN_DISK_GROWTH, DiskOrder(machine=machine, size_in_gb=1)) == Done()
    gone = await worker.do(remote_actions.READ_HARDWARE, machine.but(owner=Owner.cloud_pc("another")))
    assert isinstance(gone, Refused)
