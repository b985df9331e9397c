"""Session hosts in their pools: opened, closed, read, and given to a member where they are dedicated."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from activities.cloud_pcs.desktops import USABLE, find_host, host_name
from activities.cloud_pcs.principal_names import present_name
from activities.cloud_pcs.rights import MACHINE_USER, assign_role, remove_role
from activities.machines.vms import if_undated
from activities.operations.at_work import during, of_its_work
from shared.clients.arm import as_content, parse_id
from shared.contracts.calls import is_delayed
from shared.contracts.machines import Machine
from shared.contracts.outcomes import DeclinedError, Done, MissingError, Pending, Refused
from shared.contracts.session_hosts import (
    CLOSE_HOST,
    GIVE_HOST,
    OPEN_HOST,
    POLL_NEW_HOST,
    POLL_SERVING,
    REVOKE_HOST,
    GivenHost,
    HostJob,
    HostRightsOrder,
    HostSessions,
    HostSessionsOrder,
    NewHostOrder,
    NewHostSeen,
)
from shared.contracts.spot_groups import SpotPool
from shared.dependencies import dependencies
from shared.domain.azure_errors import PRINCIPAL_UNKNOWN
from shared.domain.networks.connection import JoinType
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.groups.members import Rights, SpotMember
from shared.domain.spot.hosts.host import HostStatus, HostStep, SessionHost
from shared.domain.spot.hosts.observed import AgentStatus
from shared.domain.spot.hosts.sessions import next_owner
from shared.workflow import Blueprint, implements

bp = Blueprint()

_ACTIVE, _PENDING = "Active", "Pending"
_FAILED = "HealthCheckFailed"
_UNHEALTHY = AgentStatus.FSLOGIX_NOT_HEALTHY.value
_proving = during(HostStep.PROVE)


@bp.activity_trigger(input_name="payload")
@implements(POLL_NEW_HOST, fence=_proving)
async def poll_new_host(order: NewHostOrder) -> NewHostSeen | Pending | Refused:
    """Read whether a host that has registered serves; from its first report on nobody is sent to it.

    A host that does not reach its profiles reports that it is unhealthy: that is an answer too.
    """
    host = await find_host(order.machine, parse_id(order.host_pool_id), order.domain_name)
    if host is None:
        return Pending(note=f"{order.machine.computer_name} has not registered yet", after=15)
    if (host.resource_id or "").casefold() != order.machine.vm_id.casefold():
        return Pending(note=f"{order.machine.computer_name} is still registered for another machine")
    is_given = is_delayed(dependencies().clock.now()) and bool(host.assigned_user)  # since: the build goes on
    if host.allow_new_session and not is_given:
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
    """Let users sign in to a host again; change nothing if the host is not in its pool."""
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


_TRIES = 20


@bp.activity_trigger(input_name="payload")
@implements(GIVE_HOST, fence=_proving)
async def give_host(job: HostJob) -> GivenHost | Pending | Refused:
    """Give a host that has been built to the first member with a place and no host; nobody waits: it stays free."""
    machine = job.machine.but(region=job.made.region or job.machine.region)
    user_id = await claim_host(job.tenant_id, job.spot_group_id, job.session_host_id)
    if user_id is None:
        return GivenHost()
    try:
        await let_in(
            machine, job.host_pool_id, job.domain_name, job.join_type, user_id=user_id, group_id=job.spot_group_id
        )
    except DeclinedError as declined:
        if declined.code.lower() in PRINCIPAL_UNKNOWN:
            return Pending(note="Azure does not know the user yet", after=20)
        raise
    return GivenHost(user_id=user_id)


async def claim_host(tenant_id: str, group_id: str, host_id: str) -> str | None:
    """Assign a host to the next member that waits for one; return the user's id, None if nobody waits.

    Two hosts that claim one user at the same moment both see it afterwards: the one with the lesser id keeps them.
    """
    deps = dependencies()
    for _ in range(_TRIES):
        members = [each.value async for each in deps.spot_members.each(tenant_id, group_id=group_id)]
        hosts = await deps.session_hosts.of_group(tenant_id, group_id)
        user_id = next_owner(host_id, hosts, members)

        def edit(host: SessionHost, user_id: str | None = user_id) -> SessionHost | None:
            return None if host.assigned_user_id == user_id else host.but(assigned_user_id=user_id)

        mine = next((each for each in hosts if each.id == host_id), None)
        if mine is None or mine.assigned_user_id == user_id:
            return user_id
        await deps.session_hosts.change(tenant_id, host_id, edit)
    return None


async def let_in(
    machine: Machine,
    host_pool_id: str,
    domain_name: str | None,
    join_type: JoinType,
    *,
    user_id: str,
    group_id: str,
    opens: bool = True,
) -> None:
    """Assign a session host to its user, and give the user the right to sign in to an Entra-joined machine.

    *opens*: the host takes new sessions then; else it is as open or closed as it was.
    """
    deps, pool = dependencies(), parse_id(host_pool_id)
    host = await find_host(machine, pool, domain_name)
    members = [each.value async for each in deps.spot_members.each(machine.tenant_id, user_id=user_id)]
    if host is not None and members:
        name = await present_name(machine.tenant_id, user_id, members[0].user_principal_name)
        change = {"assignedUser": name, **({"allowNewSession": True} if opens else {})}
        hosts = deps.desktops(pool.subscription_id).session_hosts
        patch = as_content({"properties": change})
        await hosts.update(pool.resource_group, pool.name, host_name(host), session_host=patch)
    if join_type is JoinType.AZURE_AD_JOIN:
        since = await assign_role(machine.subscription_id, machine.vm_id, MACHINE_USER, user_id)
        for member in members:
            if member.group_id == group_id:
                await deps.spot_members.change(machine.tenant_id, member.id, partial(_given_since, since=since))


def _given_since(member: SpotMember, since: datetime) -> SpotMember | None:
    later = member.rights is Rights.GRANTED and (member.rights_given_at or since) <= since
    return member.but(rights_given_at=since) if later and member.rights_given_at != since else None


async def give_free_hosts(pool: SpotPool, tenant_id: str, group_id: str, user_ids: frozenset[str]) -> None:
    """Give free hosts to members without one, and *user_ids* the right to sign in to theirs.

    A host that a person drains stays closed; so does one that may have been closed since an order of minutes ago.
    """
    deps = dependencies()
    is_late = is_delayed(deps.clock.now())
    group = await deps.spot_groups.find(tenant_id, group_id)
    connection = await deps.connections.find(tenant_id, group.value.connection_id) if group else None
    domain = connection.value.domain if connection else None
    for host in await _ready(tenant_id, group_id):
        mine = host.assigned_user_id
        if mine is None and host.proven:
            mine = await claim_host(tenant_id, group_id, host.id)
        elif mine not in user_ids:
            continue
        if mine is not None:
            name = domain.ad_domain_name if domain else None
            await let_in(
                machine_of(host),
                pool.host_pool_id,
                name,
                pool.join_type,
                user_id=mine,
                group_id=group_id,
                opens=not (is_late or host.drained_by_hand),
            )


async def take_hosts(pool: SpotPool, tenant_id: str, group_id: str, user_id: str) -> None:
    """Take the right to sign in to their machine from somebody who has no place any more; the host stays theirs."""
    if pool.join_type is not JoinType.AZURE_AD_JOIN:
        return
    for host in await _ready(tenant_id, group_id):
        if host.assigned_user_id == user_id:
            machine = machine_of(host)
            await remove_role(machine.subscription_id, machine.vm_id, MACHINE_USER, user_id)


async def _ready(tenant_id: str, group_id: str) -> list[SessionHost]:
    hosts = dependencies().session_hosts
    ready = hosts.each(tenant_id, spot_group_id=group_id, status=HostStatus.READY.value)
    return sorted([each.value async for each in ready], key=lambda host: host.id)


def machine_of(host: SessionHost) -> Machine:
    """Return the machine of a host that has been built."""
    made = host.resources
    return Machine(
        tenant_id=host.tenant_id,
        owner=Owner(kind=OwnerKind.SESSION_HOST, id=host.id),
        subscription_id=made.subscription_id or "",
        resource_group=made.resource_group or "",
        region=made.region or "",
        computer_name=made.computer_name or "",
    )


@bp.activity_trigger(input_name="payload")
@implements(REVOKE_HOST, fence=if_undated)
async def revoke_host(order: HostRightsOrder) -> Done | Refused:
    """Take the right to sign in to the machine from its user."""
    await remove_role(order.machine.subscription_id, order.machine.vm_id, MACHINE_USER, order.user_id)
    return Done()
