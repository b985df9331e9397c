"""Sign-in roles: the user may use the desktop and, on an Entra-joined machine, sign in to the VM. Nobody else."""

from __future__ import annotations

from datetime import datetime

from activities.cloud_pcs.desktops import application_group_id, pools_of
from activities.machines.vms import if_undated
from activities.operations.asking_again import ask_again
from activities.operations.at_work import of_its_work, owned
from shared.clients.arm import as_content, parse_id
from shared.contracts.calls import is_overtaken
from shared.contracts.desktops import (
    GRANT_SIGN_IN,
    REVOKE_SIGN_IN,
    ForgetSessionHostOrder,
    RightsGiven,
    SignInRightsOrder,
)
from shared.contracts.machines import Machine
from shared.contracts.outcomes import DeclinedError, Done, MissingError, Pending, Refused
from shared.contracts.power import ALLOW_START_ON_CONNECT
from shared.contracts.session_hosts import HostSessionsOrder
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.azure_errors import PRINCIPAL_UNKNOWN, ROLE_ASSIGNED
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.networks.connection import JoinType
from shared.domain.tenants.needs import NO_START_SERVICE, POWER_ON_ROLE, VIRTUAL_DESKTOP
from shared.workflow import Blueprint, implements

bp = Blueprint()

DESKTOP_USER = "1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63"  # Desktop Virtualization User
MACHINE_USER = "fb879df8-f326-4884-b1cf-06f3ad86be52"  # Virtual Machine User Login


@bp.activity_trigger(input_name="payload")
@implements(GRANT_SIGN_IN, fence=owned)
async def grant_sign_in(order: SignInRightsOrder) -> RightsGiven | Pending | Refused:
    """Assign the user the roles for signing in; the assignments' ids are derived, so it is safe to repeat."""
    subscription = order.machine.subscription_id
    grants = [(order.application_group_id, DESKTOP_USER)]
    if order.join_type is JoinType.AZURE_AD_JOIN:
        grants.append((order.machine.vm_id, MACHINE_USER))
    since = []
    try:
        for scope, role in grants:
            there = await role_since(subscription, scope, role, order.user_id) if order.given else None
            since.append(there or await assign_role(subscription, scope, role, order.user_id))
    except DeclinedError as declined:
        if declined.code.lower() in PRINCIPAL_UNKNOWN:
            return Pending(note="Azure does not know the user yet", after=20)
        raise
    return RightsGiven(since=max(since))


async def let_azure_start(tenant_id: str, subscription: str, resource_group: str) -> str | None:
    """Let Azure Virtual Desktop start the machines of a resource group at sign-in; return why it may not.

    Source: learn.microsoft.com/azure/virtual-desktop/start-virtual-machine-connect.
    """
    deps = dependencies()
    tenant = (await deps.tenants.get(tenant_id)).value
    try:
        service = await deps.graph(tenant).service_principal_id(VIRTUAL_DESKTOP)
        if service is None:
            return NO_START_SERVICE
        scope = f"/subscriptions/{subscription}/resourceGroups/{resource_group}"
        await assign_role(subscription, scope, POWER_ON_ROLE, service, "ServicePrincipal")
    except DeclinedError as declined:
        return f"Azure Virtual Desktop could not be given the right to start hosts: {declined.code}."
    return None


@bp.activity_trigger(input_name="payload")
@implements(ALLOW_START_ON_CONNECT, fence=of_its_work)
async def allow_start_on_connect(order: HostSessionsOrder) -> Done | Refused:
    """Let a user's sign-in start their machine: the pool starts machines, and Azure Virtual Desktop has the right."""
    pool, machine = parse_id(order.host_pool_id), order.machine
    pools = dependencies().desktops(pool.subscription_id).host_pools
    if not (await pools.get(pool.resource_group, pool.name)).start_vm_on_connect:
        wanted = {"properties": {"startVMOnConnect": True}}
        await pools.update(pool.resource_group, pool.name, as_content(wanted))
    why = await let_azure_start(machine.tenant_id, machine.subscription_id, machine.resource_group)
    if why is None:
        return Done()
    advice = "Let an administrator of the customer cure that; until then nothing is stopped that nobody could start."
    return Refused(code="cannotStartOnConnect", message=why, advice=advice)


async def assign_role(subscription: str, scope: str, role: str, user_id: str, kind: str = "User") -> datetime:
    """Assign a role to a user, or another *kind* of principal, at a scope; safe to repeat: the id is derived.

    Return since when it is assigned, as far as Azure says: an assignment that was there keeps its moment.
    """
    definition = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    content = {"roleDefinitionId": definition, "principalId": user_id, "principalType": kind}
    assignments = dependencies().authorization(subscription).role_assignments
    try:
        made = await assignments.create(scope, assignment_id(scope, role, user_id), as_content({"properties": content}))
    except DeclinedError as declined:
        if declined.code.lower() not in ROLE_ASSIGNED:
            raise
        there = await role_since(subscription, scope, role, user_id)  # None: it has another id, somebody else gave it
        return there or dependencies().clock.now()
    return made.created_on or dependencies().clock.now()


async def role_since(subscription: str, scope: str, role: str, user_id: str) -> datetime | None:
    """Return when our assignment gave a user a role at a scope, or None if there is no assignment or no date."""
    try:
        found = (
            await dependencies()
            .authorization(subscription)
            .role_assignments.get(scope, assignment_id(scope, role, user_id))
        )
    except MissingError:
        return None
    since: datetime | None = found.created_on
    return since


def assignment_id(scope: str, role: str, user_id: str) -> str:
    """Return the id that our assignment of a role to a user at a scope always has."""
    return naming.derived_id("role", scope.lower(), role, user_id.lower())


@bp.activity_trigger(input_name="payload")
@implements(REVOKE_SIGN_IN, fence=if_undated, asks=ask_again)
async def revoke_sign_in(order: ForgetSessionHostOrder) -> Done | Refused:
    """Remove the user's roles; keep the role on the desktop if another machine of theirs in the same pool needs it.

    That is another Cloud PC of the user, or this one with another machine than that of the order.
    """
    machine = order.machine
    records = dependencies().cloud_pcs
    stored = await records.find(machine.tenant_id, machine.owner.id)
    if stored is None:
        return Done()
    user_id = stored.value.user.id
    others = [
        pc.value
        for pc in await records.of_user(machine.tenant_id, user_id)
        if pc.value.id != machine.owner.id or _has_another(pc.value, machine)
    ]
    needed = {(pc.current.resources.host_pool_id or "").casefold() for pc in others}
    await remove_role(machine.subscription_id, machine.vm_id, MACHINE_USER, user_id)
    for pool in pools_of(order):
        group = f"/subscriptions/{pool.subscription_id}/resourceGroups/{pool.resource_group}"
        pool_id = f"{group}/providers/Microsoft.DesktopVirtualization/hostPools/{pool.name}"
        if pool_id.casefold() not in needed:
            await remove_role(pool.subscription_id, application_group_id(pool_id), DESKTOP_USER, user_id)
    return Done()


def _has_another(pc: CloudPc, machine: Machine) -> bool:
    """Return whether a Cloud PC works with another machine than this one."""
    return pc.status in WORKING and pc.current.resources.computer_name not in {None, machine.computer_name}


async def remove_role(subscription: str, scope: str, role: str, user_id: str) -> None:
    """Remove the assignment of a role to a user at a scope, unless it was made after the running order was given."""
    assignments = dependencies().authorization(subscription).role_assignments
    try:
        given_at = (await assignments.get(scope, assignment_id(scope, role, user_id))).created_on
        if is_overtaken(given_at, dependencies().clock.now()):
            return
        await assignments.delete(scope, assignment_id(scope, role, user_id))
    except MissingError:
        return


async def remove_role_of_all(subscription: str, resource_group: str, role: str) -> None:
    """Remove every assignment of a role at a resource group that the service has made: their ids are derived."""
    assignments = dependencies().authorization(subscription).role_assignments
    scope = f"/subscriptions/{subscription}/resourceGroups/{resource_group}"
    async for each in assignments.list_for_resource_group(resource_group):
        mine = str(each.scope).casefold() == scope.casefold() and str(each.role_definition_id).endswith(f"/{role}")
        if mine and str(each.name).casefold() == assignment_id(scope, role, str(each.principal_id)):
            await remove_role(subscription, scope, role, str(each.principal_id))
