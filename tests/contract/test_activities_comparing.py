"""Machines that count as gone: the machine itself was asked for, and Azure answered that it is not there."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts.inventory import (
    ASK_FOR_MACHINES,
    COMPARE_RESOURCE_GROUP,
    FIND_MISSING,
    AskOrder,
    Compared,
    ResourceGroupScanOrder,
    ScanOrder,
)
from shared.contracts.outcomes import Refused
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import OrphanType
from shared.domain.operations.machines_gone import KnownMachine, machine_known
from tests.cloud_pcs import cloud_pc
from tests.contract.test_activities_desktop import build, machine_of, plan
from tests.contract.worker import GROUP, REGION, TENANT, Records, Worker, working

pytestmark = pytest.mark.simulator

AREA = ResourceGroupScanOrder(tenant_id=TENANT.id, subscription_id=SUBSCRIPTION, resource_group=GROUP)
POOL = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/"
    f"dw-{TENANT.id}-personal-entra"
)


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch, profile="instant") as found:
        deps: Any = found.deps
        deps.session_hosts, deps.orphan_scans = Records(), Records()
        deps.images, deps.spot_groups = Records(), Records()
        await build(found, machine_of())
        found.keep(known(found))
        found.cloud.advance(timedelta(minutes=1).total_seconds())
        yield found


def known(worker: Worker, **changes: Any) -> CloudPc:
    machine, at = machine_of(), worker.deps.clock.now()
    resources = {
        "subscription_id": SUBSCRIPTION,
        "resource_group": GROUP,
        "region": REGION,
        "vm_id": machine.vm_id,
        "computer_name": machine.computer_name,
        "host_pool_id": POOL,
    }
    made = cloud_pc(
        id="pc1",
        tenant_id=TENANT.id,
        user=worker.user,
        plan=plan(),
        status=Status.PROVISIONED,
        display_name="PC",
        created_date_time=at,
        last_modified_date_time=at,
    )
    built = made.current.resources.but(**resources)
    return made.with_current(resources=built).but(**changes)


def asked(worker: Worker) -> AskOrder:
    machine = machine_known(known(worker))
    assert machine is not None
    return AskOrder(tenant_id=TENANT.id, machines=(machine,))


async def delete(worker: Worker, path: str) -> None:
    await worker.cloud.arm("DELETE", path)
    worker.cloud.advance(timedelta(hours=1).total_seconds())


async def answer_with(worker: Worker, status: int, code: str) -> None:
    rule = {"id": "answer", "match": {"op": "vm.get"}, "do": {"kind": "http", "status": status, "code": code}}
    await worker.cloud.sim("faults", rule)


async def test_what_is_listed_is_not_suspected_and_what_is_there_answers_so(worker: Worker) -> None:
    assert await worker.do(COMPARE_RESOURCE_GROUP, AREA) == Compared()
    (answer,) = (await worker.do(ASK_FOR_MACHINES, asked(worker))).answers
    assert (answer.gone, answer.words) == (False, "200: it is there")


@pytest.mark.parametrize(
    ("deleted", "code"),
    [
        (machine_of().vm_id, "ResourceNotFound"),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}", "ResourceGroupNotFound"),
    ],
    ids=["the machine", "its resource group"],
)
async def test_what_was_deleted_is_suspected_and_answers_that_it_is_gone(
    worker: Worker, deleted: str, code: str
) -> None:
    await delete(worker, deleted)
    found = await worker.do(COMPARE_RESOURCE_GROUP, AREA)
    assert [each.subject_id for each in found.absent] == ["pc1"]
    (answer,) = (await worker.do(ASK_FOR_MACHINES, AskOrder(tenant_id=TENANT.id, machines=found.absent))).answers
    assert answer.gone
    assert answer.words.startswith(f"404 {code}:")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AuthorizationFailed"),
        (403, "SubscriptionDisabled"),
        (404, "SubscriptionNotFound"),
        (404, "InvalidResourceNamespace"),
        (409, "Conflict"),
        (500, "InternalServerError"),
    ],
)
async def test_whatever_else_is_answered_says_nothing(worker: Worker, status: int, code: str) -> None:
    await delete(worker, machine_of().vm_id)
    await answer_with(worker, status, code)
    assert (await worker.do(ASK_FOR_MACHINES, asked(worker))).answers == ()


async def test_one_record_that_is_odd_stops_no_other(worker: Worker) -> None:
    odd = KnownMachine(subject_id="odd", vm_id="not an id")
    order = asked(worker)
    answers = (await worker.do(ASK_FOR_MACHINES, order.but(machines=(odd, *order.machines)))).answers
    assert [each.machine.subject_id for each in answers] == ["pc1"]


async def test_a_group_that_is_not_listed_makes_nothing_suspicious(worker: Worker) -> None:
    rule = {
        "id": "answer",
        "match": {"op": "vms.list"},
        "do": {"kind": "http", "status": 404, "code": "SubscriptionNotFound"},
    }
    await worker.cloud.sim("faults", rule)
    assert isinstance(await worker.do(COMPARE_RESOURCE_GROUP, AREA), Refused)


async def test_what_is_at_work_or_has_just_changed_is_not_suspected(worker: Worker) -> None:
    await delete(worker, machine_of().vm_id)
    for changes in (
        {"status": Status.PROVISIONING},
        {"status": Status.RESIZING},
        {"last_modified_date_time": worker.deps.clock.now() + timedelta(seconds=1)},
    ):
        worker.keep(known(worker).but(**changes))
        worker.cloud.advance(0)
        assert await worker.do(COMPARE_RESOURCE_GROUP, AREA) == Compared(), changes


async def test_what_machines_share_and_is_not_there_is_listed_with_its_cure(worker: Worker) -> None:
    found = await worker.do(FIND_MISSING, ScanOrder(tenant_id=TENANT.id))
    missing = {each.type: each for each in found.missing}
    assert set(missing) == {OrphanType.HOST_POOL, OrphanType.APPLICATION_GROUP}
    assert (missing[OrphanType.HOST_POOL].resource_id, missing[OrphanType.HOST_POOL].needed_by) == (POOL, 1)
    assert "404 ResourceNotFound" in missing[OrphanType.HOST_POOL].evidence
    assert all("makes it again" in each.advice for each in missing.values())
