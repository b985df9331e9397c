"""Decisions about power: the order of the rules, working hours, unused machines, refused starts."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from shared.domain.power.engine import PowerFacts, PowerRule, PowerStep, decide, next_change
from shared.domain.power.settings import PowerException, PowerPhase, PowerSettings, StopAction
from shared.domain.power.state import (
    KEPT_SHUT_DOWN,
    LISTED_EVERY,
    BudgetBrake,
    DesiredPower,
    KeepAwake,
    MaintenanceWindow,
    ObservedPower,
    PowerActor,
    PowerHold,
    RefusedStart,
    SeenSessions,
)

WORK = (1, 2, 3, 4, 5)
OFFICE = PowerSettings(
    time_zone="Europe/Berlin",
    phases=(PowerPhase(begins=time(7), days=WORK, working=True), PowerPhase(begins=time(19), days=WORK, working=False)),
)
MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of March 2026 by the clocks of Berlin before summer time."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - HOURS


NOON, NIGHT = berlin(4, 12), berlin(4, 23)
LONG_AGO = berlin(2, 8)
NOBODY = SeenSessions(readable=True, quiet_since=LONG_AGO)


def facts(**changes: object) -> PowerFacts:
    there = {"observed": ObservedPower.RUNNING, "observed_since": LONG_AGO, "sessions": NOBODY, "schedule": OFFICE}
    return PowerFacts.model_validate({**there, **changes})


def by_hand(wants: DesiredPower, at: datetime, until: datetime) -> PowerHold:
    return PowerHold(wants=wants, at=at, until=until, actor=PowerActor.ADMIN, by="ada@contoso.com")


def test_without_a_schedule_a_machine_stays_as_it_is() -> None:
    decision = decide(facts(schedule=None), NOON)
    assert (decision.desired, decision.step, decision.next_look) == (DesiredPower.LEAVE, None, None)


def test_working_hours_begin_with_the_prestart_and_end_with_the_phase() -> None:
    off = facts(observed=ObservedPower.DEALLOCATED)
    before = decide(off, berlin(4, 6, 44))
    assert (before.step, before.next_look) == (None, berlin(4, 6, 45))
    after = decide(off, berlin(4, 6, 45))
    assert after.step is PowerStep.START
    assert after.winner is not None
    assert (after.winner.since, after.winner.until) == (berlin(4, 6, 45), berlin(4, 19))
    assert decide(facts(), berlin(4, 19)).step is PowerStep.DEALLOCATE


def test_a_holiday_has_no_working_hours() -> None:
    holiday = PowerException(on=date(2026, 3, 4), phases=(PowerPhase(begins=time(0), working=False),))
    decision = decide(facts(schedule=OFFICE.but(exceptions=(holiday,))), NOON)
    assert (decision.step, decision.next_look) == (PowerStep.DEALLOCATE, berlin(5, 6, 45))


def test_phases_that_both_work_are_one_time_of_working_hours() -> None:
    lunch = PowerPhase(begins=time(12), days=WORK, working=True)
    decision = decide(facts(schedule=OFFICE.but(phases=(*OFFICE.phases, lunch))), berlin(4, 13))
    assert decision.winner is not None
    assert (decision.winner.since, decision.winner.until) == (berlin(4, 6, 45), berlin(4, 19))


def test_the_working_hours_of_the_day_on_which_the_clocks_change_begin_at_local_time() -> None:
    sunday = PowerPhase(begins=time(2, 30), days=(7,), working=True)
    schedule = OFFICE.but(phases=(*OFFICE.phases, sunday), prestart_in_minutes=0)
    off = facts(observed=ObservedPower.DEALLOCATED, schedule=schedule)
    assert decide(off, datetime(2026, 3, 29, 0, 0, tzinfo=UTC)).next_look == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_what_is_used_is_not_stopped() -> None:
    someone = decide(facts(sessions=NOBODY.but(active=1)), NIGHT)
    assert (someone.step, someone.waits) == (None, "somebody is signed in")
    unreadable = decide(facts(sessions=NOBODY.but(readable=False)), NIGHT)
    assert (unreadable.step, unreadable.waits) == (None, "the sessions cannot be read")


def test_a_disconnected_session_is_warned_once_and_ends_after_its_wait() -> None:
    left = facts(sessions=SeenSessions(readable=True, disconnected=1, quiet_since=NIGHT))
    waiting = decide(left, NIGHT)
    assert (waiting.stops_at, waiting.next_look) == (NIGHT + 60 * MINUTES, NIGHT + 45 * MINUTES)
    warned = decide(left, NIGHT + 45 * MINUTES)
    assert (warned.step, warned.next_look) == (PowerStep.WARN, NIGHT + 60 * MINUTES)
    again = decide(left.but(warned_for=NIGHT + 60 * MINUTES), NIGHT + 46 * MINUTES)
    assert again.step is None
    ends = NIGHT + 60 * MINUTES
    assert decide(left.but(warned_for=ends), ends).step is PowerStep.DEALLOCATE
    late = decide(left, ends)  # a rule has changed, or nobody looked in time: the warning comes first
    assert (late.step, late.stops_at) == (PowerStep.WARN, ends + 15 * MINUTES)
    assert decide(left.but(warned_for=late.stops_at), ends + MINUTES).step is None
    assert decide(left.but(warned_for=late.stops_at), ends + 15 * MINUTES).step is PowerStep.DEALLOCATE


@pytest.mark.parametrize(("can_hibernate", "step"), [(True, PowerStep.HIBERNATE), (False, PowerStep.DEALLOCATE)])
def test_only_a_size_that_can_is_hibernated(can_hibernate: bool, step: PowerStep) -> None:  # noqa: FBT001 - a case
    schedule = OFFICE.but(stop_action=StopAction.HIBERNATE)
    assert decide(facts(schedule=schedule, can_hibernate=can_hibernate), NIGHT).step is step


def test_without_a_stop_action_nothing_is_stopped() -> None:
    decision = decide(facts(schedule=OFFICE.but(stop_action=StopAction.NONE)), NIGHT)
    assert (decision.desired, decision.step) == (DesiredPower.LEAVE, None)


def test_the_strongest_rule_wins_and_the_others_are_named() -> None:
    everything = facts(
        removal="it is being removed",
        pause="the tenant is paused",
        action="restore is at work on it",
        hold=by_hand(DesiredPower.OFF, NIGHT - HOURS, NIGHT + HOURS),
        keep_awake=KeepAwake(at=NIGHT - HOURS, until=NIGHT + HOURS, by="ada@contoso.com"),
        maintenance=MaintenanceWindow(begins=NIGHT - HOURS, ends=NIGHT + HOURS, why="its agent needs it"),
        budget=BudgetBrake(since=LONG_AGO),
    )
    for rule, field in zip(PowerRule, (*_FIELDS, None, None, None), strict=True):
        decision = decide(everything, NIGHT)
        assert decision.winner is not None
        assert decision.winner.rule is rule
        assert [each.rule for each in decision.losers] == list(PowerRule)[list(PowerRule).index(rule) + 1 :]
        if field is None:
            break
        everything = everything.but(**{field: None})


_FIELDS = ("removal", "pause", "action", "hold", "keep_awake", "maintenance")


def test_what_is_left_alone_has_no_step() -> None:
    for field in ("removal", "pause", "action"):
        assert decide(facts(**{field: "for a reason"}), NIGHT).step is None


def test_a_hold_that_ends_in_working_hours_stops_nobody() -> None:
    hold = by_hand(DesiredPower.ON, berlin(3, 21, 45), berlin(4, 9, 45))
    used = NOBODY.but(active=1, quiet_since=berlin(4, 8))
    decision = decide(facts(hold=hold, sessions=used), berlin(4, 9, 45))
    assert (decision.desired, decision.step) == (DesiredPower.ON, None)


def test_what_was_switched_on_at_night_stays_on_until_nobody_uses_it() -> None:
    hold = by_hand(DesiredPower.ON, NIGHT, berlin(5, 7))
    held = facts(hold=hold, sessions=NOBODY.but(quiet_since=NIGHT))
    assert decide(held, NIGHT + 29 * MINUTES).desired is DesiredPower.ON
    assert decide(held, NIGHT + 30 * MINUTES).step is PowerStep.DEALLOCATE


def test_what_was_switched_off_by_hand_stays_off_in_working_hours() -> None:
    hold = by_hand(DesiredPower.OFF, berlin(4, 11), berlin(5, 7))
    assert decide(facts(hold=hold, observed=ObservedPower.DEALLOCATED), NOON).step is None
    assert decide(facts(hold=hold, observed=ObservedPower.DEALLOCATED), berlin(5, 7)).step is PowerStep.START


def test_a_refused_start_waits_visibly_for_its_next_try() -> None:
    refused = RefusedStart(times=3, at=NOON, code="AllocationFailed", message="capacity is short")
    off = facts(observed=ObservedPower.DEALLOCATED, refused=refused)
    waiting = decide(off, NOON)
    assert (waiting.step, waiting.next_look) == (None, NOON + 2 * MINUTES)
    assert waiting.waits == "Azure has refused the start: capacity is short"
    assert decide(off, NOON + 2 * MINUTES).step is PowerStep.START


def test_the_tries_of_a_start_are_further_and_further_apart() -> None:
    tries = [RefusedStart(times=n, at=NOON, code="x", message="x").next_try - NOON for n in range(1, 8)]
    assert tries == [minutes * MINUTES for minutes in (0, 1, 2, 5, 10, 10, 10)]


def test_what_was_shut_down_inside_windows_costs_ten_minutes_with_those_until_it_is_found() -> None:
    shut = facts(observed=ObservedPower.SHUT_DOWN, observed_since=NIGHT, schedule=None)
    assert decide(shut, NIGHT + 4 * MINUTES).next_look == NIGHT + 10 * MINUTES - LISTED_EVERY
    assert decide(shut, NIGHT + 10 * MINUTES - LISTED_EVERY).step is PowerStep.DEALLOCATE


def test_what_was_shut_down_inside_windows_stays_where_its_policy_says_so() -> None:
    shut = facts(observed=ObservedPower.SHUT_DOWN, observed_since=NIGHT, schedule=None, keeps_shut_down=True)
    decision = decide(shut, NIGHT + timedelta(days=1))
    assert (decision.step, decision.waits) == (None, KEPT_SHUT_DOWN)


def test_a_budget_that_is_used_up_stops_sooner_and_starts_nothing_early() -> None:
    brake = BudgetBrake(since=LONG_AGO)
    quiet = facts(budget=brake, sessions=NOBODY.but(quiet_since=NIGHT))
    assert decide(quiet, NIGHT).stops_at == NIGHT + 15 * MINUTES
    assert decide(facts(budget=brake, observed=ObservedPower.DEALLOCATED), berlin(4, 6, 50)).step is None


def test_working_hours_may_end_for_whom_nobody_sees() -> None:
    schedule = OFFICE.but(stops_in_working_hours=True)
    absent = facts(schedule=schedule, starts_at=berlin(4, 8, 45), observed=ObservedPower.DEALLOCATED)
    assert decide(absent, berlin(4, 8)).next_look == berlin(4, 8, 45)
    assert decide(absent, berlin(4, 8, 45)).step is PowerStep.START
    waited = absent.but(observed=ObservedPower.RUNNING, sessions=NOBODY.but(quiet_since=berlin(4, 8, 46)))
    assert decide(waited, berlin(4, 9)).step is None
    assert decide(waited, berlin(4, 9, 16)).step is PowerStep.DEALLOCATE


@pytest.mark.parametrize(
    ("found", "now", "change"),
    [
        (facts(), NOON, (PowerRule.SCHEDULE, DesiredPower.OFF, berlin(4, 19))),
        (facts(observed=ObservedPower.DEALLOCATED), NIGHT, (PowerRule.SCHEDULE, DesiredPower.ON, berlin(5, 6, 45))),
        (
            facts(hold=by_hand(DesiredPower.OFF, berlin(4, 11), berlin(4, 15)), observed=ObservedPower.DEALLOCATED),
            NOON,
            (PowerRule.SCHEDULE, DesiredPower.ON, berlin(4, 15)),
        ),
        (
            facts(keep_awake=KeepAwake(at=NIGHT, until=NIGHT + 2 * HOURS, by="ada")),
            NIGHT,
            (PowerRule.SCHEDULE, DesiredPower.OFF, NIGHT + 2 * HOURS),
        ),
        (facts(schedule=None), NOON, None),
        (facts(pause="the tenant is paused"), NOON, None),
    ],
)
def test_the_next_change_is_the_next_rule_that_wants_other_power(
    found: PowerFacts, now: datetime, change: tuple[PowerRule, DesiredPower, datetime] | None
) -> None:
    then = next_change(found, decide(found, now))
    assert (then and (then.rule, then.wants, then.since)) == change
