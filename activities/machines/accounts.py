"""Computer accounts in a domain: disabled from the machine itself with the join account, never deleted."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from activities.machines.run_commands import assemble, begin_run_command, read_run_command
from activities.machines.vms import of_its_machine
from activities.operations.audit import record_audit_event
from shared.contracts.joining import (
    BEGIN_DISABLE,
    DISABLE_ACCOUNT,
    READ_DISABLE,
    RECORD_ACCOUNT,
    AccountRecord,
    DisableOrder,
)
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, MissingError, Pending, Refused
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.orphans import FoundResource, Judgement, OrphanType, orphan_of, same
from shared.domain.owner import OwnerKind
from shared.domain.spot.hosts.host import SessionHost
from shared.errors import NotFoundError
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()

STEP = "disableComputerAccount"
DOMAIN_AREA = "domain"
_RESOURCES = {
    OwnerKind.CLOUD_PC: "cloudPC",
    OwnerKind.CONNECTION_PROBE: "onPremisesConnection",
    OwnerKind.SESSION_HOST: "sessionHost",
    OwnerKind.IMAGE_VERSION: "imageVersion",
}
_CAUSES = {
    OwnerKind.CLOUD_PC: "its Cloud PC is removed",
    OwnerKind.CONNECTION_PROBE: "a probe of its connection has joined it",
    OwnerKind.SESSION_HOST: "its session host is removed",
    OwnerKind.IMAGE_VERSION: "the test of its image version is over",
}
"""Causes for which an account is removed, by the owner of the machine that has joined a domain."""


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_DISABLE, fence=of_its_machine)
async def begin_disable(order: DisableOrder) -> Accepted | Refused:
    """Start the script; the join account's password is passed from the vault in protected parameters only."""
    found = await dependencies().connections.find(order.machine.tenant_id, order.connection_id)
    domain = found.value.domain if found else None
    if domain is None:
        return Refused(code="connectionGone", message="the connection through which it joined no longer exists")
    try:
        password = await dependencies().vault().read(domain.password_secret_url)
    except MissingError:
        message = f"the password of {domain.ad_domain_username} is not in the vault"
        return Refused(code="joinPasswordMissing", message=message, evidence=domain.password_secret_url)
    values = {
        "ComputerName": order.machine.computer_name,
        "Domain": domain.ad_domain_name,
        "User": domain.ad_domain_username,
    }
    source = assemble((STEP,), frame="frame", below="account/")
    return await begin_run_command(order.machine, DISABLE_ACCOUNT.name, source, values, secrets={"Password": password})


@bp.activity_trigger(input_name="payload")
@implements(READ_DISABLE)
async def read_disable(order: DisableOrder) -> Done | Pending | Refused:
    """Read the script's report."""
    reported = await read_run_command(order.machine, DISABLE_ACCOUNT.name, (STEP,))
    if isinstance(reported, Pending):
        return reported
    ok, message = reported[STEP]
    return Done() if ok else Refused(code="accountNotDisabled", message=message)


@bp.activity_trigger(input_name="payload")
@implements(RECORD_ACCOUNT)
async def record_account(record: AccountRecord) -> Done:
    """Record that the account is disabled, or list it for an administrator, and remove it from the Cloud PC."""
    deps, machine = dependencies(), record.machine
    at, name = deps.clock.now(), machine.computer_name
    if record.refused is not None:
        await _list_computer(record, record.refused)

    await _settle(machine)
    change: dict[str, Any] = {"computerName": name, "disabled": record.refused is None}
    if record.refused is not None:
        change["refused"] = record.refused.to_json()
    if record.password_left is not None:
        change["passwordLeft"] = record.password_left.to_json()
    await record_audit_event(
        machine.tenant_id,
        (_RESOURCES[machine.owner.kind], machine.owner.id),
        "disableComputerAccount",
        change,
        at=at,
        run=f"account/{name}",
    )
    return Done()


async def _settle(machine: Machine) -> None:
    """Note in the record of a Cloud PC or a host that there is no account of its any more to be disabled."""
    deps, name = dependencies(), machine.computer_name

    def settled(made: Resources) -> Resources | None:
        theirs = made.domain_connection_id is not None and same(made.computer_name, name)
        return made.but(domain_connection_id=None) if theirs else None

    def of_pc(pc: CloudPc) -> CloudPc | None:
        made = settled(pc.current.resources)
        return None if made is None else pc.with_current(resources=made)

    def of_host(host: SessionHost) -> SessionHost | None:
        made = settled(host.resources)
        return None if made is None else host.but(resources=made)

    with suppress(NotFoundError):
        match machine.owner.kind:
            case OwnerKind.CLOUD_PC:
                await deps.machines.change(machine.tenant_id, machine.owner.id, of_pc)
            case OwnerKind.SESSION_HOST:
                await deps.session_hosts.change(machine.tenant_id, machine.owner.id, of_host)


async def _list_computer(record: AccountRecord, refused: Refused) -> None:
    deps, machine = dependencies(), record.machine
    kind = machine.owner.kind
    connection = await deps.connections.find(machine.tenant_id, record.connection_id)
    domain = connection.value.domain if connection else None
    where = domain.ad_domain_name if domain else "its domain"
    found = FoundResource(
        type=OrphanType.ON_PREMISES_COMPUTER,
        resource_id=f"{where}/{machine.computer_name}",
        name=machine.computer_name,
        cloud_pc_id=machine.owner.id if kind is OwnerKind.CLOUD_PC else None,
    )
    cause = _CAUSES[kind]
    judgement = Judgement(
        why=f"{cause}, and the account could not be disabled: {refused.code}: {refused.message}",
        advice=f"Disable the computer {machine.computer_name} in {where}; then take it off the list with remove.",
    )
    at = deps.clock.now()
    orphan = orphan_of(machine.tenant_id, DOMAIN_AREA, found, judgement, at=at, before=None)
    await deps.orphans.save_all([Stored(orphan, "*")])
