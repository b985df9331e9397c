"""The engine: from targets and observed hosts to the steps to take, for pooled and for dedicated hosts.

Pure: the same input gives the same plan, in whichever order the hosts are listed. Every wait is a moment that the plan
names (``next_look``), so that a group in which nothing is due costs nothing. The rules and their defaults:
docs/decisions/0047.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.domain.spot.engine import moving, scaling
from shared.domain.spot.engine.capacity import PlannedGroup
from shared.domain.spot.engine.forecasts import Expected, StartTimes
from shared.domain.spot.engine.scaling import sleeps
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.target import GroupTarget
from shared.domain.spot.hosts.host_plan import Draft, EngineAction, GroupStatus, HostPlan, Reason, Stage
from shared.domain.spot.hosts.observed import HostState, ObservedHost, SettingsDrift

_RETURNS = frozenset(
    {EngineAction.STOP, EngineAction.HIBERNATE, EngineAction.WAKE, EngineAction.CONFIGURE, EngineAction.RESTART}
)
"""Steps after which a host takes sign-ins again, as soon as the engine has seen that they are done."""


def rest_when_unused(group: PlannedGroup) -> None:
    """Stop dedicated hosts whose users have been away; only hibernation preserves a disconnected session."""
    idle = group.target.idle
    for host in group.hosts:
        if host.assigned_user_id is None or not host.serves or host.active or not group.draft.may(host):
            continue
        asleep = sleeps(group.target, host)
        if host.sessions:
            if asleep and not host.user_left and group.draft.waited(host.inactive_since, idle):
                group.draft.add(EngineAction.HIBERNATE, host, Reason.ONLY_DISCONNECTED)
        elif group.draft.waited(host.empty_since, idle):
            action = EngineAction.HIBERNATE if asleep else EngineAction.STOP
            group.draft.add(action, host, Reason.IDLE, minutes=int(idle.total_seconds() // 60))


def plan(
    target: GroupTarget,
    hosts: Iterable[ObservedHost],
    now: datetime,
    *,
    starts: StartTimes | None = None,
    expected: Sequence[Expected] = (),
    complete: bool = True,
) -> HostPlan:
    """Return the steps that the hosts of a group need now.

    *starts*: learned start times. *expected*: sign-ins of the time to come, as other days let expect them, in their
    order. *complete* is False when hosts may be missing from *hosts*: then nothing is built, closed, stopped or
    removed.
    """
    known, draft = sorted(hosts, key=lambda host: host.id), Draft(now)
    group = PlannedGroup(target, known, now, starts or StartTimes(), complete, draft, expected)
    if target.parked is None:
        _decide(group)
    status, cause = _status(group)
    return HostPlan(
        steps=draft.steps,
        figures=group.figures,
        status=status,
        cause=cause,
        stage=group.rules.stage,
        load_balancing=group.load_balancing,
        next_look=draft.next_look if target.parked is None else None,
    )


def _decide(group: PlannedGroup) -> None:
    """Add the steps: first the steps that add seats, then the steps that remove surplus seats."""
    scaling.scale_out(group)
    if group.complete:
        moving.repair(group)
        moving.move_sessions(group)
        moving.remove(group)
        moving.bring_settings(group)
        scaling.scale_in(group)
        rest_when_unused(group)
    moving.keep_tokens(group)
    scaling.let_azure_start(group)
    scaling.open_own_hosts(group)


def _status(group: PlannedGroup) -> tuple[GroupStatus, str | None]:
    """Return the status of the group, and the reason if not everything is available."""
    figures, target = group.figures, group.target
    if target.parked is not None:
        return GroupStatus.PARKED, target.parked
    if figures.hosts and figures.uncertain == figures.hosts:
        return GroupStatus.LIMITED_AVAILABILITY, "Azure did not tell the state of any host."
    if target.kind is not LicenseType.PERSONAL_DEDICATED and (figures.spare > 0 == figures.free or _is_closed(group)):
        return _without_seats(group)
    causes = [
        (group.rules.stage is Stage.FAILED, group.rules.cause),
        (not group.complete or figures.uncertain, "Azure did not tell the state of every host."),
        (figures.broken, f"{figures.broken} of {figures.hosts} hosts do not serve."),
        (len(group.licensed) < figures.wanted and target.scale_in == "deallocate", "Hosts are still to be built."),
        (figures.free < figures.spare, f"{figures.free} seats are free; {figures.spare} should be."),
        (figures.online < figures.minimum, f"{figures.online} hosts are online; the minimum is {figures.minimum}."),
    ]
    cause = next((text for holds, text in causes if holds), None)
    return (GroupStatus.LIMITED_AVAILABILITY if cause else GroupStatus.AVAILABLE), cause


def _is_closed(group: PlannedGroup) -> bool:
    """Whether somebody may still come, and after the steps no host takes them and none starts for them."""
    steps = {step.host_id: step.action for step in group.draft.steps}
    return group.others > 0 and not any(_takes_sign_ins(group, each, steps.get(each.id)) for each in group.hosts)


def _takes_sign_ins(group: PlannedGroup, host: ObservedHost, action: EngineAction | None) -> bool:
    """Whether *host* is open after the step *action*, or is off and starts for a sign-in."""
    stays = action in {None, EngineAction.NOTIFY} or (
        action is EngineAction.CONFIGURE and host.drift is SettingsDrift.AT_ONCE
    )
    is_open = action is EngineAction.UNDRAIN or (stays and host.allow_new_sessions)
    if not is_open or host.assigned_user_id is not None or host.drained_by_hand:
        return False
    return group.target.start_on_connect if host.is_off else host.serves and group.seats_left(host) > 0


def _without_seats(group: PlannedGroup) -> tuple[GroupStatus, str]:
    """Return the status of a group in which no seat is free."""
    steps = {step.action for step in group.draft.steps}
    if group.figures.coming or steps & {EngineAction.START, EngineAction.UNDRAIN}:
        return GroupStatus.LIMITED_AVAILABILITY, "No seat is free; hosts are starting."
    on_their_way = {HostState.STARTING, HostState.STOPPING} & {host.state for host in group.hosts}
    if group.target.start_on_connect and (on_their_way or steps & _RETURNS):
        return GroupStatus.LIMITED_AVAILABILITY, "No seat is free; a host that stops or starts takes sign-ins after it."
    if group.phase is not None and group.phase.rests and not group.figures.spare:
        return GroupStatus.UNAVAILABLE, "The group rests: no host is online, and none starts at sign-in."
    return GroupStatus.UNAVAILABLE, "No seat is free; no host can be started."
