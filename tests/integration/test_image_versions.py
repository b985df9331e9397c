"""Image sets and versions on real tables: what is due of them, what guards them, and the record of what happens."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.image_versions import (
    RECORD_VERSION,
    RECORD_VERSION_ACTION,
    RECORD_VERSION_DELETED,
    VersionActionRecord,
    VersionDeletedRecord,
    VersionRecord,
    WayIn,
)
from shared.domain.cloud_pcs.build import Failure
from shared.domain.networks.connection import Domain, HealthStatus, JoinType
from shared.domain.operations.operation import Actor, OperationStatus
from shared.domain.spot.images.image_set import BuildSchedule
from shared.domain.spot.images.image_version import (
    SHUT_DOWN_AFTER,
    Access,
    VersionAction,
    VersionActionName,
    VersionEvent,
    VersionStatus,
    VersionUse,
    first_version,
)
from shared.errors import ConflictError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.sweeps import sweep_due
from shared.services.spot import image_sets, image_versions
from shared.services.spot.image_schedules import image_set_due
from shared.services.spot.image_versions import version_order
from shared.services.spot.version_actions import image_version_due
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.image_things import RECIPE, image_set, version
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_stalling import StuckHost

NOW = things.NOW
HOUR = timedelta(hours=1)


async def saved(here: PaperServices, **changes: Any) -> None:
    await here.image_sets.insert(image_set())
    await here.image_versions.insert(version(**changes))
    await here.due.put(DueKind.IMAGE_VERSION, NOW, things.TENANT_ID, "v1")


async def record(here: PaperServices) -> Any:
    return (await here.image_versions.get(things.TENANT_ID, "v1")).value


async def test_a_way_in_whose_time_is_over_is_closed_by_the_sweep(contoso: PaperServices) -> None:
    access = Access(address="20.50.2.10", public_address="20.50.2.99", until=NOW)
    await saved(contoso, access=access, shut_down_at=NOW + HOUR)
    host = IdleHost()
    await sweep_due(host, {DueKind.IMAGE_VERSION: image_version_due})

    assert [order["name"] for order in host.orders] == ["disconnect"]
    assert (await record(contoso)).action.name is VersionActionName.DISCONNECT


async def test_a_machine_that_ran_for_its_days_is_shut_down_and_nothing_before_that(contoso: PaperServices) -> None:
    await saved(contoso, shut_down_at=NOW + HOUR)
    host = IdleHost()
    await sweep_due(host, {DueKind.IMAGE_VERSION: image_version_due})
    assert host.started == []
    contoso.hand.advance(HOUR)
    await sweep_due(host, {DueKind.IMAGE_VERSION: image_version_due})

    assert [order["name"] for order in host.orders] == ["shutDown"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"status": VersionStatus.CREATING_VM}, "build"),
        ({"status": VersionStatus.SEALING}, "seal"),
        ({"status": VersionStatus.VALIDATING, "gallery_version_id": "/v"}, "seal"),
        ({"status": VersionStatus.DELETING}, "remove"),
    ],
)
async def test_work_that_was_saved_and_not_begun_is_begun(
    contoso: PaperServices, changes: dict[str, Any], kind: str
) -> None:
    await saved(contoso, **changes)
    host = IdleHost()
    await sweep_due(host, {DueKind.IMAGE_VERSION: image_version_due})

    assert host.started == [f"contoso-v1-{kind}-0"]
    assert host.orders[0].get("captured") == changes.get("gallery_version_id")


@pytest.mark.parametrize(
    ("health", "domains", "joins"),
    [
        (HealthStatus.PASSED, (False, True), "c0"),
        (HealthStatus.WARNING, (True,), "c0"),
        (HealthStatus.FAILED, (False,), None),
    ],
)
async def test_the_test_machine_joins_by_a_healthy_connection_of_the_site_to_entra_if_it_can(
    contoso: PaperServices, health: HealthStatus, domains: tuple[bool, ...], joins: str | None
) -> None:
    for known in [each async for each in contoso.connections.each(things.TENANT_ID)]:
        await contoso.connections.remove(things.TENANT_ID, known.value.id)
    domain = Domain(ad_domain_name="corp.example", ad_domain_username="join", password_secret_url="x")
    for number, hybrid in enumerate(domains):
        of_domain = {"join_type": JoinType.HYBRID_AZURE_AD_JOIN, "domain": domain} if hybrid else {}
        named = {"id": f"c{number}", "display_name": f"c{number}", "health_check_status": health}
        await contoso.connections.insert(things.connection(**named, **of_domain))
    await saved(contoso, status=VersionStatus.SEALING)
    order = await version_order(contoso, await record(contoso))

    assert order is not None
    assert (order.joins and order.joins.connection_id) == joins


async def test_a_build_by_recipe_that_broke_off_begins_anew_with_what_it_left_removed_first(
    contoso: PaperServices,
) -> None:
    await contoso.operations.insert(things.operation(id="op-1", kind="buildImageVersion").but(status="running"))
    await saved(contoso, status=VersionStatus.VALIDATING, recipe=RECIPE.steps, gallery_version_id="/v")
    host = IdleHost()
    await sweep_due(host, {DueKind.IMAGE_VERSION: image_version_due})

    assert (await record(contoso)).status is VersionStatus.CREATING_VM
    assert (host.orders[0]["brokenOff"], host.orders[0].get("captured")) == (True, None)


@pytest.mark.parametrize("status", [VersionStatus.CREATING_VM, VersionStatus.SEALING, VersionStatus.DELETING])
async def test_work_that_stands_still_is_ended(contoso: PaperServices, status: VersionStatus) -> None:
    await saved(contoso, status=status)
    contoso.hand.advance(timedelta(hours=7))
    host = StuckHost()
    await sweep_due(host, {DueKind.IMAGE_VERSION: image_version_due})

    assert len(host.ended) == 1


async def test_a_version_that_is_over_is_not_looked_at_again(contoso: PaperServices) -> None:
    await saved(contoso, status=VersionStatus.FAILED)
    await sweep_due(IdleHost(), {DueKind.IMAGE_VERSION: image_version_due})

    assert await contoso.due.due(DueKind.IMAGE_VERSION, NOW + timedelta(days=30)) == []


async def test_the_first_version_that_a_crash_prevented_is_there_after_the_sweep(contoso: PaperServices) -> None:
    await contoso.image_sets.insert(image_set())
    await contoso.due.put(DueKind.IMAGE_SET, NOW, things.TENANT_ID, "5e700000")
    await sweep_due(IdleHost(), {DueKind.IMAGE_SET: image_set_due})

    (found,) = [each.value async for each in contoso.image_versions.each(things.TENANT_ID)]
    assert (found.version, found.status) == ("0.0.0", VersionStatus.AVAILABLE)


async def test_a_schedule_builds_one_version_a_month_however_often_the_sweep_comes(contoso: PaperServices) -> None:
    recipe = RECIPE.but(schedule=BuildSchedule(day_of_month=21))
    monthly = image_set(recipe=recipe, next_build_at=NOW)
    await contoso.image_sets.insert(monthly)
    await contoso.image_versions.insert(first_version(monthly))
    host = IdleHost()
    for _ in range(2):
        await contoso.due.put(DueKind.IMAGE_SET, NOW, things.TENANT_ID, monthly.id)
        await sweep_due(host, {DueKind.IMAGE_SET: image_set_due})

    (order,) = host.orders
    stored = (await contoso.image_sets.get(things.TENANT_ID, monthly.id)).value
    assert (order["version"], order["recipeSteps"]) == ("0.0.1", 2)
    assert stored.next_build_at is not None
    assert (stored.next_build_at.month, stored.next_build_at.day) == (12, 21)


def by(here: PaperServices, verb: str) -> ActionContext:
    actor = Actor(id="ada", name="Ada")
    return ActionContext(here, actor, things.tenant(), verb=verb, trace_id="t", now=NOW, seed=("t", verb))


async def test_a_version_that_a_group_uses_is_not_deleted(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def used(*_: Any) -> tuple[VersionUse, ...]:
        return (VersionUse(spot_group_id="g", display_name="Class 7", version="0.0.1", hosts=3),)

    monkeypatch.setattr(image_versions, "uses_of_version", used)
    await saved(contoso, status=VersionStatus.AVAILABLE)
    stored = await contoso.image_versions.get(things.TENANT_ID, "v1")
    host: Any = IdleHost()
    with pytest.raises(ConflictError) as refused:
        await image_versions.delete_version(by(contoso, "delete"), host, stored)

    assert refused.value.details == {"inTheWay": {"spotGroups": ["Class 7"]}}
    assert (await record(contoso)).status is VersionStatus.AVAILABLE


@pytest.mark.parametrize("status", [VersionStatus.CREATING_VM, VersionStatus.SEALING, VersionStatus.REPLICATING])
async def test_a_version_that_is_being_worked_on_is_not_deleted(contoso: PaperServices, status: VersionStatus) -> None:
    await saved(contoso, status=status)
    stored = await contoso.image_versions.get(things.TENANT_ID, "v1")
    host: Any = IdleHost()
    with pytest.raises(ConflictError):
        await image_versions.delete_version(by(contoso, "delete"), host, stored)


async def test_a_set_goes_with_the_version_that_is_its_source(contoso: PaperServices) -> None:
    stored = await contoso.image_sets.insert(image_set())
    await contoso.image_versions.insert(first_version(stored.value))
    await image_sets.delete_image_set(by(contoso, "delete"), stored)

    assert [each async for each in contoso.image_versions.each(things.TENANT_ID)] == []


def happened(event: VersionEvent, **found: Any) -> VersionRecord:
    return VersionRecord(tenant_id=things.TENANT_ID, version_id="v1", operation_id="op-1", event=event, **found)


async def test_what_happens_twice_is_recorded_once(contoso: PaperServices) -> None:
    await contoso.operations.insert(things.operation(id="op-1", kind="buildImageVersion"))
    await saved(contoso, status=VersionStatus.CREATING_VM)
    for _ in range(2):
        await perform(RECORD_VERSION, happened(VersionEvent.MACHINE_READY, ends=True))

    found = await record(contoso)
    events = [each.value async for each in contoso.audit.each(things.TENANT_ID, resource_id="v1")]
    operation = (await contoso.operations.get(things.TENANT_ID, "op-1")).value
    assert (found.status, found.shut_down_at) == (VersionStatus.CUSTOMIZING, NOW + SHUT_DOWN_AFTER)
    assert (len(events), operation.status) == (1, OperationStatus.SUCCEEDED)
    assert await contoso.due.due(DueKind.IMAGE_VERSION, NOW + SHUT_DOWN_AFTER)


async def test_work_that_was_taken_over_changes_nothing(contoso: PaperServices) -> None:
    await saved(contoso, status=VersionStatus.CREATING_VM, operation_id="op-2")
    await perform(RECORD_VERSION, happened(VersionEvent.MACHINE_READY, ends=True))

    assert (await record(contoso)).status is VersionStatus.CREATING_VM


async def test_a_way_in_is_recorded_with_its_end_and_a_due_row_for_it(contoso: PaperServices) -> None:
    action = VersionAction(
        name=VersionActionName.CONNECT, operation_id="op-3", begun_at=NOW, address="20.50.2.10", minutes=30
    )
    await saved(contoso, action=action)
    what = VersionActionRecord(
        tenant_id=things.TENANT_ID,
        version_id="v1",
        operation_id="op-3",
        name=VersionActionName.CONNECT,
        way_in=WayIn(public_address="20.50.2.99"),
    )
    await perform(RECORD_VERSION_ACTION, what)

    found = await record(contoso)
    assert (found.action, found.access.until) == (None, NOW + timedelta(minutes=30))
    assert len(await contoso.due.due(DueKind.IMAGE_VERSION, NOW + timedelta(minutes=30))) == 2


async def test_a_removal_that_leaves_something_is_told_and_can_be_repeated(contoso: PaperServices) -> None:
    await contoso.operations.insert(things.operation(id="op-1", kind="deleteImageVersion"))
    await saved(contoso, status=VersionStatus.DELETING)
    locked = Failure(code="ScopeLocked", message="a lock")
    gone = VersionDeletedRecord(tenant_id=things.TENANT_ID, version_id="v1", operation_id="op-1")
    await perform(RECORD_VERSION_DELETED, gone.but(left=(locked,)))
    left = await record(contoso)
    stored = await contoso.image_versions.get(things.TENANT_ID, "v1")
    host: Any = IdleHost()
    await image_versions.delete_version(by(contoso, "again"), host, stored)
    await perform(RECORD_VERSION_DELETED, gone)
    assert await contoso.image_versions.find(things.TENANT_ID, "v1") is not None  # it is of the first removal
    await perform(RECORD_VERSION_DELETED, gone.but(operation_id=(await record(contoso)).operation_id))

    assert (left.status, left.left) == (VersionStatus.FAILED, (locked,))
    assert await contoso.image_versions.find(things.TENANT_ID, "v1") is None
