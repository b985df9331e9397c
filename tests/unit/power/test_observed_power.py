"""Observed power of a machine: the ends of our own steps, and changes of others, which are adopted."""

from datetime import UTC, datetime, timedelta

from shared.domain.power.engine import PowerRule, PowerStep, decide
from shared.domain.power.record import CloudPcPower, begun, seen, switched
from shared.domain.power.state import KEPT_SHUT_DOWN, BilledWhileOff, DesiredPower, ObservedPower, PowerActor, PowerHold

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNTIL = NOW + timedelta(hours=7)
ON = CloudPcPower(id="pc", tenant_id="t", since=NOW, observed=ObservedPower.RUNNING, changed_by=PowerActor.SCHEDULE)


def test_a_step_of_ours_that_is_seen_to_have_ended_is_ours() -> None:
    power = begun(ON, PowerStep.DEALLOCATE, NOW, PowerActor.IDLE, "nobody has used it")
    stopping = seen(power, ObservedPower.STOPPING, NOW + MINUTE, UNTIL)
    assert stopping.observed is ObservedPower.RUNNING
    off = seen(stopping, ObservedPower.DEALLOCATED, NOW + 2 * MINUTE, UNTIL)
    assert (off.changed_by, off.reason, off.step, off.hold) == (PowerActor.IDLE, "nobody has used it", None, None)
    assert off.since == NOW + 2 * MINUTE


def test_a_change_of_somebody_else_is_adopted_and_holds_until_the_next_phase() -> None:
    off = seen(ON, ObservedPower.DEALLOCATED, NOW + MINUTE, UNTIL)
    assert (off.changed_by, off.reason) == (PowerActor.OUTSIDE, "it was switched off outside")
    assert off.hold is not None
    assert (off.hold.wants, off.hold.until) == (DesiredPower.OFF, UNTIL)


def test_who_shuts_windows_down_each_evening_disputes_nothing() -> None:
    power = ON
    for day in range(3):
        at = NOW + day * timedelta(days=1)
        power = seen(power, ObservedPower.SHUT_DOWN, at, UNTIL)
        assert (power.changed_by, power.reason) == (PowerActor.OUTSIDE, "it was shut down inside Windows")
        power = begun(seen(power, ObservedPower.DEALLOCATED, at, UNTIL), PowerStep.START, at, PowerActor.SCHEDULE, "")
        power = seen(power, ObservedPower.RUNNING, at, UNTIL)
    assert not power.disputed


def test_a_machine_that_is_first_seen_shut_down_was_shut_down_by_somebody() -> None:
    power = seen(CloudPcPower(id="pc", tenant_id="t", since=NOW), ObservedPower.SHUT_DOWN, NOW + MINUTE, UNTIL)
    assert (power.reason, power.reversals) == ("it was shut down inside Windows", 0)
    assert power.hold is not None


def test_the_time_in_which_a_machine_was_shut_down_and_billed_is_kept() -> None:
    shut = seen(ON, ObservedPower.SHUT_DOWN, NOW + MINUTE, UNTIL)
    assert shut.billed_while_off == BilledWhileOff(began=NOW + MINUTE)
    off = switched(shut, ObservedPower.DEALLOCATED, None, NOW + 12 * MINUTE)
    assert off.billed_while_off == BilledWhileOff(began=NOW + MINUTE, ended=NOW + 12 * MINUTE)
    assert seen(off, ObservedPower.RUNNING, NOW + 20 * MINUTE, UNTIL).billed_while_off == off.billed_while_off


def test_a_machine_that_stays_billed_while_off_is_told_unless_its_policy_keeps_it() -> None:
    shut, half = seen(ON, ObservedPower.SHUT_DOWN, NOW, UNTIL), 30 * MINUTE
    assert not shut.is_billed_while_off(NOW + half, half)
    assert shut.is_billed_while_off(NOW + half + MINUTE, half)
    assert not shut.but(waits=KEPT_SHUT_DOWN).is_billed_while_off(NOW + half + MINUTE, half)
    assert not seen(shut, ObservedPower.DEALLOCATED, NOW, UNTIL).is_billed_while_off(NOW + 2 * half, half)


def test_what_cannot_be_read_and_what_is_on_its_way_change_nothing() -> None:
    for observed in (ObservedPower.UNKNOWN, ObservedPower.STOPPING):
        assert seen(ON, observed, NOW + MINUTE, UNTIL) == ON.but(observed_at=NOW + MINUTE)


def test_a_machine_that_is_seen_for_the_first_time_was_switched_by_nobody() -> None:
    unknown = CloudPcPower(id="pc", tenant_id="t", since=NOW)
    assert seen(unknown, ObservedPower.DEALLOCATED, NOW + MINUTE, UNTIL).hold is None


def test_a_sign_in_wakes_it_whatever_was_held() -> None:
    hold = PowerHold(wants=DesiredPower.OFF, at=NOW, until=UNTIL, actor=PowerActor.ADMIN, by="ada@contoso.com")
    off = ON.but(observed=ObservedPower.DEALLOCATED, hold=hold, active=1)
    on = seen(off, ObservedPower.RUNNING, NOW + MINUTE, UNTIL)
    assert (on.changed_by, on.hold) == (PowerActor.SIGN_IN, None)


def test_two_changes_in_a_row_that_somebody_takes_back_end_ours_until_a_person_decides() -> None:
    power = ON
    for n in range(2):
        assert not power.disputed
        power = begun(power, PowerStep.DEALLOCATE, NOW, PowerActor.IDLE, "nobody has used it")
        power = seen(power, ObservedPower.DEALLOCATED, NOW + n * MINUTE, UNTIL)
        power = seen(power, ObservedPower.RUNNING, NOW + n * MINUTE, UNTIL)
    assert power.disputed
    hold = PowerHold(wants=DesiredPower.OFF, at=NOW, until=UNTIL, actor=PowerActor.ADMIN, by="ada@contoso.com")
    assert not power.with_hold(hold).disputed


def test_a_change_of_ours_that_nobody_takes_back_ends_the_row() -> None:
    power = seen(begun(ON, PowerStep.DEALLOCATE, NOW, PowerActor.IDLE, "x"), ObservedPower.DEALLOCATED, NOW, UNTIL)
    power = seen(power, ObservedPower.RUNNING, NOW, UNTIL)
    assert power.reversals == 1
    for step, observed in (
        (PowerStep.DEALLOCATE, ObservedPower.DEALLOCATED),
        (PowerStep.START, ObservedPower.RUNNING),
    ):
        power = seen(begun(power, step, NOW, PowerActor.SCHEDULE, "x"), observed, NOW, UNTIL)
    assert power.reversals == 0


def test_a_session_that_ends_begins_the_time_in_which_nobody_is_active() -> None:
    used = ON.with_sessions(1, 0, NOW + MINUTE)
    assert used.with_sessions(0, 1, NOW + 3 * MINUTE).quiet_since == NOW + 3 * MINUTE
    left = used.with_sessions(0, 1, NOW + 3 * MINUTE)
    assert left.with_sessions(0, 0, NOW + 9 * MINUTE).quiet_since == NOW + 9 * MINUTE
    assert left.sessions(readable=False).in_use


def test_refusals_of_a_start_are_counted_until_it_succeeds() -> None:
    off = ON.but(observed=ObservedPower.DEALLOCATED)
    power = off.with_refusal("AllocationFailed", "x", NOW).with_refusal("AllocationFailed", "x", NOW + MINUTE)
    assert power.refused is not None
    assert power.refused.times == 2
    assert (
        seen(begun(power, PowerStep.START, NOW, PowerActor.USER, "x"), ObservedPower.RUNNING, NOW, UNTIL).refused
        is None
    )


def test_the_facts_for_the_engine_are_of_the_record_and_of_what_is_around_it() -> None:
    power = ON.kept_awake(UNTIL, "ada@contoso.com", NOW).warned(UNTIL)
    facts = power.facts(readable=True, pause=None, can_hibernate=True)
    assert (facts.warned_for, facts.can_hibernate) == (UNTIL, True)
    decision = decide(facts, NOW)
    assert decision.winner is not None
    assert decision.winner.rule is PowerRule.KEEP_AWAKE
    planned = power.planned(decision, UNTIL)
    assert (planned.desired, planned.is_due(UNTIL - MINUTE), planned.is_due(UNTIL)) == (DesiredPower.ON, False, True)


def test_what_is_disputed_is_left_alone() -> None:
    decision = decide(ON.but(reversals=2).facts(readable=True), NOW)
    assert decision.winner is not None
    assert decision.winner.rule is PowerRule.PAUSE


def test_an_observation_ages() -> None:
    assert ON.is_older_than(MINUTE, NOW)
    assert not ON.but(observed_at=NOW).is_older_than(MINUTE, NOW + MINUTE)


def test_a_session_that_is_first_seen_disconnected_was_active_since_the_reading_before() -> None:
    empty = ON.with_sessions(0, 0, NOW + MINUTE)
    assert empty.with_sessions(0, 1, NOW + 16 * MINUTE).quiet_since == NOW + 16 * MINUTE
    same = empty.with_sessions(0, 1, NOW + 16 * MINUTE).with_sessions(0, 1, NOW + 31 * MINUTE)
    assert same.quiet_since == NOW + 16 * MINUTE


def test_sessions_that_could_not_be_read_were_perhaps_active_until_then() -> None:
    assert ON.with_sessions(0, 0, NOW + MINUTE).unread(NOW + 60 * MINUTE).quiet_since == NOW + 60 * MINUTE
