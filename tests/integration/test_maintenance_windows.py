"""Bulk actions and maintenance windows: what waits, until when, and what begins it."""

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from shared.contracts.remote_actions import NEXT_WAVE, BulkOrder
from shared.domain.operations.bulk import BulkAction, BulkItem, BulkStatus
from shared.domain.operations.operation import OperationStatus
from shared.domain.policies.maintenance_window import MaintenanceSchedule, ScheduleType
from shared.services.actions.bulk import bulk_due
from shared.storage.due import Due, DueKind
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import BULK, ITEM, WINDOW, WORKS
from tests.integration.services import IdleHost, perform

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)  # in Amsterdam an hour later
NOON, OPENS = MONDAY + 11 * HOUR, MONDAY + 21 * HOUR
OVERRIDE = "POST tenants/{tenant}/bulkActions/{id}/overrideMaintenanceWindow"


async def begun(office: Office, at: datetime, *more: BulkItem, **changes: Any) -> BulkAction:
    """Return a bulk action of which the first wave was asked for."""
    office.hand.at = at
    bulk = BULK.but(**{"scheduled_during_maintenance_window": True, "total": 1 + len(more), **changes})
    await office.bulk_actions.insert(bulk)
    for item in (ITEM, *more):
        await office.bulk_items.insert(item)
    return bulk


async def wave(office: Office, number: int = 0) -> tuple[int, ...]:
    found = await perform(NEXT_WAVE, BulkOrder(tenant_id=things.TENANT_ID, bulk_id="b1", wave=number))
    return tuple(found.positions)


async def now(office: Office) -> BulkAction:
    return (await office.bulk_actions.get(things.TENANT_ID, "b1")).value


@pytest.fixture
async def desk(office: Office) -> Office:
    """An office with a Cloud PC of the group that has the window."""
    await office.cloud_pcs.insert(WORKS)
    return office


async def test_nothing_begins_until_the_window_opens(desk: Office) -> None:
    await begun(desk, NOON)
    assert await wave(desk) == ()
    bulk = await now(desk)
    assert (bulk.status, bulk.waits_until, bulk.reason) == (
        BulkStatus.RUNNING,
        OPENS,
        "waits for the maintenance window Nights",
    )
    assert OPENS in {due.at for due in await desk.due.due(DueKind.BULK, OPENS)}
    due = Due(DueKind.BULK, NOON, things.TENANT_ID, "b1")
    assert await bulk_due(desk, IdleHost(), due) == OPENS
    desk.hand.at = OPENS
    host = IdleHost()
    assert await bulk_due(desk, host, due) != OPENS
    assert host.started
    assert await wave(desk) == (0,)
    bulk = await now(desk)
    assert (bulk.waits_until, bulk.reason) == (None, None)


async def test_without_the_wish_or_a_window_nothing_waits(desk: Office) -> None:
    await begun(desk, NOON, scheduled_during_maintenance_window=False)
    assert await wave(desk) == (0,)
    await desk.bulk_actions.change(things.TENANT_ID, "b1", lambda it: it.but(scheduled_during_maintenance_window=True))
    assert await wave(desk) == ()
    await desk.maintenance_windows.remove(things.TENANT_ID, WINDOW.id)
    assert await wave(desk) == (0,)


async def test_a_cloud_pc_without_a_window_does_not_wait_for_the_others(desk: Office) -> None:
    other = edited(WORKS, id="other", group_id="g2", user=things.user("bob"))
    await desk.cloud_pcs.insert(other)
    await begun(desk, NOON, ITEM.but(position=1, cloud_pc_id="other"), canary=False, max_concurrency=5)
    assert await wave(desk) == (1,)


async def took(office: Office, length: timedelta) -> None:
    """A reboot of this tenant took so long."""
    done = things.operation(id="op-before", kind="reboot", resource_id=WORKS.id, status=OperationStatus.SUCCEEDED)
    done = done.but(created_date_time=things.NOW, last_modified_date_time=things.NOW + length)
    await office.operations.insert(done)


async def test_what_would_not_end_in_the_window_does_not_begin(desk: Office) -> None:
    await took(desk, 3 * HOUR)
    await begun(desk, OPENS + 4 * HOUR)  # two hours are left
    assert await wave(desk) == ()
    assert (await now(desk)).waits_until == OPENS + 24 * HOUR


async def test_what_takes_longer_than_the_window_says_so(desk: Office) -> None:
    await took(desk, 7 * HOUR)
    await begun(desk, NOON)
    assert await wave(desk) == ()
    bulk = await now(desk)
    assert bulk.waits_until is None
    assert bulk.reason == "takes longer (7:00:00) than the maintenance window Nights is open"


async def test_a_changed_window_counts_at_once(desk: Office, routes: dict[str, Any]) -> None:
    await begun(desk, NOON)
    assert await wave(desk) == ()
    days = MaintenanceSchedule(schedule_type=ScheduleType.WEEKDAY, start_time=time(8), end_time=time(18))
    name = "PATCH …/maintenanceWindows/{id}"
    answer = await ask(routes[name], name, body=json.dumps({"schedules": [days.to_json()]}).encode(), at={"id": "mw1"})
    assert answer.status_code == 204, answer.get_body()
    assert [due.subject_id for due in await desk.due.due(DueKind.BULK, NOON)] == ["b1"]
    assert await wave(desk) == (0,)


async def test_an_override_begins_at_once_and_is_audited(desk: Office, routes: dict[str, Any]) -> None:
    await begun(desk, NOON)
    assert await wave(desk) == ()
    answer = await ask(routes[OVERRIDE], OVERRIDE, at={"id": "b1"})
    assert answer.status_code == 200, answer.get_body()
    view = json.loads(answer.get_body())
    assert (view["scheduledDuringMaintenanceWindow"], view["waitsUntilDateTime"], view["reason"]) == (False, None, None)
    assert await wave(desk) == (0,)
    events = [stored.value async for _, stored in desk.audit.among(things.TENANT_ID, top=10)]
    assert [each.activity for each in events] == ["Microsoft.CloudPC/bulkActions/overrideMaintenanceWindow"]
