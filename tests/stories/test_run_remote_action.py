"""Story of a remote action."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.builds import WARN_SESSIONS, Warned, WarnOrder
from shared.contracts.desktops import ASSIGN_SESSION_HOST, GRANT_SIGN_IN, POLL_SESSION_HOST
from shared.contracts.machines import (
    AGENT_POLL,
    ALLOCATE_CAPACITY,
    BEGIN_DEALLOCATE,
    POLL_AGENT,
    POLL_OPERATION,
    Finished,
)
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.power import ALLOW_START_ON_CONNECT
from shared.contracts.provisioning import READ_CONFIGURATION, Configured
from shared.contracts.remote_actions import (
    BEGIN_DISK_GROWTH,
    BEGIN_REMOTE_STEP,
    BEGIN_RESIZE,
    BEGIN_RESTART,
    BEGIN_RESTORE_POINT,
    BEGIN_RESTORED_DISK,
    BEGIN_START,
    BEGIN_SWAP,
    DELETE_RESTORE_POINTS,
    END_REMOTE_ACTION,
    EXAMINE,
    READ_HARDWARE,
    RUN_REMOTE_ACTION,
    Check,
    Examined,
    Hardware,
    RemoteOrder,
)
from shared.contracts.session_hosts import BEGIN_HIBERNATE, CLOSE_HOST, LATE_ARRIVALS, OPEN_HOST, HostSessions
from shared.domain.cloud_pcs.build import Warn
from shared.domain.cloud_pcs.remote_action import STEPS, Remote
from shared.domain.networks.connection import JoinType
from tests.implementations import AnyActivity
from tests.stories.people import ALL_WELL, BEGUN, HERE
from tests.stories.people import ORDER as PROVISION_ORDER
from tests.stories.tell import Answers, Story, tell

MACHINE = PROVISION_ORDER.machine("westeurope")
ORDER = RemoteOrder(
    name=Remote.REBOOT,
    generation=1,
    operation_id="op-1",
    machine=MACHINE,
    user_id="user-07",
    user_principal_name="user07@contoso.example",
    account="user-07",
    join_type=JoinType.AZURE_AD_JOIN,
    device_id="device-1",
    host_pool_id="/pool/1",
    session_host="cpc-1.example",
    restore_point_id="point-1",
    disks=("cpc-os", "cpc-os-new"),
    plan=PROVISION_ORDER.plan.but(id="sku-4c16g", v_cpu_count=4, ram_in_gb=16, storage_in_gb=256),
    size="Standard_D2s_v5",
)
UNABLE = Refused(code="hibernationNotEnabled", message="made without it", final=True)
LOCKED = Refused(code="ScopeLocked", message="a lock")
SILENT = Pending(note="the agent is silent")


def examined(*failed: str) -> Examined:
    names = ("power", "agent", "sessionHost", "signInRights")
    checks = [
        Check(name=name, title=name, status="failed" if name in failed else "passed", evidence="x") for name in names
    ]
    return Examined(checks=tuple(checks), application_group_id="/group/1")


SMOOTH: Answers = {
    **ALL_WELL,
    BEGIN_REMOTE_STEP: Done(),
    END_REMOTE_ACTION: Done(),
    BEGIN_RESTART: BEGUN,
    BEGIN_START: BEGUN,
    BEGIN_DEALLOCATE: BEGUN,
    BEGIN_HIBERNATE: BEGUN,
    EXAMINE: examined(),
    BEGIN_RESTORE_POINT: BEGUN,
    BEGIN_RESTORED_DISK: BEGUN,
    BEGIN_SWAP: BEGUN,
    DELETE_RESTORE_POINTS: Done(),
    READ_HARDWARE: Hardware(size="Standard_D2s_v5", zone="1", disk_size_in_gb=128),
    ALLOCATE_CAPACITY: HERE.but(size="Standard_D4s_v5"),
    BEGIN_RESIZE: BEGUN,
    BEGIN_DISK_GROWTH: BEGUN,
    CLOSE_HOST: HostSessions(was_open=True),
    OPEN_HOST: Done(),
    ALLOW_START_ON_CONNECT: Done(),
}
ILL: Answers = {**SMOOTH, EXAMINE: [examined("agent", "signInRights"), examined()]}


def play(name: Remote, answers: Answers | None = None, **changes: Any) -> Story:
    return tell(RUN_REMOTE_ACTION, ORDER.but(name=name, **changes), {**SMOOTH, **(answers or {})})


def recorded_steps(story: Story) -> list[str]:
    return [order["step"] for order in story.orders[BEGIN_REMOTE_STEP.name]]


@pytest.mark.parametrize("name", Remote)
def test_its_steps_are_recorded_in_order_and_its_end_once(name: Remote) -> None:
    story = play(name, {EXAMINE: [examined("power"), examined()]}, obsolete=("point-0",))
    assert story.result.outcome == "succeeded"
    assert recorded_steps(story) == [step for step in STEPS[name] if step != "licence"]  # for which no machine waits
    assert story.calls.count(END_REMOTE_ACTION.name) == 1
    assert "failure" not in story.last(END_REMOTE_ACTION)


@pytest.mark.parametrize("name", Remote)
def test_one_that_was_superseded_does_nothing(name: Remote) -> None:
    story = play(name, {BEGIN_REMOTE_STEP: Superseded()})
    assert story.result.outcome == "superseded"
    assert story.calls == [BEGIN_REMOTE_STEP.name]


def test_a_reboot_after_which_windows_stays_silent_fails_with_what_was_seen() -> None:
    story = play(Remote.REBOOT, {POLL_AGENT: SILENT})
    failure = story.last(END_REMOTE_ACTION)["failure"]
    assert (failure["code"], "the agent is silent" in failure["message"]) == ("timedOut", True)
    assert story.slept <= AGENT_POLL.timeout + timedelta(hours=1)


def test_a_service_that_never_answers_ends_the_action() -> None:
    story = play(Remote.REBOOT, {BEGIN_RESTART: Exception("down")})
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "serviceUnavailable"


@pytest.mark.parametrize(
    ("administrator", "step"), [(True, "assignLocalAdministrator"), (False, "removeLocalAdministrator")]
)
def test_the_account_type_is_a_step_in_windows(administrator: bool, step: str) -> None:  # noqa: FBT001 - a case
    story = play(Remote.CHANGE_USER_ACCOUNT_TYPE, administrator=administrator)
    ran = story.last(READ_CONFIGURATION)
    assert (ran["steps"], ran["localAdministrator"]) == ([step], ORDER.account)
    failed = Configured(warnings=(Warn(step=step, message="access denied"),))
    story = play(Remote.CHANGE_USER_ACCOUNT_TYPE, {READ_CONFIGURATION: failed}, administrator=administrator)
    assert "access denied" in story.last(END_REMOTE_ACTION)["failure"]["message"]


def test_what_is_well_is_only_examined() -> None:
    story = play(Remote.TROUBLESHOOT)
    assert recorded_steps(story) == ["examine"]
    assert story.last(END_REMOTE_ACTION)["result"]["healthy"] is True
    assert BEGIN_RESTART.name not in story.calls


def test_a_stopped_machine_is_started_and_rights_come_back() -> None:
    first = examined("power", "agent", "signInRights")
    story = play(Remote.TROUBLESHOOT, {EXAMINE: [first, examined()]})
    result = story.last(END_REMOTE_ACTION)["result"]
    assert [check["name"] for check in result["checks"] if check["repaired"]] == ["power", "agent", "signInRights"]
    assert {BEGIN_RESTART.name, GRANT_SIGN_IN.name} <= set(story.calls)
    assert ASSIGN_SESSION_HOST.name not in story.calls


def test_what_cannot_be_repaired_is_returned_and_the_rest_is_repaired() -> None:
    ill = examined("agent", "sessionHost")
    story = play(Remote.TROUBLESHOOT, {EXAMINE: ill, POLL_AGENT: SILENT})
    result = story.last(END_REMOTE_ACTION)["result"]
    assert (result["healthy"], [each["code"] for each in result["notRepaired"]]) == (False, ["timedOut"])
    assert ASSIGN_SESSION_HOST.name in story.calls
    assert "failure" not in story.last(END_REMOTE_ACTION)


def test_a_restore_point_that_was_not_made_is_deleted() -> None:
    story = play(Remote.CREATE_SNAPSHOT, {POLL_OPERATION: LOCKED})
    end = story.last(END_REMOTE_ACTION)
    assert (end["failure"]["code"], end["forgotten"]) == ("ScopeLocked", ["point-1"])
    assert story.last(DELETE_RESTORE_POINTS)["restorePointIds"] == ["point-1"]


def test_of_an_eleventh_restore_point_the_first_goes() -> None:
    story = play(Remote.CREATE_SNAPSHOT, obsolete=("point-0",))
    assert story.last(END_REMOTE_ACTION)["forgotten"] == ["point-0"]


def test_a_restore_point_that_cannot_be_removed_is_removed_by_the_next_one() -> None:
    story = play(Remote.CREATE_SNAPSHOT, {DELETE_RESTORE_POINTS: LOCKED}, obsolete=("point-0",))
    assert story.result.outcome == "succeeded"
    assert not story.last(END_REMOTE_ACTION)["forgotten"]


def test_a_restore_removes_the_disk_before_at_last() -> None:
    story = play(Remote.RESTORE)
    work = [name for name in story.calls if name not in {BEGIN_REMOTE_STEP.name, POLL_OPERATION.name}]
    assert work == [
        *(BEGIN_DEALLOCATE.name, BEGIN_RESTORED_DISK.name, BEGIN_SWAP.name, BEGIN_START.name, POLL_AGENT.name),
        *(POLL_SESSION_HOST.name, DELETE_RESTORE_POINTS.name, END_REMOTE_ACTION.name),
    ]
    assert story.last(DELETE_RESTORE_POINTS)["disks"] == list(ORDER.disks)
    assert story.last(END_REMOTE_ACTION)["newDisk"] == ORDER.new_disk


@pytest.mark.parametrize("refused", [BEGIN_DEALLOCATE, BEGIN_RESTORED_DISK], ids=lambda activity: activity.name)
def test_a_restore_that_fails_before_the_swap_starts_the_machine_as_it_was(refused: AnyActivity) -> None:
    story = play(Remote.RESTORE, {refused: LOCKED})
    assert BEGIN_SWAP.name not in story.calls
    assert story.calls.count(BEGIN_START.name) == 1
    assert story.last(DELETE_RESTORE_POINTS)["disks"] == [ORDER.new_disk]
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "ScopeLocked"


def test_a_machine_without_capacity_after_the_swap_keeps_both_disks() -> None:
    full = NoCapacity(code="AllocationFailed", message="full")
    story = play(Remote.RESTORE, {POLL_OPERATION: [Finished(), Finished(), Finished(), full]})
    failure = story.last(END_REMOTE_ACTION)["failure"]
    assert (failure["code"], "Troubleshoot" in failure["advice"]) == ("AllocationFailed", True)
    assert DELETE_RESTORE_POINTS.name not in story.calls
    assert "newDisk" not in story.last(END_REMOTE_ACTION)


def test_a_disk_that_cannot_be_removed_yet_is_no_failure() -> None:
    story = play(Remote.RESTORE, {DELETE_RESTORE_POINTS: LOCKED})
    assert story.result.outcome == "succeeded"
    assert "newDisk" not in story.last(END_REMOTE_ACTION)


BUSY = HostSessions(active=1)


def calls(story: Story) -> list[str]:
    return [call for call in story.calls if call not in {BEGIN_REMOTE_STEP.name, END_REMOTE_ACTION.name}]


def test_a_machine_is_stopped_once_nobody_can_sign_in_any_more_and_opened_then() -> None:
    story = play(Remote.POWER_OFF, {CLOSE_HOST: HostSessions(disconnected=1)})
    closed = [ALLOW_START_ON_CONNECT.name, CLOSE_HOST.name, CLOSE_HOST.name]
    assert calls(story) == [*closed, BEGIN_DEALLOCATE.name, POLL_OPERATION.name, OPEN_HOST.name]
    assert story.slept >= LATE_ARRIVALS
    assert story.last(END_REMOTE_ACTION)["result"] == {"powerState": "poweredOff"}


def test_who_signs_in_while_the_machine_is_closed_keeps_it() -> None:
    story = play(Remote.POWER_OFF, {CLOSE_HOST: [HostSessions(), BUSY]})
    assert calls(story)[1:] == [CLOSE_HOST.name, CLOSE_HOST.name, OPEN_HOST.name]
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "sessionsInTheWay"


def test_what_nobody_could_start_is_not_stopped() -> None:
    refused = Refused(code="cannotStartOnConnect", message="no service principal")
    story = play(Remote.POWER_OFF, {ALLOW_START_ON_CONNECT: refused})
    assert calls(story) == [ALLOW_START_ON_CONNECT.name]
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "cannotStartOnConnect"


def test_by_force_a_machine_is_stopped_under_its_user() -> None:
    assert BEGIN_DEALLOCATE.name in play(Remote.POWER_OFF, {CLOSE_HOST: BUSY}, force=True).calls


def test_a_machine_that_could_not_be_stopped_takes_sessions_again() -> None:
    story = play(Remote.POWER_OFF, {BEGIN_DEALLOCATE: LOCKED})
    assert calls(story)[-1] == OPEN_HOST.name
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "ScopeLocked"


def test_a_machine_without_a_pool_is_stopped_without_asking_for_sessions() -> None:
    story = play(Remote.POWER_OFF, host_pool_id=None)
    assert calls(story) == [BEGIN_DEALLOCATE.name, POLL_OPERATION.name]


def test_a_start_without_capacity_fails_and_says_so() -> None:
    story = play(Remote.POWER_ON, {BEGIN_START: NoCapacity(code="AllocationFailed", message="no hardware")})
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "AllocationFailed"


@pytest.mark.parametrize("name", [Remote.TROUBLESHOOT, Remote.CHANGE_USER_ACCOUNT_TYPE])
def test_a_machine_that_is_off_on_purpose_is_started_for_an_action_and_stopped_after_it(name: Remote) -> None:
    story = play(name, rests=True)
    told = calls(story)
    assert told.index(BEGIN_START.name) < told.index(BEGIN_DEALLOCATE.name)
    assert told[-1] == OPEN_HOST.name
    assert story.last(END_REMOTE_ACTION)["rests"] is True
    assert play(name).last(END_REMOTE_ACTION).get("rests") is None


def test_a_machine_that_was_off_is_off_after_its_restore() -> None:
    story = play(Remote.RESTORE, rests=True)
    assert calls(story).count(BEGIN_DEALLOCATE.name) == 2
    assert story.last(END_REMOTE_ACTION)["rests"] is True


def test_a_user_who_has_come_meanwhile_keeps_the_machine_on() -> None:
    story = play(Remote.CHANGE_USER_ACCOUNT_TYPE, {CLOSE_HOST: BUSY}, rests=True)
    assert BEGIN_DEALLOCATE.name not in story.calls
    assert calls(story)[-1] == OPEN_HOST.name
    assert (story.result.outcome, story.last(END_REMOTE_ACTION).get("rests")) == ("succeeded", None)


def test_an_action_that_fails_leaves_the_machine_off_as_it_was() -> None:
    failed = Configured(warnings=(Warn(step="assignLocalAdministrator", message="access denied"),))
    story = play(Remote.CHANGE_USER_ACCOUNT_TYPE, {READ_CONFIGURATION: failed}, rests=True, administrator=True)
    ended = story.last(END_REMOTE_ACTION)
    assert (ended["failure"]["code"], ended["rests"]) == ("stepFailed", True)


def test_a_machine_whose_schedule_says_so_is_hibernated_and_takes_sessions_again() -> None:
    story = play(Remote.POWER_OFF, hibernates=True)
    assert calls(story)[-3:] == [BEGIN_HIBERNATE.name, POLL_OPERATION.name, OPEN_HOST.name]
    ended = story.last(END_REMOTE_ACTION)
    assert (ended["hibernated"], ended.get("unhibernated")) == (True, None)


def test_a_machine_that_cannot_be_hibernated_is_stopped_with_a_warning() -> None:
    story = play(Remote.POWER_OFF, {BEGIN_HIBERNATE: UNABLE}, hibernates=True)
    assert calls(story)[-5:] == [
        *(BEGIN_HIBERNATE.name, CLOSE_HOST.name, BEGIN_DEALLOCATE.name, POLL_OPERATION.name),
        OPEN_HOST.name,
    ]
    ended = story.last(END_REMOTE_ACTION)
    assert (ended["hibernated"], ended["unhibernated"], ended.get("failure")) == (False, "made without it", None)


def test_who_has_reconnected_while_a_hibernation_failed_is_not_stopped() -> None:
    there = [HostSessions(), HostSessions(), BUSY]
    story = play(Remote.POWER_OFF, {BEGIN_HIBERNATE: UNABLE, CLOSE_HOST: there}, hibernates=True)
    assert BEGIN_DEALLOCATE.name not in story.calls
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "sessionsInTheWay"


@pytest.mark.parametrize("name", [Remote.RESIZE, Remote.RESTORE])
def test_a_hibernated_machine_is_started_before_its_hardware_changes(name: Remote) -> None:
    told = calls(play(name, rests=True, hibernates=True))
    assert told.index(BEGIN_START.name) < told.index(BEGIN_DEALLOCATE.name)


def test_after_refusals_a_machine_starts_with_another_size_of_its_plan() -> None:
    full = NoCapacity(code="AllocationFailed", message="no hardware")
    hardware = [Hardware(size=size, zone="1", disk_size_in_gb=128) for size in ("Standard_D2s_v5", "Standard_D4s_v5")]
    plan = PROVISION_ORDER.plan
    story = play(Remote.POWER_ON, {BEGIN_START: [full, BEGUN], READ_HARDWARE: hardware}, elsewhere=True, plan=plan)
    sizes = [order["size"] for order in story.orders[BEGIN_RESIZE.name]]
    assert sizes == ["Standard_D2s_v5", "Standard_D4s_v5"]
    assert all(order["onlyOff"] for order in story.orders[BEGIN_RESIZE.name])
    assert story.last(END_REMOTE_ACTION)["size"] == "Standard_D4s_v5"


def test_a_machine_with_another_size_tries_its_own_first() -> None:
    hardware = Hardware(size="Standard_D4s_v5", zone="1", disk_size_in_gb=128)
    story = play(Remote.POWER_ON, {READ_HARDWARE: hardware}, elsewhere=True, plan=PROVISION_ORDER.plan)
    assert [order["size"] for order in story.orders[BEGIN_RESIZE.name]] == ["Standard_D2s_v5"]


def test_where_no_size_has_capacity_the_own_refusal_is_told() -> None:
    full = NoCapacity(code="AllocationFailed", message="no hardware")
    none = NoCapacity(code="noCapacity", message="tried all")
    story = play(
        Remote.POWER_ON, {BEGIN_START: full, ALLOCATE_CAPACITY: none}, elsewhere=True, plan=PROVISION_ORDER.plan
    )
    assert story.last(END_REMOTE_ACTION)["failure"]["code"] == "AllocationFailed"


WARNING = WarnOrder(tenant_id="contoso", cloud_pc_id="cpc", generation=1, machine=MACHINE, text="reboot")


def test_whoever_is_active_is_warned_and_has_time_before_anything_begins() -> None:
    story = play(Remote.REBOOT, {WARN_SESSIONS: Warned(minutes=5)}, warning=WARNING)
    assert story.calls[:2] == [WARN_SESSIONS.name, BEGIN_REMOTE_STEP.name]
    plain = play(Remote.REBOOT)
    assert story.slept - plain.slept == timedelta(minutes=5)


@pytest.mark.parametrize("answer", [Warned(), LOCKED, Exception("down")])
def test_where_nobody_can_be_warned_it_begins_at_once(answer: Any) -> None:
    story = play(Remote.REBOOT, {WARN_SESSIONS: answer}, warning=WARNING)
    assert story.result.outcome == "succeeded"
