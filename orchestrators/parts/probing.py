"""Try the steps of a Cloud PC from inside a connection's network."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrators.parts.machines.computer_accounts import list_account, remove_carrier
from orchestrators.parts.machines.machines import MachineSpec, create, remove
from orchestrators.parts.work import Work, WorkFailedError
from shared.contracts.connections import (
    BEGIN_PROBE_SCRIPT,
    PROBE_IMAGE,
    PROBER,
    READ_PROBE_SCRIPT,
    SCRIPT_POLL,
    ProbeOrder,
    ScriptOrder,
)
from shared.contracts.joining import (
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENTRA_JOIN,
    DELETE_DEVICE,
    DELETE_MANAGED_DEVICE,
    DEVICE_POLL,
    DOMAIN_JOIN,
    POLL_DEVICE,
    Carrier,
    DeviceOrder,
    DomainJoinOrder,
    EntraJoinOrder,
    ForgetDeviceOrder,
    probe_script,
)
from shared.contracts.machines import AGENT_POLL, EXTENSION_POLL, POLL_AGENT, Machine
from shared.contracts.outcomes import Refused
from shared.domain.cloud_pcs.build import Failure
from shared.domain.networks.connection import Domain, HealthCheck, HealthStatus, JoinType
from shared.domain.networks.health import (
    ENVIRONMENT,
    JOIN,
    LEAVE,
    LEFT,
    NEEDED_TO_JOIN,
    NOT_REMOVED,
    SCRIPT,
    STAYS,
    UNREAD,
    fault_of_join,
    fault_of_vm,
    is_refused_by_domain,
    probe_steps,
)
from shared.workflow import Context, Steps


class ProbeWork(Work):
    """Work of a probe; *kept*: the reason why something with the join password stays as long as the machine does."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self.kept: tuple[WorkFailedError, ...] = ()

    def remove_carrier(self, machine: Machine, carrier: Carrier) -> Steps[None]:
        """Remove the extension or run command with the join password, after its use."""
        failure = yield from remove_carrier(self.ctx, machine, carrier)
        if failure is not None:
            message = f"{carrier} keeps the join password: {failure.message}"
            self.kept = (*self.kept, WorkFailedError(failure.but(message=message)))


@dataclass(frozen=True)
class Probed:
    """Findings of a probe. *left*: computer names that may still be in a directory, or have a machine."""

    findings: tuple[HealthCheck, ...] = ()
    left: tuple[str, ...] = ()


def probe_connection(ctx: Context, order: ProbeOrder) -> Steps[Probed]:
    """Probe a connection with a temporary VM.

    (1) Remove what earlier probes left, (2) create a VM in the connection's subnet, (3) run the script that resolves,
    reaches and binds, (4) join the directory unless the script has shown that it cannot work, (5) remove everything,
    whatever came of it, and list what stays: an account in the domain that nobody has seen disabled is listed among the
    orphans, because no later probe can find it.
    """
    work = ProbeWork(ctx)
    for name in order.unsettled:
        refused = Refused(code="checkBrokeOff", message="the checks that joined it came to no end")
        yield from list_account(ctx, order.but(computer_name=name).machine, order.connection_id, refused)
    left = (yield from remove_all(work, order, order.earlier)) if order.earlier else ()  # (1)
    if order.clean_only or left:
        return Probed(findings=not_removed(left), left=order.earlier if left else ())
    findings: tuple[HealthCheck, ...] = ()
    try:
        yield from create(work, temporary_vm(order))  # (2)
    except WorkFailedError as failed:
        findings = (fault_of_vm(failed.failure.code).finding(ENVIRONMENT, _sentence(failed.failure)),)
    else:
        findings = (HealthCheck(display_name=ENVIRONMENT, status=HealthStatus.PASSED),)
        findings = (*findings, *(yield from run_script(work, order, probe_steps(order.join_type))))  # (3)
        bad = {finding.display_name for finding in findings if finding.status is HealthStatus.FAILED}
        if not bad & NEEDED_TO_JOIN:
            findings = (*findings, *(yield from join(work, order)))  # (4)
    left = yield from remove_all(work, order, (order.computer_name,))  # (5)
    synchronised = order.join_type is JoinType.HYBRID_AZURE_AD_JOIN and any(f.display_name == JOIN for f in findings)
    names = (order.computer_name,) if left or synchronised else ()
    kept = work.kept if left else ()  # with the machine goes what was on it
    return Probed(findings=(*findings, *not_removed((*kept, *left))), left=names)


def temporary_vm(order: ProbeOrder) -> MachineSpec:
    """Return the temporary VM that tries the steps of a Cloud PC."""
    return MachineSpec(
        machine=order.machine,
        plan=PROBER,
        image=PROBE_IMAGE,
        regions=(order.region,),
        zones=order.zones,
        network=order.network,
        address_space=order.address_space,
    )


def run_script(work: ProbeWork, order: ProbeOrder, steps: tuple[str, ...]) -> Steps[tuple[HealthCheck, ...]]:
    """Run steps on the VM; return their findings. Nothing stays of a script that had the password."""
    findings = yield from read_script(work, ScriptOrder(machine=order.machine, steps=steps, domain=order.domain))
    if order.domain is not None:
        yield from work.remove_carrier(order.machine, probe_script(steps))
    return findings


def read_script(work: ProbeWork, script: ScriptOrder) -> Steps[tuple[HealthCheck, ...]]:
    """Run the script to completion; return the findings of its steps."""
    try:
        operation = yield from work.do(BEGIN_PROBE_SCRIPT, script)
        yield from work.finish(script.machine, operation, SCRIPT_POLL)
        read = yield from work.wait(READ_PROBE_SCRIPT, script, SCRIPT_POLL)
    except WorkFailedError as failed:
        return (UNREAD.finding(SCRIPT, _sentence(failed.failure)),)
    return read.findings


def join(work: ProbeWork, order: ProbeOrder) -> Steps[tuple[HealthCheck, ...]]:
    """Join as a Cloud PC would, and say how that went."""
    try:
        if order.domain is None:
            yield from join_to_entra(work, order)
        else:
            yield from join_domain(work, order, order.domain)
    except WorkFailedError as failed:
        failure = failed.failure
        return (fault_of_join(order.join_type, failure.code, failure.message).finding(JOIN, _sentence(failure)),)
    joined = HealthCheck(display_name=JOIN, status=HealthStatus.PASSED)
    return (joined,) if order.domain is None else (joined, *(yield from leave_domain(work, order)))


def join_domain(work: Work, order: ProbeOrder, domain: Domain) -> Steps[None]:
    """Join the domain; list an account that a failed join may have created, unless the domain gave the reason."""
    operation = yield from work.do(BEGIN_DOMAIN_JOIN, DomainJoinOrder(machine=order.machine, domain=domain))
    try:
        yield from work.finish(order.machine, operation, EXTENSION_POLL)
    except WorkFailedError as failed:
        if not is_refused_by_domain(failed.failure.message):
            refused = Refused(code=failed.failure.code, message=failed.failure.message)
            yield from list_account(work.ctx, order.machine, order.connection_id, refused)
        raise


def join_to_entra(work: Work, order: ProbeOrder) -> Steps[None]:
    """Join to Entra ID, without an enrolment in Intune, and wait until the directory shows the device."""
    since = work.ctx.current_utc_datetime
    operation = yield from work.do(BEGIN_ENTRA_JOIN, EntraJoinOrder(machine=order.machine, enroll=False))
    yield from work.finish(order.machine, operation, EXTENSION_POLL)
    device = DeviceOrder(
        tenant_id=order.tenant_id,
        owner=order.owner,
        computer_name=order.computer_name,
        join_type=order.join_type,
        not_before=since,
    )
    yield from work.wait(POLL_DEVICE, device, DEVICE_POLL)


def leave_domain(work: ProbeWork, order: ProbeOrder) -> Steps[tuple[HealthCheck, ...]]:
    """Test the effect of the domain's policies on scripts, and leave the domain.

    The device is not awaited in Entra ID.
    """
    try:
        yield from work.wait(POLL_AGENT, order.machine, AGENT_POLL)  # the join has restarted Windows
    except WorkFailedError as failed:
        found: tuple[HealthCheck, ...] = (UNREAD.finding(SCRIPT, _sentence(failed.failure)),)
    else:
        yield from work.remove_carrier(order.machine, DOMAIN_JOIN)
        found = yield from run_script(work, order, probe_steps(order.join_type, joined=True))
    if any(finding.display_name == LEAVE and finding.status is HealthStatus.PASSED for finding in found):
        return found
    why = next((each.additional_detail for each in found if each.display_name in {LEAVE, SCRIPT}), None)
    refused = Refused(code="notLeft", message=why or "nothing was reported")
    yield from list_account(work.ctx, order.machine, order.connection_id, refused)
    return (*(each for each in found if each.display_name != LEAVE), stays(order, refused))


def stays(order: ProbeOrder, refused: Refused) -> HealthCheck:
    """Return the finding that names the account that stays in the domain."""
    where = order.domain.ad_domain_name if order.domain else "the domain"
    return STAYS.finding(
        LEAVE, f"the computer {order.computer_name} in {where} may still be enabled: {refused.message}"
    )


def remove_all(work: Work, order: ProbeOrder, names: tuple[str, ...]) -> Steps[tuple[WorkFailedError, ...]]:
    """Remove the VM and its remains in the directory; return why something could not be removed."""
    left = yield from remove(work, order.machine)
    traces = [ForgetDeviceOrder(tenant_id=order.tenant_id, owner=order.owner, computer_name=name) for name in names]
    deletions = [work.do(delete, trace) for trace in traces for delete in (DELETE_MANAGED_DEVICE, DELETE_DEVICE)]
    return (*left, *(yield from work.try_all(deletions)))


def not_removed(left: tuple[WorkFailedError, ...]) -> tuple[HealthCheck, ...]:
    """Return the finding that lists remaining resources; the next checks try to remove them again."""
    return (NOT_REMOVED.finding(LEFT, "; ".join(_sentence(error.failure) for error in left)),) if left else ()


def _sentence(failure: Failure) -> str:
    return f"{failure.code}: {failure.message}" + (f" ({failure.evidence})" if failure.evidence else "")
