"""Decisions of the engine, by example; tests/properties/spot has its laws."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import Schedule, SchedulePhase
from shared.domain.spot.groups.settings import ScaleIn
from shared.domain.spot.groups.target import GroupTarget, Method, Release
from shared.domain.spot.hosts.host_plan import SENTENCES, EngineAction, GroupStatus, HostPlan, Reason, Stage
from shared.domain.spot.hosts.observed import AgentStatus, HostState, ObservedHost

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=2)
VERSION, OLD = "1.1.0", "1.0.0"


def target(**changes: Any) -> GroupTarget:
    return GroupTarget(**{"kind": LicenseType.POOLED, "quantity": 50, "version": VERSION, **changes})


def host(number: int, **changes: Any) -> ObservedHost:
    usual = {"version": VERSION, "state": HostState.RUNNING, "since": EARLIER, "online_at": EARLIER, "proven": True}
    return ObservedHost(**{"id": f"h{number}", **usual, **changes})


def off(number: int, **changes: Any) -> ObservedHost:
    return host(number, **{"state": HostState.STOPPED, "allow_new_sessions": False, **changes})


def drained(number: int, **changes: Any) -> ObservedHost:
    return host(number, **{"allow_new_sessions": False, "closed_since": EARLIER, "empty_since": EARLIER, **changes})


def taken(made: HostPlan) -> list[tuple[str, str | None, str]]:
    return [(step.action.value, step.host_id, step.reason.value) for step in made.steps]


def test_a_host_that_was_started_for_a_phase_is_not_drained_before_it_begins() -> None:
    phases = (SchedulePhase(begins=time(0), rests=True), SchedulePhase(begins=time(10, 5), minimum_online=2))
    group = target(schedule=Schedule(time_zone="UTC", phases=phases))
    hosts = [off(n) for n in range(1, 6)]
    assert taken(plan(group, hosts, NOW)) == [("start", "h1", "scheduleAhead"), ("start", "h2", "scheduleAhead")]
    for minute in (1, 2, 3, 4, 5):
        quick = [host(1, since=NOW), host(2, since=NOW), *hosts[2:]]
        assert taken(plan(group, quick, NOW + timedelta(minutes=minute))) == []
    empty = [drained(1), drained(2), *hosts[2:]]  # and what is off anyway when the phase begins does not stop
    assert taken(plan(group, empty, NOW - timedelta(minutes=1))) == [("stop", "h1", "idle"), ("stop", "h2", "idle")]
    assert taken(plan(group, empty, NOW)) == [("undrain", "h1", "scheduleAhead"), ("undrain", "h2", "scheduleAhead")]


def test_hosts_that_are_built_for_a_phase_are_begun_as_early_as_builds_take() -> None:
    phases = (SchedulePhase(begins=time(0), rests=True), SchedulePhase(begins=time(10, 31), minimum_online=2))
    group = target(schedule=Schedule(time_zone="UTC", phases=phases), scale_in=ScaleIn.DELETE)
    early = plan(group, [], NOW - timedelta(minutes=1))
    assert (taken(early), early.next_look) == ([], NOW)
    assert [step.action for step in plan(group, [], NOW).steps] == [EngineAction.BUILD] * 2


def test_a_host_that_a_person_drains_is_replaced_in_the_same_plan() -> None:
    hosts = [host(1, active=2, drained_by_hand=True), off(2), off(3), off(4), off(5)]
    assert taken(plan(target(), hosts, NOW)) == [("start", "h2", "seatsNeeded"), ("drain", "h1", "drainedByHand")]


def test_the_sixth_session_of_the_filling_host_starts_the_next() -> None:
    rest = [off(n) for n in range(2, 6)]
    assert taken(plan(target(), [host(1, active=5), *rest], NOW)) == []
    made = plan(target(), [host(1, active=6), *rest], NOW)
    assert taken(made) == [("start", "h2", "seatsNeeded")]
    assert made.steps[0].text == "4 seats are free or on their way; 5 are kept free."


def test_the_buffer_is_a_tenth_of_what_is_in_use_or_of_the_quantity() -> None:
    full = [host(n, active=10) for n in range(1, 10)]
    idle = [host(10, active=0), *(off(n) for n in range(11, 31))]
    in_use = plan(target(quantity=300), [*full, *idle], NOW)
    assert (in_use.figures.buffer, in_use.figures.spare, in_use.figures.wanted_online) == (9, 9, 10)
    assert taken(in_use) == []
    of_all = plan(target(quantity=300, buffer_of="quantity"), [*full, *idle], NOW)
    assert of_all.figures.spare == 30
    assert [step.action for step in of_all.steps] == [EngineAction.START] * 2


def test_hosts_start_as_early_as_the_rate_of_sign_ins_asks() -> None:
    hosts = [host(1, active=5, signed_in_lately=5), *(off(n) for n in range(2, 6))]
    made = plan(target(), hosts, NOW)  # five in five minutes, five minutes until a host serves and is looked at
    assert (made.figures.rising, taken(made)) == (5, [])
    busier = plan(target(), [hosts[0].but(signed_in_lately=15), *hosts[1:]], NOW)
    assert taken(busier) == [("start", "h2", "signInsRise")]


def test_the_host_that_ran_longest_ago_starts_first() -> None:
    hosts = [host(1, active=8), off(2), off(3, online_at=NOW - timedelta(days=9)), off(4), off(5)]
    assert taken(plan(target(), hosts, NOW)) == [("start", "h3", "seatsNeeded")]


def test_what_is_not_needed_drains_and_stops_only_when_it_is_empty() -> None:
    hosts = [host(1, active=6), host(2, active=1), *(off(n) for n in range(3, 6))]
    assert taken(plan(target(), hosts, NOW)) == []
    quiet = [host(1, active=2), host(2, active=1), *hosts[2:]]
    assert taken(plan(target(), quiet, NOW)) == [("drain", "h2", "notNeeded")]
    emptied = [host(1, active=2), drained(2, active=1, empty_since=None), *hosts[2:]]
    assert taken(plan(target(), emptied, NOW)) == []
    assert taken(plan(target(), [host(1, active=2), drained(2), *hosts[2:]], NOW)) == [("stop", "h2", "idle")]


def test_the_next_look_is_when_the_idle_host_may_stop() -> None:
    since = NOW - timedelta(minutes=4)
    hosts = [host(1, active=2), drained(2, closed_since=since), *(off(n) for n in range(3, 6))]
    made = plan(target(), hosts, NOW)
    assert (taken(made), made.next_look) == ([], since + timedelta(minutes=15))


def test_a_drained_host_is_opened_before_another_starts() -> None:
    hosts = [host(1, active=7), drained(2, active=3, empty_since=None), *(off(n) for n in range(3, 6))]
    assert taken(plan(target(), hosts, NOW)) == [("undrain", "h2", "seatsNeeded")]


def test_a_host_that_a_person_drained_stays_drained() -> None:
    hosts = [host(1, active=7), drained(2, drained_by_hand=True), *(off(n) for n in range(3, 6))]
    assert taken(plan(target(), hosts, NOW)) == [("start", "h3", "seatsNeeded")]


def test_a_host_that_does_not_serve_is_restarted_and_then_replaced_alone() -> None:
    ill = {"agent": AgentStatus.NO_HEARTBEAT, "active": 0, "empty_since": EARLIER}
    rest = [host(3, active=2), off(4), off(5)]
    first = plan(target(), [host(1, **ill), host(2, **ill), *rest], NOW)
    assert taken(first) == [("restart", "h1", "broken")]
    assert first.status is GroupStatus.LIMITED_AVAILABILITY
    assert first.cause == "2 of 5 hosts do not serve."
    tried = plan(target(), [host(1, **ill, restarts=2), host(2, **ill, restarts=2), *rest], NOW)
    assert taken(tried) == [("replace", "h1", "broken")]
    gone = plan(target(), [host(1, **{**ill, "state": HostState.REMOVING}), host(2, **ill, restarts=2), *rest], NOW)
    assert taken(gone) == []
    next_to_a_build = plan(target(), [host(2, **ill), *rest], NOW)
    assert taken(next_to_a_build) == [("build", None, "hostsMissing")]
    cannot_build = plan(target(unbuildable=frozenset({VERSION})), [host(2, **ill), *rest], NOW)
    assert taken(cannot_build) == [("restart", "h2", "broken")]


def test_a_broken_host_with_sessions_is_emptied_after_notice() -> None:
    ill = {"agent": AgentStatus.FSLOGIX_NOT_HEALTHY, "active": 3}
    rest = [host(2, active=2), off(3), off(4), off(5)]
    assert taken(plan(target(), [host(1, **ill), *rest], NOW)) == [("drain", "h1", "broken")]
    closed = host(1, **ill, allow_new_sessions=False)
    assert taken(plan(target(), [closed, *rest], NOW)) == [("notify", "h1", "broken")]
    told = closed.but(notified_at=NOW - timedelta(minutes=4))
    made = plan(target(), [told, *rest], NOW)
    assert (taken(made), made.next_look) == ([], NOW + timedelta(minutes=1))
    over = plan(target(), [closed.but(notified_at=NOW - timedelta(minutes=5)), *rest], NOW)
    assert taken(over) == [("signOff", "h1", "noticeIsOver")]


def test_when_many_hosts_are_silent_one_starts_at_a_time() -> None:
    silent = [host(n, agent=AgentStatus.UNAVAILABLE, active=5, since=NOW) for n in range(1, 4)]
    made = plan(target(minimum_online=5), [*silent, off(4), off(5)], NOW)
    assert taken(made) == [("start", "h4", "seatsNeeded")]


def test_a_host_whose_token_ages_runs_for_a_while_closed() -> None:
    long_ago = NOW - timedelta(days=21)
    hosts = [host(1, active=2), off(2, online_at=long_ago), off(3, online_at=long_ago), off(4), off(5)]
    assert taken(plan(target(), hosts, NOW)) == [("wake", "h2", "tokenAges")]
    younger = [hosts[0], off(2, online_at=long_ago + timedelta(hours=1)), *(off(n) for n in (3, 4, 5))]
    assert plan(target(), younger, NOW).next_look == NOW + timedelta(hours=1)


def test_missing_hosts_are_built_so_many_at_a_time_and_the_last_are_low_priority() -> None:
    made = plan(target(max_builds=4, low_priority=2, sizes=("D8", "E8")), [host(1), host(2, state="building")], NOW)
    assert [(step.action, step.low_priority, step.version) for step in made.steps] == [
        (EngineAction.BUILD, False, VERSION),
        (EngineAction.BUILD, True, VERSION),
        (EngineAction.BUILD, True, VERSION),
    ]
    assert {step.sizes for step in made.steps} == {("D8", "E8")}
    failed = plan(target(sizes=("D8", "E8")), [host(1, state="broken", size="D8", online_at=None)], NOW)
    assert failed.steps[0].sizes == ("E8", "D8")


def test_hosts_that_are_deleted_when_idle_are_built_when_they_are_needed() -> None:
    on_demand = target(scale_in=ScaleIn.DELETE)
    assert taken(plan(on_demand, [host(1, active=4)], NOW)) == []
    assert taken(plan(on_demand, [host(1, active=7)], NOW)) == [("build", None, "seatsNeeded")]
    assert taken(plan(on_demand, [host(1, active=2), drained(2)], NOW)) == [("remove", "h2", "idle")]


def test_a_dedicated_host_that_nobody_uses_sleeps() -> None:
    mine = {"assigned_user_id": "ada", "can_hibernate": True}
    dedicated = target(kind=LicenseType.PERSONAL_DEDICATED, quantity=1, hibernates=True)
    assert taken(plan(dedicated, [off(1, **mine, allow_new_sessions=True)], NOW)) == []
    unused = host(1, **mine, empty_since=EARLIER)
    assert taken(plan(dedicated, [unused], NOW)) == [("hibernate", "h1", "idle")]
    away = host(1, **mine, disconnected=1, inactive_since=EARLIER)
    assert taken(plan(dedicated, [away], NOW)) == [("hibernate", "h1", "onlyDisconnected")]
    assert taken(plan(dedicated.but(hibernates=False), [away], NOW)) == []


def test_a_personal_group_keeps_one_free_host_running() -> None:
    personal = target(kind=LicenseType.PERSONAL, quantity=3)
    hosts = [host(1, assigned_user_id="ada", active=1), off(2), off(3)]
    assert taken(plan(personal, hosts, NOW)) == [("start", "h2", "seatsNeeded")]


def test_a_release_begins_with_one_host_that_serves_nobody_until_it_is_proven() -> None:
    release = target(release=Release(method=Method.IMMEDIATE))
    old = [host(n, version=OLD, active=8) for n in range(1, 6)]
    first = plan(release, old, NOW)
    assert (taken(first), first.stage) == ([("build", None, "canary")], Stage.CANARY)
    canary = drained(9, proven=None, since=NOW, closed_since=NOW)
    assert taken(plan(release, [*old, canary], NOW)) == []
    wrong = plan(release, [*old, canary.but(proven=False)], NOW)
    assert (taken(wrong), wrong.stage) == ([], Stage.FAILED)
    assert wrong.cause == "The first host of version 1.1.0 does not work."
    proven = plan(release, [*old, canary.but(proven=True)], NOW)
    assert proven.stage is Stage.MOVING
    assert [step.action for step in proven.steps] == [EngineAction.BUILD] * 4 + [
        EngineAction.UNDRAIN,
        EngineAction.DRAIN,
    ]


def test_sessions_move_only_to_seats_that_are_free() -> None:
    release = target(release=Release(method=Method.IMMEDIATE))
    told = {"version": OLD, "allow_new_sessions": False, "notified_at": EARLIER}
    old = [host(n, active=8, **told) for n in range(1, 4)]
    building = [host(n, state="building", allow_new_sessions=False) for n in (7, 8, 9)]
    one = plan(release, [*old, host(5), host(6, active=9), *building], NOW)
    assert [step for step in taken(one) if step[0] == "signOff"] == [("signOff", "h1", "noticeIsOver")]


def test_an_opportunistic_release_signs_nobody_off() -> None:
    release = target(release=Release(method=Method.OPPORTUNISTIC))
    old = drained(1, version=OLD, active=4, notified_at=EARLIER, empty_since=None)
    fresh = [host(n, active=1) for n in range(2, 7)]
    assert not {"notify", "signOff"} & {step[0] for step in taken(plan(release, [old, *fresh], NOW))}
    empty = old.but(active=0, empty_since=NOW)
    assert ("remove", "h1", "oldVersion") in taken(plan(release, [empty, *fresh], NOW))


def test_a_scheduled_release_is_built_just_before_and_moves_at_its_time() -> None:
    at = NOW + timedelta(hours=6)
    release = target(release=Release(method=Method.SCHEDULED, at=at))
    old = [host(n, version=OLD, active=8) for n in range(1, 6)]
    early = plan(release, old, NOW)
    assert (early.stage, early.next_look) == (Stage.WAITING, at - timedelta(hours=1))  # the canary, and one wave
    before = plan(release, [*old, *(drained(n) for n in range(6, 11))], at - timedelta(minutes=5))
    assert (before.stage, taken(before), before.next_look) == (Stage.SURGING, [], at)
    assert plan(release, [*old, *(drained(n) for n in range(6, 11))], at).stage is Stage.MOVING


def test_while_a_release_waits_or_is_paused_or_has_failed_missing_hosts_are_built_of_the_version_before() -> None:
    later = Release(method=Method.SCHEDULED, at=NOW + timedelta(days=90), before=OLD)
    old = [host(n, version=OLD, active=4) for n in range(1, 5)]
    waits = plan(target(release=later), old, NOW)
    assert [(step.version, step.reason) for step in waits.steps if step.version] == [(OLD, Reason.HOSTS_MISSING)]

    paused = plan(target(release=Release(method=Method.IMMEDIATE, paused=True, before=OLD)), [*old[1:], host(5)], NOW)
    assert (paused.stage, [step.version for step in paused.steps if step.version]) == (Stage.PAUSED, [OLD])

    canary = drained(9, proven=False)
    failed = plan(target(release=Release(method=Method.IMMEDIATE, before=OLD)), [*old, canary], NOW)
    assert (failed.stage, [step.version for step in failed.steps if step.version]) == (Stage.FAILED, [OLD])


def test_a_group_without_hosts_waits_for_the_time_of_its_release_too() -> None:
    at = NOW + timedelta(days=1)
    waits = target(release=Release(method=Method.SCHEDULED, at=at, before=OLD), scale_in=ScaleIn.DELETE)
    early = plan(waits, [], NOW)
    assert (early.stage, [step.version for step in early.steps]) == (Stage.WAITING, [OLD])
    assert plan(waits, [], at).stage is Stage.DONE


def test_a_release_that_stands_still_removes_neither_its_hosts_nor_those_before() -> None:
    old = [off(n, version=OLD) for n in range(1, 6)]
    new = [host(n, active=2) for n in range(6, 9)]
    paused = target(release=Release(method=Method.IMMEDIATE, paused=True, before=OLD))
    assert {"remove", "replace"}.isdisjoint(step[0] for step in taken(plan(paused, [*old, *new], NOW)))
    wrong = [*new, *(host(n, state=HostState.BROKEN) for n in range(9, 11))]
    failed = plan(target(release=Release(method=Method.IMMEDIATE, before=OLD)), [*old, *wrong], NOW)
    assert failed.stage is Stage.FAILED
    assert {"remove", "replace"}.isdisjoint(step[0] for step in taken(failed))


def test_what_failed_stays_while_the_release_has_stopped_and_then_goes() -> None:
    """The hosts of the version before are repaired meanwhile, as ever."""
    stopped = Release(method=Method.IMMEDIATE, before=OLD, failed_at=NOW, cause="It does not work.")
    wanted = target(release=stopped, keep_failed=timedelta(hours=24))
    old = [host(n, version=OLD, active=8) for n in range(1, 6)]
    canary = host(9, state=HostState.BROKEN, proven=None, active=0, allow_new_sessions=False)
    kept = plan(wanted, [*old, canary], NOW + timedelta(hours=23))
    assert (taken(kept), kept.stage, kept.cause) == ([], Stage.FAILED, "It does not work.")
    assert kept.next_look == NOW + timedelta(hours=24)
    unproven = canary.but(state=HostState.RUNNING, proven=False, empty_since=NOW)
    for evidence in (canary, unproven):
        gone = plan(wanted, [*old, evidence], NOW + timedelta(hours=24))
        assert taken(gone) == [("remove", "h9", "failedInRelease")]
    sick = [host(1, version=OLD, state=HostState.BROKEN), *old[1:], canary]
    assert ("replace", "h1", "broken") in taken(plan(wanted, sick, NOW))


def test_a_release_that_stops_says_what_the_host_has() -> None:
    release = target(release=Release(method=Method.IMMEDIATE))
    old = [host(n, version=OLD, active=8) for n in range(1, 6)]
    silent = drained(9, state=HostState.BROKEN, trouble="spot-9 has not registered yet")
    cause = plan(release, [*old, silent], NOW).cause
    assert cause == "The first host of version 1.1.0 does not work: spot-9 has not registered yet."


def test_a_host_that_failed_in_a_release_and_is_being_removed_stops_it_no_more() -> None:
    release = target(release=Release(method=Method.IMMEDIATE, before=OLD))
    old = [host(n, version=OLD, active=4) for n in range(1, 6)]
    going = host(9, state=HostState.REMOVING, allow_new_sessions=False, proven=False)
    assert plan(release, [*old, going], NOW).stage is Stage.CANARY
    assert ("build", None, "canary") in taken(plan(release, old, NOW))


def test_hosts_that_are_off_are_open_where_azure_starts_them_at_sign_in() -> None:
    hosts = [off(1), off(2, drained_by_hand=True), off(3, allow_new_sessions=True)]
    quiet = Schedule(time_zone="UTC", phases=(SchedulePhase(begins=time(0), rests=True),))
    connects = target(quantity=30, schedule=quiet, start_on_connect=True)
    assert taken(plan(connects, hosts, NOW)) == [("undrain", "h1", "startOnConnect")]
    assert taken(plan(connects.but(start_on_connect=False), hosts, NOW)) == []
    release = Release(method=Method.IMMEDIATE, before=OLD)
    going = [host(1, version=OLD, active=3), off(2, version=OLD), *(host(n) for n in range(3, 6))]
    moving = plan(connects.but(release=release), going, NOW)
    assert ("undrain", "h2", "startOnConnect") not in taken(moving)


def test_dedicated_hosts_that_are_built_before_a_scheduled_release_have_the_version_before() -> None:
    at = NOW + timedelta(days=1)
    release = Release(method=Method.SCHEDULED, at=at, before=OLD)
    dedicated = target(kind=LicenseType.PERSONAL_DEDICATED, quantity=2, release=release)
    hosts = [host(1, version=OLD, assigned_user_id="u1", active=1)]
    early, due = plan(dedicated, hosts, NOW), plan(dedicated, hosts, at)
    assert (early.stage, [step.version for step in early.steps]) == (Stage.WAITING, [OLD])
    assert (due.stage, [step.version for step in due.steps]) == (Stage.DONE, [VERSION])


def test_going_back_is_the_release_of_the_version_before() -> None:
    hosts = [drained(n, version=OLD, active=3, empty_since=None) for n in range(1, 4)] + [host(n) for n in range(4, 9)]
    back = plan(target(version=OLD, release=Release(method=Method.IMMEDIATE)), hosts, NOW)
    assert [step for step in taken(back) if step[0] == "undrain"] == [("undrain", "h1", "releaseNeedsSeats")]
    assert {"drain"} == {step[0] for step in taken(back) if step[1] in {"h4", "h5", "h6", "h7"}}


def test_the_status_says_why_availability_is_limited() -> None:
    hosts = [host(1, active=10), *(off(n) for n in range(2, 6))]
    made = plan(target(), hosts, NOW)
    assert (made.status, made.cause) == (
        GroupStatus.LIMITED_AVAILABILITY,
        "No seat is free; hosts are starting.",
    )
    nothing = plan(target(), [host(n, active=10, drained_by_hand=True) for n in range(1, 5)], NOW)
    assert nothing.status is GroupStatus.UNAVAILABLE
    assert plan(target(), [host(1, active=2), *hosts[1:]], NOW).status is GroupStatus.AVAILABLE


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)


def test_who_left_is_signed_off_after_notice_and_their_host_goes_when_it_was_kept_for_long_enough() -> None:
    dedicated = target(kind=LicenseType.PERSONAL_DEDICATED, quantity=1)
    theirs = {"assigned_user_id": "ada", "kept_until": NOW + timedelta(days=3)}
    works = host(1, **theirs, active=1)
    stays = off(2, assigned_user_id="bob", allow_new_sessions=True)
    assert taken(plan(dedicated, [works, stays], NOW)) == [("notify", "h1", "userLeft")]
    told = works.but(notified_at=NOW - timedelta(minutes=4))
    assert taken(plan(dedicated, [told, stays], NOW)) == []
    over = works.but(notified_at=NOW - timedelta(minutes=5))
    assert taken(plan(dedicated, [over, stays], NOW)) == [("signOff", "h1", "noticeIsOver")]
    empty = host(1, **theirs, empty_since=EARLIER)
    assert taken(plan(dedicated, [empty, stays], NOW)) == [("stop", "h1", "idle")]
    kept = plan(dedicated, [off(1, **theirs), stays], NOW)
    assert (taken(kept), kept.next_look) == ([], NOW + timedelta(days=3))
    for rest in (empty, off(1, **theirs)):
        over = rest.but(kept_until=NOW)
        assert taken(plan(dedicated, [over, stays], NOW)) == [("remove", "h1", "userLeft")]


def test_a_host_that_is_kept_for_who_left_takes_no_licence_from_who_comes_next() -> None:
    dedicated = target(kind=LicenseType.PERSONAL_DEDICATED, quantity=2)
    kept = off(1, assigned_user_id="ada", kept_until=NOW + timedelta(days=3))
    made = plan(dedicated, [kept, off(2, assigned_user_id="bob", allow_new_sessions=True)], NOW)
    assert taken(made) == [("build", None, "hostsMissing")]
    assert made.steps[0].text == "The group has 1 of the 2 hosts that its licences need."
    fewer = plan(dedicated.but(quantity=1), [kept, off(2, assigned_user_id="bob", allow_new_sessions=True)], NOW)
    assert taken(fewer) == []
