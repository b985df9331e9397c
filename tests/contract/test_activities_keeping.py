"""The disk of a machine is copied before the machine is removed, and the copy goes at the end of its time."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from shared.clients.arm import parse_id
from shared.contracts import joining, machines, provisioning
from shared.contracts.builds import KEEP_DISK, Keeping, KeepOrder
from shared.contracts.outcomes import HELD_BACK, Accepted, Done, Pending, Refused
from shared.domain import naming
from shared.domain.cloud_pcs.deleted import TRIED_FOR, DeletedCloudPc, DeletedStatus
from shared.domain.cloud_pcs.windows_steps import LEAVE_SERVICE
from shared.domain.networks.connection import JoinType
from shared.domain.operations.operation import AuditEvent
from shared.services.cloud_pcs.deleted import deleted_due
from shared.storage.due import Due, DueKind
from shared.storage.repository import Stored
from tests.contract.test_activities_desktop import assign, build, enrol, join, machine_of, plan, remove, vm_order
from tests.contract.worker import TENANT, Records, Worker, working

pytestmark = pytest.mark.simulator

DAYS = 7
MACHINE = machine_of()


@dataclass
class Deleted(Records):
    """The deleted Cloud PCs, in memory."""

    async def insert(self, value: DeletedCloudPc) -> Stored[DeletedCloudPc]:
        self.values[value.id] = value
        return Stored(value, "1")

    async def change(self, tenant_id: str, id_: str, edit: Callable[[Any], Any]) -> Any:
        self.values[id_] = edit((await self.get(tenant_id, id_)).value) or self.values[id_]
        return self.values[id_]

    async def replace(self, value: DeletedCloudPc, *, seen: str) -> Stored[DeletedCloudPc]:
        self.values[value.id] = value
        return Stored(value, seen)

    async def remove(self, tenant_id: str, id_: str) -> None:
        del self.values[(await self.get(tenant_id, id_)).value.id]


@dataclass
class Told:
    """The due rows and the audit events that were written."""

    dues: list[tuple[DueKind, datetime]] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)

    async def put(self, kind: DueKind, at: datetime, *_: object) -> None:
        self.dues.append((kind, at))

    async def append(self, event: AuditEvent) -> None:
        self.events.append(event)


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        services: Any = found.deps
        services.deleted_cloud_pcs, services.due = Deleted(), Told()
        services.audit = services.due
        yield found


def order_of(worker: Worker, **more: Any) -> KeepOrder:
    whose = Keeping(days=DAYS, user=worker.user, plan=plan(), display_name="Ada's")
    return KeepOrder(machine=MACHINE, keeping=whose, **more)


def records(worker: Worker) -> list[DeletedCloudPc]:
    kept: Any = worker.deps.deleted_cloud_pcs
    return list(kept.values.values())


async def snapshots(worker: Worker) -> list[dict[str, Any]]:
    group = MACHINE.vm_id.partition("/providers/")[0]
    found = await worker.cloud.arm("GET", f"{group}/providers/Microsoft.Compute/snapshots")
    return list(found["value"])


async def purge(worker: Worker) -> datetime | None:
    (kept,) = records(worker)
    row = Due(DueKind.DELETED, worker.deps.clock.now(), TENANT.id, kept.id)
    nobody: Any = None
    return await deleted_due(worker.deps, nobody, row)


async def test_a_copy_outlives_its_machine_and_goes_at_its_end(worker: Worker) -> None:
    await build(worker, MACHINE)
    order = order_of(worker)
    assert await worker.wait(KEEP_DISK, order) == Done()
    assert await worker.do(KEEP_DISK, order) == Done()  # delivered again
    (kept,) = records(worker)
    assert (kept.status, kept.disk.computer_name, kept.user) == (DeletedStatus.KEPT, MACHINE.computer_name, worker.user)
    await worker.finish(await worker.do(machines.BEGIN_VM_DELETE, MACHINE))
    await worker.wait(machines.DELETE_DISK, MACHINE)
    assert await worker.do(KEEP_DISK, order) == Done()  # and again when nothing is left to copy
    (copy,) = await snapshots(worker)
    assert copy["id"].casefold() == kept.disk.snapshot_id.casefold()
    assert copy["tags"] == copy["tags"] | MACHINE.tags | {naming.KEPT_UNTIL_TAG: kept.kept_until.isoformat()}
    assert await purge(worker) == kept.kept_until
    assert len(await snapshots(worker)) == 1
    worker.cloud.advance(timedelta(days=DAYS).total_seconds())
    assert await purge(worker) is not None  # Azure deletes it
    (removing,) = records(worker)
    assert removing.status is DeletedStatus.REMOVING
    worker.cloud.advance(60)
    assert await purge(worker) is None
    assert (records(worker), await snapshots(worker)) == ([], [])


async def test_the_end_is_promised_before_anything_is_made(worker: Worker) -> None:
    await build(worker, MACHINE)
    told: Any = worker.deps.due
    assert isinstance(await worker.do(KEEP_DISK, order_of(worker)), Pending)
    ((kind, at),) = told.dues
    (kept,) = records(worker)
    assert (kind, at, kept.status) == (DueKind.DELETED, kept.kept_until, DeletedStatus.COPYING)


async def test_without_a_machine_the_disk_that_it_has_left_is_copied(worker: Worker) -> None:
    await build(worker, MACHINE)
    body = {"properties": {"storageProfile": {"osDisk": {"deleteOption": "Detach"}}}}
    await worker.cloud.arm("PATCH", MACHINE.vm_id, body)
    await worker.finish(await worker.do(machines.BEGIN_VM_DELETE, MACHINE))
    assert await worker.wait(KEEP_DISK, order_of(worker)) == Done()
    assert len(await snapshots(worker)) == 1


async def test_where_nothing_is_left_nothing_is_kept(worker: Worker) -> None:
    assert await worker.do(KEEP_DISK, order_of(worker)) == Done()
    assert records(worker) == []


async def test_a_copy_that_azure_refuses_is_tried_for_days_and_then_given_up(worker: Worker) -> None:
    await build(worker, MACHINE)
    order, message = order_of(worker), "the quota of snapshots is used up"
    answer = {"kind": "http", "status": 409, "code": "OperationNotAllowed", "message": message}
    await worker.cloud.sim("faults", {"id": "quota", "match": {"op": "snapshot.put"}, "do": answer})
    refused = await worker.do(KEEP_DISK, order)
    assert isinstance(refused, Refused)
    assert (refused.code, message in refused.message) == (HELD_BACK, True)
    (waiting,) = records(worker)
    assert waiting.problem == refused.message
    worker.cloud.advance(TRIED_FOR.total_seconds() + 1)
    assert await worker.do(KEEP_DISK, order) == Done()
    told: Any = worker.deps.due
    assert [event.activity.rpartition("/")[2] for event in told.events] == ["giveUp"]
    assert await purge(worker) is None
    assert records(worker) == []


async def test_a_copy_is_of_its_own_machine_only(worker: Worker) -> None:
    """An order that is delivered again when another machine has the name copies nothing of it."""
    await build(worker, MACHINE)
    before = worker.deps.clock.now() - timedelta(days=1)
    await worker.again(KEEP_DISK, order_of(worker), before)
    assert records(worker) == []
    assert parse_id(MACHINE.vm_id).name == MACHINE.vm_name


async def leave(worker: Worker, machine: machines.Machine) -> None:
    """Have Windows forget the machine before; a step that fails is a warning."""
    order = provisioning.ConfigurationOrder(machine=machine, steps=(LEAVE_SERVICE,))
    await worker.finish(await worker.do(provisioning.BEGIN_CONFIGURATION, order))
    assert await worker.do(provisioning.READ_CONFIGURATION, order) == provisioning.Configured()


async def built_from_its_disk(worker: Worker, again: machines.Machine) -> DeletedCloudPc:
    """Build a machine, remove it with its device and its session host, and build another from the copy of its disk."""
    await build(worker, MACHINE)
    await enrol(worker, MACHINE, await join(worker, MACHINE))
    pool = await assign(worker, MACHINE)
    assert await worker.wait(KEEP_DISK, order_of(worker)) == Done()
    await remove(worker, MACHINE, pool.host_pool_id)
    (kept,) = records(worker)
    order = (await vm_order(worker, again)).but(from_disk=True)
    copied = machines.OsDiskOrder(machine=again, place=order.place, disk=kept.disk, size_in_gb=256)
    assert isinstance(await worker.finish(await worker.do(machines.BEGIN_OS_DISK, copied)), machines.Finished)
    assert await worker.do(machines.BEGIN_OS_DISK, copied) == Done()  # delivered again
    assert isinstance(await worker.finish(await worker.do(machines.BEGIN_VM, order)), machines.Finished)
    assert isinstance(await worker.do(machines.BEGIN_VM, order), Accepted)  # it is adopted
    assert await worker.wait(machines.POLL_AGENT, again) == Done()
    return kept


async def test_a_machine_is_built_from_the_copy_and_joins_anew(worker: Worker) -> None:
    again = MACHINE.but(slot="b")
    kept = await built_from_its_disk(worker, again)
    await leave(worker, again)
    device = await join(worker, again)
    await enrol(worker, again, device)
    pool = await assign(worker, again)
    vm = await worker.cloud.arm("GET", again.vm_id)
    assert vm["properties"]["storageProfile"]["osDisk"]["createOption"] == "Attach"
    disk = await worker.cloud.arm("GET", vm["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"])
    assert disk["properties"]["creationData"]["sourceResourceId"].casefold() == kept.disk.snapshot_id.casefold()
    assert disk["properties"]["diskSizeGB"] == 256
    await remove(worker, again, pool.host_pool_id)


async def test_windows_that_has_not_left_joins_as_a_device_that_is_gone(worker: Worker) -> None:
    """The reason for the step: the extension finds Windows joined, and no device appears."""
    again = MACHINE.but(slot="b")
    await built_from_its_disk(worker, again)
    begun = await worker.do(joining.BEGIN_ENTRA_JOIN, joining.EntraJoinOrder(machine=again))
    assert isinstance(await worker.finish(begun), machines.Finished)
    look = joining.DeviceOrder(
        tenant_id=TENANT.id,
        owner=again.owner,
        computer_name=again.computer_name,
        join_type=JoinType.AZURE_AD_JOIN,
        not_before=worker.deps.clock.now() - timedelta(minutes=5),
    )
    assert isinstance(await worker.do(joining.POLL_DEVICE, look), Pending)
