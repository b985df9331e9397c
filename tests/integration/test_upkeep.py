"""Records deleted at night, and those never deleted; measurements of the records."""

from datetime import timedelta
from typing import Any

import pytest

from activities.operations.audit import record_status_change, update_operation
from shared.domain.cloud_pcs.build import Failure, Step, TimelineEntry
from shared.domain.cloud_pcs.cloud_pc import Removal, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.bulk import BulkAction, BulkItem, BulkStatus
from shared.domain.operations.operation import SYSTEM, OperationStatus
from shared.services.operations.maintenance import measure
from shared.services.operations.purges import PURGES, delete_old
from shared.storage.idempotency import KeptResponse
from shared.storage.repository import Stored
from tests.integration import things
from tests.integration.services import PaperServices
from tests.measured import measured

LONG_AGO = things.NOW - timedelta(days=91)


def bulk(id_: str, **changes: Any) -> BulkAction:
    body: dict[str, Any] = {
        "id": id_,
        "tenant_id": "contoso",
        "action": "reboot",
        "requested_by": SYSTEM,
        "total": 1,
        "max_concurrency": 1,
        "stop_at_failure_rate": 50,
        "created_date_time": LONG_AGO,
        "last_modified_date_time": LONG_AGO,
    }
    return BulkAction(**{**body, **changes})


def item(bulk_id: str) -> BulkItem:
    return BulkItem(
        tenant_id="contoso", bulk_id=bulk_id, position=0, cloud_pc_id="pc", user_principal_name="ada@contoso.example"
    )


@pytest.fixture
def here(paper: PaperServices) -> PaperServices:
    return paper


async def test_operations_go_90_days_after_their_end(here: PaperServices) -> None:
    ended, old = OperationStatus.FAILED, LONG_AGO
    await here.operations.insert(things.operation(id="old", status=ended, last_modified_date_time=old))
    await here.operations.insert(things.operation(id="young", status=ended, last_modified_date_time=things.NOW))
    await here.operations.insert(
        things.operation(id="runs", status=OperationStatus.RUNNING, last_modified_date_time=old)
    )
    assert (await delete_old(here, things.NOW))["operations"] == 1
    assert {stored.value.id async for stored in here.operations.each("contoso")} == {"young", "runs"}


async def test_bulk_actions_go_with_their_items(here: PaperServices) -> None:
    for id_, status in (("over", BulkStatus.SUCCEEDED), ("runs", BulkStatus.RUNNING)):
        await here.bulk_actions.insert(bulk(id_, status=status))
        await here.bulk_items.insert(item(id_))
    assert (await delete_old(here, things.NOW))["bulkactions"] == 1
    assert [stored.value.id async for stored in here.bulk_actions.each("contoso")] == ["runs"]
    assert [stored.value.bulk_id async for stored in here.bulk_items.each("contoso")] == ["runs"]


async def test_a_bulk_action_with_more_items_than_a_chunk_goes_after_all_of_them(here: PaperServices) -> None:
    await here.bulk_actions.insert(bulk("over", status=BulkStatus.SUCCEEDED))
    items = [item("over").but(position=n, cloud_pc_id=f"pc{n}") for n in range(2_100)]
    await here.bulk_items.save_all([Stored(each, "") for each in items])
    counts = [(await delete_old(here, things.NOW, 1))["bulkactions"] for _ in range(3)]
    assert counts == [0, 0, 1]
    assert [each async for each in here.bulk_items.each("contoso")] == []


async def test_an_answered_key_goes_after_the_day_for_which_it_holds(here: PaperServices) -> None:
    for key, age in (("old", 25), ("young", 23)):
        await here.idempotency.claim("contoso:ada", key, "same", at=things.NOW - timedelta(hours=age))
        await here.idempotency.keep("contoso:ada", key, KeptResponse(status=201, headers={}))
    assert (await delete_old(here, things.NOW))["idempotency"] == 1
    assert await here.idempotency.claim("contoso:ada", "young", "same", at=things.NOW) is not None
    assert await here.idempotency.claim("contoso:ada", "old", "other", at=things.NOW) is None


async def test_records_and_the_audit_log_stay(here: PaperServices) -> None:
    await here.audit.append(things.audit_event(activity_date_time=LONG_AGO))
    await here.cloud_pcs.insert(things.cloud_pc(last_modified_date_time=LONG_AGO))
    assert await delete_old(here, things.NOW) == dict.fromkeys(PURGES, 0)
    assert len([event async for event in here.audit.each("contoso")]) == 1
    assert len([stored async for stored in here.cloud_pcs.each("contoso")]) == 1


async def test_what_waits_is_measured_for_each_tenant(here: PaperServices) -> None:
    for tenant in ("contoso", "fabrikam"):
        await here.tenants.insert(things.tenant(id=tenant))
    waiting = Removal(cause=RemovalCause.LICENSE_REMOVED, seen_at=things.NOW)
    await here.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PENDING_PROVISION))
    await here.cloud_pcs.insert(things.cloud_pc("bob", status=Status.PROVISIONED, removal=waiting))
    confirmed = waiting.but(confirmed_by="root")
    await here.cloud_pcs.insert(things.cloud_pc("eve", status=Status.FAILED, removal=confirmed))
    with measured() as seen:
        await measure(here)
        pending, removals = (
            {str(point.attributes["tenant_id"]): point.max for point in seen.points(f"deskwright.{name}")}
            for name in ("cloud_pcs.pending", "removals.waiting")
        )
    assert pending == removals == {"contoso": 1, "fabrikam": 0}


async def test_a_build_that_ends_is_measured_from_its_first_step(here: PaperServices) -> None:
    before = things.cloud_pc("ada", status=Status.PROVISIONING, generation=4, snapshot=things.snapshot())
    after = before.but(status=Status.FAILED, last_modified_date_time=things.NOW + timedelta(minutes=25))
    first = TimelineEntry(generation=4, attempt=1, step=Step.ALLOCATE_CAPACITY, started_at=things.NOW)
    await here.timeline.begin("contoso", before.id, first)
    with measured() as seen:
        await record_status_change(before, after)
        await record_status_change(after, after)  # an activity that is repeated
        (point,) = seen.points("deskwright.provisioning.duration")
    assert (point.count, point.sum, point.attributes["outcome"]) == (1, 1500, "failed")


async def test_an_operation_that_fails_is_counted_once(here: PaperServices) -> None:
    await here.operations.insert(things.operation(id="o1", status=OperationStatus.RUNNING))
    failure = Failure(code="x", message="no", retriable=False)
    with measured() as seen:
        for _ in range(2):
            await update_operation("contoso", "o1", lambda operation: operation.failed(failure, things.NOW))
        (point,) = seen.points("deskwright.operations.ended")
    assert (point.value, point.attributes["status"]) == (1, "failed")
