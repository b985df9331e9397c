"""Orphans, and their removal: by the record of its Cloud PC."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.build import Build, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import (
    REMOVAL_GRACE,
    FoundResource,
    Judgement,
    OrphanType,
    cloud_pc_of_machine,
    judge,
    judge_right,
    orphan_of,
)
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.naming import fixed_beginning, restore_point_name
from tests.cloud_pcs import edited
from tests.integration import things

MADE = Resources(
    vm_id="/VM/1", nic_id="/nic/1", computer_name="CPC-ADA-2", entra_device_id="d-2", managed_device_id="m-2"
)
LONG_AGO = things.NOW - timedelta(days=30)


def pc(status: Status, made: Resources = MADE, **more: Any) -> CloudPc:
    return things.cloud_pc(status=status, resources=made, provisioned_date_time=things.NOW, **more)


def found(kind: OrphanType, resource_id: str = "/x", name: str = "x", owner: str | None = None) -> FoundResource:
    return FoundResource(type=kind, resource_id=resource_id, name=name, cloud_pc_id="pc", owner=owner)


EVERY = [kind for kind in OrphanType if kind not in {OrphanType.ON_PREMISES_COMPUTER, OrphanType.PUBLIC_IP_ADDRESS}]


@pytest.mark.parametrize("kind", EVERY)
def test_of_a_cloud_pc_of_which_nothing_should_be_left_everything_goes(kind: OrphanType) -> None:
    gone = pc(Status.NOT_PROVISIONED, Resources(), last_modified_date_time=LONG_AGO)
    for record in (None, gone, edited(gone, status=Status.FAILED)):
        judgement = judge(found(kind), record)
        assert judgement is not None
        assert judgement.sure
        assert judgement.since == (LONG_AGO if record else None)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    "status", [Status.PENDING_PROVISION, Status.PROVISIONING, Status.DEPROVISIONING, Status.FAILED]
)
def test_what_a_build_or_a_clean_up_will_remove_is_none(kind: OrphanType, status: Status) -> None:
    assert judge(found(kind), pc(status)) is None


def test_a_failed_cloud_pc_whose_clean_up_comes_has_none() -> None:
    assert judge(found(OrphanType.DEVICE), pc(Status.FAILED, Resources(), clean_up_at=things.NOW)) is None


@pytest.mark.parametrize(
    "own",
    [
        found(OrphanType.VIRTUAL_MACHINE, "/vm/1"),
        found(OrphanType.NETWORK_INTERFACE, "/NIC/1"),
        found(OrphanType.DISK, owner="/vm/1"),
        found(OrphanType.SNAPSHOT, name=restore_point_name(things.cloud_pc().id, "7").upper()),
        found(OrphanType.ROLE_ASSIGNMENT, owner="/vm/1"),
        found(OrphanType.SESSION_HOST, name="cpc-ada-2"),
        found(OrphanType.DEVICE, name="CPC-ADA-2", owner="d-2"),
        found(OrphanType.MANAGED_DEVICE, name="CPC-ADA-2", owner="m-2"),
    ],
    ids=lambda own: own.type.value,
)
@pytest.mark.parametrize("status", [Status.PROVISIONED, Status.IN_GRACE_PERIOD])
def test_what_a_working_cloud_pc_is_made_of_is_none(own: FoundResource, status: Status) -> None:
    point = RestorePoint(id="7", created_at=things.NOW)
    assert judge(own, pc(status, restore_points=(point,))) is None


@pytest.mark.parametrize("kind", [OrphanType.DISK, OrphanType.SNAPSHOT])
def test_what_an_action_works_with_is_none(kind: OrphanType) -> None:
    at_work = RemoteAction(name=Remote.CREATE_SNAPSHOT, operation_id="o1", begun_at=things.NOW)
    assert judge(found(kind), pc(Status.PROVISIONED, action=at_work)) is None


@pytest.mark.parametrize(
    ("other", "sure"),
    [
        (found(OrphanType.VIRTUAL_MACHINE, "/vm/2"), False),
        (found(OrphanType.NETWORK_INTERFACE, "/nic/2"), False),
        (found(OrphanType.DISK), False),
        (found(OrphanType.SNAPSHOT), False),
        (found(OrphanType.ROLE_ASSIGNMENT, owner="/vm/2"), True),
        (found(OrphanType.SESSION_HOST, name="CPC-ADA-1"), True),
        (found(OrphanType.DEVICE, name="CPC-ADA-1", owner="d-1"), True),
        (found(OrphanType.DEVICE, name="CPC-ADA-2", owner="d-3"), False),
        (found(OrphanType.MANAGED_DEVICE, name="CPC-ADA-2", owner="m-3"), False),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_a_second_one_of_a_kind_is_one_and_goes_only_where_that_is_sure(other: FoundResource, sure: bool) -> None:  # noqa: FBT001
    judgement = judge(other, pc(Status.PROVISIONED))
    assert judgement is not None
    assert judgement.sure is sure


@pytest.mark.parametrize("kind", EVERY)
def test_what_is_of_a_replacement_is_none(kind: OrphanType) -> None:
    other = Build(generation=2)
    assert judge(found(kind, "/vm/2", "CPC-ADA-3"), pc(Status.PROVISIONED, replacement=other)) is None
    assert judge(found(kind, "/vm/2", "CPC-ADA-3"), pc(Status.NOT_PROVISIONED, Resources(), replacement=other)) is None


def test_a_right_goes_with_the_last_cloud_pc_of_its_user() -> None:
    right = FoundResource(type=OrphanType.ROLE_ASSIGNMENT, resource_id="/r", name="ID-ADA")
    gone = pc(Status.NOT_PROVISIONED, Resources())
    assert judge_right(right, [gone, pc(Status.PROVISIONED)]) is None
    assert judge_right(right, [gone]) is not None
    assert judge_right(right, [things.cloud_pc("bob", status=Status.PROVISIONED)]) is not None


def test_a_line_keeps_since_when_and_may_go_six_hours_later() -> None:
    unsure = Judgement(why="why", advice="look")
    sure = unsure.but(sure=True)
    thing = found(OrphanType.DISK)
    first = orphan_of("contoso", "area", thing, sure, at=LONG_AGO, before=None)
    later = orphan_of("contoso", "area", thing, sure, at=things.NOW, before=first)
    assert (later.id, later.since, later.last_seen_at) == (first.id, LONG_AGO, things.NOW)
    assert later.removable_from == LONG_AGO + REMOVAL_GRACE
    assert orphan_of("contoso", "area", thing, unsure, at=things.NOW, before=first).removable_from is None
    told = orphan_of("contoso", "area", thing, sure.but(since=things.NOW), at=things.NOW, before=first)
    assert told.since == things.NOW


def test_a_machine_tells_whose_it_is() -> None:
    assert cloud_pc_of_machine("/subscriptions/s/virtualMachines/CPC-0123abcd") == "0123abcd"
    assert cloud_pc_of_machine("/subscriptions/s/applicationGroups/dw-contoso") is None


@pytest.mark.parametrize(("template", "beginning"), [("cpc-%RAND:5%", "CPC-"), ("%USERNAME:5%%RAND:5%", "")])
def test_names_of_a_template_begin_alike(template: str, beginning: str) -> None:
    assert fixed_beginning(template) == beginning
