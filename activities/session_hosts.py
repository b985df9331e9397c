"""The session hosts of Spot Groups in their pools: closed, opened, their sessions counted, their health read."""

from __future__ import annotations

from typing import Any

from activities.at_work import of_its_work
from activities.desktops import USABLE, find_host, host_name
from shared.clients.arm import as_content, parse_id
from shared.contracts.host_builds import (
    CLOSE_HOST,
    OPEN_HOST,
    POLL_NEW_HOST,
    POLL_SERVING,
    HostSessions,
    HostSessionsOrder,
    NewHostOrder,
    NewHostSeen,
)
from shared.contracts.outcomes import Done, Pending, Refused
from shared.contracts.refusals import MissingError
from shared.dependencies import dependencies
from shared.domain.spot.observed import AgentStatus
from shared.workflow import Blueprint, implements

bp = Blueprint()

_ACTIVE, _PENDING = "Active", "Pending"
_FAILED = "HealthCheckFailed"
_UNHEALTHY = AgentStatus.FSLOGIX_NOT_HEALTHY.value


@bp.activity_trigger(input_name="payload")
@implements(POLL_NEW_HOST)
async def poll_new_host(order: NewHostOrder) -> NewHostSeen | Pending | Refused:
    """Read whether a host that has registered serves; from its first report on nobody is sent to it.

    A host that does not reach its profiles reports that it is unhealthy: that is an answer too.
    """
    host = await find_host(order.machine, parse_id(order.host_pool_id), order.domain_name)
    if host is None:
        return Pending(note=f"{order.machine.computer_name} has not registered yet", after=15)
    if (host.resource_id or "").casefold() != order.machine.vm_id.casefold():
        return Pending(note=f"{order.machine.computer_name} is still registered for another machine")
    if host.allow_new_session:
        await _admit(order, host_name(host), admit=False)
    status = status_of(host)
    if status == _UNHEALTHY and dependencies().clock.now() >= order.settle_by:
        return NewHostSeen(name=host_name(host), unhealthy=_evidence(host))
    if status not in USABLE:
        return Pending(note=f"{order.machine.computer_name} is {status}")
    return NewHostSeen(name=host_name(host))


def status_of(host: Any) -> str:  # noqa: ANN401 - the SDK's SessionHost
    """Return the status that a session host's agent reports."""
    return str(getattr(host.status, "value", host.status))


def _evidence(host: Any) -> str:  # noqa: ANN401 - as above
    """Return the health checks that fail, with their words."""
    failing = []
    for each in host.session_host_health_check_results or ():
        if getattr(each.health_check_result, "value", each.health_check_result) == _FAILED:
            details = each.additional_failure_details
            name = getattr(each.health_check_name, "value", each.health_check_name)
            failing.append(f"{name}: {(details and details.message) or 'failed'}")
    return "; ".join(failing) or f"the agent reports {_UNHEALTHY}: FSLogix does not reach the profiles"


@bp.activity_trigger(input_name="payload")
@implements(CLOSE_HOST, fence=of_its_work)
async def close_host(order: HostSessionsOrder) -> HostSessions | Refused:
    """Let nobody sign in to a host any more, and count the sessions that are on it."""
    pool = parse_id(order.host_pool_id)
    host = await find_host(order.machine, pool, order.domain_name)
    if host is None:
        return HostSessions()
    name, desktops = host_name(host), dependencies().desktops(pool.subscription_id)
    was_open = bool(host.allow_new_session)
    if was_open:
        await _admit(order, name, admit=False)
    try:
        states = [
            str(getattr(each.session_state, "value", each.session_state))
            async for each in desktops.user_sessions.list(pool.resource_group, pool.name, name)
        ]
    except MissingError:
        return HostSessions()
    active = sum(state in {_ACTIVE, _PENDING} for state in states)
    return HostSessions(active=active, disconnected=len(states) - active, was_open=was_open)


@bp.activity_trigger(input_name="payload")
@implements(OPEN_HOST, fence=of_its_work)
async def open_host(order: HostSessionsOrder) -> Done | Refused:
    """Let users sign in to a host again; one that is not in its pool stays as it is."""
    host = await find_host(order.machine, parse_id(order.host_pool_id), order.domain_name)
    if host is not None and not host.allow_new_session:
        await _admit(order, host_name(host), admit=True)
    return Done()


async def _admit(order: NewHostOrder | HostSessionsOrder, name: str, *, admit: bool) -> None:
    pool = parse_id(order.host_pool_id)
    hosts = dependencies().desktops(pool.subscription_id).session_hosts
    change = as_content({"properties": {"allowNewSession": admit}})
    await hosts.update(pool.resource_group, pool.name, name, session_host=change)


@bp.activity_trigger(input_name="payload")
@implements(POLL_SERVING)
async def poll_serving(order: HostSessionsOrder) -> Done | Pending | Refused:
    """Read whether a host that was started serves."""
    host = await find_host(order.machine, parse_id(order.host_pool_id), order.domain_name)
    if host is None:
        message = f"{order.machine.computer_name} is not in its pool any more"
        return Refused(code="hostNotInPool", message=message, advice="Remove the host; another one is built.")
    status = status_of(host)
    return Done() if status in USABLE else Pending(note=f"{order.machine.computer_name} is {status}")
