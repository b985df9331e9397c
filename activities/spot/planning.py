"""Plans of the session hosts of a Spot Group: the records are read, the engine is asked, its decisions are saved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from activities.cloud_pcs.existing_machines import adopt_lost_hosts
from activities.machines.capacity import offers_of
from shared.contracts.calls import moment
from shared.contracts.outcomes import DeclinedError, Refused
from shared.contracts.spot_groups import PLAN_SPOT_HOSTS, HostPlanOrder, HostsObserved, HostsPlanned
from shared.dependencies import dependencies
from shared.domain.images.image import ImageSource
from shared.domain.networks.connection import Connection
from shared.domain.operations.pausing import spot_pause_sentence
from shared.domain.planning.queueing import regions_of
from shared.domain.spot.engine.forecasts import Arrivals, Expected, expected, noted, uncounted
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.engine.seeing import drift_of, latest, observed_host, renews, start_times, target_of, version_of
from shared.domain.spot.engine.state import Decisions, EngineStep, SpotGroupState, SpotGroupStatus, begun_again, named
from shared.domain.spot.engine.usage import Look, later, was_seen
from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.groups.target import LOOK_EVERY, GroupTarget
from shared.domain.spot.hosts.host import HostStatus, HostWindows, SessionHost, host_id, windows_of
from shared.domain.spot.hosts.host_plan import EngineAction, GroupStatus, HostPlan, PlannedStep
from shared.domain.spot.hosts.observed import ObservedHost, SettingsDrift
from shared.domain.spot.hosts.release import OPEN, ImageOfGroup, SpotRelease
from shared.domain.spot.hosts.sessions import kept
from shared.errors import ThrottledError, UnavailableError
from shared.services.spot.reconciling import full_minute
from shared.services.spot.releases import note_progress
from shared.services.usage.recording import note_look
from shared.storage.due import DueKind, SpotLook
from shared.storage.repository import Stored
from shared.telemetry import count_decision, measure_spot_group
from shared.workflow import Blueprint, implements

bp = Blueprint()

_AGAIN = timedelta(minutes=10)
"""Interval of looks at a parked group, and time until a build without capacity begins again."""

_QUIET = timedelta(minutes=5)
"""Interval of looks at hosts that are all off: Azure may start one of them for a user."""

_AHEAD = timedelta(hours=3)
"""So far ahead sign-ins are expected: no hosts are begun longer before they are needed."""

_STATUS = {
    GroupStatus.AVAILABLE: SpotGroupStatus.AVAILABLE,
    GroupStatus.LIMITED_AVAILABILITY: SpotGroupStatus.LIMITED_AVAILABILITY,
    GroupStatus.UNAVAILABLE: SpotGroupStatus.UNAVAILABLE,
    GroupStatus.PARKED: SpotGroupStatus.PARKED,
}


@dataclass(frozen=True, slots=True)
class BuildImage:
    """The image version from which hosts are built. *missing*: why it cannot be used, or None."""

    of: ImageOfGroup
    image: ImageSource | None
    missing: str | None


@dataclass(slots=True)
class _Facts:
    """Inputs of a plan. *images*: by the names that versions have in it; *parked*: the reason why nothing may happen.

    *wanted*: what the group's settings say for the Windows of its hosts. *sign_ins*: how many were not counted before.
    *unanswered*: why no build is planned.
    """

    group: SpotGroup
    state: SpotGroupState
    hosts: list[SessionHost]
    release: Stored[SpotRelease] | None
    images: Mapping[str, BuildImage]
    parked: str | None
    wanted: HostWindows | None
    sign_ins: int = 0
    unanswered: str | None = None

    @property
    def no_build(self) -> str | None:
        """Why no host of the group's version can be built now."""
        return self.images[self.group.image_version].missing


@bp.activity_trigger(input_name="payload")
@implements(PLAN_SPOT_HOSTS)
async def plan_spot_hosts(order: HostPlanOrder) -> HostsPlanned | Refused:
    """Plan the next steps of a group's hosts, and save them: new hosts, decisions, the state, the open release.

    The due row of the next look is written before the state that names it.
    """
    deps = dependencies()
    stored = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    if stored is None:
        return Refused(code="spotGroupGone", message="there is no such Spot Group", final=True)
    facts, now = await _facts(stored.value, order.observed), deps.clock.now()
    if facts.group.deleting_since is not None:
        return HostsPlanned()
    target = _target(facts)
    observed = _observed(facts, order.observed.silent)
    made = plan(
        target,
        observed,
        now,
        starts=start_times(facts.state),
        expected=_expected(facts, now),
        complete=not order.observed.silent,
    )
    steps = await _without_lost_hosts(facts, _possible(facts, made))
    builds = [step for step in steps if step.action is EngineAction.BUILD]
    next_look = _next_look(facts, target, made, now)
    await deps.due.put(DueKind.SPOT, next_look, order.tenant_id, order.spot_group_id, SpotLook.HOSTS)
    await _note_usage(facts, made, now, order.observed)
    await _save_state(facts, made, builds, next_look, now)
    new = await _plan_builds(facts, builds, now)
    again = [] if facts.parked is not None else begun_again(facts.hosts, now, _AGAIN)
    taken = [*again, *named(steps, facts.hosts, new)]
    await _save_decisions(facts.group, taken, now)
    if facts.release is not None:
        await note_progress(deps, facts.group, facts.release.value, made, observed, now)
    measure_spot_group(
        facts.group.tenant_id, facts.group.id, online=made.figures.online, sessions=made.figures.sessions
    )
    balancing = None if made.load_balancing is _balancing(facts) else made.load_balancing
    return HostsPlanned(steps=tuple(taken), balancing=balancing)


async def _facts(group: SpotGroup, observed: HostsObserved) -> _Facts:
    deps = dependencies()
    tenant = (await deps.tenants.get(group.tenant_id)).value
    connection = await deps.connections.find(group.tenant_id, group.connection_id)
    state = await deps.spot_states.find(group.tenant_id, group.id)
    known = state.value if state else SpotGroupState(id=group.id, tenant_id=group.tenant_id)
    release = await deps.releases.find(group.tenant_id, group.release_id) if group.release_id else None
    paused = spot_pause_sentence(await deps.service_state.get(), tenant, group)
    return _Facts(
        group=group,
        state=known.but(
            start_seconds=latest(known.start_seconds, observed.start_seconds),
            build_seconds=latest(known.build_seconds, observed.build_seconds),
            arrivals=_arrivals(group, known, observed, deps.clock.now()),
        ),
        hosts=await _hosts(group, deps.clock.now()),
        release=release,
        images=await _images(group, release.value if release else None, await _unbuildable(group, connection)),
        parked=paused or _unhealthy(connection.value if connection else None),
        wanted=windows_of(group, connection.value.join_type) if connection else None,
        sign_ins=0 if observed.silent else sum(each.users for each in uncounted(known.arrivals, observed.sign_ins)),
    )


def _arrivals(group: SpotGroup, known: SpotGroupState, observed: HostsObserved, now: datetime) -> Arrivals:
    """Return the times of sign-ins; if Azure did not return the sessions, they are counted at the next look."""
    if observed.silent:
        return known.arrivals
    return noted(known.arrivals, observed.sign_ins, now, group.capacity.time_zone)


def _expected(facts: _Facts, now: datetime) -> tuple[Expected, ...]:
    group = facts.group
    if not group.capacity.starts_ahead:
        return ()
    return expected(facts.state.arrivals, now, _AHEAD, group.capacity.time_zone)


async def _hosts(group: SpotGroup, now: datetime) -> list[SessionHost]:
    """Return the hosts of a group; record on each dedicated host until when it is kept for a user who has left."""
    deps = dependencies()
    hosts = await deps.session_hosts.of_group(group.tenant_id, group.id)
    if group.license_type is not LicenseType.PERSONAL_DEDICATED:
        return hosts
    members = deps.spot_members.each(group.tenant_id, group_id=group.id)
    with_place = frozenset([each.value.user_id async for each in members if each.value.counts])
    until = now + timedelta(days=group.capacity.keep_leavers_host_in_days)
    noted = partial(kept, with_place=with_place, until=until)
    return [
        host if noted(host) == host else await deps.session_hosts.change(host.tenant_id, host.id, noted)
        for host in hosts
    ]


def _unhealthy(connection: Connection | None) -> str | None:
    if connection is None:
        return "The connection of the group is gone."
    if connection.usable:
        return None
    return f"Connection {connection.display_name} is {connection.health_check_status.value}: nothing is started."


async def _unbuildable(group: SpotGroup, connection: Stored[Connection] | None) -> str | None:
    """Return why no host can have any of the VM sizes that the group names; None where Azure does not say.

    They were judged when they were saved: this is what Azure has changed since.
    """
    if not group.hosts.sizes or connection is None:
        return None
    site = await dependencies().sites.find(group.tenant_id, group.site_id)
    if site is None:
        return None
    try:
        offers = {
            region: await offers_of(connection.value.subscription_id, region)
            for region in regions_of(site.value, connection.value)
        }
    except ThrottledError:
        raise
    except (DeclinedError, UnavailableError):
        return None
    lacking = [size for size in group.hosts.sizes if not any(size.lower() in each for each in offers.values())]
    if len(lacking) < len(group.hosts.sizes):
        return None
    return f"Azure offers none of the group's VM sizes ({', '.join(lacking)}): no host can be built."


async def _images(group: SpotGroup, release: SpotRelease | None, unbuildable: str | None) -> dict[str, BuildImage]:
    """Return the image versions of a group and, while a release is open, of the time before it."""
    wanted = [ImageOfGroup(image_set_id=group.image_set_id, image_version=group.image_version)]
    if release is not None and release.status in OPEN:
        wanted.append(release.before)
    return {
        version_of(each.image_set_id, each.image_version, group): await _image(group.tenant_id, each, unbuildable)
        for each in wanted
    }


async def _image(tenant_id: str, of: ImageOfGroup, unbuildable: str | None) -> BuildImage:
    found = await dependencies().image_versions.find(tenant_id, image_set_id=of.image_set_id, version=of.image_version)
    if found is None:
        return BuildImage(of, None, f"Image version {of.image_version} is gone: no host can be built.")
    image, status = found.value.image, found.value.status.value
    missing = f"Image version {of.image_version} is {status}: no host can be built from it yet." if not image else None
    return BuildImage(of, image, missing or unbuildable)


def _target(facts: _Facts) -> GroupTarget:
    """Return the hosts that the group should have, without versions whose image does not exist."""
    wanted = target_of(facts.group, facts.release.value if facts.release else None, facts.parked)
    return wanted.but(unbuildable=frozenset(name for name, each in facts.images.items() if each.missing is not None))


def _observed(facts: _Facts, silent: Collection[str]) -> list[ObservedHost]:
    release = facts.release.value if facts.release else None
    return [
        observed_host(
            host,
            facts.group,
            facts.wanted,
            silent=host.id in silent,
            renewed=renews(facts.group, release),
        )
        for host in facts.hosts
    ]


def _possible(facts: _Facts, made: HostPlan) -> list[PlannedStep]:
    """Return the steps that can be taken: of hosts on which nothing is being done."""
    busy = {host.id for host in facts.hosts if host.work is not None}
    return [step for step in made.steps if step.host_id not in busy]


async def _without_lost_hosts(facts: _Facts, steps: list[PlannedStep]) -> list[PlannedStep]:
    """Return the steps, without builds while hosts may be there that no record knows: they are adopted first."""
    if all(step.action is not EngineAction.BUILD for step in steps):
        return steps
    given = facts.state.host_number
    number, facts.unanswered, adopted = await adopt_lost_hosts(facts.group, facts.hosts, given)
    facts.state = facts.state.but(host_number=number)
    if facts.unanswered is None and not adopted:
        return steps
    return [step for step in steps if step.action is not EngineAction.BUILD]


def _image_of(facts: _Facts, step: PlannedStep) -> BuildImage:
    return facts.images[step.version or facts.group.image_version]


def _next_look(facts: _Facts, target: GroupTarget, made: HostPlan, now: datetime) -> datetime:
    """Return when the group is looked at again: each minute while anything can change, else when the plan says.

    While nothing may happen it is looked at seldom, whoever works on its hosts.
    """
    if target.parked is not None:
        return full_minute(now) + _AGAIN
    looks = [] if made.next_look is None else [full_minute(made.next_look + timedelta(seconds=59))]
    at_work = any(host.work is not None or host.status is HostStatus.PENDING for host in facts.hosts)
    figures = made.figures
    if facts.no_build is not None:
        looks.append(full_minute(now) + _AGAIN)
    if figures.online or figures.starting or figures.sessions or figures.uncertain or at_work or made.steps:
        looks.append(full_minute(now) + LOOK_EVERY)
    looks.append(full_minute(now) + (_QUIET if facts.hosts else timedelta(days=1)))
    return max(min(looks), full_minute(now) + LOOK_EVERY)


async def _note_usage(facts: _Facts, made: HostPlan, now: datetime, observed: HostsObserved) -> None:
    """Add a look to the usage of the group, and record the interval before it when that is over."""
    if was_seen(facts.hosts, observed.silent):
        look = Look(moment(now), made.figures, facts.hosts, facts.sign_ins, observed.start_seconds)
        facts.state = facts.state.but(usage=await note_look(dependencies(), facts.state, look))


async def _save_state(
    facts: _Facts, made: HostPlan, builds: list[PlannedStep], next_look: datetime, now: datetime
) -> None:
    deps, before, figures = dependencies(), facts.state, made.figures
    seen = [host.seen for host in facts.hosts if host.seen is not None]
    status = _STATUS[made.status]
    building = not any(host.status is HostStatus.READY for host in facts.hosts)
    if building and status is not SpotGroupStatus.PARKED and (facts.hosts or builds):
        status = SpotGroupStatus.BUILDING
    changes = {
        "status": status,
        "cause": _cause(facts, made, building=status is SpotGroupStatus.BUILDING),
        "planned_at": now,
        "next_look_at": next_look,
        "host_number": before.host_number + len(builds),
        "start_seconds": before.start_seconds,
        "build_seconds": before.build_seconds,
        "arrivals": before.arrivals,
        "hosts": figures.hosts,
        "online": figures.online,
        "wanted_online": figures.wanted_online,
        "spare_seats": figures.spare,
        "free_seats": figures.free,
        "active_sessions": sum(each.active for each in seen),
        "disconnected_sessions": sum(each.disconnected for each in seen),
        "other_settings": sum(drift_of(host, facts.wanted) is not SettingsDrift.NONE for host in facts.hosts),
    }
    if await deps.spot_states.find(before.tenant_id, before.id) is None:
        await deps.spot_states.insert(before.but(**changes, usage=before.usage))
        return
    await deps.spot_states.change(
        before.tenant_id, before.id, lambda there: there.but(**changes, usage=later(there.usage, before.usage))
    )


def _cause(facts: _Facts, made: HostPlan, *, building: bool) -> str | None:
    """Return why the group is not available: a wait for capacity comes before its consequences."""
    if made.status is GroupStatus.PARKED:
        return made.cause
    if facts.unanswered:
        return facts.unanswered
    waits = next((host.parked_because for host in facts.hosts if host.parked_because), None)
    missing = made.figures.hosts < made.figures.wanted
    if facts.no_build and missing:
        return facts.no_build
    if waits:
        return waits
    return "The first hosts are being built." if building else made.cause


async def _plan_builds(facts: _Facts, builds: list[PlannedStep], now: datetime) -> list[SessionHost]:
    """Save the hosts that are to be built. Their numbers are taken before, so that none comes twice."""
    group, first = facts.group, facts.state.host_number + 1
    hosts = [
        SessionHost(
            id=host_id(group.id, first + n),
            tenant_id=group.tenant_id,
            spot_group_id=group.id,
            image_set_id=made.of.image_set_id,
            image_version=made.of.image_version,
            image=made.image,
            sizes=step.sizes,
            low_priority=step.low_priority,
            connection_id=group.connection_id,
            release_id=group.release_id,
            created_date_time=now,
            last_modified_date_time=now,
        )
        for n, step in enumerate(builds)
        if (made := _image_of(facts, step)).image is not None
    ]
    if hosts:
        await dependencies().session_hosts.save_all([Stored(host, "") for host in hosts])
    return hosts


async def _save_decisions(group: SpotGroup, steps: list[EngineStep], now: datetime) -> None:
    if not steps:
        return
    decisions = dependencies().spot_decisions
    if await decisions.find(group.tenant_id, group.id) is None:
        await decisions.insert(Decisions(id=group.id, tenant_id=group.tenant_id).with_steps(steps, now))
    else:
        await decisions.change(group.tenant_id, group.id, lambda there: there.with_steps(steps, now))
    for step in steps:
        count_decision(step.action.value, step.reason.value)


def _balancing(facts: _Facts) -> object:
    return facts.state.load_balancing or facts.group.hosts.load_balancing
