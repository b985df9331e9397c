"""Laws of the engine of power, for any schedule, zone, day and state of a machine."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.power.engine import PowerFacts, PowerRule, PowerStep, decide
from shared.domain.power.schedule import edges, last_edge
from shared.domain.power.settings import PowerPhase, PowerSettings, StopAction
from shared.domain.power.state import (
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

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
STOPS = {PowerStep.DEALLOCATE, PowerStep.HIBERNATE}
MINUTES = timedelta(minutes=1)
TIMES = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
# Around a change of the clocks of Berlin, of New York and of Lord Howe, and an ordinary week.
NOWS = st.builds(
    lambda day, minute: day + minute * MINUTES,
    st.sampled_from(
        [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 28), (10, 24), (3, 7), (11, 1), (4, 4), (6, 10))]
    ),
    st.integers(0, 2 * 24 * 60),
)


@st.composite
def schedules(draw: st.DrawFn) -> PowerSettings:
    phases = draw(
        st.lists(
            st.builds(
                PowerPhase,
                begins=TIMES,
                working=st.booleans(),
                days=st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True).map(tuple),
            ),
            max_size=4,
        )
    )
    return PowerSettings(
        time_zone=draw(st.sampled_from(ZONES)),
        phases=tuple(phases),
        prestart_in_minutes=draw(st.sampled_from([0, 15, 120])),
        stop_action=draw(st.sampled_from(StopAction)),
        disconnected_in_minutes=draw(st.sampled_from([5, 60])),
        signed_off_in_minutes=draw(st.sampled_from([5, 30])),
        warning_in_minutes=draw(st.sampled_from([0, 15])),
        stops_in_working_hours=draw(st.booleans()),
    )


@st.composite
def facts_at(draw: st.DrawFn, now: datetime) -> PowerFacts:
    def around(least: int, most: int) -> datetime:
        return now + draw(st.integers(least, most)) * MINUTES

    held = draw(st.sampled_from([None, DesiredPower.ON, DesiredPower.OFF]))
    at, until = around(-300, 0), around(-5, 600)
    hold = PowerHold(wants=held, at=at, until=until, actor=PowerActor.ADMIN, by="ada") if held else None
    awake = KeepAwake(at=around(-300, 0), until=around(-5, 480), by="ada") if draw(st.booleans()) else None
    window = MaintenanceWindow(begins=around(-20, 60), ends=around(-10, 90), why="x") if draw(st.booleans()) else None
    refused = RefusedStart(times=draw(st.integers(1, 6)), at=around(-20, 0), code="x", message="x")
    return PowerFacts(
        observed=draw(st.sampled_from(ObservedPower)),
        observed_since=around(-900, 0),
        sessions=SeenSessions(
            readable=draw(st.integers(0, 5)) > 0,
            active=draw(st.sampled_from([0, 0, 1])),
            disconnected=draw(st.sampled_from([0, 1])),
            quiet_since=around(-200, 0),
        ),
        removal=draw(st.sampled_from([None, None, None, None, "x"])),
        pause=draw(st.sampled_from([None, None, None, None, "x"])),
        action=draw(st.sampled_from([None, None, None, None, "x"])),
        hold=hold,
        keep_awake=awake,
        maintenance=window,
        schedule=draw(st.none() | schedules()),
        starts_at=around(-300, 300) if draw(st.booleans()) else None,
        budget=BudgetBrake(since=around(-500, 0)) if draw(st.integers(0, 3)) == 0 else None,
        refused=refused if draw(st.booleans()) else None,
        can_hibernate=draw(st.booleans()),
        warned_for=around(-60, 60) if draw(st.booleans()) else None,
    )


@given(st.data(), NOWS)
def test_what_is_used_or_cannot_be_read_is_never_stopped(data: st.DataObject, now: datetime) -> None:
    facts = data.draw(facts_at(now))
    decision = decide(facts, now)
    assert not (facts.sessions.in_use and decision.step in STOPS)


@given(st.data(), NOWS)
def test_the_answer_stays_the_same_until_the_next_look(data: st.DataObject, now: datetime) -> None:
    facts = data.draw(facts_at(now))
    first = decide(facts, now)
    ends = first.next_look or now + timedelta(days=10)
    assert ends > now
    later = now + (ends - now) * data.draw(st.floats(0, 1, exclude_max=True))
    assume(later < ends)
    then = decide(facts, later)
    rule = first.winner.rule if first.winner else None
    assert (then.step, then.desired, then.winner and then.winner.rule) == (first.step, first.desired, rule)


@given(st.data(), NOWS)
def test_no_stop_that_nobody_has_ordered_falls_into_working_hours(data: st.DataObject, now: datetime) -> None:
    schedule = data.draw(schedules())
    begins: time = (now - data.draw(st.integers(0, 60)) * MINUTES).astimezone(ZoneInfo(schedule.time_zone)).time()
    work = PowerPhase(begins=begins, working=True)
    schedule = schedule.but(stops_in_working_hours=False, phases=(*schedule.phases[:1], work))
    edge = last_edge(schedule, now)
    assume(edge is not None and edge[1].working)
    facts = data.draw(facts_at(now)).but(schedule=schedule)
    decision = decide(facts, now)
    shut_down = facts.observed is ObservedPower.SHUT_DOWN  # it is off already
    assert decision.step not in STOPS or shut_down or (decision.winner and decision.winner.rule is PowerRule.HAND)


@given(st.data(), NOWS)
def test_rules_stand_in_their_order_and_what_is_left_alone_has_no_step(data: st.DataObject, now: datetime) -> None:
    decision = decide(data.draw(facts_at(now)), now)
    rules = [each.rule for each in (*((decision.winner,) if decision.winner else ()), *decision.losers)]
    assert rules == sorted(set(rules), key=list(PowerRule).index)
    if rules and rules[0] in {PowerRule.REMOVAL, PowerRule.PAUSE, PowerRule.ACTION}:
        assert decision.step is None


@given(st.data(), NOWS)
def test_nothing_is_started_that_no_rule_wants_on_and_nothing_stopped_that_one_does(
    data: st.DataObject, now: datetime
) -> None:
    decision = decide(data.draw(facts_at(now)), now)
    assert decision.step is not PowerStep.START or decision.desired is DesiredPower.ON
    assert decision.step not in STOPS or decision.desired is not DesiredPower.ON
    assert decision.step not in {*STOPS, PowerStep.START} or (decision.winner or decision.step is PowerStep.DEALLOCATE)


@given(schedules(), NOWS)
def test_a_local_time_of_a_day_comes_once_and_never_before_the_clock_shows_it(
    schedule: PowerSettings, now: datetime
) -> None:
    found = list(edges(schedule, now, timedelta(days=3)))
    zone = ZoneInfo(schedule.time_zone)
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    seen = [(at.astimezone(zone).date(), phase) for at, phase in found]
    assert all(seen.count(each) <= sum(phase == each[1] for phase in schedule.phases) for each in seen)
    for at, phase in found:
        local = at.astimezone(zone)
        gap = local.replace(tzinfo=None) - datetime.combine(local.date(), phase.begins)
        assert timedelta() <= gap <= timedelta(hours=1)  # later only where the clocks leave the time out
        assert local.fold == 0
