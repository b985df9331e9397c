"""Waking of machines that were off for weeks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.power.engine import PowerFacts, PowerRule, PowerStep, decide
from shared.domain.power.record import CloudPcPower
from shared.domain.power.settings import PowerPhase, PowerSettings
from shared.domain.power.state import ObservedPower
from shared.domain.power.waking import AWAKE_FOR, OFF_FOR, wake_window
from shared.services.power.acting import next_look

SLEEPY = PowerSettings(
    time_zone="Europe/Berlin",
    phases=(PowerPhase(begins=time(7), working=True), PowerPhase(begins=time(19), working=False)),
    stops_in_working_hours=True,
)
ZONE, MINUTE = "Europe/Berlin", timedelta(minutes=1)
SINCE = datetime(2026, 10, 9, 18, tzinfo=UTC)  # the clocks change on the way
OFF = CloudPcPower(id="pc", tenant_id="contoso", since=SINCE, observed=ObservedPower.DEALLOCATED)


def facts(power: CloudPcPower, now: datetime, active: int = 0) -> PowerFacts:
    seen = power.with_sessions(active, 0, now) if active else power
    return seen.facts(readable=True).but(maintenance=power.to_wake(ZONE, now))


def test_a_fleet_that_was_stopped_in_one_evening_is_woken_in_several_nights_before_a_month_is_over() -> None:
    windows = [wake_window(SINCE, f"pc-{n}", ZONE, SINCE) for n in range(300)]
    local = [window.begins.astimezone(ZoneInfo(ZONE)) for window in windows]
    assert len({at.date() for at in local}) == 3
    assert {at.hour for at in local} == {1, 2, 3}
    assert all(OFF_FOR <= window.begins - SINCE <= timedelta(days=25) for window in windows)
    assert len({window.begins for window in windows}) > 200


def test_it_starts_in_its_half_hour_and_not_before() -> None:
    window = wake_window(SINCE, "pc", ZONE, SINCE)
    before = decide(facts(OFF, SINCE + timedelta(days=5)), SINCE + timedelta(days=5))
    assert (before.winner, before.step, before.next_look) == (None, None, window.begins)
    decision = decide(facts(OFF, window.begins), window.begins)
    assert decision.winner is not None
    assert (decision.winner.rule, decision.step) == (PowerRule.MAINTENANCE, PowerStep.START)


def test_it_stops_afterwards_unless_its_user_has_come() -> None:
    window = wake_window(SINCE, "pc", ZONE, SINCE)
    woken = OFF.but(
        observed=ObservedPower.RUNNING, since=window.begins + MINUTE, wake=window, quiet_since=window.begins
    )
    assert decide(facts(woken, window.begins + 5 * MINUTE), window.begins + 5 * MINUTE).step is None
    assert decide(facts(woken, window.ends), window.ends).step is PowerStep.DEALLOCATE
    used = decide(facts(woken, window.ends, active=1), window.ends)
    assert (used.winner, used.step) == (None, None)


def test_a_night_that_passed_without_a_start_is_made_up_for_in_the_next() -> None:
    first = wake_window(SINCE, "pc", ZONE, SINCE)
    again = wake_window(SINCE, "pc", ZONE, first.ends)
    assert (again.begins - first.begins, again.ends - again.begins) == (timedelta(days=1), AWAKE_FOR)


def test_a_machine_that_was_on_lately_is_not_woken() -> None:
    assert OFF.but(observed=ObservedPower.RUNNING).to_wake(ZONE, SINCE + timedelta(days=40)) is None


def test_without_a_schedule_the_next_look_is_that_night_and_with_one_a_sign_in_is_seen_within_the_hour() -> None:
    now = SINCE + timedelta(days=3, hours=15)  # Monday morning
    alone = facts(OFF, now)
    assert next_look(OFF, alone, decide(alone, now), now) == wake_window(SINCE, "pc", ZONE, SINCE).begins
    sleepy = alone.but(schedule=SLEEPY, comes_by=now)
    assert next_look(OFF, sleepy, decide(sleepy, now), now) == now + timedelta(hours=1)
