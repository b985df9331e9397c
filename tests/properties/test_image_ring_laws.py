"""Laws of image rings: nobody twice in a month, always the same canary, stable never before the canary's days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import ImageSource
from shared.domain.operations.bulk import BulkItem, ItemStatus
from shared.domain.operations.image_rings import (
    Ring,
    RingMonth,
    RingStatus,
    after_days,
    after_ring,
    canary_of,
    chosen,
    new_month,
    tried_in,
)
from shared.domain.policies.image_rings import ImageRings, Month
from tests.integration import things

NEW, OLD = (ImageSource(gallery_version_id=f"/versions/{name}") for name in ("new", "old"))
NOW = things.NOW
MONTH = Month("2026-11", NOW)
KEY = (things.TENANT_ID, "p1")
OUTCOMES = (ItemStatus.SUCCEEDED, ItemStatus.FAILED, ItemStatus.REFUSED, ItemStatus.SKIPPED)
RINGS = st.builds(ImageRings, canary_percent=st.integers(1, 50), max_failures=st.integers(0, 100))


def fleet_of(builds: list[bool]) -> list[CloudPc]:
    """Return Cloud PCs; *builds*: whether each has the new image already."""
    return [
        things.cloud_pc(
            f"u{n}", status=Status.PROVISIONED, attempt=1, snapshot=things.snapshot(image=NEW if new else OLD)
        )
        for n, new in enumerate(builds)
    ]


@given(RINGS, st.lists(st.booleans(), max_size=12), st.data())
def test_nobody_has_two_turns_and_the_others_follow_after_the_days_of_the_canary(
    rings: ImageRings, builds: list[bool], data: st.DataObject
) -> None:
    fleet, at = fleet_of(builds), NOW
    month: RingMonth = new_month(MONTH, KEY, NEW, "New", at)
    items: list[BulkItem] = []
    ended_at = None
    for _ in range(60):
        at += timedelta(hours=1)
        if month.status is RingStatus.OBSERVING:
            ended_at = at
            at += rings.canary_days * timedelta(days=1)
            month = after_days(month, (), at)
        if month.status is not RingStatus.RUNNING:
            break
        part = chosen(month, rings, fleet, tried_in(items), 3)
        if not part:
            own = [item for item in items if item.bulk_id in month.of(month.ring)]
            month = after_ring(month, rings, fleet, own, at)
            continue
        assert {pc.id for pc in part}.isdisjoint(tried_in(items))
        if month.ring is Ring.STABLE:
            assert ended_at is not None
            assert at - ended_at >= rings.canary_days * timedelta(days=1)
            assert {pc.id for pc in part}.isdisjoint(canary_of(rings, "p1", fleet))
        for pc in part:
            outcome = data.draw(st.sampled_from(OUTCOMES[:3]))
            items.append(item_of(month, pc, len(items), outcome))
            if outcome is ItemStatus.SUCCEEDED:
                fleet[fleet.index(pc)] = pc.with_current(snapshot=things.snapshot(image=NEW))
        month = month.with_part(month.ring, at)
    assert month.status in {RingStatus.ENDED, RingStatus.HALTED}
    assert len(items) == len(tried_in(items))
    older = {pc.id for pc, new in zip(fleet_of(builds), builds, strict=True) if not new}
    assert tried_in(items) <= older
    if month.status is RingStatus.ENDED:
        assert tried_in(items) == older


def item_of(month: RingMonth, pc: CloudPc, position: int, status: ItemStatus) -> BulkItem:
    return BulkItem(
        tenant_id=month.tenant_id,
        bulk_id=str(month.bulk_action_id),
        position=position,
        cloud_pc_id=pc.id,
        user_principal_name="x",
        status=status,
    )


@given(RINGS, st.integers(1, 40), st.randoms())
def test_the_canary_is_the_same_in_each_order_and_never_nobody(rings: ImageRings, size: int, order: object) -> None:
    fleet = fleet_of([False] * size)
    canary = canary_of(rings, "p1", fleet)
    other = list(fleet)
    order.shuffle(other)  # type: ignore[attr-defined]  # hypothesis has its own Random
    assert canary_of(rings, "p1", other) == canary
    assert canary
    left = canary_of(rings, "p1", [pc for pc in fleet if pc.id not in canary][:1])
    assert len(left) == (1 if len(canary) < size else 0)


@given(
    st.integers(1, 31),
    st.sampled_from(("UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/St_Johns")),
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - with timezones
)
def test_a_month_begins_on_its_day_where_its_zone_is_and_the_next_one_follows_it(
    day: int, zone: str, at: datetime
) -> None:
    rings = ImageRings(day_of_month=day, time_zone=zone)
    month, following = rings.month_at(at), rings.next_begin(at)
    assert month.begins <= at < following
    assert rings.month_at(following).begins == following
    assert rings.month_at(following - timedelta(microseconds=1)) == month
    local = month.begins.astimezone(ZoneInfo(zone))
    assert local.strftime("%Y-%m") == month.name
    assert (local.day == day) or (local + timedelta(days=1)).day == 1
