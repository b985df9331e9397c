"""Looking at the hosts of a Spot Group: their agents, their sessions and, where these do not tell, their machines."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from activities.cloud_pcs.comparing import ask, record_host_lost
from activities.cloud_pcs.desktops import host_name
from activities.spot.pools import spot_pool
from shared.clients.arm import ResourceId, parse_id
from shared.contracts.outcomes import DeclinedError, MissingError, Refused
from shared.contracts.spot_groups import OBSERVE_SPOT_HOSTS, EngineOrder, HostsObserved
from shared.dependencies import dependencies
from shared.domain.azure_errors import GONE
from shared.domain.operations.machines_gone import ASKED_AGAIN_AFTER, machine_of_host
from shared.domain.spot.engine.forecasts import minutes_of
from shared.domain.spot.engine.seeing import (
    HostReport,
    Power,
    asks_power,
    build_took,
    looked_at,
    seen_after,
    start_took,
)
from shared.domain.spot.hosts.host import HostStatus, SessionHost
from shared.domain.spot.hosts.observed import AgentStatus, HostState
from shared.errors import StaleError, ThrottledError, UnavailableError
from shared.services.spot.reconciling import ENGINE
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

T = TypeVar("T")

bp = Blueprint()

_log = logging.getLogger("deskwright.spot")

_DISCONNECTED = "Disconnected"
_LATELY = timedelta(minutes=30)
"""The time before a look for which sign-ins are counted; groups with hosts are looked at more often than this."""


@dataclass(slots=True)
class _Sessions:
    """The sessions of one host."""

    active: int = 0
    disconnected: int = 0
    began: list[datetime] = field(default_factory=list)


@bp.activity_trigger(input_name="payload")
@implements(OBSERVE_SPOT_HOSTS)
async def observe_spot_hosts(order: EngineOrder) -> HostsObserved | Refused:
    """Read the states of a group's hosts, and save the changed records in one write.

    Hosts that Azure does not report keep their last observation, and are named as silent.
    """
    deps = dependencies()
    requested_at = await deps.requests.newest(order.tenant_id, ENGINE.subject(order.spot_group_id))
    group = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    if group is None:
        await deps.requests.settle(order.tenant_id, deps.clock.now(), ENGINE.subject(order.spot_group_id))
        return Refused(code="spotGroupGone", message="there is no such Spot Group", final=True)
    hosts = [each async for each in deps.session_hosts.each(order.tenant_id, spot_group_id=order.spot_group_id)]
    ready = [each for each in hosts if each.value.status is HostStatus.READY]
    connection = await deps.connections.find(order.tenant_id, group.value.connection_id)
    if not ready or connection is None:
        return HostsObserved(requested_at=requested_at, silent=tuple(each.value.id for each in ready))
    pool = parse_id(spot_pool(group.value, connection.value).host_pool_id)
    reports = await _reports(pool, [each.value for each in ready])
    at = deps.clock.now()
    found = [
        (each, seen_after(each.value, report, at))
        for each in ready
        if (report := reports.get(each.value.id)) is not None
    ]
    await _save([Stored(looked_at(each.value, seen), each.etag) for each, seen in found], ready)
    for each in ready:
        if _lost_for_minutes(each.value, reports.get(each.value.id), at):
            await _record_gone(each.value)
    starts = [took for each, seen in found if (took := start_took(each.value.seen, seen))]
    builds = [took for each, seen in found if (took := build_took(each.value, seen))]
    return HostsObserved(
        requested_at=requested_at,
        silent=tuple(each.value.id for each in ready if each.value.id not in reports),
        start_seconds=tuple(int(took.total_seconds()) for took in starts),
        build_seconds=tuple(int(took.total_seconds()) for took in builds),
        sign_ins=minutes_of([each for report in reports.values() for each in report.began], at, _LATELY),
    )


def _lost_for_minutes(host: SessionHost, report: HostReport | None, at: datetime) -> bool:
    """Whether a host that was broken minutes ago has no VM now, and its record does not say so yet."""
    gone = report is not None and report.power is Power.GONE and host.seen is not None
    was = host.seen is not None and host.seen.state == HostState.BROKEN and at - host.seen.since >= ASKED_AGAIN_AFTER
    return gone and was and not host.machine_gone


async def _record_gone(host: SessionHost) -> None:
    """Ask for the machine itself, and record Azure's answer, for people to see: a dedicated host is never replaced."""
    known = machine_of_host(host)
    answer = await ask(known) if known else None
    if answer is not None and answer.gone:
        await record_host_lost(host.tenant_id, answer)


async def _reports(pool: ResourceId, hosts: Sequence[SessionHost]) -> dict[str, HostReport]:
    """Return the reports of Azure by host id.

    A host without a report is left out; if the lists cannot be read, all are.
    """
    try:
        registered = await _registered(pool)
        sessions = await _sessions(pool)
    except ThrottledError:
        raise
    except (DeclinedError, UnavailableError) as error:
        _log.warning("the hosts of pool %s could not be read: %s", pool.name, type(error).__name__)
        return {}
    told = await asyncio.gather(*(_report(pool, host, registered, sessions) for host in hosts))
    return {host.id: report for host, report in zip(hosts, told, strict=True) if report is not None}


async def _registered(pool: ResourceId) -> dict[str, Any]:
    hosts = dependencies().desktops(pool.subscription_id).session_hosts
    return {host_name(host).casefold(): host async for host in hosts.list(pool.resource_group, pool.name)}


async def _sessions(pool: ResourceId) -> dict[str, _Sessions]:
    sessions = dependencies().desktops(pool.subscription_id).user_sessions
    found: dict[str, _Sessions] = {}
    async for session in sessions.list_by_host_pool(pool.resource_group, pool.name):
        of_host = found.setdefault(str(session.id).split("/")[-3].casefold(), _Sessions())
        if getattr(session.session_state, "value", session.session_state) == _DISCONNECTED:
            of_host.disconnected += 1
        else:
            of_host.active += 1
        if session.create_time:
            of_host.began.append(session.create_time)
    return found


async def _report(
    pool: ResourceId, host: SessionHost, registered: dict[str, Any], sessions: dict[str, _Sessions]
) -> HostReport | None:
    name = (host.resources.session_host or host.resources.computer_name or "").casefold()
    try:
        there = registered.get(name) or await _find(pool, name)
        agent = _agent(there)
        power = await _power(host) if asks_power(host, agent) else None
    except ThrottledError:
        raise
    except (DeclinedError, UnavailableError) as error:
        _log.warning("host %s could not be read: %s", host.id, type(error).__name__)
        return None
    own = sessions.get(name, _Sessions())
    return HostReport(
        registered=there is not None,
        agent=agent,
        power=power,
        allow_new_sessions=bool(there is not None and there.allow_new_session),
        active=own.active,
        disconnected=own.disconnected,
        began=tuple(own.began),
    )


async def _find(pool: ResourceId, name: str) -> Any:  # noqa: ANN401 - the SDK's SessionHost, None: it is not there
    """Ask for one host by its name: a list that has not got it is not believed."""
    hosts = dependencies().desktops(pool.subscription_id).session_hosts
    try:
        return await hosts.get(pool.resource_group, pool.name, name)
    except MissingError as missing:
        return _answer_if_not_found(missing, None)


def _answer_if_not_found(missing: MissingError, answer: T) -> T:
    """Return *answer* for a 404 that says that the resource itself does not exist; raise any other 404."""
    if missing.code.casefold() not in GONE:
        raise missing
    return answer


async def is_broken_still(host: SessionHost) -> bool:
    """Ask Azure once more for a host seen as broken, before it is taken away. Raises: as the clients do.

    Nothing is taken away for one answer: its pool has it and its machine is there, or it goes.
    """
    if await _power(host) is Power.GONE:
        return True
    if not host.resources.host_pool_id:
        return False
    name = host.resources.session_host or host.resources.computer_name or ""
    return await _find(parse_id(host.resources.host_pool_id), name.casefold()) is None


def _agent(there: Any) -> AgentStatus:  # noqa: ANN401 - as above
    status = getattr(there, "status", None)
    try:
        return AgentStatus(str(getattr(status, "value", status)))
    except ValueError:
        return AgentStatus.UNKNOWN


async def _power(host: SessionHost) -> Power | None:
    """Return the power of a host's machine; None where Azure names none that is known."""
    if not host.resources.vm_id:
        return Power.GONE
    vm = parse_id(host.resources.vm_id)
    try:
        view = (
            await dependencies().compute(vm.subscription_id).virtual_machines.instance_view(vm.resource_group, vm.name)
        )
    except MissingError as missing:
        return _answer_if_not_found(missing, Power.GONE)
    codes = [str(status.code or "").lower() for status in view.statuses or ()]
    if "hibernationstate/hibernated" in codes:
        return Power.HIBERNATED
    power = next((code.partition("/")[2] for code in codes if code.startswith("powerstate/")), "")
    return Power(power) if power in set(Power) else None


async def _save(looked: Sequence[Stored[SessionHost]], before: Sequence[Stored[SessionHost]]) -> None:
    """Write the hosts of which something has changed; where a task has written meanwhile, each by itself."""
    known = {each.value.id: each.value for each in before}
    changed = [each for each in looked if each.value != known[each.value.id]]
    if not changed:
        return
    hosts = dependencies().session_hosts
    try:
        await hosts.save_all(changed)
    except StaleError:
        for each in changed:
            await hosts.change(each.value.tenant_id, each.value.id, partial(_merged, after=each.value))


def _merged(there: SessionHost, after: SessionHost) -> SessionHost | None:
    if there.status is not HostStatus.READY:
        return None
    return there.but(seen=after.seen, notified_at=after.notified_at, restarts=after.restarts)
