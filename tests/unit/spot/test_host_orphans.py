"""Orphans among the resources of a session host."""

import pytest

from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.orphans import FoundResource, OrphanType
from shared.domain.spot.hosts.adopting import judge_of_group, judge_of_host
from shared.domain.spot.hosts.host import HostStatus, HostTask, begin_task
from tests.unit.spot.test_dedicated import NOW, host

DEVICE = FoundResource(type=OrphanType.DEVICE, resource_id="d", name="SPOT-NOW", session_host_id="h1")
READY = host(1, status=HostStatus.READY).but(resources=Resources(computer_name="SPOT-NOW"))


def test_the_device_of_a_host_that_is_there_is_none() -> None:
    assert judge_of_host(DEVICE, READY) is None


def test_what_an_earlier_attempt_left_is_one() -> None:
    judgement = judge_of_host(DEVICE.but(name="SPOT-OLD"), READY)
    assert judgement is not None
    assert judgement.sure is True


def test_a_second_machine_of_a_host_is_shown_and_left_to_a_person() -> None:
    own = READY.but(resources=READY.resources.but(vm_id="/vms/own"))
    second = FoundResource(
        type=OrphanType.VIRTUAL_MACHINE, resource_id="/vms/other", name="other", session_host_id="h1"
    )
    judgement = judge_of_host(second, own)
    assert judgement is not None
    assert (judgement.sure, "second machine" in judgement.why) == (False, True)
    assert judge_of_host(second.but(resource_id="/VMs/own"), own) is None


def test_what_a_host_left_that_has_no_record_is_one() -> None:
    assert judge_of_host(DEVICE, None) is not None


@pytest.mark.parametrize("status", [HostStatus.PENDING, HostStatus.BUILDING, HostStatus.REMOVING])
def test_what_is_being_made_or_removed_is_none(status: HostStatus) -> None:
    assert judge_of_host(DEVICE.but(name="SPOT-OLD"), READY.but(status=status)) is None


def test_what_a_task_works_on_is_none() -> None:
    working = begin_task(READY, HostTask.REMOVE, at=NOW)
    assert judge_of_host(DEVICE.but(name="SPOT-OLD"), working) is None


def test_what_a_failed_host_still_has_is_its_own_until_nothing_is_on_record() -> None:
    failed = READY.but(status=HostStatus.FAILED)
    assert judge_of_host(DEVICE, failed) is None
    assert judge_of_host(DEVICE, failed.but(resources=Resources())) is not None


def test_the_pool_of_a_group_that_is_gone_is_one() -> None:
    assert judge_of_group(known=True) is None
    assert judge_of_group(known=False) is not None
