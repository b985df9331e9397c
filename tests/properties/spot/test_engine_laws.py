"""Laws of the engine of Spot Groups, for any target and any hosts."""

from datetime import datetime, time, timedelta
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.power.schedule import edges, next_edge
from shared.domain.spot.engine.forecasts import Durations, StartTimes
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import Schedule, SchedulePhase
from shared.domain.spot.groups.settings import ScaleIn
from shared.domain.spot.groups.target import GroupTarget, Method, Release
from shared.domain.spot.hosts.host_plan import EngineAction, GroupStatus, HostPlan, Reason
from shared.domain.spot.hosts.observed import AgentStatus, HostState, ObservedHost, SettingsDrift
from tests.properties.spot.hosts import ENDS, HARMS, NEW, NOW, OLD, advanced, calm, hosts, targets

LOOK = timedelta(minutes=1)
ROUNDS = 60


@st.composite
def groups(
    draw: st.DrawFn,
    *,
    healthy: bool = False,
    kinds: tuple[LicenseType, ...] = tuple(LicenseType),
    scheduled: bool = False,
) -> tuple[GroupTarget, tuple[ObservedHost, ...]]:
    target = draw(targets(kinds, scheduled=scheduled))
    return target, draw(hosts(target, healthy=healthy))


def seats(target: GroupTarget, seen: tuple[ObservedHost, ...], without: set[str | None]) -> tuple[int, int]:
    """Number of free seats and of open hosts, without the hosts of *without* and those drained by people."""
    usable = [host for host in seen if host.is_open and not host.drained_by_hand and host.id not in without]
    return sum(max(0, target.seats - host.sessions) for host in usable), len(usable)


def steps_of(made: HostPlan, actions: set[EngineAction]) -> list[str | None]:
    return [step.host_id for step in made.steps if step.action in actions]


@given(groups())
def test_no_plan_takes_a_group_below_its_floor(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    made = plan(target, seen, NOW)
    before, online = seats(target, seen, set())
    opened = set(steps_of(made, {EngineAction.UNDRAIN}))
    more = tuple(h.model_copy(update={"allow_new_sessions": True}) if h.id in opened else h for h in seen)
    repaired = set(steps_of(made, ENDS))  # those of broken hosts, which no figure counts
    closed = set(steps_of(made, {EngineAction.DRAIN})) | repaired
    free, left = seats(target, more, closed)
    assert free >= min(before, made.figures.spare)
    assert left >= min(online, made.figures.minimum)


@given(groups())
def test_there_are_never_more_hosts_than_the_quantity_and_the_surge_allow(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]],
) -> None:
    target, seen = group
    surge = (target.hosts if target.release.surge is None else target.release.surge) if target.release else 0
    builds = steps_of(plan(target, seen, NOW), {EngineAction.BUILD})
    counted = [host for host in seen if not host.user_left]  # who left keeps their host, and a licence is free for it
    assert not builds or len(counted) + len(builds) <= target.hosts + surge


@given(groups(kinds=(LicenseType.PERSONAL_DEDICATED,)))
def test_the_host_of_who_left_is_kept_for_as_long_as_the_group_says(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]],
) -> None:
    target, seen = group
    removed = set(steps_of(plan(target, seen, NOW), {EngineAction.REMOVE, EngineAction.REPLACE}))
    assert not removed & {host.id for host in seen if host.kept_until is not None and host.kept_until > NOW}


@given(groups())
def test_no_session_is_lost_without_notice(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    by_id = {host.id: host for host in seen}
    for step in plan(target, seen, NOW).steps:
        host = by_id.get(step.host_id or "")
        if step.action in ENDS and host is not None:
            assert host.active == 0
            assert host.disconnected == 0 or step.action is EngineAction.HIBERNATE
        if step.action is EngineAction.SIGN_OFF and host is not None:
            assert host.notified_at is not None
            assert host.notified_at + target.notice <= NOW


@given(groups())
def test_profiles_never_change_under_a_session_and_on_a_few_hosts_at_a_time(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]],
) -> None:
    target, seen = group
    by_id = {host.id: host for host in seen}
    changed = [by_id[host_id or ""] for host_id in steps_of(plan(target, seen, NOW), {EngineAction.CONFIGURE})]
    profiles = [host for host in changed if host.drift is SettingsDrift.WHEN_EMPTY]
    assert not any(host.sessions for host in profiles)
    assert len(profiles) <= max(1, len(seen) // 4)
    assert all(host.drift is not SettingsDrift.NONE for host in changed)
    assert not steps_of(plan(target, seen, NOW, complete=False), {EngineAction.CONFIGURE})


@given(st.booleans().flatmap(lambda scheduled: groups(scheduled=scheduled)))
def test_only_a_drained_host_stops_one_with_a_user_of_its_own_and_the_last_open_one_without_sessions(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]],
) -> None:
    target, seen = group
    by_id = {host.id: host for host in seen}
    _, online = seats(target, seen, set())
    for host_id in steps_of(plan(target, seen, NOW), {EngineAction.STOP, EngineAction.HIBERNATE}):
        host = by_id[host_id or ""]
        if host.is_open:
            assert (online, host.sessions) == (1, 0)
            assert host.since + target.idle <= NOW
            assert host.empty_since is None or host.empty_since + target.idle <= NOW


@given(groups())
def test_a_host_that_was_shut_down_from_inside_is_started_released_or_removed_at_once(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]],
) -> None:
    target, seen = group
    idle = {host.id for host in seen if host.state is HostState.SHUT_DOWN and not host.excluded}
    assert idle <= set(steps_of(plan(target, seen, NOW), {EngineAction.START, EngineAction.STOP, EngineAction.REMOVE}))


@given(groups(), st.randoms())
def test_the_order_of_the_hosts_changes_nothing(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]], chance: Random
) -> None:
    target, seen = group
    shuffled = list(seen)
    chance.shuffle(shuffled)
    assert plan(target, shuffled, NOW) == plan(target, seen, NOW)


@given(groups())
def test_an_excluded_host_is_left_alone_and_every_other_has_one_step_at_most(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]],
) -> None:
    target, seen = group
    touched = [step.host_id for step in plan(target, seen, NOW).steps if step.host_id]
    assert not set(touched) & {host.id for host in seen if host.excluded}
    assert len(touched) == len(set(touched))


@given(groups())
def test_one_host_is_replaced_at_a_time(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    made = plan(target, seen, NOW)
    repairs = steps_of(made, {EngineAction.REPLACE, EngineAction.RESTART})
    assert len(repairs) <= 1
    assert not repairs or not any(h.state in {HostState.BUILDING, HostState.REMOVING} for h in seen)
    assert not repairs or not any(step.action is EngineAction.BUILD for step in made.steps)


@given(groups())
def test_hosts_of_which_nothing_is_known_lose_nothing(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    silent = tuple(h.model_copy(update={"state": HostState.UNKNOWN, "agent": AgentStatus.UNKNOWN}) for h in seen)
    assert steps_of(plan(target, silent, NOW), HARMS) == []
    assert steps_of(plan(target, seen, NOW, complete=False), HARMS | {EngineAction.BUILD}) == []


@given(groups())
def test_a_parked_group_has_no_steps_and_says_why(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    made = plan(target.but(parked="the connection is unhealthy"), seen, NOW)
    assert (made.steps, made.cause, made.next_look) == ((), "the connection is unhealthy", None)


@given(st.booleans().flatmap(lambda scheduled: groups(scheduled=scheduled)))
def test_time_alone_changes_no_plan_before_the_next_look(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    made = plan(target, seen, NOW)
    last = (made.next_look or NOW + timedelta(days=400)) - timedelta(seconds=1)
    assert plan(target, seen, max(NOW, last)).steps == made.steps


def coming(target: GroupTarget) -> list[int]:
    """Return the minimum of each phase that begins within the time that its hosts take to start, and one look."""
    assert target.schedule is not None
    start = StartTimes().start.p95
    return [
        phase.minimum_online
        for begins, phase in edges(target.schedule, NOW, timedelta(hours=1))
        if begins - NOW <= start * -(-phase.minimum_online // target.max_starts) + LOOK
    ]


@given(groups(scheduled=True, kinds=(LicenseType.POOLED, LicenseType.PERSONAL)))
def test_nothing_is_drained_or_stopped_that_a_phase_would_bring_again_within_its_start_time(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]],
) -> None:
    target, seen = group[0].but(release=None), group[1]
    made = plan(target, seen, NOW)
    drained = {step.host_id for step in made.steps if step.reason is Reason.NOT_NEEDED}
    own = sum(1 for host in seen if host.assigned_user_id)
    shared = {host.id for host in seen if host.serves and host.assigned_user_id is None}
    stopped = shared & {step.host_id for step in made.steps if step.reason is Reason.IDLE}
    _, online = seats(target, seen, set())
    _, left = seats(target, seen, drained)
    for minimum in coming(target):
        wanted = min(minimum, max(0, target.hosts - own))
        assert left >= min(online, wanted)
        assert len(shared) - len(stopped) >= min(len(shared), wanted)


RUNS = {"state": HostState.RUNNING}
OPEN_WITH_OLD_PROFILES = {"allow_new_sessions": True, "drift": SettingsDrift.WHEN_EMPTY}
"""Properties of a host that is off: Azure may start it at sign-in, and the engine starts it for its settings."""


def few(quantity: int, *, minimum_online: int = 0, schedule: Schedule | None = None) -> GroupTarget:
    return GroupTarget(
        kind=LicenseType.POOLED,
        quantity=quantity,
        version=NEW,
        buffer_percent=0,
        minimum_online=minimum_online,
        max_starts=1,
        max_builds=1,
        schedule=schedule,
    )


def two_phases(minimum_online: int) -> Schedule:
    soon = SchedulePhase(begins=time(10, 3), minimum_online=minimum_online)
    return Schedule(time_zone="UTC", phases=(SchedulePhase(begins=time(0), rests=True), soon))


@given(groups(scheduled=True, healthy=True, kinds=(LicenseType.POOLED,)), st.sampled_from([2, 4, 9]))
@example(
    (few(11, schedule=two_phases(2)), (calm(0, **RUNS), calm(1, active=1, **RUNS), calm(2, **OPEN_WITH_OLD_PROFILES))),
    2,
)
@example((few(20, schedule=two_phases(1)), (calm(0, **RUNS), calm(1, **OPEN_WITH_OLD_PROFILES))), 2)
def test_a_host_that_is_started_for_a_phase_stays_open_until_it_begins(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]], learned_minutes: int
) -> None:
    target, seen = group[0].but(release=None), group[1]
    assert target.schedule is not None
    took = timedelta(minutes=learned_minutes)
    starts = StartTimes(start=Durations(median=took, p95=took))
    now, until = NOW, dict[str | None, datetime]()
    for _ in range(45):
        made = plan(target, seen, now, starts=starts)
        closed = {step.host_id for step in made.steps if step.action in {EngineAction.DRAIN, *ENDS}}
        assert not [host_id for host_id in closed if until.get(host_id, now) > now]
        begins = next_edge(target.schedule, now)
        ahead = [step.host_id for step in made.steps if step.reason is Reason.SCHEDULE_AHEAD]
        until |= {host_id: begins for host_id in ahead if begins is not None}
        seen = advanced(seen, made, now)
        now += LOOK


def takes_sign_ins(target: GroupTarget, host: ObservedHost) -> bool:
    """Whether a member's sign-in finds the host: open, or off and started for it."""
    if host.is_off:
        return target.start_on_connect and host.allow_new_sessions and host.assigned_user_id is None
    return host.is_open and host.sessions < target.seats


RESTS = Schedule(time_zone="UTC", phases=(SchedulePhase(begins=time(0), rests=True),))
ONE_AT_REST = few(10, schedule=RESTS).but(start_on_connect=True)
OPEN = {"allow_new_sessions": True, **RUNS}
LONG_OFF = dict.fromkeys(("since", "empty_since", "closed_since", "online_at"), NOW - timedelta(days=30))


@given(
    groups(scheduled=True, healthy=True, kinds=(LicenseType.POOLED, LicenseType.PERSONAL)),
    st.lists(st.sampled_from([-1, 0, 0, 0, 1]), min_size=20, max_size=60),
)
@example((ONE_AT_REST, (calm(0, **OPEN),)), [0] * 40)
@example((ONE_AT_REST, (calm(0, **OPEN),)), [1, -1] + [0] * 40)
@example((ONE_AT_REST.but(quantity=30), (calm(0, **OPEN), calm(1, **OPEN), calm(2, active=1, **OPEN))), [-1] + [0] * 40)
@example((ONE_AT_REST, (calm(0, **{"allow_new_sessions": True, **LONG_OFF}),)), [0] * 40)
@example((ONE_AT_REST.but(start_on_connect=False), (calm(0, **OPEN),)), [0] * 40)
@example((ONE_AT_REST.but(scale_in=ScaleIn.DELETE), (calm(0, **OPEN),)), [0] * 40)
@example((few(2).but(kind=LicenseType.PERSONAL), ()), [-1, -1, 1] + [-1] * 40)
def test_at_every_moment_a_sign_in_finds_a_host_or_the_status_says_that_there_is_none(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]], noise: list[int]
) -> None:
    """No host that the engine could open runs closed meanwhile: Azure starts none beside it."""
    target, seen, now = group[0].but(release=None), group[1], NOW
    for change in noise:
        made = plan(target, seen, now)
        touched, ran = {step.host_id for step in made.steps}, {host.id for host in seen if host.serves}
        seen = advanced(seen, made, now)
        shared = [host for host in seen if host.assigned_user_id is None]
        comes = target.quantity - sum(host.sessions for host in shared) - (len(seen) - len(shared))
        if comes > 0 and not any(takes_sign_ins(target, host) for host in shared):
            assert made.status is not GroupStatus.AVAILABLE
            left = [host for host in shared if host.serves and host.id in ran - touched]
            closed = [host.id for host in left if not host.allow_new_sessions and host.sessions < target.seats]
            assert not closed or target.scale_in is ScaleIn.DELETE
        now += LOOK
        seen = disturbed(target, seen, change, now) if change else seen


@given(groups(healthy=True))
def test_a_group_settles_within_a_bounded_number_of_looks(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    now, made = NOW, plan(target, seen, NOW)
    for _ in range(ROUNDS):
        if not made.steps and (made.next_look is None or made.next_look > now + timedelta(days=1)):
            return
        seen = advanced(seen, made, now)
        now = max(now + LOOK, made.next_look or now) if not made.steps else now + LOOK
        made = plan(target, seen, now)
    raise AssertionError(f"not settled: {now} {made.next_look} {[s.text for s in made.steps]} {target} {seen}")


@given(groups(healthy=True, kinds=(LicenseType.POOLED,)), st.lists(st.sampled_from([-1, 1]), min_size=30, max_size=90))
@example(
    (few(11, minimum_online=2), (calm(0, **OPEN_WITH_OLD_PROFILES), calm(1), calm(2), calm(3), calm(4, **RUNS))),
    [1, -1, -1],
)
def test_sign_ins_and_sign_offs_do_not_start_and_stop_a_host_within_its_idle_time(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]], noise: list[int]
) -> None:
    target, seen = group[0].but(release=None), group[1]
    now, started = NOW, dict[str, object]()
    for change in noise:
        made = plan(target, seen, now)
        for step in made.steps:
            if step.action is EngineAction.START:
                started[step.host_id or ""] = now
            if step.action in {EngineAction.STOP, EngineAction.REMOVE} and step.host_id in started:
                assert now - started[step.host_id] >= target.idle  # type: ignore[operator]
        seen = advanced(seen, made, now)
        now += LOOK
        seen = disturbed(target, seen, change, now)


def disturbed(
    target: GroupTarget, seen: tuple[ObservedHost, ...], change: int, now: object
) -> tuple[ObservedHost, ...]:
    """One user signs in (to the emptiest open host) or off (of the fullest)."""
    if change > 0:
        can = sorted((h for h in seen if h.is_open and h.sessions < target.seats), key=lambda h: (h.sessions, h.id))
    else:
        can = sorted((h for h in seen if h.active), key=lambda h: (-h.sessions, h.id))
    if not can:
        return seen
    host = can[0]
    active = host.active + change
    changed = host.model_copy(update={"active": active, "empty_since": None if active + host.disconnected else now})
    return tuple(changed if each.id == host.id else each for each in seen)


@given(groups(healthy=True, kinds=(LicenseType.PERSONAL_DEDICATED,)))
def test_a_dedicated_host_is_never_rebuilt(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    owned = {host.id for host in seen if host.assigned_user_id}
    made = plan(target, seen, NOW)
    assert not owned & set(
        steps_of(made, {EngineAction.REMOVE, EngineAction.REPLACE, EngineAction.NOTIFY, EngineAction.SIGN_OFF})
    )


@given(groups(healthy=True, kinds=(LicenseType.POOLED, LicenseType.PERSONAL)))
def test_a_group_whose_release_is_paused_stays_complete_with_the_version_before(
    group: tuple[GroupTarget, tuple[ObservedHost, ...]],
) -> None:
    target, seen = group
    release = Release(method=Method.IMMEDIATE, paused=True, before=OLD)
    target = target.but(release=release, scale_in=ScaleIn.DEALLOCATE, quantity=max(1, target.quantity))
    kept, now = {host.id for host in seen if host.version == NEW}, NOW
    for _ in range(ROUNDS):
        made = plan(target, seen, now)
        assert {step.version for step in made.steps if step.action is EngineAction.BUILD} <= {OLD}
        seen = advanced(seen, made, now)
        now = max(now + LOOK, made.next_look or now) if not made.steps else now + LOOK
    assert kept <= {host.id for host in seen}
    assert len(seen) >= target.hosts


@given(groups(healthy=True, kinds=(LicenseType.POOLED, LicenseType.PERSONAL)))
def test_a_release_ends_with_every_host_of_its_version(group: tuple[GroupTarget, tuple[ObservedHost, ...]]) -> None:
    target, seen = group
    release = (target.release or Release(method="immediate")).but(method="immediate", at=None, paused=False)  # type: ignore[arg-type]
    target = target.but(release=release, quantity=max(1, target.quantity))
    seen = seen[: target.hosts]  # a group with more waits until the users of those have signed out
    now = NOW
    for _ in range(ROUNDS * 2):
        made = plan(target, seen, now)
        if not made.steps and all(host.version == NEW for host in seen):
            return
        seen = advanced(seen, made, now)
        now = max(now + LOOK, made.next_look or now) if not made.steps else now + LOOK
    raise AssertionError([(s.action.value, s.host_id, s.text) for s in made.steps], seen)
