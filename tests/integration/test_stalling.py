"""Work whose instance is alive and makes no progress: it is noticed, ended, and started again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from functions_host.settings.versions import MISMATCH

from shared.contracts.builds import CLEAN_UP
from shared.contracts.connections import CHECK_CONNECTION
from shared.contracts.definitions import Workflow
from shared.contracts.desktops import DEPROVISION, DeprovisionOrder
from shared.contracts.images import BUILD_IMAGE, REMOVE_IMAGE, GalleryVersion, RemoveImageOrder
from shared.contracts.inventory import FIND_ORPHANS, REMOVE_ORPHAN, RemovalOrder
from shared.contracts.machines import Machine
from shared.contracts.pools import PREPARE_MEMBER
from shared.contracts.provisioning import (
    PROVISION,
    REPLACE,
    RERUN_STEPS,
    ConfigurationOrder,
    ProvisionOrder,
    RerunOrder,
)
from shared.contracts.reconciling import RECONCILE, SETTLE_CHANGES, ReconcileOrder
from shared.contracts.remote_actions import BULK, RUN_REMOTE_ACTION
from shared.contracts.step_waits import wait_of_build, wait_of_image
from shared.domain.cloud_pcs.build import Resources, Step
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.replacing import begin_replacement
from shared.domain.operations.operation import OperationStatus, OperationStep
from shared.domain.owner import Owner
from shared.services.cloud_pcs.builds import resume_build
from shared.services.images.device_images import image_build_due
from shared.services.maintenance.due_rules import DUE_RULES
from shared.services.operations.sweeps import (
    AGAIN_AFTER,
    BEGINS_WITHIN,
    FOUND_BY,
    SLACK,
    Rule,
    progress_due,
    start_watched,
    sweep_due,
)
from shared.storage.due import PROGRESS_EVERY, WATCH_EVERY, DueKind
from tests.integration import scenes, things
from tests.integration.pool_things import preparing
from tests.integration.services import IdleHost, PaperServices
from tests.integration.stalled_spot_work import SPOT_CASES

RULES: Mapping[DueKind, Rule] = {kind: rule.act for kind, rule in DUE_RULES.items()}
MACHINE = Machine(
    tenant_id="contoso",
    owner=Owner.cloud_pc("pc-1"),
    subscription_id=things.SUBSCRIPTION,
    resource_group="desks",
    region="westeurope",
    computer_name="CPC-ADA",
)
IMAGE, CONNECTION = things.image(status="pending").id, things.connection().id
BUILT = Resources(
    subscription_id=things.SUBSCRIPTION, resource_group="desks", region="westeurope", computer_name="CPC-ADA"
)


class StuckHost(IdleHost):
    """Has an instance of every id, which went on last at *at*; *ended*: the ids of those that were terminated.

    *instance*: the name and the order of its instance.
    """

    def __init__(self, status: str = "Running", instance: tuple[str, Any] = ("", None)) -> None:
        super().__init__()
        self.ended: list[str] = []
        self.at = things.NOW
        self._status, self._instance = status, instance
        self.output: str | None = None

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        if instance_id not in self.ended:
            raise RuntimeError(f"{instance_id} is alive")
        return await super().start_new(name, instance_id, order)

    async def get_status(self, instance_id: str, *, show_input: bool = False) -> Any:
        name, order = self._instance
        # As the host writes it, and the SDK reads it.
        return SimpleNamespace(
            name=name,
            runtime_status=SimpleNamespace(value="Terminated" if instance_id in self.ended else self._status),
            last_updated_time=self.at,
            input_=order.to_json() if show_input and order is not None else None,
            output=self.output,
        )

    async def terminate(self, instance_id: str, reason: str) -> None:
        assert "stood still" in reason
        self.ended.append(instance_id)


Case = Callable[[PaperServices], Awaitable[tuple[str, int, str, Any]]]
"""Writes the records of work that has begun; returns subject and generation of its due row, its instance, its order."""


async def building(contoso: PaperServices, step: Step = Step.CREATE_VM) -> tuple[str, int, str, Any]:
    pc = things.cloud_pc(status=Status.PROVISIONING, attempt=2, step=step)
    await contoso.cloud_pcs.insert(pc)
    return pc.id, 1, f"contoso-{pc.id}-provision-1", None


async def replacing(contoso: PaperServices) -> tuple[str, int, str, Any]:
    pc = things.cloud_pc(status=Status.PROVISIONED, attempt=1, resources=BUILT)
    pc = begin_replacement(pc, things.snapshot(), None, "o1", things.NOW)
    assert pc.replacement is not None
    pc = pc.with_build(pc.replacement.but(step=Step.CREATE_VM, attempt=1))
    await contoso.cloud_pcs.insert(pc)
    return pc.id, 2, f"contoso-{pc.id}-replace-2", None


async def building_image(contoso: PaperServices) -> tuple[str, int, str, Any]:
    await contoso.images.insert(things.image(status="pending", site_id=things.site().id))
    return IMAGE, 0, f"contoso-{IMAGE}-build-0", None


async def checking(contoso: PaperServices) -> tuple[str, int, str, Any]:
    del contoso
    return CONNECTION, 0, f"contoso-{CONNECTION}-check-0", None


async def cleaning_up(contoso: PaperServices) -> tuple[str, int, str, Any]:
    pc = things.cloud_pc(status=Status.FAILED, resources=BUILT)
    await contoso.cloud_pcs.insert(pc)
    return pc.id, 1, f"contoso-{pc.id}-cleanup-1", None


async def deprovisioning(contoso: PaperServices) -> tuple[str, int, str, Any]:
    del contoso
    return "pc-1", 1, "contoso-pc-1-deprovision-1", None


async def reconciling(contoso: PaperServices) -> tuple[str, int, str, Any]:
    await contoso.requests.add("contoso", things.NOW)
    return "contoso", 0, "contoso-all-reconcile-0", None


async def settling(contoso: PaperServices) -> tuple[str, int, str, Any]:
    await contoso.changes.add("contoso", ["id-ada"], things.NOW)
    return "contoso", 0, "contoso-all-changes-0", None


async def acting_on_many(contoso: PaperServices) -> tuple[str, int, str, Any]:
    await contoso.bulk_actions.insert(scenes.BULK)
    return "b1", 0, "contoso-b1-bulk-0", None


async def acting(contoso: PaperServices) -> tuple[str, int, str, Any]:
    action = RemoteAction(name=Remote.REBOOT, operation_id="o1", begun_at=things.NOW)
    pc = things.cloud_pc(status=Status.PROVISIONED, resources=BUILT, action=action)
    await contoso.cloud_pcs.insert(pc)
    return pc.id, 1, f"contoso-{pc.id}-act-o1-1", None


async def scanning(contoso: PaperServices) -> tuple[str, int, str, Any]:
    del contoso
    return "contoso", 0, "contoso-orphans-scan-0", None


def unrecorded(order: Any) -> Case:
    """Work that no record shows: its instance has the order."""

    async def case(contoso: PaperServices) -> tuple[str, int, str, Any]:
        del contoso
        return "contoso-x-1", 0, "contoso-x-1", order

    return case


CASES: Mapping[tuple[Workflow[Any, Any], DueKind], Case] = {
    (PROVISION, DueKind.WATCH): building,
    (REPLACE, DueKind.WATCH): replacing,
    (PREPARE_MEMBER, DueKind.POOL): preparing,
    (BUILD_IMAGE, DueKind.BUILD): building_image,
    (REMOVE_IMAGE, DueKind.PROGRESS): unrecorded(
        RemoveImageOrder(
            tenant_id="contoso",
            image_id="i1",
            operation_id="o1",
            version=GalleryVersion(tenant_id="contoso", subscription_id="5ub", version_id="/v"),
        )
    ),
    (CHECK_CONNECTION, DueKind.RECHECK): checking,
    (CLEAN_UP, DueKind.CLEAN_UP): cleaning_up,
    (DEPROVISION, DueKind.DEPROVISION): deprovisioning,
    (DEPROVISION, DueKind.PROGRESS): unrecorded(
        DeprovisionOrder(tenant_id="contoso", cloud_pc_id="pc-1", generation=1)
    ),
    (RECONCILE, DueKind.RECONCILE): reconciling,
    (RECONCILE, DueKind.PROGRESS): unrecorded(ReconcileOrder(tenant_id="contoso", user_ids=("id-ada",), round=2)),
    (SETTLE_CHANGES, DueKind.CHANGES): settling,
    (BULK, DueKind.BULK): acting_on_many,
    (RUN_REMOTE_ACTION, DueKind.ACT): acting,
    (RERUN_STEPS, DueKind.PROGRESS): unrecorded(
        RerunOrder(generation=1, operation_id="o1", configuration=ConfigurationOrder(machine=MACHINE))
    ),
    **SPOT_CASES,
    (FIND_ORPHANS, DueKind.ORPHANS): scanning,
    (REMOVE_ORPHAN, DueKind.PROGRESS): unrecorded(RemovalOrder(tenant_id="contoso", orphan_id="x")),
}
EACH = pytest.mark.parametrize(
    ("workflow", "kind"), CASES, ids=[f"{workflow.name}-{kind.value}" for workflow, kind in CASES]
)


def test_there_is_a_case_of_each_workflow_and_due_row() -> None:
    assert set(CASES) == {(workflow, kind) for workflow, kinds in FOUND_BY.items() for kind in kinds}


async def begun(contoso: PaperServices, workflow: Workflow[Any, Any], kind: DueKind) -> tuple[StuckHost, str]:
    subject, generation, stuck, order = await CASES[workflow, kind](contoso)
    await contoso.due.put(kind, things.NOW, "contoso", subject, generation)
    return StuckHost(instance=(workflow.name, order)), stuck


@EACH
async def test_work_that_stands_still_is_ended_told_and_started_again_with_its_order(
    contoso: PaperServices, workflow: Workflow[Any, Any], kind: DueKind, caplog: pytest.LogCaptureFixture
) -> None:
    host, stuck = await begun(contoso, workflow, kind)
    contoso.hand.advance(timedelta(days=1, hours=1))
    with caplog.at_level(logging.WARNING, "deskwright.sweeps"):
        await sweep_due(host, {kind: RULES[kind]})
    assert (host.ended, host.started) == ([stuck], [])
    assert f"{stuck} stands still since" in caplog.text
    assert await contoso.stalled_work.all() == {workflow.name: (contoso.hand.now(), stuck)}

    contoso.hand.advance(AGAIN_AFTER)
    await sweep_due(host, {kind: RULES[kind]})
    assert host.started == [stuck]
    if kind is DueKind.PROGRESS:
        order = (await CASES[workflow, kind](contoso))[3]
        assert host.orders == [order.to_json()]


@EACH
async def test_work_that_waits_no_longer_than_it_may_is_left_alone(
    contoso: PaperServices, workflow: Workflow[Any, Any], kind: DueKind
) -> None:
    host, _ = await begun(contoso, workflow, kind)
    own = {
        PROVISION: wait_of(Step.CREATE_VM),
        REPLACE: wait_of(Step.CREATE_VM),
        PREPARE_MEMBER: wait_of(Step.CREATE_VM),
        BUILD_IMAGE: wait_of_image(None),
    }
    contoso.hand.advance(own.get(workflow, workflow.longest_wait) + SLACK)
    await sweep_due(host, {kind: RULES[kind]})
    assert host.ended == []


@EACH
async def test_a_start_that_was_lost_is_noticed_within_half_an_hour(
    contoso: PaperServices, workflow: Workflow[Any, Any], kind: DueKind
) -> None:
    host, stuck = await begun(contoso, workflow, kind)
    host._status = "Pending"
    contoso.hand.advance(BEGINS_WITHIN + timedelta(seconds=1))
    await sweep_due(host, {kind: RULES[kind]})
    assert host.ended == [stuck]


@EACH
async def test_what_somebody_has_suspended_stays_suspended(
    contoso: PaperServices, workflow: Workflow[Any, Any], kind: DueKind
) -> None:
    host, _ = await begun(contoso, workflow, kind)
    host._status = "Suspended"
    contoso.hand.advance(timedelta(days=2))
    await sweep_due(host, {kind: RULES[kind]})
    assert host.ended == []


def wait_of(step: Step | None, **changes: Any) -> timedelta:
    """Longest wait of a build in a step."""
    order = ProvisionOrder.model_construct(
        **{
            "domain": None,
            "hybrid_join_wait": timedelta(hours=5),
            "enrollment_wait": timedelta(minutes=60),
            **changes,
        }
    )
    return wait_of_build(step, order)


async def test_a_build_that_is_started_again_repeats_its_attempt(contoso: PaperServices) -> None:
    host, _ = await begun(contoso, PROVISION, DueKind.WATCH)
    contoso.hand.advance(wait_of(Step.CREATE_VM) + SLACK + WATCH_EVERY)
    await sweep_due(host, {DueKind.WATCH: resume_build})
    contoso.hand.advance(AGAIN_AFTER)
    await sweep_due(host, {DueKind.WATCH: resume_build})
    assert host.orders[0]["attempt"] == 2


def test_a_build_may_stand_still_as_long_as_its_own_step_waits() -> None:
    waits = {step: wait_of(step) for step in (None, *Step)}
    assert waits[Step.ALLOCATE_CAPACITY] == timedelta(minutes=30)
    assert waits[Step.CREATE_VM] == timedelta(minutes=60)
    assert waits[Step.ENROLL_IN_INTUNE] == timedelta(minutes=60)
    assert waits[Step.JOIN_DIRECTORY] == timedelta(minutes=90)
    assert wait_of(Step.JOIN_DIRECTORY, domain="corp") == timedelta(hours=5)
    assert wait_of(Step.ENROLL_IN_INTUNE, enrollment_wait=timedelta(hours=3)) == timedelta(hours=3)
    assert waits[None] == waits[Step.CLEAN_UP] == timedelta(hours=4)


async def test_a_clean_up_within_a_build_has_longer(contoso: PaperServices) -> None:
    subject, generation, _, _ = await building(contoso, Step.CLEAN_UP)
    await contoso.due.put(DueKind.WATCH, things.NOW, "contoso", subject, generation)
    host = StuckHost()
    contoso.hand.advance(wait_of(Step.CLEAN_UP) + SLACK)
    await sweep_due(host, {DueKind.WATCH: resume_build})
    assert host.ended == []


@pytest.mark.parametrize(("step", "ended"), [("createVm", True), ("replicate", False)])
async def test_an_image_may_stand_still_as_long_as_its_own_step_waits(
    contoso: PaperServices, step: str, *, ended: bool
) -> None:
    open_step = OperationStep(name=step, title="", started_at=things.NOW)
    await contoso.operations.insert(things.operation(id="o-image", status=OperationStatus.RUNNING, steps=(open_step,)))
    await contoso.images.insert(things.image(status="pending", site_id=things.site().id, operation_id="o-image"))
    await contoso.due.put(DueKind.BUILD, things.NOW, "contoso", IMAGE)
    host = StuckHost()
    contoso.hand.advance(timedelta(hours=2))
    await sweep_due(host, {DueKind.BUILD: image_build_due})
    assert bool(host.ended) is ended


async def test_work_without_a_record_is_watched_until_it_has_ended(contoso: PaperServices) -> None:
    order = RemovalOrder(tenant_id="contoso", orphan_id="x")
    host = StuckHost(instance=(REMOVE_ORPHAN.name, order))
    host.ended.append("contoso-x-1")  # an earlier one: another can begin
    where = {"tenant_id": "contoso", "instance_id": "contoso-x-1"}
    assert await start_watched(contoso, host, REMOVE_ORPHAN, order, **where)
    host.ended.clear()
    for _ in range(3):
        contoso.hand.advance(PROGRESS_EVERY)
        host.at = contoso.hand.at
        await sweep_due(host, {DueKind.PROGRESS: progress_due})
    assert (len(await contoso.due.due(DueKind.PROGRESS, contoso.hand.at + PROGRESS_EVERY)), host.ended) == (1, [])

    host._status = "Completed"
    contoso.hand.advance(PROGRESS_EVERY)
    await sweep_due(host, {DueKind.PROGRESS: progress_due})
    assert await contoso.due.due(DueKind.PROGRESS, contoso.hand.at + timedelta(days=1)) == []
    assert len(host.started) == 1


async def test_what_a_person_has_terminated_is_not_started_again(contoso: PaperServices) -> None:
    host = StuckHost("Terminated", (REMOVE_ORPHAN.name, RemovalOrder(tenant_id="contoso", orphan_id="x")))
    await contoso.due.put(DueKind.PROGRESS, things.NOW, "contoso", "contoso-x-1")
    await sweep_due(host, {DueKind.PROGRESS: progress_due})
    assert host.started == []


@pytest.mark.parametrize(("output", "again"), [(MISMATCH, 1), ("the activity failed", 0)])
async def test_what_a_rollback_has_failed_is_started_again_once(
    contoso: PaperServices, output: str, again: int
) -> None:
    """A newer release began it; this one does not run it, and no record shows its work."""
    host = StuckHost("Failed", (REMOVE_ORPHAN.name, RemovalOrder(tenant_id="contoso", orphan_id="x")))
    host.output = output
    host.ended.append("contoso-x-1")  # its id is free
    host.get_status = partial(_of_failed, host)  # type: ignore[method-assign]
    await contoso.due.put(DueKind.PROGRESS, things.NOW, "contoso", "contoso-x-1")
    await sweep_due(host, {DueKind.PROGRESS: progress_due})
    assert host.started == ["contoso-x-1"] * again
    assert host.orders == [{"tenantId": "contoso", "orphanId": "x"}] * again
    host._status = "Completed"
    contoso.hand.advance(PROGRESS_EVERY)
    await sweep_due(host, {DueKind.PROGRESS: progress_due})
    assert len(host.started) == again
    assert await contoso.due.due(DueKind.PROGRESS, contoso.hand.at + timedelta(days=1)) == []


async def _of_failed(host: StuckHost, instance_id: str, *, show_input: bool = False) -> Any:
    """Return the instance as it failed, although its id is free."""
    host.ended.remove(instance_id)
    try:
        return await StuckHost.get_status(host, instance_id, show_input=show_input)
    finally:
        host.ended.append(instance_id)
