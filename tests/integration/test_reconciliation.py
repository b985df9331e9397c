"""From the directory to saved intents, from intents to builds: on real tables, with a directory on paper."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.outcomes import Done, Refused
from shared.contracts.provisioning import ProvisionOrder
from shared.contracts.reconciling import (
    CLOSE_RECONCILE,
    PLAN_TENANT,
    START_PROVISIONING,
    NewerRequest,
    Planned,
    ReconciledOrder,
    ReconcileOrder,
    Started,
    StartOrder,
)
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.images.image import DeviceImageStatus, ImageType
from shared.domain.naming import cloud_pc_id
from shared.domain.networks.connection import HealthStatus
from shared.domain.operations.operation import OperationStatus
from shared.domain.tenants.directory import Watch
from shared.domain.tenants.tenant import LicenceSource, TenantSettings
from shared.errors import StaleError, UnavailableError
from shared.storage.due import EVERYBODY, DueKind, next_of, start_due
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.services import PaperServices, perform

ALL = ReconcileOrder(tenant_id="contoso")
NOBODY = Planned()


class PaperHost:
    """A host that records the started orders; *alive* are instances that run."""

    def __init__(self) -> None:
        self.started: dict[str, ProvisionOrder] = {}

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        assert name == "provision_cloud_pc"
        if instance_id in self.started:
            raise RuntimeError(instance_id)
        self.started[instance_id] = ProvisionOrder.model_validate(order)
        return instance_id

    async def get_status(self, instance_id: str, **_: bool) -> Any:
        class Running:
            last_updated_time = None

            class runtime_status:  # noqa: N801 - as the SDK has it
                value = "Running"

        return Running() if instance_id in self.started else None


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = {"ada": ("sku-1",), "eve": ("sku-1", "sku-office")}
    return contoso


def pc_of(name: str, sku_id: str = "sku-1") -> str:
    return cloud_pc_id("contoso", f"id-{name}", sku_id)


async def records(here: PaperServices) -> dict[str, CloudPc]:
    return {s.value.user.id.removeprefix("id-"): s.value async for s in here.cloud_pcs.each("contoso")}


async def plan(*names: str, round: int = 0) -> Planned:  # noqa: A002 - the order's word
    order = ALL.but(user_ids=tuple(f"id-{n}" for n in names), round=round) if names else ALL
    planned = await perform(PLAN_TENANT, order)
    assert isinstance(planned, Planned)
    return planned


async def test_a_licensed_member_gets_a_cloud_pc_and_nobody_else(here: PaperServices) -> None:
    assert await plan() == Planned(groups=((pc_of("ada"),),), listed=1)
    there = await records(here)
    assert {name: pc.status for name, pc in there.items()} == {
        "ada": Status.PENDING_PROVISION,
        "eve": Status.NOT_PROVISIONED,
    }
    assert there["eve"].current.reason == "no provisioning policy targets a group the user is in"
    assert there["ada"].display_name == "Everybody - Ada"
    assert there["ada"].current.snapshot is not None
    assert there["ada"].current.snapshot.connection_id == "c1"


async def test_planning_again_saves_nothing_new_and_starts_what_was_not_begun(here: PaperServices) -> None:
    await plan()
    before = await records(here)
    here.hand.advance(timedelta(minutes=1))
    assert await plan() == Planned(groups=((pc_of("ada"),),))
    assert await records(here) == before


async def test_the_promise_to_start_stands_before_the_record(here: PaperServices) -> None:
    real = here.cloud_pcs.save_all

    async def crash(*_: Any, **__: Any) -> Any:
        raise ConnectionResetError

    here.cloud_pcs.save_all = crash  # type: ignore[method-assign]
    with pytest.raises(ConnectionResetError):
        await plan()
    here.cloud_pcs.save_all = real  # type: ignore[method-assign]
    (due,) = await here.due.due(DueKind.START, things.NOW + timedelta(minutes=5))
    assert due.subject_id == pc_of("ada")


async def test_a_record_that_changed_meanwhile_is_planned_again(here: PaperServices) -> None:
    real = here.directory.subscribed_skus

    async def meanwhile() -> Any:
        await here.cloud_pcs.insert(things.cloud_pc("ada", status=Status.NOT_PROVISIONED, generation=0))
        return await real()

    here.directory.subscribed_skus = meanwhile  # type: ignore[method-assign]
    with pytest.raises(UnavailableError):
        await plan()
    here.directory.subscribed_skus = real  # type: ignore[method-assign]
    assert (await plan()).groups == ((pc_of("ada"),),)


async def test_many_are_started_in_groups_of_25(here: PaperServices) -> None:
    names = {f"u{n:02d}" for n in range(60)}
    here.directory.groups["g1"] = names
    here.directory.licences = dict.fromkeys(names, ("sku-1",))
    assert [len(group) for group in (await plan()).groups] == [25, 25, 10]


async def test_a_user_with_two_licences_has_two(here: PaperServices) -> None:
    sku = here.directory.skus[0]
    here.directory.skus.append(sku.but(sku_id="sku-2", sku_part_number="CPC_E_4C_16GB_256GB"))
    here.directory.licences["ada"] = ("sku-2", "sku-1")
    assert set((await plan()).groups[0]) == {pc_of("ada"), pc_of("ada", "sku-2")}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda d: d.groups["g1"].remove("ada"), RemovalCause.USER_LEFT_GROUP),
        (lambda d: d.licences.update(ada=()), RemovalCause.LICENSE_REMOVED),
    ],
    ids=["left the group", "licence gone"],
)
async def test_what_works_has_a_grace_period_and_a_promise_that_it_ends(
    here: PaperServices, change: Callable[[Any], Any], cause: RemovalCause
) -> None:
    built = things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1)
    await here.cloud_pcs.insert(built)
    change(here.directory)
    assert (await plan()).removals_seen == 1
    pc = (await records(here))["ada"]
    assert pc.grace is not None
    assert (pc.status, pc.grace.cause) == (Status.IN_GRACE_PERIOD, cause)
    assert pc.grace.ends_at - pc.grace.started_at == timedelta(hours=168)
    assert [due.subject_id for due in await here.due.due(DueKind.DEPROVISION, pc.grace.ends_at)] == [pc.id]
    assert (await plan()).removals_seen == 0


async def test_a_grace_period_whose_cause_is_gone_is_over(here: PaperServices) -> None:
    await here.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1))
    here.directory.groups["g1"].remove("ada")
    await plan()
    here.directory.groups["g1"].add("ada")
    await plan()
    pc = (await records(here))["ada"]
    assert (pc.status, pc.grace, pc.current.attempt) == (Status.PROVISIONED, None, 1)


async def test_what_does_not_work_yet_is_cancelled(here: PaperServices) -> None:
    building = things.cloud_pc("ada", status=Status.PROVISIONING, attempt=1)
    await here.cloud_pcs.insert(building)
    here.directory.groups["g1"].remove("ada")
    planned = await plan()
    assert planned.removals == ((building.id,),)
    assert (await records(here))["ada"].status is Status.DEPROVISIONING


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.groups.clear(),
        lambda d: d.groups.update(g1=set()),
        lambda d: d.licences.clear(),
        lambda d: d.licences.clear() or d.skus.clear() or d.groups.update(g1=set()),
    ],
    ids=["the group cannot be read", "nobody in any group", "no licences", "nothing at all"],
)
async def test_a_partial_or_empty_answer_removes_nothing(here: PaperServices, change: Callable[[Any], Any]) -> None:
    built = things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1)
    waiting = things.cloud_pc("bob", plan=built.plan)
    await here.cloud_pcs.insert(built)
    await here.cloud_pcs.insert(waiting)
    change(here.directory)
    assert (await plan()).removals_seen == 0
    there = await records(here)
    assert (there["ada"], there["bob"]) == (built, waiting)


async def test_a_directory_that_does_not_answer_changes_nothing(here: PaperServices) -> None:
    async def down(group_id: str) -> Any:
        raise UnavailableError(group_id)

    here.directory.group_users = down  # type: ignore[method-assign]
    with pytest.raises(UnavailableError):
        await plan()
    assert await records(here) == {}


async def test_a_tenant_that_is_gone_is_refused(here: PaperServices) -> None:
    await here.tenants.remove("contoso")
    assert isinstance(await perform(PLAN_TENANT, ALL), Refused)


async def test_only_what_a_message_asks_for_is_read(here: PaperServices) -> None:
    assert (await plan("ada")).groups == ((pc_of("ada"),),)
    assert here.directory.reads == ["skus", "1 users", "groups of 1 users"]
    assert set(await records(here)) == {"ada"}


async def test_who_is_not_shown_as_a_member_yet_is_read_again(here: PaperServices) -> None:
    for number, minutes in enumerate((1, 2, 5, 15, 60, 120)):
        await plan("eve", round=number)
        (due,) = await here.due.due(DueKind.REREAD, here.hand.at + timedelta(minutes=minutes))
        assert (due.subject_id, due.reads) == ("id-eve", number + 1)
        assert due.at == here.hand.at + timedelta(minutes=minutes)
        await here.due.drop(due)
        here.hand.at = due.at
    await plan("eve", round=40)
    assert await here.due.due(DueKind.REREAD, here.hand.at + timedelta(days=1)) == []


async def test_a_user_whom_the_directory_does_not_know_yet_is_read_again(here: PaperServices) -> None:
    assert await plan("new") == NOBODY
    assert [d.subject_id for d in await here.due.due(DueKind.REREAD, things.NOW + timedelta(minutes=1))] == ["id-new"]


async def test_after_an_assignment_everybody_is_read_again_and_then_regularly(here: PaperServices) -> None:
    seen = []
    for _ in range(7):
        await plan()
        await plan()
        (due,) = await here.due.due(DueKind.REREAD, here.hand.at + timedelta(days=1))
        assert due.subject_id == EVERYBODY
        await here.due.drop(due)
        here.hand.at = due.at
        seen.append((due.at - things.NOW) // timedelta(minutes=1))
    regular = (next_of(timedelta(days=1), things.NOW, "contoso") - things.NOW) // timedelta(minutes=1)
    assert seen == [1, 3, 8, 23, 83, 203, min(443, regular)]
    here.hand.at = things.NOW + timedelta(days=2)
    await plan()
    (due,) = await here.due.due(DueKind.REREAD, here.hand.at + timedelta(days=1))
    assert due.at == next_of(timedelta(days=1), here.hand.at, "contoso")


@pytest.mark.parametrize(("asked", "days"), [(timedelta(minutes=30), 7), (timedelta(days=1), 1)])
async def test_where_the_directory_says_what_changes_everybody_is_read_once_a_week(
    here: PaperServices, asked: timedelta, days: int
) -> None:
    here.hand.at = things.NOW + timedelta(days=2)
    watch = Watch(tenant_id="contoso", users_link="/u", groups_link="/g", read_at=here.hand.at - asked)
    await here.watches.insert(watch)
    await plan()
    (due,) = await here.due.due(DueKind.REREAD, here.hand.at + timedelta(days=7))
    assert due.at == next_of(timedelta(days=days), here.hand.at, "contoso")


async def test_a_user_who_has_a_cloud_pc_is_not_read_again(here: PaperServices) -> None:
    await plan("ada")
    assert await here.due.due(DueKind.REREAD, things.NOW + timedelta(days=1)) == []


async def test_seats_are_handed_out_once_and_kept(here: PaperServices) -> None:
    settings = TenantSettings(licence_source=LicenceSource.SEATS, seats={"CPC_E_2C_8GB_128GB": 1})
    await here.tenants.change("contoso", lambda t: t.but(settings=settings))
    here.directory.groups["g1"] = {"bob"}
    assert len((await plan()).groups[0]) == 1
    here.directory.groups["g1"] = {"ada", "bob"}
    await plan()
    assert set(await records(here)) == {"bob"}
    assert await plan("ada") == NOBODY


async def test_a_policy_without_its_image_builds_nothing_and_says_so(here: PaperServices) -> None:
    await here.images.insert(things.image())
    await here.policies.change("contoso", "p1", lambda p: p.but(image_type=ImageType.CUSTOM, image_id="i1"))
    assert (await plan()).groups == ()
    assert "are gone" in str((await records(here))["ada"].current.reason)
    ready = {"status": DeviceImageStatus.READY, "gallery_version_id": "/versions/1"}
    await here.images.change("contoso", "i1", lambda i: i.but(**ready))
    await plan()
    snapshot = (await records(here))["ada"].current.snapshot
    assert snapshot is not None
    assert snapshot.image.reference == {"id": "/versions/1"}


async def test_the_first_healthy_connection_is_taken(here: PaperServices) -> None:
    await here.connections.change("contoso", "c1", lambda c: c.but(health_check_status=HealthStatus.FAILED))
    await here.connections.insert(things.connection(id="c2"))
    join = things.policy().domain_join_configurations[0]
    both = (join, join.but(on_premises_connection_id="c2"))
    await here.policies.change("contoso", "p1", lambda p: p.but(domain_join_configurations=both))
    await plan()
    snapshot = (await records(here))["ada"].current.snapshot
    assert snapshot is not None
    assert snapshot.connection_id == "c2"


async def test_a_build_is_started_as_its_record_says_and_once(here: PaperServices) -> None:
    host = PaperHost()
    order = StartOrder(tenant_id="contoso", cloud_pc_ids=(await plan()).groups[0])
    assert await perform(START_PROVISIONING, order, host) == Started(count=1)
    assert await perform(START_PROVISIONING, order, host) == Started(count=1)
    ((instance, started),) = host.started.items()
    assert instance == f"contoso-{pc_of('ada')}-provision-{(await records(here))['ada'].current.generation}"
    assert (started.user.id, started.regions, started.resource_group) == ("id-ada", ("westeurope",), "desks")
    assert await here.due.due(DueKind.START, things.NOW + timedelta(days=1)) == []


async def test_what_was_begun_is_not_started_again(here: PaperServices) -> None:
    host = PaperHost()
    (ids,) = (await plan()).groups
    await here.cloud_pcs.change("contoso", ids[0], lambda pc: edited(pc, status=Status.PROVISIONING, attempt=1))
    assert await perform(START_PROVISIONING, StartOrder(tenant_id="contoso", cloud_pc_ids=ids), host) == Started(
        count=0
    )
    assert host.started == {}


async def test_a_build_whose_connection_is_gone_fails_at_once(here: PaperServices) -> None:
    (ids,) = (await plan()).groups
    await here.connections.remove("contoso", "c1")
    await perform(START_PROVISIONING, StartOrder(tenant_id="contoso", cloud_pc_ids=ids), PaperHost())
    pc = (await records(here))["ada"]
    assert (pc.status, pc.current.last_error and pc.current.last_error.code) == (Status.FAILED, "connectionGone")


async def test_a_build_whose_connection_is_gone_ends_as_every_build_that_fails(here: PaperServices) -> None:
    """With an audit event, its operation failed, and a clean-up of what the build before it left; also if repeated."""
    made = Resources(computer_name="CPC-OLD", subscription_id=things.SUBSCRIPTION, resource_group="desks")
    pc = things.cloud_pc(operation_id="retry", resources=made, snapshot=things.snapshot(connection_id="gone"))
    await here.cloud_pcs.insert(pc)
    await here.operations.insert(things.operation(id="retry", kind="retry", resource_id=pc.id))
    await here.due.put_all([start_due(pc)])
    order = StartOrder(tenant_id="contoso", cloud_pc_ids=(pc.id,))
    crash = StaleError("the worker dies between the record and what follows it")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here.audit, "append", _raising(crash))
        with pytest.raises(StaleError):
            await perform(START_PROVISIONING, order, PaperHost())
    for _ in range(2):
        assert await perform(START_PROVISIONING, order, PaperHost()) == Started(count=0)

    after, operation = (await records(here))["ada"], (await here.operations.get("contoso", "retry")).value
    events = [stored.value async for stored in here.audit.each("contoso", resource_id=pc.id)]
    cleaning = await here.due.due(DueKind.CLEAN_UP, here.hand.at + timedelta(hours=3))
    assert (after.status, after.current.phase) == (Status.FAILED, Phase.FAILED)
    assert [event.after and event.after["status"] for event in events] == ["failed"]
    assert (operation.status, operation.error and operation.error.code) == (OperationStatus.FAILED, "connectionGone")
    assert [(due.subject_id, due.at) for due in cleaning] == [(pc.id, after.current.clean_up_at)]
    assert await here.due.due(DueKind.START, here.hand.at + timedelta(days=1)) == []


def _raising(error: Exception) -> Callable[..., Any]:
    async def fail(*_: object) -> None:
        raise error

    return fail


async def test_a_reconcile_goes_round_again_when_somebody_asked_meanwhile(here: PaperServices) -> None:
    await here.requests.add("contoso", things.NOW)
    seen = (await plan()).requested_at
    close = ReconciledOrder(tenant_id="contoso", requested_at=seen)
    await here.requests.add("contoso", things.NOW)
    assert await perform(CLOSE_RECONCILE, close) == NewerRequest()
    assert await perform(CLOSE_RECONCILE, close.but(requested_at=(await plan()).requested_at)) == Done()
