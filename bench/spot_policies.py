"""Policies that decide which hosts run: the engine's, and Azure Virtual Desktop's documented autoscale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.spot_model import Host, Model, Power
from bench.spot_week import DAY, HOUR, WORKING_DAYS
from shared.domain.spot.engine.forecasts import KEPT, StartTimes, learned
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.schedule import LoadBalancing
from shared.domain.spot.groups.target import GroupTarget
from shared.domain.spot.hosts.host_plan import EngineAction
from shared.domain.spot.hosts.observed import HostState, ObservedHost

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
VERSION = "1.0.0"
_STATES = {
    Power.OFF: HostState.STOPPED,
    Power.STARTING: HostState.STARTING,
    Power.ON: HostState.RUNNING,
    Power.STOPPING: HostState.STOPPING,
}


def engine(target: GroupTarget) -> Callable[[Model], None]:
    """Return a policy that asks the engine itself, with *target*.

    It is not asked again while it would see what it saw, and the moment that its plan named has not come.
    """
    assumed = StartTimes()
    seen: list[object] = []
    until: list[datetime | None] = [None]

    def decide(model: Model) -> None:
        now = [(h.power, h.is_open, len(h.sessions), model.lately(h)) for h in model.hosts] + [len(model.waiting)]
        if now == seen and until[0] is not None and moment(model.now) < until[0]:
            return
        seen[:] = now
        latest = [timedelta(seconds=took) for took in model.latest_starts[-KEPT:]]
        starts = assumed.but(start=learned(latest, assumed.start))
        hosts = [observed(model, host) for host in model.hosts]
        made = plan(target, hosts, moment(model.now), starts=starts)
        until[0] = made.next_look
        model.depth = made.load_balancing is LoadBalancing.DEPTH_FIRST
        by_id = {host.id: host for host in model.hosts}
        for step in made.steps:
            apply(model, step.action, by_id[str(step.host_id)])

    return decide


def apply(model: Model, action: EngineAction, host: Host) -> None:
    """Take one step in the model."""
    match action:
        case EngineAction.START | EngineAction.WAKE:
            model.start(host, opens=action is EngineAction.START)
        case EngineAction.UNDRAIN:
            model.open(host)
        case EngineAction.DRAIN:
            model.close(host)
        case EngineAction.STOP:
            model.stop(host)
        case _:
            raise AssertionError(f"the model has no {action}")


def observed(model: Model, host: Host) -> ObservedHost:
    """Return *host* as the engine sees it."""
    return ObservedHost(
        id=host.id,
        version=VERSION,
        state=_STATES[host.power],
        since=moment(host.since),
        empty_since=None if host.sessions else moment(host.empty_since),
        closed_since=None if host.is_open else moment(host.closed_since),
        online_at=moment(host.last_on),
        allow_new_sessions=host.is_open,
        active=len(host.sessions),
        signed_in_lately=model.lately(host),
    )


def moment(seconds: float) -> datetime:
    """Return the time of the model as a time of the engine."""
    return MONDAY + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class AvdPhase:
    """A phase of a scaling plan: from when (hours), how full hosts may be, how many are on at least, in per cent."""

    begins: float
    threshold: int
    minimum: int
    depth: bool
    turns_off: bool = True
    drains: bool = False


AVD_WEEKDAY = (
    AvdPhase(0, 90, 10, depth=True),
    AvdPhase(8, 60, 20, depth=False, turns_off=False),
    AvdPhase(9, 60, 20, depth=True),
    AvdPhase(17, 90, 10, depth=True, drains=True),
    AvdPhase(19, 90, 10, depth=True),
)


def autoscale(model: Model) -> None:
    """Decide as docs/notes/spotpc-avd.md 4.3 says that Azure Virtual Desktop's autoscale does.

    A host more while the used share of the hosts' seats is above the threshold; one fewer, an empty one, while it would
    stay at or below it; in the ramp-down the one with the fewest sessions drains if none is empty.
    """
    phase = _avd_phase(model.now)
    model.depth = phase.depth
    minimum = -(-phase.minimum * len(model.hosts) // 100)
    sessions = sum(len(host.sessions) for host in model.hosts) + len(model.waiting)
    on = [host for host in model.hosts if host.power in {Power.ON, Power.STARTING}]
    closed = [host for host in on if not host.is_open]

    def enough(hosts: int) -> bool:
        return hosts >= minimum and sessions * 100 <= phase.threshold * hosts * model.seats

    serving = _turn_on(model, closed, len(on) - len(closed), enough)
    for host in closed:
        if not host.sessions and host.power is Power.ON:
            model.stop(host)
    may_go = [host for host in model.hosts if host.serves and (phase.drains or not host.sessions)]
    for host in sorted(may_go, key=lambda each: len(each.sessions)) if phase.turns_off else []:
        if not enough(serving - 1):
            return
        model.close(host)
        if not host.sessions:
            model.stop(host)
        serving -= 1


def _turn_on(model: Model, closed: list[Host], serving: int, enough: Callable[[int], bool]) -> int:
    """Open or start hosts until *enough*; return how many serve then. Hosts that stay closed remain in *closed*."""
    off = [host for host in model.hosts if host.power is Power.OFF]
    while not enough(serving) and (closed or off):
        if closed:
            model.open(closed.pop())
        else:
            model.start(off.pop(0))
        serving += 1
    return serving


def _avd_phase(now: float) -> AvdPhase:
    day, time = divmod(now, DAY)
    if day >= WORKING_DAYS:
        return AVD_WEEKDAY[0]
    return [phase for phase in AVD_WEEKDAY if phase.begins * HOUR <= time][-1]
