"""A machine that is gone: whose record it changes, and that nothing ends well without it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.build import MACHINE_GONE, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.grace import reprieve
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.operations.machines_gone import (
    KnownMachine,
    gone_failure,
    lose_host,
    lose_machine,
    machine_known,
    machine_of_host,
)
from shared.domain.spot.hosts.host import HostSeen, HostStatus, HostTask, HostWork, planned_anew
from shared.domain.spot.hosts.observed import HostState
from tests.integration import things
from tests.unit.spot.test_dedicated import host

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/cpc-1"
KNOWN = KnownMachine(subject_id="pc-ada", vm_id=VM)
FAILURE = gone_failure(
    KNOWN, ((NOW, "404 ResourceNotFound: no"), (NOW + timedelta(minutes=5), "404 ResourceNotFound: no"))
)
GRACE = Grace(cause=RemovalCause.LICENSE_REMOVED, started_at=NOW, ends_at=NOW + timedelta(hours=168))
AT_WORK = RemoteAction(name=Remote.REBOOT, operation_id="o1", begun_at=NOW)


def pc(status: Status = Status.PROVISIONED, **changes: Any) -> CloudPc:
    made = things.cloud_pc("ada", status=status, snapshot=things.snapshot(), resources=Resources(vm_id=VM))
    return made.but(id="pc-ada", **changes)


def test_the_failure_says_what_was_asked_when_what_was_answered_and_what_to_do() -> None:
    assert FAILURE.code == MACHINE_GONE
    assert FAILURE.evidence == (
        f"GET {VM}: 2026-03-02 09:00:00 UTC: 404 ResourceNotFound: no; "
        "2026-03-02 09:05:00 UTC: 404 ResourceNotFound: no"
    )
    assert FAILURE.advice is not None
    assert FAILURE.advice.startswith("The machine is gone: reprovision")


@pytest.mark.parametrize("status", [Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS])
def test_what_works_has_failed_and_what_is_left_stays_for_a_grace_period(status: Status) -> None:
    lost = lose_machine(pc(status), KNOWN, FAILURE, NOW)
    assert lost is not None
    assert (lost.status, lost.failure, lost.current.phase) == (Status.FAILED, FAILURE, Phase.FAILED)
    assert lost.current.clean_up_at == NOW + timedelta(hours=168)
    assert lose_machine(lost, KNOWN, FAILURE, NOW) is None  # once


def test_one_in_its_grace_period_stays_there_and_fails_if_that_ends_well() -> None:
    lost = lose_machine(pc(Status.IN_GRACE_PERIOD, grace=GRACE), KNOWN, FAILURE, NOW)
    assert lost is not None
    assert (lost.status, lost.grace, lost.failure) == (Status.IN_GRACE_PERIOD, GRACE, FAILURE)
    back = reprieve(lost, NOW)
    assert (back.status, back.grace, back.failure) == (Status.FAILED, None, FAILURE)
    assert back.current.clean_up_at == NOW + timedelta(hours=168)
    assert reprieve(pc(Status.IN_GRACE_PERIOD, grace=GRACE), NOW).status is Status.PROVISIONED


OTHERS = set(Status) - {Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS, Status.IN_GRACE_PERIOD}


@pytest.mark.parametrize("status", sorted(OTHERS))
def test_what_is_built_changed_or_removed_does_not_lose_its_machine(status: Status) -> None:
    assert machine_known(pc(status)) is None
    assert lose_machine(pc(status), KNOWN, FAILURE, NOW) is None


def test_what_is_at_work_is_being_replaced_or_has_another_machine_does_not_lose_it() -> None:
    replaced = pc().but(replacement=pc().current.but(generation=7, phase=Phase.BUILDING))
    other = pc().with_current(resources=Resources(vm_id=f"{VM}-b"))
    for each in (pc(action=AT_WORK), replaced, other, pc().with_current(resources=Resources())):
        assert lose_machine(each, KNOWN, FAILURE, NOW) is None


def test_a_session_host_is_seen_as_broken_unless_a_task_is_at_work_on_it() -> None:
    seen = HostSeen(at=NOW, state=HostState.STOPPED, agent="Unavailable", since=NOW, active=0, disconnected=1)
    there = host(1).but(status=HostStatus.READY, resources=Resources(vm_id=VM), seen=seen, work=None)
    known = machine_of_host(there)
    assert known is not None
    later = NOW + timedelta(hours=1)
    lost = lose_host(there, known, FAILURE, later)
    assert lost is not None
    assert lost.seen is not None
    assert (lost.seen.state, lost.seen.since, lost.seen.disconnected) == (HostState.BROKEN, later, 0)
    assert lost.failure == FAILURE
    assert lost.machine_gone
    assert lose_host(lost, known, FAILURE, later) is None
    found = there.but(seen=seen.but(state=HostState.BROKEN))  # the engine has looked before the scan
    assert machine_of_host(found) == known
    lost = lose_host(found, known, FAILURE, later)
    assert lost is not None
    assert (lost.failure, lost.seen and lost.seen.since) == (FAILURE, NOW)
    work = HostWork(task=HostTask.START, run=1, begun_at=NOW)
    assert machine_of_host(there.but(work=work)) is None
    assert machine_of_host(there.but(status=HostStatus.REMOVING)) is None


def test_the_failure_of_a_session_host_says_what_to_do_with_a_host() -> None:
    advice = gone_failure(KNOWN.but(of_host=True), ((NOW, "404"),)).advice or ""
    assert "builds another host" in advice
    assert "reprovision" not in advice


def test_after_a_restore_the_record_of_a_session_host_that_was_removed_since_ends() -> None:
    work = HostWork(task=HostTask.STOP, run=7, begun_at=NOW)
    there = host(1).but(status=HostStatus.READY, resources=Resources(vm_id=VM), work=work, run=7)
    known = machine_of_host(there, restored=True)
    assert known is not None
    lost = lose_host(there, known, FAILURE, NOW, restored=True)
    assert lost is not None
    assert (lost.status, lost.work and lost.work.task, lost.run) == (HostStatus.REMOVING, HostTask.REMOVE, 8)
    assert lose_host(lost, known, FAILURE, NOW, restored=True) is None


def test_after_a_restore_nobody_is_signed_off_for_what_was_decided_before_it() -> None:
    work = HostWork(task=HostTask.SIGN_OFF, run=7, begun_at=NOW)
    there = host(1).but(status=HostStatus.READY, work=work, notified_at=NOW)
    after = planned_anew(there)
    assert after is not None
    assert (after.work, after.notified_at, after.status) == (None, None, HostStatus.READY)
    assert planned_anew(after) is None
    assert planned_anew(there.but(status=HostStatus.REMOVING)) is None
