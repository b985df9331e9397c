"""Taking the steps that the engine has decided: draining, opening and telling users at once, all else as a task.

Its run is closed afterwards.
"""

from __future__ import annotations

import logging

from activities.spot.observing import is_broken_still
from activities.spot.pools import save_state, spot_pool
from shared.clients.arm import as_content, parse_id
from shared.contracts.calls import is_overtaken
from shared.contracts.outcomes import DeclinedError, Done, Refused
from shared.contracts.reconciling import NewerRequest
from shared.contracts.spot_groups import (
    BALANCE_SPOT_POOL,
    CLOSE_SPOT_ENGINE,
    TAKE_HOST_STEPS,
    BalancingOrder,
    EngineClosing,
    HostStepsOrder,
    StepsTaken,
)
from shared.dependencies import dependencies
from shared.domain.notices.texts import HOST_CHANGES, LOST_PLACE, spot_notice
from shared.domain.spot.engine.state import EngineStep
from shared.domain.spot.groups.group import LicenseType, SpotGroup, balancer
from shared.domain.spot.hosts.host import HostStatus, HostTask, SessionHost
from shared.domain.spot.hosts.host_plan import EngineAction, Reason
from shared.domain.spot.hosts.observed import OFF, HostState
from shared.errors import ConflictError, NotFoundError, ThrottledError, UnavailableError
from shared.services.spot.members import may_be_removed
from shared.services.spot.reconciling import ENGINE
from shared.services.spot.session_hosts import start_host_task
from shared.services.spot.sessions import sessions_of, set_open, tell_users
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()

_log = logging.getLogger("deskwright.spot")

_TASKS = {
    EngineAction.BUILD: HostTask.BUILD,
    EngineAction.START: HostTask.START,
    EngineAction.WAKE: HostTask.START,
    EngineAction.RESTART: HostTask.RESTART,
    EngineAction.SIGN_OFF: HostTask.SIGN_OFF,
    EngineAction.STOP: HostTask.STOP,
    EngineAction.HIBERNATE: HostTask.HIBERNATE,
    EngineAction.CONFIGURE: HostTask.CONFIGURE,
    EngineAction.REMOVE: HostTask.REMOVE,
    EngineAction.REPLACE: HostTask.REMOVE,
}
_OPENS = {EngineAction.UNDRAIN: True, EngineAction.START: True, EngineAction.DRAIN: False}


async def of_latest_plan(order: HostStepsOrder | BalancingOrder) -> str | None:
    """Fence an order of a plan: the group has neither been planned nor saved since, minutes after it was given."""
    deps = dependencies()
    now = deps.clock.now()
    state = await deps.spot_states.find(order.tenant_id, order.spot_group_id)
    group = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    moments = [state.value.planned_at if state else None, group.value.last_modified_date_time if group else None]
    is_past = any(is_overtaken(each, now) for each in moments)
    return f"{order.spot_group_id} has been planned again, or saved, since" if is_past else None


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(TAKE_HOST_STEPS, fence=of_latest_plan)
async def take_host_steps(order: HostStepsOrder, client: DurableClient) -> StepsTaken | Refused:
    """Take steps of some hosts, in their order. A step that cannot be taken is logged, and left to a later plan."""
    deps, taken = dependencies(), 0
    group = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    if group is None or group.value.deleting_since is not None:
        return StepsTaken(left=len(order.steps))
    for step in order.steps:
        try:
            taken += await _take(group.value, step, client)
        except ThrottledError:
            raise
        except (ConflictError, NotFoundError, DeclinedError, UnavailableError) as error:
            _log.warning("%s of host %s was not taken: %s", step.action.value, step.session_host_id, error)
    return StepsTaken(taken=taken, left=len(order.steps) - taken)


async def _take(group: SpotGroup, step: EngineStep, client: DurableClient) -> bool:
    """Take a step; return False where it is not to be taken.

    The host is gone, a person has taken it out of the engine's hands, its user is not known to have left, Azure has it
    after all, or the engine has seen it since: its plan of then counts.
    """
    deps = dependencies()
    stored = await deps.session_hosts.find(group.tenant_id, step.session_host_id)
    if stored is None or stored.value.excluded or _has_changed(stored.value):
        return False
    host = stored.value
    if step.action is EngineAction.NOTIFY:
        return await _notify(group, host, step.reason)
    opens = _opens(step.action, host)
    if opens is not None:
        await set_open(deps, host, is_open=opens)
    if step.action is EngineAction.UNDRAIN:
        await deps.session_hosts.change(host.tenant_id, host.id, lambda there: there.but(notified_at=None))
    task = _TASKS.get(step.action)
    if task is None:
        return True
    if step.reason is Reason.USER_LEFT and task is HostTask.REMOVE and not await may_be_removed(deps, group, host):
        return False
    if task is HostTask.REMOVE and _is_lost(host) and not await is_broken_still(host):
        return False
    if task is HostTask.RESTART:
        repairs = host.restarts + 1
        await deps.session_hosts.change(host.tenant_id, host.id, lambda there: there.but(restarts=repairs))
    await start_host_task(deps, client, host, task, reason=step.reason.value)
    return True


def _is_lost(host: SessionHost) -> bool:
    """Whether Azure was last seen without the machine of a host, or its pool without the host."""
    return host.status is HostStatus.READY and host.seen is not None and host.seen.state == HostState.BROKEN


def _opens(action: EngineAction, host: SessionHost) -> bool | None:
    """Return True if a step opens the host to new sessions, False if it drains it, None if it changes neither.

    A host that is off for a sign-in to start (``startOnConnect``) is open: started for its settings or its token alone,
    it would take sessions that the group has seats for, and another host would be drained for it. A host with a user of
    its own stays open for them.
    """
    if action in {EngineAction.CONFIGURE, EngineAction.WAKE}:
        is_off = host.seen is not None and host.seen.state in OFF
        return False if is_off and host.assigned_user_id is None else None
    return _OPENS.get(action)


def _has_changed(host: SessionHost) -> bool:
    """Whether a host was seen, or has done a task, minutes after the running order was planned."""
    now = dependencies().clock.now()
    return is_overtaken(host.seen.at if host.seen else None, now) or is_overtaken(host.last_modified_date_time, now)


async def _notify(group: SpotGroup, host: SessionHost, reason: Reason) -> bool:
    """Tell the users of a host that their session ends; the notice counts from the moment at which all were told."""
    deps = dependencies()
    if host.notified_at is not None:
        return True
    minutes = await _minutes(group)
    text = LOST_PLACE if reason is Reason.USER_LEFT else HOST_CHANGES
    notice = spot_notice(text, minutes, group.capacity.notice_locale)
    await tell_users(deps, host, await sessions_of(deps, host), notice)
    at = deps.clock.now()
    await deps.session_hosts.change(host.tenant_id, host.id, lambda there: there.but(notified_at=at))
    return True


async def _minutes(group: SpotGroup) -> int:
    release = await dependencies().releases.find(group.tenant_id, group.release_id) if group.release_id else None
    if release is not None and release.value.ended_date_time is None:
        return release.value.sign_off_after_in_minutes
    return group.capacity.notice_in_minutes


@bp.activity_trigger(input_name="payload")
@implements(BALANCE_SPOT_POOL, fence=of_latest_plan)
async def balance_spot_pool(order: BalancingOrder) -> Done | Refused:
    """Write to the pool how sessions are distributed, as the schedule has it now; dedicated desktops have no choice."""
    deps = dependencies()
    group = (await deps.spot_groups.get(order.tenant_id, order.spot_group_id)).value
    state = (await deps.spot_states.get(order.tenant_id, order.spot_group_id)).value
    connection = await deps.connections.find(group.tenant_id, group.connection_id)
    written = {}
    if connection is not None and group.license_type is not LicenseType.PERSONAL_DEDICATED:
        pool = parse_id(spot_pool(group, connection.value).host_pool_id)
        written = {"loadBalancerType": balancer(order.balancing)}
        pools = deps.desktops(pool.subscription_id).host_pools
        await pools.update(pool.resource_group, pool.name, as_content({"properties": written}))
    await save_state(state, load_balancing=order.balancing, written={**state.written, **written})
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(CLOSE_SPOT_ENGINE)
async def close_spot_engine(order: EngineClosing) -> Done | NewerRequest:
    """Remove the requests that were planned; return NewerRequest if there is a newer one."""
    deps = dependencies()
    settled = await deps.requests.settle(order.tenant_id, order.requested_at, ENGINE.subject(order.spot_group_id))
    return Done() if settled else NewerRequest()
