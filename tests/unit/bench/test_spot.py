"""The models of ``python -m bench spot``, in cases that can be worked out by hand."""

from bench.spot import group
from bench.spot_bounds import least, reachable
from bench.spot_model import GIVES_UP_AFTER, START_MEDIAN, Model, Power
from bench.spot_policies import autoscale, engine
from bench.spot_release import release_of
from bench.spot_storm import waits
from bench.spot_week import DAY, HOUR, MINUTE, Session, week

NOON = 12 * HOUR


def always_on(model: Model) -> None:
    for host in model.hosts:
        if host.power is Power.OFF:
            model.start(host)


def never(_: Model) -> None:
    """Start nothing."""


def test_a_host_costs_from_its_start_until_the_end() -> None:
    outcome = Model(3, 10, [], 7, HOUR).run(always_on)
    assert (outcome.host_seconds, outcome.starts, outcome.most_on) == (3 * HOUR, 3, 3)


def test_who_finds_no_host_has_failed_after_a_while() -> None:
    outcome = Model(1, 10, [Session(MINUTE, HOUR, 1)], 7, HOUR).run(never)
    assert (outcome.failed, outcome.waits) == (1, [GIVES_UP_AFTER])


def test_who_comes_while_the_host_starts_waits_for_it() -> None:
    model = Model(1, 1, [Session(0, 30 * MINUTE, 1), Session(20 * MINUTE, 40 * MINUTE, 2)], 7, HOUR)
    outcome = model.run(always_on)
    assert outcome.failed == 1  # the second finds the only seat taken for ten minutes
    assert outcome.waits == [model.latest_starts[0], GIVES_UP_AFTER]


def test_the_broker_takes_the_fullest_host_or_the_emptiest() -> None:
    for depth, shares in ((True, [0, 4]), (False, [2, 2])):
        model = Model(2, 10, [Session(HOUR + n, NOON, n) for n in range(4)], 7, 2 * HOUR)
        model.depth = depth
        model.run(always_on)
        assert sorted(len(host.sessions) for host in model.hosts) == shares


def test_the_least_is_what_the_sessions_need_at_each_moment() -> None:
    one = [Session(0, HOUR, n) for n in range(10)]
    assert least(one, 10, 120) == HOUR + 120
    assert least([*one, Session(0, HOUR / 2, 11)], 10, 120) == 1.5 * HOUR + 240
    assert least([Session(0, 60, 1), Session(100, 160, 1)], 10, 120) == 160 + 120  # the gap is less than a start
    assert least([Session(0, 60, 1), Session(HOUR, HOUR + 60, 1)], 10, 120) == 2 * (60 + 120)


def test_who_knows_the_ends_puts_those_together_that_end_together() -> None:
    mixed = [Session(n, HOUR if n % 2 else NOON, n) for n in range(4)]
    found = reachable(mixed, 2, 120)
    assert least(mixed, 2, 120) <= found <= HOUR + NOON + 240
    apart = [Session(0, HOUR, 1), Session(NOON, NOON + HOUR, 2)]
    assert reachable(apart, 10, 120) == least(apart, 10, 120) == 2 * (HOUR + 120)


def test_no_assignment_is_below_the_least() -> None:
    for seed in range(3):
        sessions = week(40, seed)
        assert least(sessions, 10, 120) <= reachable(sessions, 10, 120)


def test_a_week_has_storms_lunches_evenings_and_a_weekend() -> None:
    sessions = week(500, 7)
    assert sessions == sorted(sessions) == week(500, 7)
    storm = [s for s in sessions if 8.75 * HOUR <= s.begins % DAY <= 9.25 * HOUR and s.begins < 5 * DAY]
    assert len(storm) / (500 * 0.85 * 5) > 0.75
    assert all(s.begins < s.ends for s in sessions)
    assert any(s.begins > 5 * DAY for s in sessions)


def test_a_small_week_costs_less_than_autoscale_and_nobody_fails() -> None:
    sessions = [each for each in week(60, 7) if each.begins < DAY]
    ours, theirs = (Model(6, 10, sessions, 7, DAY).run(who) for who in (engine(group(60)), autoscale))
    assert ours.failed == 0
    assert ours.percentile(95) == 0
    assert least(sessions, 10, 120) < ours.host_seconds < theirs.host_seconds


def test_a_small_release_ends_and_takes_nobodys_desktop() -> None:
    outcome = release_of(6, 7)
    assert (outcome.minutes_below, outcome.without_desktop, len(outcome.builds)) == (0, 0, 6)
    assert outcome.bound < outcome.seconds


def test_a_cold_storm_waits_for_at_most_one_start_when_other_days_are_known() -> None:
    first, *_, last = waits(200, 4, 7, learns=True)
    assert sorted(first)[len(first) // 2] > 1.5 * START_MEDIAN  # nothing is known: most wait for several starts
    assert sorted(last)[int(len(last) * 0.95)] <= START_MEDIAN
    unknown = waits(200, 4, 7, learns=False)[-1]
    assert sorted(unknown)[len(unknown) // 2] > 1.5 * START_MEDIAN
