"""Computer accounts in a domain: disabled from the machine itself with the join account, never deleted."""

from __future__ import annotations

from contextlib import suppress

from activities.audit import record_audit_event
from activities.run_commands import assemble, begin_run_command, read_run_command
from shared.contracts.accounts import (
    BEGIN_DISABLE,
    READ_DISABLE,
    RECORD_ACCOUNT,
    AccountRecord,
    DisableOrder,
)
from shared.contracts.outcomes import Accepted, Done, Pending, Refused
from shared.contracts.refusals import MissingError
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.orphans import Found, Judgement, OrphanType, orphan_of, same
from shared.domain.owner import OwnerKind
from shared.errors import NotFoundError
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()

RUN_COMMAND = "deskwright-account"
STEP = "disableComputerAccount"
DOMAIN_AREA = "domain"


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_DISABLE)
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
        "AskedAt": dependencies().clock.now().isoformat(),  # Azure runs an unchanged command only once
    }
    parameters = [{"name": name, "value": value} for name, value in values.items()]
    secret = [{"name": "Password", "value": password}]
    source = assemble((STEP,), frame="frame", below="account/")
    return await begin_run_command(order.machine, RUN_COMMAND, source, parameters, protected=secret)


@bp.activity_trigger(input_name="payload")
@implements(READ_DISABLE)
async def read_disable(order: DisableOrder) -> Done | Pending | Refused:
    """Read the script's report."""
    reported = await read_run_command(order.machine, RUN_COMMAND, (STEP,))
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

    def edit(pc: CloudPc) -> CloudPc | None:
        made = pc.current.resources
        if made.domain_connection_id is None or not same(made.computer_name, name):
            return None
        return pc.with_current(resources=made.but(domain_connection_id=None))

    probed = machine.owner.kind is OwnerKind.CONNECTION_PROBE
    if not probed:
        with suppress(NotFoundError):
            await deps.cloud_pcs.change(machine.tenant_id, machine.owner.id, edit)
    change = {"computerName": name, "disabled": record.refused is None}
    after = change if record.refused is None else {**change, "refused": record.refused.to_json()}
    await record_audit_event(
        machine.tenant_id,
        ("onPremisesConnection" if probed else "cloudPC", machine.owner.id),
        "disableComputerAccount",
        after,
        at=at,
        run=f"account/{name}",
    )
    return Done()


async def _list_computer(record: AccountRecord, refused: Refused) -> None:
    deps, machine = dependencies(), record.machine
    probed = machine.owner.kind is OwnerKind.CONNECTION_PROBE
    connection = await deps.connections.find(machine.tenant_id, record.connection_id)
    domain = connection.value.domain if connection else None
    where = domain.ad_domain_name if domain else "its domain"
    found = Found(
        type=OrphanType.ON_PREMISES_COMPUTER,
        resource_id=f"{where}/{machine.computer_name}",
        name=machine.computer_name,
        cloud_pc_id=None if probed else machine.owner.id,
    )
    cause = "a probe of its connection has joined it" if probed else "its Cloud PC is removed"
    judgement = Judgement(
        why=f"{cause}, and the account could not be disabled: {refused.code}: {refused.message}",
        advice=f"Disable the computer {machine.computer_name} in {where}; then take it off the list with remove.",
    )
    at = deps.clock.now()
    orphan = orphan_of(machine.tenant_id, DOMAIN_AREA, found, judgement, at=at, before=None)
    await deps.orphans.save_all([Stored(orphan, "*")])
