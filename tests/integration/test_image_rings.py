"""Image rings on real tables, through the routes and the sweep's rule: months begin, halt, are resumed and end."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shared.domain.alerts.alert import AlertRuleTemplate, AlertStatus
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import ImageSource
from shared.domain.operations.bulk import BulkAction, BulkItem, BulkStatus, ItemStatus
from shared.domain.operations.image_rings import Ring, RingMonth, RingStatus
from shared.domain.operations.operation import SYSTEM
from shared.domain.policies.image_rings import NOT_KEPT
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import Paused
from shared.errors import ConflictError, DeskwrightError
from shared.services.actions import catalogue
from shared.services.actions.image_rings import rings_due
from shared.services.alerts.judging import judge_tenant
from shared.services.operations.action_context import ActionContext
from shared.storage.due import Due, DueKind
from shared.storage.repository import Stored
from shared.storage.tables import Table
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import MADE
from tests.integration.services import IdleHost

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TENTH = datetime(2026, 12, 9, 23, 0, tzinfo=UTC)  # midnight in Berlin
RINGS = {"enabled": True, "dayOfMonth": 10, "timeZone": "Europe/Berlin", "canaryPercent": 20}
OLD = ImageSource(gallery_version_id="/versions/old")
LOOK = Due(DueKind.IMAGE_RINGS, things.NOW, things.TENANT_ID, "p1")
POLICY = "tenants/{tenant}/provisioningPolicies/{id}"
REPORT, RESUME = f"GET {POLICY}/imageRings", f"POST {POLICY}/resumeImageRings"
FLEET = [
    things.cloud_pc(f"u{n}", status=Status.PROVISIONED, attempt=1, resources=MADE, snapshot=things.snapshot(image=OLD))
    for n in range(10)
]


@pytest.fixture
async def desk(office: Office) -> Office:
    """An office whose policy has rings since November, and ten Cloud PCs with an older image."""
    await office.tenants.change(
        things.TENANT_ID, lambda it: it.but(settings=it.settings.but(deleted_cloud_pcs_kept_in_days=7))
    )
    await change_policy(office, image_rings=RINGS)
    await office.cloud_pcs.save_all([Stored(pc, "*") for pc in FLEET])
    assert await look(office) == TENTH
    assert (await month(office)).status is RingStatus.ENDED
    return office


async def change_policy(office: Office, **changes: Any) -> None:
    if await office.policies.find(things.TENANT_ID, "p1") is None:
        await office.policies.insert(things.policy())
    await office.policies.change(things.TENANT_ID, "p1", partial(_changed, changes))


def _changed(changes: dict[str, Any], policy: Policy) -> Policy:
    return Policy.model_validate(policy.but(**changes).to_json())


async def look(office: Office, at: datetime | None = None) -> datetime | None:
    if at is not None:
        office.hand.at = at
    return await rings_due(office, IdleHost(), LOOK)


async def month(office: Office) -> RingMonth:
    return (await office.image_rings.get(things.TENANT_ID, "p1")).value


async def bulks(office: Office) -> list[BulkAction]:
    return [each.value async for each in office.bulk_actions.each(things.TENANT_ID)]


async def end(office: Office, status: Callable[[CloudPc], ItemStatus] = lambda _: ItemStatus.SUCCEEDED) -> set[str]:
    """End the last bulk action of the month; return the Cloud PCs that were in it."""
    bulk_id = (await month(office)).bulk_action_id
    assert bulk_id is not None
    fleet = {pc.id: pc for pc in FLEET}
    turn = set()
    for stored in await office.bulk_items.of(things.TENANT_ID, bulk_id):
        item = stored.value
        turn.add(item.cloud_pc_id)
        found = status(fleet[item.cloud_pc_id])
        await office.bulk_items.change(item.tenant_id, item.id, partial(_settled, found))
        if found is ItemStatus.SUCCEEDED:
            await office.cloud_pcs.change(item.tenant_id, item.cloud_pc_id, partial(_built, office.hand.at))
    items = [each.value for each in await office.bulk_items.of(things.TENANT_ID, bulk_id)]
    await office.bulk_actions.change(things.TENANT_ID, bulk_id, lambda it: it.with_items(items, office.hand.at))
    return turn


def _settled(status: ItemStatus, item: BulkItem) -> BulkItem:
    return item.but(status=status, message="why")


def _built(at: datetime, pc: CloudPc) -> CloudPc:
    return pc.with_current(snapshot=things.snapshot(image=things.SOURCE)).but(provisioned_date_time=at)


async def through(office: Office, at: datetime) -> None:
    """Look as often as the sweep would in a few minutes."""
    for number in range(3):
        await look(office, at + number * MINUTE)


async def test_a_month_has_its_canary_then_its_days_and_then_all_others(desk: Office) -> None:
    await look(desk, TENTH - MINUTE)
    assert await bulks(desk) == []
    await look(desk, TENTH)
    (bulk,) = await bulks(desk)
    assert (bulk.action, bulk.total, bulk.scheduled_during_maintenance_window) == ("reprovision", 2, True)
    assert bulk.parameters == {"buildFirst": True, "unlessInUse": True}
    canary = await end(desk)
    await through(desk, TENTH + DAY)
    observed = await month(desk)
    assert (observed.status, observed.observed_until) == (RingStatus.OBSERVING, TENTH + 4 * DAY + MINUTE)
    await through(desk, TENTH + 4 * DAY - MINUTE)
    assert len(await bulks(desk)) == 1
    await through(desk, TENTH + 4 * DAY + MINUTE)
    assert len(await bulks(desk)) == 2
    stable = await end(desk)
    await through(desk, TENTH + 5 * DAY)
    assert (await month(desk)).status is RingStatus.ENDED
    assert canary | stable == {pc.id for pc in FLEET}
    assert canary.isdisjoint(stable)


@pytest.mark.parametrize("lost", [True, False], ids=["after the request", "before the request"])
async def test_a_ring_that_is_cut_off_at_each_request_and_begun_again_is_one(
    desk: Office, monkeypatch: pytest.MonkeyPatch, *, lost: bool
) -> None:
    """Each look dies at one request later than the look before; the last one goes through."""
    desk.hand.at, do, left = TENTH, Table._do, 0

    async def dies(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left:
            return await do(*arguments, **named)
        if lost:
            with suppress(DeskwrightError):
                await do(*arguments, **named)
        raise ConnectionError

    monkeypatch.setattr(Table, "_do", dies)
    kills = 0
    for left in range(1, 200):
        try:
            await look(desk)
        except ConnectionError:
            kills += 1
        if kills and left > 0:
            break
    left = 0
    await look(desk)
    assert kills > 10
    (bulk,) = await bulks(desk)
    items = [each.value.cloud_pc_id for each in await desk.bulk_items.of(things.TENANT_ID, bulk.id)]
    assert len(items) == len(set(items)) == bulk.total == 2


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (ItemStatus.FAILED, "2 Cloud PCs of the canary could not be rebuilt"),
        (ItemStatus.REFUSED, "none of the canary was rebuilt"),
    ],
)
async def test_a_canary_that_fails_or_shows_nothing_halts_the_month_until_somebody_resumes_it(
    desk: Office, routes: dict[str, Any], outcome: ItemStatus, why: str
) -> None:
    await look(desk, TENTH)
    canary = await end(desk, lambda _: outcome)
    await through(desk, TENTH + DAY)
    halted = await month(desk)
    assert halted.status is RingStatus.HALTED
    assert why in str(halted.reason)
    (raised,) = await judge_tenant(desk, things.TENANT_ID)
    assert (raised.alert_rule_template, raised.status) == (AlertRuleTemplate.IMAGE_RINGS_HALTED, AlertStatus.ACTIVE)
    await through(desk, TENTH + 9 * DAY)
    assert len(await bulks(desk)) == 1
    report = json.loads((await ask(routes[REPORT], REPORT, at={"id": "p1"})).get_body())
    assert {each["cloudPcId"] for each in report["notUpdated"]} == canary
    assert {each["message"] for each in report["notUpdated"]} == {"why"}
    assert (report["month"], report["status"], report["notUpdatedCount"]) == ("2026-12", "halted", 2)
    answer = await ask(routes[RESUME], RESUME, at={"id": "p1"})
    assert answer.status_code == 200, answer.get_body()
    assert [each.at for each in await desk.due.due(DueKind.IMAGE_RINGS, desk.hand.at)]
    await through(desk, TENTH + 10 * DAY)
    assert (await month(desk)).ring is Ring.STABLE
    assert canary.isdisjoint(await end(desk))


async def test_another_image_in_the_middle_of_a_month_pauses_its_bulk_action(
    desk: Office, routes: dict[str, Any]
) -> None:
    await look(desk, TENTH)
    await change_policy(desk, image_id="windows_desktop_win11-multi")
    await look(desk)
    assert (await month(desk)).status is RingStatus.HALTED
    assert [each.status for each in await bulks(desk)] == [BulkStatus.PAUSED]
    answer = await ask(routes[RESUME], RESUME, at={"id": "p1"})
    assert answer.status_code == 200, answer.get_body()
    await look(desk, TENTH + DAY)
    assert (await month(desk)).status is RingStatus.RUNNING
    assert [each.status for each in await bulks(desk)] == [BulkStatus.RUNNING]


async def test_an_image_that_is_gone_and_disks_that_are_not_kept_halt_before_anything(
    desk: Office, routes: dict[str, Any]
) -> None:
    await desk.tenants.change(
        things.TENANT_ID, lambda it: it.but(settings=it.settings.but(deleted_cloud_pcs_kept_in_days=0))
    )
    await look(desk, TENTH)
    assert ((await month(desk)).reason, await bulks(desk)) == (NOT_KEPT, [])
    refused = await ask(routes[RESUME], RESUME, at={"id": "p1"})
    assert (refused.status_code, NOT_KEPT in refused.get_body().decode()) == (409, True)
    await change_policy(desk, image_type="custom", image_id="gone")
    await desk.tenants.change(
        things.TENANT_ID, lambda it: it.but(settings=it.settings.but(deleted_cloud_pcs_kept_in_days=7))
    )
    await look(desk, TENTH + 31 * DAY)
    assert ((await month(desk)).month, await bulks(desk)) == ("2027-01", [])
    assert "cannot be used" in str((await month(desk)).reason)


async def test_rings_that_are_turned_off_or_a_policy_that_is_deleted_begin_nobody_any_more(desk: Office) -> None:
    await look(desk, TENTH)
    await change_policy(desk, image_rings={**RINGS, "enabled": False})
    assert await look(desk) is None
    assert [each.status for each in await bulks(desk)] == [BulkStatus.CANCELED]
    assert (await month(desk)).status is RingStatus.ENDED
    await change_policy(desk, image_rings=RINGS)
    await through(desk, TENTH + DAY)
    assert len(await bulks(desk)) == 1  # it begins again in the next month
    await desk.policies.remove(things.TENANT_ID, "p1")
    assert await look(desk) is None
    assert await desk.image_rings.find(things.TENANT_ID, "p1") is None


async def test_while_the_tenant_is_paused_no_month_begins(desk: Office) -> None:
    pause = Paused(by="ada", at=things.NOW)
    await desk.tenants.change(things.TENANT_ID, lambda it: it.but(paused=pause))
    await look(desk, TENTH)
    assert ((await month(desk)).month, await bulks(desk)) == ("2026-11", [])
    await desk.tenants.change(things.TENANT_ID, lambda it: it.but(paused=None))
    await look(desk, TENTH + DAY)
    assert len(await bulks(desk)) == 1


async def test_a_broken_canary_is_seen_after_its_days(desk: Office) -> None:
    await look(desk, TENTH)
    (broken, *_) = sorted(await end(desk))
    await through(desk, TENTH + DAY)
    await desk.cloud_pcs.change(things.TENANT_ID, broken, lambda pc: pc.but(status=Status.FAILED))
    await through(desk, TENTH + 5 * DAY)
    assert "1 Cloud PC of the canary failed since" in str((await month(desk)).reason)


async def test_a_month_that_is_not_over_ends_with_the_next_one(desk: Office) -> None:
    await look(desk, TENTH)
    await look(desk, TENTH + 31 * DAY)
    assert (await month(desk)).month == "2027-01"
    assert sorted(each.status.value for each in await bulks(desk)) == ["canceled", "running"]


async def test_rings_without_kept_disks_are_refused_in_a_policy(office: Office, routes: dict[str, Any]) -> None:
    name = f"PATCH {POLICY.replace('tenants/{tenant}', '…')}"
    body = json.dumps({"@deskwright.imageRings": {"enabled": True}}).encode()
    refused = await ask(routes[name], name, body=body, at={"id": "p1"})
    assert refused.status_code == 400, refused.get_body()
    assert NOT_KEPT in refused.get_body().decode()
    await office.tenants.change(
        things.TENANT_ID, lambda it: it.but(settings=it.settings.but(deleted_cloud_pcs_kept_in_days=7))
    )
    zone = json.dumps({"@deskwright.imageRings": {"enabled": True, "timeZone": "Mars"}}).encode()
    assert (await ask(routes[name], name, body=zone, at={"id": "p1"})).status_code == 400
    saved = await ask(routes[name], name, body=body, at={"id": "p1"})
    assert saved.status_code in {200, 202, 204}, saved.get_body()
    assert [each.subject_id for each in await office.due.due(DueKind.IMAGE_RINGS, office.hand.at)] == ["p1"]


async def test_whoever_is_active_is_not_rebuilt(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def active(*_: object) -> list[str]:
        return ["ada@contoso.example"]

    monkeypatch.setattr(catalogue, "users_now", active)
    tenant = (await desk.tenants.get(things.TENANT_ID)).value
    context = ActionContext(desk, SYSTEM, tenant, verb="x", trace_id="x", now=desk.hand.at, seed=("x",))
    bulk = catalogue.BULK_ACTIONS["reprovision"]
    form = bulk.form.model_validate({"buildFirst": True, "unlessInUse": True})
    with pytest.raises(ConflictError, match="in use by ada"):
        await bulk.perform(context, IdleHost(), FLEET[0].id, form)
    assert (await desk.cloud_pcs.get(things.TENANT_ID, FLEET[0].id)).value.replacement is None
