"""Joining the directory, Intune, and the primary user; and forgetting all of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from activities.machines.run_commands import assemble, begin_run_command, read_run_command
from activities.machines.vms import compares_each
from activities.operations.asking_again import ask_again
from activities.operations.at_work import during
from shared.caching import TtlCache
from shared.clients.arm import begin
from shared.contracts.calls import is_overtaken, ordered_tag
from shared.contracts.joining import (
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENROLLMENT,
    BEGIN_ENTRA_JOIN,
    DELETE_DEVICE,
    DELETE_MANAGED_DEVICE,
    DOMAIN_JOIN,
    POLL_DEVICE,
    POLL_ENROLLMENT,
    READ_ENROLLMENT,
    SET_PRIMARY_USER,
    STAMP_ENROLLMENT_PROFILE,
    DeviceEnrollmentOrder,
    DeviceFound,
    DeviceOrder,
    DomainJoinOrder,
    Enrolled,
    EnrollmentOrder,
    EntraJoinOrder,
    ForgetDeviceOrder,
    PrimaryUserOrder,
    StampOrder,
)
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, DeclinedError, Done, MissingError, Pending, Refused
from shared.dependencies import dependencies
from shared.domain.networks.connection import JoinType
from shared.domain.tenants.tenant import Tenant
from shared.workflow import Blueprint, implements

if TYPE_CHECKING:
    from shared.clients.graph import Graph

bp = Blueprint()

INTUNE = "0000000a-0000-0000-c000-000000000000"  # the mdmId that turns the Entra join into an enrolment as well
POLICY_ATTRIBUTE = 15
"""The extension attribute that carries the policy's name: docs/decisions tells why not enrollmentProfileName."""

ENROLLMENT_COMMAND = "deskwright-enrollment"
_ENROLL = "enrollInIntune"
_JOIN_AND_CREATE = "3"  # NETSETUP_JOIN_DOMAIN | NETSETUP_ACCT_CREATE
_UNREGISTERED = frozenset({"", "00000000-0000-0000-0000-000000000000"})
_TRUST = {JoinType.AZURE_AD_JOIN: "azuread", JoinType.HYBRID_AZURE_AD_JOIN: "serverad"}
_CLOCKS_DIFFER = timedelta(minutes=5)
_TENANTS: TtlCache[Tenant] = TtlCache(timedelta(minutes=1))


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_ENTRA_JOIN, fence=during("joinDirectory"))
async def begin_entra_join(order: EntraJoinOrder) -> Accepted | Refused:
    """Begin the Entra join, with Intune enrolment as a device: no user's credentials are needed."""
    body = {
        "publisher": "Microsoft.Azure.ActiveDirectory",
        "type": "AADLoginForWindows",
        "typeHandlerVersion": "2.0",
        "autoUpgradeMinorVersion": True,
        "settings": {"mdmId": INTUNE} if order.enroll else {},
    }
    return await begin_extension(order.machine, "AADLoginForWindows", body)


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_DOMAIN_JOIN, fence=during("joinDirectory"))
async def begin_domain_join(order: DomainJoinOrder) -> Accepted | Refused:
    """Begin the join to the on-premises domain; the password goes from the vault into protected settings only."""
    domain = order.domain
    try:
        password = await dependencies().vault().read(domain.password_secret_url)
    except MissingError:
        return Refused(
            code="joinPasswordMissing",
            message=f"The password of {domain.ad_domain_username} is not in the vault",
            evidence=domain.password_secret_url,
            advice="Enter the password again with the connection's updateAdDomainPassword action, then retry.",
            final=True,
        )
    settings = {
        "Name": domain.ad_domain_name,
        "OUPath": domain.organizational_unit or "",
        "User": domain.ad_domain_username,
        "Restart": "true",
        "Options": _JOIN_AND_CREATE,
    }
    body = {
        "publisher": "Microsoft.Compute",
        "type": DOMAIN_JOIN.name,
        "typeHandlerVersion": "1.3",
        "autoUpgradeMinorVersion": True,
        "settings": settings,
        "protectedSettings": {"Password": password},
    }
    return await begin_extension(order.machine, DOMAIN_JOIN.name, body)


async def begin_extension(machine: Machine, name: str, properties: dict[str, Any]) -> Accepted:
    """Begin to put an extension into a VM; the same one again is no error."""
    extensions = dependencies().compute(machine.subscription_id).virtual_machine_extensions
    tags = {**machine.tags, **ordered_tag(dependencies().clock.now())}
    body: Any = {"location": machine.region, "tags": tags, "properties": properties}
    return await begin(
        lambda hook: extensions.begin_create_or_update(
            machine.resource_group, machine.vm_name, name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=f"{machine.vm_id}/extensions/{name}",
    )


async def graph_of(tenant_id: str) -> Graph:
    """Return the client of a tenant's directory."""
    deps = dependencies()
    return deps.graph(await _TENANTS.get_or(deps, tenant_id, lambda: _tenant(tenant_id)))


async def _tenant(tenant_id: str) -> Tenant:
    return (await dependencies().tenants.get(tenant_id)).value


@bp.activity_trigger(input_name="payload")
@implements(POLL_DEVICE)
async def poll_device(order: DeviceOrder) -> DeviceFound | Pending | Refused:
    """Read the machine's device in Entra ID: by name and join type, registered since the join began."""
    graph = await graph_of(order.tenant_id)
    since = order.not_before - _CLOCKS_DIFFER
    for device in await graph.devices(order.computer_name):
        registered = device.registered_at is not None and device.registered_at >= since
        if (device.trust_type or "").lower() == _TRUST[order.join_type] and registered:
            return DeviceFound(device_id=device.device_id, object_id=device.object_id)
    if order.join_type is JoinType.HYBRID_AZURE_AD_JOIN:
        note = f"{order.computer_name} is not in Entra ID yet: it comes with the next synchronisation of the domain."
    else:
        note = f"{order.computer_name} is not in Entra ID yet."
    return Pending(note=note)


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_ENROLLMENT, fence=during("enrollInIntune"))
async def begin_enrollment(order: DeviceEnrollmentOrder) -> Accepted | Refused:
    """Start the script that enrols a domain-joined machine with its device's credential; no user takes part."""
    source = assemble((_ENROLL,), frame="frame", below="enrollment/")
    return await begin_run_command(order.machine, ENROLLMENT_COMMAND, source, {})


@bp.activity_trigger(input_name="payload")
@implements(READ_ENROLLMENT)
async def read_enrollment(order: DeviceEnrollmentOrder) -> Done | Pending | Refused:
    """Read the script's report."""
    reported = await read_run_command(order.machine, ENROLLMENT_COMMAND, (_ENROLL,))
    if isinstance(reported, Pending):
        return reported
    ok, message = reported[_ENROLL]
    if ok:
        return Done()
    return Refused(
        code="enrollmentFailed",
        message=f"{order.machine.computer_name} could not be enrolled in Intune",
        evidence=message,
        advice="See that the directory has Intune and Entra ID P1, that no policy of the domain sets"
        " DisableRegistration, and that no enrolment restriction keeps Windows out:"
        " run the connection's health checks.",
    )


@bp.activity_trigger(input_name="payload")
@implements(POLL_ENROLLMENT)
async def poll_enrollment(order: EnrollmentOrder) -> Enrolled | Pending | Refused:
    """Read the device in Intune by its Entra device id; when it is late, by its name too, to explain why."""
    graph = await graph_of(order.tenant_id)
    found = await graph.managed_devices(device_id=order.device_id)
    if found:
        # Enrolled twice: the newer record is the one that reports.
        newest = max(found, key=lambda each: each.enrolled_at.timestamp() if each.enrolled_at else 0.0)
        return Enrolled(managed_device_id=newest.id)
    late = order.explain_from is None or dependencies().clock.now() >= order.explain_from
    named = await graph.managed_devices(device_name=order.computer_name) if late else []
    if any((each.device_id or "") in _UNREGISTERED for each in named):
        return Pending(note=f"Intune knows {order.computer_name}; its registration is not complete.")
    return Pending(
        note=f"{order.computer_name} is not in Intune yet: check automatic enrolment and the Entra ID P1 licence."
    )


@bp.activity_trigger(input_name="payload")
@implements(STAMP_ENROLLMENT_PROFILE, fence=compares_each)
async def stamp_enrollment_profile(order: StampOrder) -> Done | Refused:
    """Write the policy's name into an attribute of the Entra device, for dynamic groups."""
    graph = await graph_of(order.tenant_id)
    await graph.set_extension_attribute(order.device_object_id, POLICY_ATTRIBUTE, order.policy_name)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(SET_PRIMARY_USER, fence=compares_each)
async def set_primary_user(order: PrimaryUserOrder) -> Done | Pending | Refused:
    """Make the user the device's primary user; Intune answers 404 for a while after the enrolment."""
    graph = await graph_of(order.tenant_id)
    try:
        await graph.set_primary_user(order.managed_device_id, order.user_id)
    except MissingError as missing:
        return Pending(note=missing.message)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(DELETE_MANAGED_DEVICE, fence=compares_each, asks=ask_again)
async def delete_managed_device(order: ForgetDeviceOrder) -> Done | Refused:
    """Delete every record of the computer name in Intune that is older than the order."""
    graph = await graph_of(order.tenant_id)
    for device in await graph.managed_devices(device_name=order.computer_name):
        if not is_overtaken(device.enrolled_at, dependencies().clock.now()):
            await graph.delete_managed_device(device.id)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(DELETE_DEVICE, fence=compares_each, asks=ask_again)
async def delete_device(order: ForgetDeviceOrder) -> Done | Refused:
    """Delete every older device of the computer name in Entra ID, so that the name can be joined again.

    The on-premises computer account stays: Deskwright may not delete it. If the directory does not allow the deletion
    of its device, the refusal has this advice.
    """
    graph = await graph_of(order.tenant_id)
    for device in await graph.devices(order.computer_name):
        if is_overtaken(device.registered_at, dependencies().clock.now()):
            continue
        try:
            await graph.delete_device(device.object_id)
        except DeclinedError as declined:
            if (device.trust_type or "").lower() != _TRUST[JoinType.HYBRID_AZURE_AD_JOIN]:
                raise
            advice = (
                f"Disable the computer account {order.computer_name} in the domain: its device follows with the sync."
            )
            return declined.refused.but(advice=advice)
    return Done()
