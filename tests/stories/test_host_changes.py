"""Story of the start, stop, sign-off and removal of a session host."""

from __future__ import annotations

import pytest

from shared.contracts.joining import BEGIN_CARRIER_REMOVAL, BEGIN_DISABLE, READ_DISABLE, RECORD_ACCOUNT
from shared.contracts.machines import (
    BEGIN_DEALLOCATE,
    BEGIN_VM_DELETE,
)
from shared.contracts.outcomes import Done, Pending, Refused
from shared.contracts.remote_actions import BEGIN_RESTART, BEGIN_START
from shared.contracts.session_hosts import (
    BEGIN_HIBERNATE,
    BEGIN_HOST_CONFIGURATION,
    BEGIN_HOST_TASK,
    CLOSE_HOST,
    END_HOST_TASK,
    OPEN_HOST,
    POLL_SERVING,
    READ_HOST_CONFIGURATION,
    RECORD_HOST_REMOVED,
    RECORD_HOST_STEP,
    RUN_HOST_TASK,
    HostConfigured,
    HostSessions,
)
from shared.domain.cloud_pcs.build import Resources
from shared.domain.spot.hosts.host import HostTask
from tests.stories.hosts import ALL_WELL, BEGUN, FULL, MADE, WINDOWS, job, order, told
from tests.stories.tell import Answers, tell


def test_a_host_is_started_until_its_agent_serves() -> None:
    story = told(HostTask.START)

    assert story.calls.index("begin_start") < story.calls.index("poll_serving") < story.calls.index("end_host_task")
    assert CLOSE_HOST.name not in story.calls
    assert story.result.outcome == "done"


def test_a_start_without_capacity_says_so() -> None:
    story = told(HostTask.START, {BEGIN_START: FULL})

    assert story.last(END_HOST_TASK)["failure"]["code"] == "AllocationFailed"


@pytest.mark.parametrize(
    ("task", "code", "begins"),
    [
        (HostTask.START, "startTimedOut", "Start the host: "),
        (HostTask.RESTART, "restartTimedOut", "Restart the host: "),
    ],
)
def test_an_agent_that_never_serves_is_told_by_the_name_of_the_task(task: HostTask, code: str, begins: str) -> None:
    story = told(task, {POLL_SERVING: Pending(note="its agent is silent")})

    failure = story.last(END_HOST_TASK)["failure"]
    assert failure["code"] == code
    assert failure["message"].startswith(begins)


@pytest.mark.parametrize(
    ("task", "call"),
    [
        (HostTask.START, BEGIN_START),
        (HostTask.STOP, BEGIN_DEALLOCATE),
        (HostTask.RESTART, BEGIN_RESTART),
        (HostTask.CONFIGURE, BEGIN_HOST_CONFIGURATION),
    ],
)
def test_a_change_of_a_host_that_is_not_answered_promises_no_other_attempt(task: HostTask, call: object) -> None:
    story = told(task, {call: Exception("503")}, **({"windows": WINDOWS} if task is HostTask.CONFIGURE else {}))

    failure = story.last(END_HOST_TASK)["failure"]
    assert failure["code"] == "serviceUnavailable"
    assert failure["advice"] == "See Azure's service health for the region."


def test_sessions_are_read_again_between_the_drain_and_the_stop() -> None:
    late = [HostSessions(), HostSessions(active=1)]
    story = told(HostTask.STOP, {CLOSE_HOST: late})

    assert BEGIN_DEALLOCATE.name not in story.calls
    assert story.last(END_HOST_TASK)["failure"]["code"] == "sessionsInTheWay"


def test_a_host_without_sessions_is_stopped() -> None:
    story = told(HostTask.STOP)

    assert story.calls.index("close_host") < story.calls.index("begin_deallocate")
    assert OPEN_HOST.name not in story.calls


def test_a_dedicated_host_takes_its_user_again_when_it_is_off() -> None:
    story = told(HostTask.STOP, assigned_user_id="u")

    assert story.calls.index("begin_deallocate") < story.calls.index("open_host")


@pytest.mark.parametrize(("sessions", "hibernates"), [((0, 2), True), ((1, 0), False)])
def test_hibernation_keeps_what_is_disconnected_and_interrupts_nobody(
    sessions: tuple[int, int], *, hibernates: bool
) -> None:
    there = HostSessions(active=sessions[0], disconnected=sessions[1])
    assert (BEGIN_HIBERNATE.name in told(HostTask.HIBERNATE, {CLOSE_HOST: there}).calls) is hibernates


@pytest.mark.parametrize(("by_hand", "restarts"), [(True, True), (False, False)])
def test_only_a_person_restarts_a_host_with_sessions(*, by_hand: bool, restarts: bool) -> None:
    story = told(HostTask.RESTART, {CLOSE_HOST: HostSessions(active=1)}, by_hand=by_hand)
    assert (BEGIN_RESTART.name in story.calls) is restarts


def test_who_is_signed_off_is_signed_off_again_when_they_came_back_at_once() -> None:
    assert told(HostTask.SIGN_OFF).calls.count("sign_off") == 2


# Removing
def test_a_removal_waits_for_what_it_has_overtaken_and_leaves_nothing() -> None:
    accounts: Answers = {
        BEGIN_DISABLE: BEGUN,
        READ_DISABLE: Done(),
        BEGIN_CARRIER_REMOVAL: Done(),
        RECORD_ACCOUNT: Done(),
    }
    made = MADE.but(domain_connection_id="c")
    about = job(HostTask.REMOVE, made=made, assigned_user_id="u")
    story = tell(RUN_HOST_TASK, order(HostTask.REMOVE), {**ALL_WELL, **accounts, BEGIN_HOST_TASK: about})

    told_in_order = [
        "poll_earlier_task",
        "sign_off",
        "delete_session_host",
        "revoke_host",
        "begin_disable",
        "delete_managed_device",
        "delete_device",
        "begin_vm_delete",
        "delete_nic",
        "delete_disk",
        "record_host_removed",
    ]
    places = [story.calls.index(each) for each in told_in_order]
    assert places == sorted(places)


def test_what_cannot_be_removed_is_told_and_tried_again() -> None:
    locked = Refused(code="ScopeLocked", message="the group has a lock")
    story = told(HostTask.REMOVE, {BEGIN_VM_DELETE: locked})

    assert RECORD_HOST_REMOVED.name not in story.calls
    assert "ScopeLocked" in story.last(RECORD_HOST_STEP)["failure"]["message"]
    assert story.continued is not None


def test_a_host_of_which_nothing_was_made_just_goes() -> None:
    story = told(HostTask.REMOVE, made=Resources())
    assert story.calls == ["begin_host_task", "record_host_step", "poll_earlier_task", "record_host_removed"]


def test_settings_that_no_session_minds_are_changed_at_once() -> None:
    story = told(HostTask.CONFIGURE, windows=WINDOWS, when_empty=False)

    assert not {"close_host", "begin_start", "open_host"} & set(story.calls)
    assert story.last(END_HOST_TASK)["windows"]["profilePath"] == WINDOWS.profile_path


def test_profiles_are_changed_once_nobody_can_sign_in_any_more_and_nobody_works() -> None:
    story = told(HostTask.CONFIGURE, {CLOSE_HOST: [HostSessions(was_open=True), HostSessions()]}, windows=WINDOWS)

    starts, scripts = story.calls.index("begin_start"), story.calls.index("begin_host_configuration")
    assert story.calls.index("close_host") < starts < scripts < story.calls.index("open_host")
    assert "windows" in story.last(END_HOST_TASK)


def test_a_host_on_which_somebody_works_keeps_its_profiles_and_is_open_again() -> None:
    late = [HostSessions(was_open=True), HostSessions(disconnected=1)]
    story = told(HostTask.CONFIGURE, {CLOSE_HOST: late}, windows=WINDOWS)

    assert BEGIN_HOST_CONFIGURATION.name not in story.calls
    assert OPEN_HOST.name in story.calls
    ended = story.last(END_HOST_TASK)
    assert (ended["failure"]["code"], ended.get("windows")) == ("sessionsInTheWay", None)


def test_a_host_that_does_not_reach_the_new_profiles_keeps_what_it_has() -> None:
    story = told(HostTask.CONFIGURE, {READ_HOST_CONFIGURATION: HostConfigured(unreached="no answer")}, windows=WINDOWS)

    assert story.calls.count("begin_host_configuration") == 1  # it only looked
    assert story.last(BEGIN_HOST_CONFIGURATION)["onlyReach"] is True
    ended = story.last(END_HOST_TASK)
    assert (ended["failure"]["code"], ended.get("windows")) == ("profilesUnreached", None)


def test_a_host_that_was_closed_stays_closed_and_a_user_s_own_is_open_in_any_case() -> None:
    assert OPEN_HOST.name not in told(HostTask.CONFIGURE, windows=WINDOWS).calls
    assert OPEN_HOST.name in told(HostTask.CONFIGURE, windows=WINDOWS, assigned_user_id="u").calls


def test_a_host_with_other_settings_is_brought_to_them_by_its_start() -> None:
    story = told(HostTask.START, windows=WINDOWS)

    assert story.calls.index("close_host") < story.calls.index("begin_start")
    assert "windows" in story.last(END_HOST_TASK)


def test_a_host_that_has_the_settings_by_now_is_left_alone() -> None:
    story = told(HostTask.CONFIGURE)

    assert story.calls == ["begin_host_task", "end_host_task"]
