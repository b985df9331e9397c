"""Conditions under which a bulk action stops, and ends."""

from datetime import UTC, datetime

import pytest

from shared.domain.operations.bulk import BulkAction, BulkItem, BulkStatus, ItemStatus
from shared.domain.operations.operation import Actor

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FAILED, DONE, WAITING, RUNS, REFUSED = (
    ItemStatus.FAILED,
    ItemStatus.SUCCEEDED,
    ItemStatus.PENDING,
    ItemStatus.RUNNING,
    ItemStatus.REFUSED,
)


def bulk(**changes: object) -> BulkAction:
    made = BulkAction(
        id="b",
        tenant_id="t",
        action="retry",
        requested_by=Actor(id="a", name="A", roles=()),
        total=10,
        max_concurrency=5,
        stop_at_failure_rate=20,
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )
    return made.but(**changes)


@pytest.mark.parametrize(
    ("statuses", "becomes"),
    [
        ([DONE, DONE], BulkStatus.SUCCEEDED),
        ([DONE, WAITING], BulkStatus.RUNNING),
        ([DONE, RUNS], BulkStatus.RUNNING),
        ([REFUSED, REFUSED], BulkStatus.SUCCEEDED),
        ([FAILED, WAITING, WAITING], BulkStatus.STOPPED),
        ([DONE, FAILED, WAITING], BulkStatus.RUNNING),
        ([DONE, DONE, DONE, DONE, FAILED, WAITING], BulkStatus.RUNNING),
        ([DONE, DONE, DONE, FAILED, WAITING], BulkStatus.STOPPED),
    ],
    ids=[
        "all done",
        "some wait",
        "some run",
        "all refused",
        "the canary failed",
        "two say nothing",
        "one of five is not more than 20 %",
        "one of four is",
    ],
)
def test_how_it_stands_follows_from_its_items(statuses: list[ItemStatus], becomes: BulkStatus) -> None:
    items = [
        BulkItem(tenant_id="t", bulk_id="b", position=n, cloud_pc_id=f"{n}", user_principal_name="u", status=status)
        for n, status in enumerate(statuses)
    ]
    assert bulk().with_items(items, NOW).status is becomes
    for over in (BulkStatus.CANCELED, BulkStatus.STOPPED):
        assert bulk(status=over).with_items(items, NOW).status is over


def test_the_canary_goes_alone_until_it_has_ended() -> None:
    assert [bulk(wave=wave, counts={"pending": 10}).wave_size for wave in (0, 1)] == [1, 1]
    assert bulk(wave=1, counts={"pending": 9, "succeeded": 1}).wave_size == 5
    assert bulk(canary=False).wave_size == 5
