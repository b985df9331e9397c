"""Hosts as hypothesis draws them, and a small model of what steps do to them: each is done by the next look."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from hypothesis import strategies as st

from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import Schedule, SchedulePhase
from shared.domain.spot.groups.settings import BufferBase, ScaleIn
from shared.domain.spot.groups.target import GroupTarget, Method, Release
from shared.domain.spot.hosts.host_plan import EngineAction, HostPlan, PlannedStep
from shared.domain.spot.hosts.observed import AgentStatus, HostState, ObservedHost, SettingsDrift

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
OLD, NEW = "1.0.0", "1.0.1"
AGES = (timedelta(0), timedelta(minutes=4), timedelta(minutes=20), timedelta(days=30))
KEPT = (timedelta(hours=-1), timedelta(0), timedelta(days=3))
ENDS = {EngineAction.STOP, EngineAction.HIBERNATE, EngineAction.REMOVE, EngineAction.REPLACE, EngineAction.RESTART}
HARMS = ENDS | {EngineAction.DRAIN, EngineAction.NOTIFY, EngineAction.SIGN_OFF}


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """A night, and one or two phases that begin soon after now, each with its minimum."""
    minutes = draw(st.lists(st.sampled_from([1, 3, 5, 8, 15, 22, 40]), min_size=1, max_size=2, unique=True))
    soon = [
        SchedulePhase(begins=(NOW + timedelta(minutes=n)).time(), minimum_online=draw(st.integers(0, 5)))
        for n in minutes
    ]
    return Schedule(time_zone="UTC", phases=(SchedulePhase(begins=time(0), rests=draw(st.booleans())), *soon))


@st.composite
def targets(
    draw: st.DrawFn, kinds: Sequence[LicenseType] = tuple(LicenseType), *, scheduled: bool = False
) -> GroupTarget:
    method = draw(st.sampled_from([None, *Method]))
    release = Release(
        method=method or Method.IMMEDIATE,
        at=draw(st.sampled_from([NOW, NOW + timedelta(minutes=20)])) if method is Method.SCHEDULED else None,
        surge=draw(st.sampled_from([None, 1, 2])),
        paused=draw(st.integers(0, 4)) == 0,
        before=draw(st.sampled_from([None, OLD, NEW])),
    )
    kind = draw(st.sampled_from(kinds))
    return GroupTarget(
        kind=kind,
        quantity=draw(st.integers(0, 6 if kind is not LicenseType.POOLED else 50)),
        version=NEW,
        buffer_percent=draw(st.sampled_from([0, 10, 50])),
        buffer_of=draw(st.sampled_from(BufferBase)),
        minimum_online=draw(st.integers(0, 3)),
        scale_in=draw(st.sampled_from(ScaleIn)),
        hibernates=draw(st.booleans()),
        low_priority=draw(st.integers(0, 1)),
        max_starts=draw(st.integers(1, 3)),
        max_builds=draw(st.integers(1, 3)),
        start_on_connect=draw(st.booleans()),
        release=release if method else None,
        schedule=draw(schedules()) if scheduled else None,
    )


@st.composite
def hosts(draw: st.DrawFn, target: GroupTarget, *, healthy: bool = False) -> tuple[ObservedHost, ...]:
    calm = (HostState.RUNNING, HostState.STOPPED)
    made = []
    for number in range(draw(st.integers(0, 7))):
        state = draw(st.sampled_from(calm if healthy else tuple(HostState)))
        runs = state in {HostState.RUNNING, HostState.UNKNOWN, HostState.BROKEN}
        sessions = draw(st.integers(0, target.seats)) if runs else 0
        away = draw(st.integers(0, sessions))
        since = NOW - draw(st.sampled_from(AGES))
        left = not healthy and draw(st.integers(0, 4)) == 0
        personal = target.kind is not LicenseType.POOLED and draw(st.booleans())
        made.append(
            ObservedHost(
                id=f"h{number}",
                version=draw(st.sampled_from([OLD, NEW])),
                state=state,
                agent=AgentStatus.AVAILABLE if healthy else draw(st.sampled_from(AgentStatus)),
                since=since,
                empty_since=None if sessions else since,
                closed_since=since,
                inactive_since=since if away == sessions else None,
                online_at=since if state is not HostState.BUILDING else None,
                allow_new_sessions=draw(st.booleans()),
                drained_by_hand=not healthy and draw(st.integers(0, 5)) == 0,
                active=sessions - away,
                disconnected=away,
                signed_in_lately=0 if healthy else draw(st.integers(0, sessions)),
                notified_at=draw(st.sampled_from([None, since])),
                excluded=not healthy and draw(st.integers(0, 4)) == 0,
                assigned_user_id=f"u{number}" if personal else None,
                kept_until=NOW + draw(st.sampled_from(KEPT)) if personal and left else None,
                low_priority=draw(st.integers(0, 4)) == 0,
                can_hibernate=draw(st.booleans()),
                restarts=0 if healthy else draw(st.integers(0, 2)),
                proven=True if healthy else draw(st.sampled_from([None, True, True, False])),
                drift=draw(st.sampled_from([SettingsDrift.NONE, *SettingsDrift])),
                settings_failed_at=draw(st.sampled_from([None, None, since])),
            )
        )
    return tuple(made)


def advanced(seen: Sequence[ObservedHost], made: HostPlan, now: datetime) -> tuple[ObservedHost, ...]:
    """Return the hosts after *made*, once all its steps are done, and what was on its way before has arrived."""
    steps = {step.host_id: step for step in made.steps if step.host_id}
    after = [_after(_settled(host, now), steps.get(host.id), now) for host in seen]
    ids = (name for n in range(1000) if (name := f"n{n:03d}") not in {host.id for host in seen})
    built = [
        ObservedHost(
            id=next(ids),
            version=step.version or "",
            state=HostState.BUILDING,
            since=now,
            empty_since=now,
            closed_since=now,
            allow_new_sessions=False,
            low_priority=step.low_priority,
        )
        for step in made.steps
        if step.action is EngineAction.BUILD
    ]
    return (*(host for host in after if host is not None), *built)


def _settled(host: ObservedHost, now: datetime) -> ObservedHost | None:
    match host.state:
        case HostState.BUILDING:
            return host.model_copy(update={"state": HostState.RUNNING, "since": now, "proven": True, "online_at": now})
        case HostState.STARTING:
            return host.model_copy(update={"state": HostState.RUNNING, "since": now, "empty_since": now})
        case HostState.STOPPING:
            return host.model_copy(update={"state": HostState.STOPPED, "since": now})
        case HostState.REMOVING:
            return None
        case _:
            return host


def _started(host: ObservedHost, action: EngineAction, now: datetime) -> dict[str, object]:
    """Return the changes of a host that is started for another reason than its users; one that was off stays closed."""
    changes = {"state": HostState.RUNNING, "since": now, "agent": AgentStatus.AVAILABLE, "online_at": now}
    if action is not EngineAction.RESTART:
        changes |= {"drift": SettingsDrift.NONE}
    if host.is_off and host.assigned_user_id is None:
        changes |= {"allow_new_sessions": False, "closed_since": now}
    return changes


def _after(host: ObservedHost | None, step: PlannedStep | None, now: datetime) -> ObservedHost | None:
    if host is None or step is None:
        return host
    match step.action:
        case EngineAction.START:
            changes = {"state": HostState.RUNNING, "since": now, "allow_new_sessions": True, "online_at": now}
        case EngineAction.WAKE | EngineAction.RESTART | EngineAction.CONFIGURE:
            changes = _started(host, step.action, now)
        case EngineAction.UNDRAIN:
            changes = {"allow_new_sessions": True}
        case EngineAction.DRAIN:
            changes = {"allow_new_sessions": False, "closed_since": now}
        case EngineAction.NOTIFY:
            changes = {"notified_at": now}
        case EngineAction.SIGN_OFF:
            changes = {"active": 0, "disconnected": 0, "empty_since": now}
        case EngineAction.STOP:
            changes = {"state": HostState.STOPPED, "since": now, "online_at": now}
        case EngineAction.HIBERNATE:
            changes = {"state": HostState.HIBERNATED, "since": now, "online_at": now}
        case _:
            return None
    return host.model_copy(update=changes)


def calm(number: int, **changes: object) -> ObservedHost:
    """Return a host without sessions that is closed, and has run or been off for no time."""
    usual = {"id": f"h{number}", "version": OLD, "state": HostState.STOPPED, "proven": True}
    times = dict.fromkeys(("since", "empty_since", "closed_since", "inactive_since", "online_at"), NOW)
    return ObservedHost.model_validate({"allow_new_sessions": False, **usual, **times, **changes})
