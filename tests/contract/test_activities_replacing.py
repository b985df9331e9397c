"""A machine that takes the place of another, and one that is gone on with: the activities against the cloud."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from azure_simulator.certificates import Certificates

from shared.contracts import desktops, machines
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Done, Refused
from shared.contracts.provisioning import RECOGNIZE_MACHINE, Recognized, RecognizeOrder, Unrecognized
from shared.domain.cloud_pcs.build import Resources
from tests.contract.test_activities_desktop import assign, build, enrol, join, machine_of, record, remove
from tests.contract.worker import Worker, working

pytestmark = pytest.mark.simulator


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        yield found


async def test_the_assignment_moves_to_a_machine_beside_the_old_one(worker: Worker) -> None:
    old = machine_of(computer_name="CPC-OLD")
    new = machine_of(computer_name="CPC-NEW").but(slot="b", replaces=True)
    for machine in (old, new):
        await build(worker, machine)
        await enrol(worker, machine, await join(worker, machine))
    pool = await assign(worker, old)
    assert await worker.cloud.findings() == []
    released = desktops.ForgetSessionHostOrder(machine=old, host_pool_id=pool.host_pool_id)
    for _ in range(2):
        assert isinstance(await worker.do(desktops.RELEASE_SESSION_HOST, released), Done)
    await assign(worker, new)
    assert await worker.cloud.findings() == []
    now_its_own = Resources(host_pool_id=pool.host_pool_id, computer_name="CPC-NEW", slot="b")
    worker.keep(record(worker, new, pool.host_pool_id).with_current(resources=now_its_own))
    await remove(worker, old, pool.host_pool_id)

    rights = desktops.SessionHostOrder(machine=new, host_pool_id=pool.host_pool_id)
    assert isinstance(await worker.wait(desktops.POLL_SESSION_HOST, rights), desktops.SessionHostFound)
    scopes = sorted(scope.rpartition("/")[2] for scope in await rights_of(worker))
    assert scopes == [new.vm_name, pool.application_group_id.rpartition("/")[2]]  # the old machine's alone is gone
    assert await worker.cloud.findings() == []


@pytest.mark.parametrize(("state", "kept"), [("Active", True), ("Pending", True), ("Disconnected", False)])
async def test_a_machine_that_somebody_works_on_is_not_released_if_they_are_to_keep_it(
    worker: Worker, *, state: str, kept: bool
) -> None:
    machine = machine_of()
    await build(worker, machine)
    await enrol(worker, machine, await join(worker, machine))
    pool = await assign(worker, machine)
    host = f"{pool.host_pool_id}/sessionHosts/{machine.computer_name}"
    session = {"sessionHost": host, "userPrincipalName": "user01@contoso.example", "sessionState": state}
    await worker.cloud.sim("desktops/sessions", session)
    spares = desktops.ForgetSessionHostOrder(machine=machine, host_pool_id=pool.host_pool_id, unless_in_use=True)
    answer = await worker.do(desktops.RELEASE_SESSION_HOST, spares)
    assert (isinstance(answer, Refused) and answer.final and answer.code == desktops.IN_USE) is kept
    assert isinstance(await worker.do(desktops.RELEASE_SESSION_HOST, spares.but(unless_in_use=False)), Done)


async def rights_of(worker: Worker) -> list[str]:
    """Return the scopes of the roles that the user has."""
    answer = await worker.cloud.call("GET", "/_sim/state?type=Microsoft.Authorization/roleAssignments")
    given = [each["body"]["properties"] for each in answer.body]
    return [str(each["scope"]) for each in given if each["principalId"] == worker.user.id]


def left(machine: Machine, device_id: str | None = None, managed: str | None = None) -> RecognizeOrder:
    return RecognizeOrder(machine=machine, entra_device_id=device_id, managed_device_id=managed)


async def test_a_machine_is_continued_with_only_in_the_state_it_was_left_in(worker: Worker) -> None:
    machine = machine_of()
    assert isinstance(await worker.do(RECOGNIZE_MACHINE, left(machine)), Unrecognized)
    await build(worker, machine)
    device = await join(worker, machine)
    managed = await enrol(worker, machine, device)
    known = left(machine, device.device_id, managed)

    assert await worker.do(RECOGNIZE_MACHINE, known) == Recognized(device_object_id=device.object_id)
    for strange in (
        left(machine_of(computer_name="CPC-OTHER")),
        left(machine, "another-device"),
        left(machine, device.device_id, "another-record"),
    ):
        assert isinstance(await worker.do(RECOGNIZE_MACHINE, strange), Unrecognized)
    stopping = await worker.do(machines.BEGIN_DEALLOCATE, machine)
    await worker.finish(stopping)
    found = await worker.do(RECOGNIZE_MACHINE, known)
    assert isinstance(found, Unrecognized)
    assert "deallocated" in found.why
