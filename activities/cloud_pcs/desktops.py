"""Assignment: the tenant's personal host pools and their session hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from activities.cloud_pcs.principal_names import present_name
from activities.machines.identities import begin_extension
from activities.machines.shared_resources import of_a_site
from activities.machines.vms import of_its_machine
from activities.operations.asking_again import ask_again
from activities.operations.at_work import being_given, being_replaced, during, of_its_work
from shared.caching import TtlCache
from shared.clients.arm import ResourceId, as_content, ensure_group, parse_id
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    BEGIN_REGISTRATION,
    DELETE_SESSION_HOST,
    IN_USE,
    POLL_SESSION_HOST,
    PREPARE_HOST_POOL,
    RELEASE_SESSION_HOST,
    SIGN_OFF,
    AssignmentOrder,
    ForgetSessionHostOrder,
    HostPoolOrder,
    HostPoolReady,
    RegistrationOrder,
    SessionHostFound,
    SessionHostOrder,
)
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, MissingError, Pending, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.networks.connection import JoinType
from shared.services.spot.sessions import DISCONNECTED, state_of
from shared.workflow import Blueprint, implements

bp = Blueprint()

AGENT_MODULE = "https://wvdportalstorageblob.blob.core.windows.net/galleryartifacts/Configuration_1.0.03266.1110.zip"
"""Microsoft's DSC module that installs the desktop agent; it downloads the newest agent."""

_REDIRECTIONS = "drivestoredirect:s:*;redirectclipboard:i:1;redirectprinters:i:1;usbdevicestoredirect:s:*;"
"""RDP properties of the pool: all redirections, because the stricter of pool and Windows applies (decision 42)."""
_RDP = {
    # Allows clients outside the directory.
    JoinType.AZURE_AD_JOIN: "targetisaadjoined:i:1;",
    JoinType.HYBRID_AZURE_AD_JOIN: "",
}
_SINGLE_SIGN_ON = {True: "enablerdsaadauth:i:1;", False: "enablerdsaadauth:i:0;"}
USABLE = frozenset({"Available", "NeedsAssistance", "Upgrading", "UpgradeFailed"})  # docs/notes/spotpc-avd.md 2.4
_POOLS: TtlCache[HostPoolReady] = TtlCache(timedelta(minutes=10))
_TOKENS: TtlCache[str] = TtlCache(timedelta(hours=12))
_TOKEN_LIFETIME = timedelta(hours=24)  # Azure allows one hour to 27 days
_TOKEN_RESERVE = timedelta(hours=2)


def application_group_id(host_pool_id: str) -> str:
    """Return the id of a pool's desktop application group: derived, so that roles can be removed without a read."""
    beside, _, name = host_pool_id.replace("/hostPools/", "/applicationGroups/").rpartition("/")
    return f"{beside}/{naming.desktop_application_group(name)}"


@bp.activity_trigger(input_name="payload")
@implements(PREPARE_HOST_POOL, fence=of_a_site)
async def prepare_host_pool(order: HostPoolOrder) -> HostPoolReady | Refused:
    """Create the tenant's personal pool for a join and a way to sign in, its application group and workspace."""
    name = naming.host_pool_name(order.tenant_id, order.join_type.value, single_sign_on=order.single_sign_on)
    return await _POOLS.get_or(dependencies(), (order.subscription_id, name), lambda: _host_pool(order, name))


async def _host_pool(order: HostPoolOrder, name: str) -> HostPoolReady:
    tags = {naming.TENANT_TAG: order.tenant_id}
    compute = dependencies().compute(order.subscription_id)
    await ensure_group(compute, order.subscription_id, order.resource_group, order.region, tags)
    desktops = dependencies().desktops(order.subscription_id)
    group = f"/subscriptions/{order.subscription_id}/resourceGroups/{order.resource_group}"
    pool_id = f"{group}/providers/Microsoft.DesktopVirtualization/hostPools/{name}"
    desktop = application_group_id(pool_id)
    common = {"location": order.region, "tags": tags}
    pool = {
        "hostPoolType": "Personal",
        "personalDesktopAssignmentType": "Direct",
        "loadBalancerType": "Persistent",
        "preferredAppGroupType": "Desktop",
        "customRdpProperty": _REDIRECTIONS + _RDP[order.join_type] + _SINGLE_SIGN_ON[order.single_sign_on],
    }
    desktop_group = {"hostPoolArmPath": pool_id, "applicationGroupType": "Desktop", "friendlyName": "Cloud PC"}
    workspace = {"friendlyName": "Cloud PCs", "applicationGroupReferences": [desktop]}
    # Each after what it refers to. Existing ones stay unchanged: an administrator may have edited them.
    await ensure(desktops.host_pools, order.resource_group, name, {**common, "properties": pool})
    await ensure(
        desktops.application_groups,
        order.resource_group,
        parse_id(desktop).name,
        {**common, "properties": desktop_group},
    )
    await ensure(
        desktops.workspaces, order.resource_group, naming.desktop_workspace(name), {**common, "properties": workspace}
    )
    return HostPoolReady(host_pool_id=pool_id, application_group_id=desktop)


async def ensure(operations: Any, group: str, name: str, body: dict[str, Any]) -> None:  # noqa: ANN401 - SDK groups
    """Create a resource if it does not exist; never change an existing one, which an administrator may have edited."""
    try:
        await operations.get(group, name)
    except MissingError:
        await operations.create_or_update(group, name, as_content(body))


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_REGISTRATION, fence=during("assignUser", "register", once=True))
async def begin_registration(order: RegistrationOrder) -> Accepted | Refused:
    """Start to install the desktop agent, which registers the machine in the pool.

    The registration token is passed in protected settings only: it never leaves this activity.
    """
    pool = parse_id(order.host_pool_id)
    token = await _TOKENS.get_or(dependencies(), order.host_pool_id, lambda: _registration_token(pool))
    entra = order.join_type is JoinType.AZURE_AD_JOIN
    arguments = {
        "hostPoolName": pool.name,
        "registrationInfoTokenCredential": {
            "UserName": "PLACEHOLDER_DO_NOT_USE",  # DSC requires a user name; the password is read from Items
            "Password": "PrivateSettingsRef:RegistrationInfoToken",
        },
        "aadJoin": entra,
        "UseAgentDownloadEndpoint": True,
        "aadJoinPreview": False,
        "mdmId": "",  # the join has enrolled it
        "sessionHostConfigurationLastUpdateTime": "",
    }
    settings = {
        "modulesUrl": AGENT_MODULE,
        "configurationFunction": "Configuration.ps1\\AddSessionHost",
        "properties": arguments,
    }
    body = {
        "publisher": "Microsoft.Powershell",
        "type": "DSC",
        "typeHandlerVersion": "2.83",
        "autoUpgradeMinorVersion": True,
        "settings": settings,
        "protectedSettings": {"Items": {"RegistrationInfoToken": token}},
    }
    return await begin_extension(order.machine, "Microsoft.PowerShell.DSC", body)


async def _registration_token(pool: ResourceId) -> str:
    """Return a token that is valid for some hours: the pool's, or a new one if it has none."""
    pools = dependencies().desktops(pool.subscription_id).host_pools
    now = dependencies().clock.now()
    listed = await pools.list_registration_tokens(pool.resource_group, pool.name)
    for known in listed.value or ():
        if known.token and known.expiration_time and known.expiration_time - now > _TOKEN_LIFETIME / 2 + _TOKEN_RESERVE:
            return str(known.token)
    until = (now + _TOKEN_LIFETIME).isoformat().replace("+00:00", "Z")
    wanted = {"registrationInfo": {"expirationTime": until, "registrationTokenOperation": "Update"}}
    await pools.update(pool.resource_group, pool.name, as_content({"properties": wanted}))
    listed = await pools.list_registration_tokens(pool.resource_group, pool.name)
    return str(next(known.token for known in listed.value or () if known.token))


@bp.activity_trigger(input_name="payload")
@implements(POLL_SESSION_HOST)
async def poll_session_host(order: SessionHostOrder) -> SessionHostFound | Pending | Refused:
    """Read whether the machine is a usable session host of the pool."""
    host = await find_host(order.machine, parse_id(order.host_pool_id), order.domain_name)
    if host is None:
        return Pending(note=f"{order.machine.computer_name} has not registered yet")
    status = getattr(host.status, "value", host.status)
    if (host.resource_id or "").casefold() != order.machine.vm_id.casefold():
        return Pending(note=f"{order.machine.computer_name} is still registered for another machine")
    if status not in USABLE:
        return Pending(note=f"{order.machine.computer_name} is {status}")
    return SessionHostFound(name=host_name(host))


def host_name(host: Any) -> str:  # noqa: ANN401 - the SDK's SessionHost
    """Return a session host's own name, or a session's: the last part of its id (its name has the pool's before it)."""
    return str(host.id).rpartition("/")[2]


async def find_host(machine: Machine, pool: ResourceId, domain_name: str | None = None) -> Any:  # noqa: ANN401 - the SDK's SessionHost or None
    """Return the machine's session host: by its name, or in a domain by the beginning of its full name.

    *domain_name*: of its domain, where that is known: then nothing is listed.
    """
    hosts = dependencies().desktops(pool.subscription_id).session_hosts
    if domain_name is not None or "-hybrid" not in pool.name:
        name = machine.computer_name if domain_name is None else f"{machine.computer_name}.{domain_name}"
        try:
            return await hosts.get(pool.resource_group, pool.name, name)
        except MissingError:
            return None
    wanted = f"{machine.computer_name.casefold()}."
    try:
        async for host in hosts.list(pool.resource_group, pool.name):
            if f"{host_name(host).casefold()}.".startswith(wanted):
                return host
    except MissingError:
        return None
    return None


@bp.activity_trigger(input_name="payload")
@implements(ASSIGN_SESSION_HOST, fence=being_given)
async def assign_session_host(order: AssignmentOrder) -> Done | Refused:
    """Assign the session host to the user; Azure refuses a host that is assigned to another user. Safe to repeat.

    The user has the name that the directory has now: the order may have waited for capacity for hours.
    """
    name = await present_name(order.machine.tenant_id, order.user_id, order.user_principal_name)
    pool = parse_id(order.host_pool_id)
    hosts = dependencies().desktops(pool.subscription_id).session_hosts
    change = {"assignedUser": name, "allowNewSession": True}
    patch = as_content({"properties": change})
    await hosts.update(pool.resource_group, pool.name, order.session_host, session_host=patch)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(RELEASE_SESSION_HOST, fence=being_replaced)
async def release_session_host(order: ForgetSessionHostOrder) -> Done | Refused:
    """Unassign the session host and allow no new session; a current session stays. A missing host is released too.

    With *unless_in_use* it is refused while somebody is active. The sessions are read again afterwards, because one may
    have begun meanwhile; whoever is refused assigns the host to its user again.
    """
    async for pool, name in hosts_of(order):
        hosts = dependencies().desktops(pool.subscription_id).session_hosts
        free = as_content({"properties": {"assignedUser": "", "allowNewSession": False}})
        if order.unless_in_use and await _is_active(pool, name):
            return _in_use()
        await hosts.update(pool.resource_group, pool.name, name, session_host=free, force=True)
        if order.unless_in_use and await _is_active(pool, name):
            return _in_use()
    return Done()


def _in_use() -> Refused:
    message = "somebody is active on the machine that was to be replaced: they keep it"
    return Refused(code=IN_USE, message=message, final=True)


async def _is_active(pool: ResourceId, name: str) -> bool:
    """Whether somebody is active on a session host at this moment."""
    sessions = dependencies().desktops(pool.subscription_id).user_sessions
    try:
        found = [each async for each in sessions.list(pool.resource_group, pool.name, name)]
    except MissingError:
        return False
    return any(state_of(each) != DISCONNECTED for each in found)


@bp.activity_trigger(input_name="payload")
@implements(DELETE_SESSION_HOST, fence=of_its_machine, asks=ask_again)
async def delete_session_host(order: ForgetSessionHostOrder) -> Done | Refused:
    """Delete the session host from its pool, or from all pools of the tenant, before the VM is deleted."""
    async for pool, name in hosts_of(order):
        hosts = dependencies().desktops(pool.subscription_id).session_hosts
        await hosts.delete(pool.resource_group, pool.name, name, force=True)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(SIGN_OFF, fence=of_its_work, asks=ask_again)
async def sign_off(order: ForgetSessionHostOrder) -> Done | Refused:
    """Allow no new session on the machine, and sign off its current users."""
    async for pool, name in hosts_of(order):
        desktops = dependencies().desktops(pool.subscription_id)
        closed = as_content({"properties": {"allowNewSession": False}})
        await desktops.session_hosts.update(pool.resource_group, pool.name, name, session_host=closed)
        try:
            sessions = [each async for each in desktops.user_sessions.list(pool.resource_group, pool.name, name)]
        except MissingError:
            continue
        for session in sessions:
            number = host_name(session)
            with suppress(MissingError):  # the user has signed out meanwhile
                await desktops.user_sessions.delete(pool.resource_group, pool.name, name, number, force=True)
    return Done()


async def hosts_of(order: ForgetSessionHostOrder) -> AsyncIterator[tuple[ResourceId, str]]:
    """Give each pool that the machine is in, with the name of its session host there.

    A machine that was built from the kept disk of this one has its computer name, and so the name of its session host.
    """
    for pool in pools_of(order):
        host = await find_host(order.machine, pool, order.domain_name)
        if host is not None and (host.resource_id or order.machine.vm_id).casefold() == order.machine.vm_id.casefold():
            yield pool, host_name(host)


def pools_of(order: ForgetSessionHostOrder) -> tuple[ResourceId, ...]:
    """Return the pools in which the machine may be registered: the known pool, or all pools of the tenant."""
    if order.host_pool_id:
        return (parse_id(order.host_pool_id),)
    machine = order.machine
    return tuple(
        ResourceId(
            subscription_id=machine.subscription_id,
            resource_group=naming.tenant_resource_group(machine.tenant_id),
            names=(name,),
        )
        for name in naming.host_pool_names(machine.tenant_id)
    )
