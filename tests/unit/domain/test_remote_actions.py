"""Conditions and orders of remote actions; nothing else is done to a machine that is being restored."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.remote_actions import remote_order
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.machines.restore_points import MOST, RestorePoint, TimeRange, nearest
from shared.domain.planning.entitlements import Entitlement
from shared.domain.planning.planner import plan
from shared.domain.planning.plans import Observed
from shared.services.cloud_pcs.remote_actions import RemoteActionRequest, refusal
from tests.cloud_pcs import edited
from tests.integration import things

MADE = Resources(
    subscription_id=things.SUBSCRIPTION, resource_group="desks", region="westeurope", computer_name="CPC-ADA-AAAAA"
)
READY = RestorePoint(id="point", created_at=things.NOW, status="ready")


def cloud_pc(status: Status = Status.PROVISIONED, **changes: Any) -> CloudPc:
    return edited(things.cloud_pc(status=status, resources=MADE, restore_points=(READY,)), **changes)


def at_work(name: Remote) -> RemoteAction:
    return RemoteAction(name=name, operation_id="o1", begun_at=things.NOW, restore_point_id="point")


@pytest.mark.parametrize("name", Remote)
def test_only_what_works_has_remote_actions(name: Remote) -> None:
    request = RemoteActionRequest(name, restore_point_id="point")
    possible = {status for status in Status if refusal(cloud_pc(status), request) is None}
    well = {Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS}
    assert possible == (well if name in {Remote.RESTORE, Remote.RESIZE} else WORKING)


@pytest.mark.parametrize("name", Remote)
def test_a_second_one_is_refused_with_the_name_of_the_first(name: Remote) -> None:
    busy = cloud_pc(action=at_work(Remote.REBOOT))
    assert refusal(busy, RemoteActionRequest(name, restore_point_id="point")) == "reboot is at work on it"


def test_only_a_restore_point_that_is_ready_can_be_gone_back_to() -> None:
    half = cloud_pc(restore_points=(READY.but(status="creating"),))
    request = RemoteActionRequest(Remote.RESTORE, restore_point_id="point")
    assert refusal(half, request) == "it has no such restore point"
    assert refusal(cloud_pc(), RemoteActionRequest(Remote.RESTORE)) == "it has no such restore point"


def test_without_a_machine_nothing_can_be_done_to_it() -> None:
    unknown = cloud_pc(resources=Resources())
    assert refusal(unknown, RemoteActionRequest(Remote.REBOOT)) == "its machine is not known"
    assert remote_order(unknown.but(action=at_work(Remote.REBOOT))) is None


def test_ten_restore_points_are_kept_with_the_one_that_is_made() -> None:
    points = tuple(READY.but(id=f"p{number}") for number in range(MOST + 2))
    order = remote_order(cloud_pc(restore_points=points, action=at_work(Remote.CREATE_SNAPSHOT)))
    assert order is not None
    assert order.obsolete == ("p0", "p1")
    assert len(points) - len(order.obsolete) == MOST


def test_a_restore_knows_every_disk_the_machine_may_have() -> None:
    pc = cloud_pc(disks=("an-older-one",), action=at_work(Remote.RESTORE))
    order = remote_order(pc)
    assert order is not None
    assert order.disks == (f"cpc-{pc.id}-os", "an-older-one")


@pytest.mark.parametrize(
    ("minutes", "side", "found"),
    [
        (25, TimeRange.BEFORE, "at-20"),
        (25, TimeRange.AFTER, "at-30"),
        (24, TimeRange.BEFORE_OR_AFTER, "at-20"),
        (26, TimeRange.BEFORE_OR_AFTER, "at-30"),
        (20, TimeRange.BEFORE, "at-20"),
        (20, TimeRange.AFTER, "at-20"),
        (9, TimeRange.BEFORE, None),
        (31, TimeRange.AFTER, None),
        (99, TimeRange.AFTER, None),
    ],
)
def test_the_restore_point_nearest_to_a_moment_is_found(minutes: int, side: TimeRange, found: str | None) -> None:
    points = [READY.but(id=f"at-{when}", created_at=things.NOW + timedelta(minutes=when)) for when in (10, 20, 30)] + [
        RestorePoint(id="half", created_at=things.NOW + timedelta(minutes=99))
    ]
    point = nearest(points, things.NOW + timedelta(minutes=minutes), side)
    assert (point.id if point else None) == found


@pytest.mark.parametrize("licensed", [True, False])
def test_what_is_being_restored_is_left_alone_whatever_is_lost(licensed: bool) -> None:  # noqa: FBT001 - a case
    pc = cloud_pc(Status.RESTORING)
    holder = Entitlement(user=pc.user, plans=(pc.plan,) if licensed else (), group_ids=frozenset())
    observed = Observed(entitlements=(holder,), cloud_pcs=(pc,), complete=True)
    made = plan(observed, (), {}, tenant_id=pc.tenant_id, at=things.NOW)
    assert made.empty
    lost = plan(
        observed.but(cloud_pcs=(edited(pc, status=Status.PROVISIONED),)), (), {}, tenant_id=pc.tenant_id, at=things.NOW
    )
    assert not lost.empty
