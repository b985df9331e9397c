"""What is forgotten at night, and what never is."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from actions.forgetting import Forgotten, forget_old
from shared.domain.bulk import BulkAction, BulkItem, BulkStatus
from shared.domain.operation import SYSTEM, OperationStatus
from shared.storage.idempotency import Answer
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.services import PaperServices, in_place

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
async def here(tables: Tables) -> AsyncIterator[PaperServices]:
    services = PaperServices(tables)
    with in_place(services):
        yield services


async def test_operations_go_90_days_after_their_end(here: PaperServices) -> None:
    ended, old = OperationStatus.FAILED, LONG_AGO
    await here.operations.insert(things.operation(id="old", status=ended, last_modified_date_time=old))
    await here.operations.insert(things.operation(id="young", status=ended, last_modified_date_time=things.NOW))
    await here.operations.insert(
        things.operation(id="runs", status=OperationStatus.RUNNING, last_modified_date_time=old)
    )
    assert (await forget_old(here, things.NOW)).operations == 1
    assert {stored.value.id async for stored in here.operations.each("contoso")} == {"young", "runs"}


async def test_bulk_actions_go_with_their_items(here: PaperServices) -> None:
    for id_, status in (("over", BulkStatus.SUCCEEDED), ("runs", BulkStatus.RUNNING)):
        await here.bulk_actions.insert(bulk(id_, status=status))
        await here.bulk_items.insert(item(id_))
    assert (await forget_old(here, things.NOW)).bulk_actions == 1
    assert [stored.value.id async for stored in here.bulk_actions.each("contoso")] == ["runs"]
    assert [stored.value.bulk_id async for stored in here.bulk_items.each("contoso")] == ["runs"]


async def test_an_answered_key_goes_after_the_day_for_which_it_holds(here: PaperServices) -> None:
    for key, age in (("old", 25), ("young", 23)):
        await here.idempotency.claim("contoso:ada", key, "same", at=things.NOW - timedelta(hours=age))
        await here.idempotency.keep("contoso:ada", key, Answer(status=201, headers={}))
    assert (await forget_old(here, things.NOW)).idempotency_keys == 1
    assert await here.idempotency.claim("contoso:ada", "young", "same", at=things.NOW) is not None
    assert await here.idempotency.claim("contoso:ada", "old", "other", at=things.NOW) is None


async def test_records_timelines_and_the_audit_log_stay(here: PaperServices) -> None:
    await here.audit.append(things.audit_event(activity_date_time=LONG_AGO))
    await here.cloud_pcs.insert(things.cloud_pc(last_modified_date_time=LONG_AGO))
    assert await forget_old(here, things.NOW) == Forgotten(operations=0, bulk_actions=0, idempotency_keys=0)
    assert len([event async for event in here.audit.each("contoso")]) == 1
    assert len([stored async for stored in here.cloud_pcs.each("contoso")]) == 1
