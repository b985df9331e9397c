"""Try from inside a connection's network what a Cloud PC will have to do."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrators.temporary_vms import GivenUpError, TemporaryVm, Wish, create_temporary_vm, remove_temporary_vm
from shared.contracts.identities import (
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENTRA_JOIN,
    DELETE_DEVICE,
    DELETE_MANAGED_DEVICE,
    DEVICE_POLL,
    POLL_DEVICE,
    DeviceOrder,
    DomainJoinOrder,
    EntraJoinOrder,
    ForgetDeviceOrder,
)
from shared.contracts.machines import AGENT_POLL, EXTENSION_POLL, POLL_AGENT
from shared.contracts.outcomes import Refused
from shared.contracts.probes import (
    BEGIN_PROBE_SCRIPT,
    PROBE_IMAGE,
    PROBER,
    READ_PROBE_SCRIPT,
    SCRIPT_POLL,
    ProbeOrder,
    ScriptOrder,
    ScriptRead,
)
from shared.domain.connection import HealthCheck, HealthStatus, JoinType
from shared.domain.health import (
    ENVIRONMENT,
    JOIN,
    LEFT,
    NEEDED_TO_JOIN,
    NOT_REMOVED,
    SCRIPT,
    UNREAD,
    fault_of_join,
    fault_of_vm,
    probe_steps,
)
from shared.workflow import Context, Steps


@dataclass(frozen=True)
class Probed:
    """What a probe found. *left*: computer names that may still be in a directory, or have a machine."""

    findings: tuple[HealthCheck, ...] = ()
    left: tuple[str, ...] = ()


def probe_connection(ctx: Context, order: ProbeOrder) -> Steps[Probed]:
    """Probe a connection with a temporary VM.

    (1) Remove what earlier probes left, (2) create a VM in the connection's subnet, (3) run the script that resolves,
    reaches and binds, (4) join the directory unless the script has shown that it cannot work, (5) remove everything,
    whatever came of it, and list what stays.
    """
    vm = _vm(ctx, order)
    left = (yield from remove_all(vm, order, order.earlier)) if order.earlier else ()  # (1)
    if order.clean_only or left:
        return Probed(findings=not_removed(left), left=order.earlier if left else ())
    findings: tuple[HealthCheck, ...] = ()
    try:
        yield from create_temporary_vm(vm)  # (2)
    except GivenUpError as failed:
        findings = (fault_of_vm(failed.refused.code).finding(ENVIRONMENT, _said(failed.refused)),)
    else:
        findings = (HealthCheck(display_name=ENVIRONMENT, status=HealthStatus.PASSED),)
        findings = (*findings, *(yield from run_script(vm, order, probe_steps(order.join_type))))  # (3)
        bad = {finding.display_name for finding in findings if finding.status is HealthStatus.FAILED}
        if not bad & NEEDED_TO_JOIN:
            findings = (*findings, *(yield from join(vm, order)))  # (4)
    left = yield from remove_all(vm, order, (order.computer_name,))  # (5)
    synchronised = order.join_type is JoinType.HYBRID_AZURE_AD_JOIN and any(f.display_name == JOIN for f in findings)
    names = (order.computer_name,) if left or synchronised else ()
    return Probed(findings=(*findings, *not_removed(left)), left=names)


def _vm(ctx: Context, order: ProbeOrder) -> TemporaryVm:
    wish = Wish(
        machine=order.machine,
        plan=PROBER,
        image=PROBE_IMAGE,
        zones=order.zones,
        network=order.network,
        address_space=order.address_space,
    )
    return TemporaryVm(ctx, wish)


def run_script(vm: TemporaryVm, order: ProbeOrder, steps: tuple[str, ...]) -> Steps[tuple[HealthCheck, ...]]:
    """Run steps on the VM; return what each has found."""
    script = ScriptOrder(machine=order.machine, steps=steps, domain=order.domain)
    try:
        begun = yield from vm.do(BEGIN_PROBE_SCRIPT, script)
        yield from vm.finish(vm.machine, begun, SCRIPT_POLL)
        read: ScriptRead = yield from vm.wait(READ_PROBE_SCRIPT, script, SCRIPT_POLL)
    except GivenUpError as failed:
        return (UNREAD.finding(SCRIPT, _said(failed.refused)),)
    return read.findings


def join(vm: TemporaryVm, order: ProbeOrder) -> Steps[tuple[HealthCheck, ...]]:
    """Join as a Cloud PC would, and say how that went."""
    try:
        if order.domain is None:
            yield from join_to_entra(vm, order)
        else:
            domain_join = DomainJoinOrder(machine=order.machine, domain=order.domain)
            begun = yield from vm.do(BEGIN_DOMAIN_JOIN, domain_join)
            yield from vm.finish(vm.machine, begun, EXTENSION_POLL)
    except GivenUpError as failed:
        refused = failed.refused
        return (fault_of_join(order.join_type, refused.code, refused.message).finding(JOIN, _said(refused)),)
    joined = HealthCheck(display_name=JOIN, status=HealthStatus.PASSED)
    return (joined,) if order.domain is None else (joined, *(yield from leave_domain(vm, order)))


def join_to_entra(vm: TemporaryVm, order: ProbeOrder) -> Steps[None]:
    """Join to Entra ID, without an enrolment in Intune, and wait until the directory shows the device."""
    since = vm.ctx.current_utc_datetime
    begun = yield from vm.do(BEGIN_ENTRA_JOIN, EntraJoinOrder(machine=order.machine, enroll=False))
    yield from vm.finish(vm.machine, begun, EXTENSION_POLL)
    device = DeviceOrder(
        tenant_id=order.tenant_id,
        cloud_pc_id=order.connection_id,
        computer_name=order.computer_name,
        join_type=order.join_type,
        not_before=since,
    )
    yield from vm.wait(POLL_DEVICE, device, DEVICE_POLL)


def leave_domain(vm: TemporaryVm, order: ProbeOrder) -> Steps[tuple[HealthCheck, ...]]:
    """See what the domain's policies do to scripts, and leave the domain; its device is not waited for in Entra ID."""
    try:
        yield from vm.wait(POLL_AGENT, order.machine, AGENT_POLL)  # the join has restarted Windows
    except GivenUpError as failed:
        return (UNREAD.finding(SCRIPT, _said(failed.refused)),)
    return (yield from run_script(vm, order, probe_steps(order.join_type, joined=True)))


def remove_all(vm: TemporaryVm, order: ProbeOrder, names: tuple[str, ...]) -> Steps[tuple[Refused, ...]]:
    """Remove the VM and what it may have left in the directory; return what could not be removed."""
    left = yield from remove_temporary_vm(vm)
    traces = [
        ForgetDeviceOrder(tenant_id=order.tenant_id, cloud_pc_id=order.connection_id, computer_name=name)
        for name in names
    ]
    forgets = [vm.do(forget, trace) for trace in traces for forget in (DELETE_MANAGED_DEVICE, DELETE_DEVICE)]
    return (*left, *(yield from vm.attempt_each(forgets)))


def not_removed(left: tuple[Refused, ...]) -> tuple[HealthCheck, ...]:
    """Return the finding that lists what stays; the next checks try to remove it again."""
    return (NOT_REMOVED.finding(LEFT, "; ".join(_said(each) for each in left)),) if left else ()


def _said(refused: Refused) -> str:
    return f"{refused.code}: {refused.message}" + (f" ({refused.evidence})" if refused.evidence else "")
