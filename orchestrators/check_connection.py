"""Check a connection before a Cloud PC depends on it."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrators.parts.probing import Probed, probe_connection
from shared.contracts.connections import (
    CHECK_CONNECTION,
    CHECK_GROUP,
    CHECK_POLL,
    GROUPS,
    RECORD_CONNECTION,
    RETIRE_PASSWORDS,
    RUN_CHECK,
    CheckConnectionOrder,
    Checked,
    CheckGroupOrder,
    CheckOrder,
    ConnectionRecord,
    GroupChecked,
    PasswordOrder,
    ProbeOrder,
)
from shared.contracts.machines import PREPARE_HOSTED_NETWORK, NetworkReady
from shared.contracts.outcomes import NoCapacity, Pending, Refused
from shared.domain.networks.connection import HealthCheck, HealthStatus, overall
from shared.domain.networks.health import BROKE_OFF, JOIN, UNANSWERED, fault_of_network
from shared.workflow import (
    Blueprint,
    CallFailedError,
    Context,
    Steps,
    call,
    call_all,
    call_sub_orchestrators,
    orchestrates,
    wait_for,
)

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(CHECK_CONNECTION)
def check_connection(ctx: Context, order: CheckConnectionOrder) -> Steps[ConnectionRecord]:
    """Check a connection.

    (1) Record that it begins, and under which name a probe will join, (2) prepare the hosted network, (3) make the
    checks of all groups side by side, (4) probe unless these have found that it cannot be used anyway, (5) record the
    findings, (6) disable the join passwords before the one that has just been proven.
    A check that cannot be made is a failed check: a connection that could not be checked is not used.
    """
    record = ConnectionRecord(
        tenant_id=order.tenant_id,
        connection_id=order.connection_id,
        operation_id=order.operation_id,
        status=HealthStatus.RUNNING,
        joined=names_of(order.probe),
        unsettled=accounts_of(order.probe),
    )
    yield from call(ctx, RECORD_CONNECTION, record)  # (1)
    network = yield from prepare_network(ctx, order)  # (2)
    groups = yield from check_groups(ctx, order)  # (3)
    found = (*network, *(finding for group in groups for finding in group.findings))
    record = record.but(
        subnets=tuple(subnet for group in groups for subnet in group.subnets),
        closed=closed_by(groups),
        joined=None,
        unsettled=None,
    )
    if order.probe is not None:
        probed = yield from probe(ctx, order.probe, overall(found))  # (4)
        record = record.but(probed=not order.probe.clean_only, joined=probed.left, unsettled=())
        found = (*found, *probed.findings)
    findings = tuple(finding.but(correlation_id=ctx.instance_id) for finding in found)
    record = record.but(status=overall(findings), findings=findings)
    yield from call(ctx, RECORD_CONNECTION, record)  # (5)
    yield from retire_passwords(ctx, order, findings)  # (6)
    return record


@bp.orchestration_trigger(context_name="context")
@orchestrates(CHECK_GROUP)
def check_group(ctx: Context, order: CheckGroupOrder) -> Steps[GroupChecked]:
    """Make the checks of one group, all at once; a cloud that does not answer is a finding."""
    orders = [
        CheckOrder(tenant_id=order.tenant_id, connection_id=order.connection_id, check=check)
        for check in GROUPS[order.group]
    ]
    try:
        made = yield from call_all(ctx, RUN_CHECK, orders)
    except CallFailedError as error:
        return GroupChecked(findings=(UNANSWERED.finding(order.group, error.reason),))
    return GroupChecked(
        findings=tuple(each.finding for each in made if each.finding),
        subnets=tuple(subnet for each in made for subnet in each.subnets),
        closed=closed_by(made),
    )


def closed_by(found: Sequence[Checked | GroupChecked]) -> tuple[str, ...] | None:
    """Return the further subscriptions in which no build can succeed, without duplicates, or None."""
    return tuple(dict.fromkeys(closed for each in found for closed in each.closed or ())) or None


def prepare_network(ctx: Context, order: CheckConnectionOrder) -> Steps[tuple[HealthCheck, ...]]:
    """Prepare the hosted network and return how that went; nothing for a customer's own network."""
    if order.hosted_network is None:
        return ()
    check = "hostedNetwork"
    try:
        ready = yield from wait_for(ctx, PREPARE_HOSTED_NETWORK, order.hosted_network, CHECK_POLL)
    except CallFailedError as error:
        return (fault_of_network("serviceUnavailable").finding(check, error.reason),)
    match ready:
        case NetworkReady():
            return (HealthCheck(display_name=check, status=HealthStatus.PASSED),)
        case Refused(code=code, message=detail) | NoCapacity(code=code, message=detail):
            return (fault_of_network(code).finding(check, detail),)
        case Pending(note=note):
            return (fault_of_network("timedOut").finding(check, note),)


def check_groups(ctx: Context, order: CheckConnectionOrder) -> Steps[list[GroupChecked]]:
    """Make the checks of all groups; none waits for another's cloud."""
    orders = [
        CheckGroupOrder(tenant_id=order.tenant_id, connection_id=order.connection_id, group=group) for group in GROUPS
    ]
    try:
        return (yield from call_sub_orchestrators(ctx, CHECK_GROUP, orders))
    except CallFailedError as error:
        return [GroupChecked(findings=(BROKE_OFF.finding("serviceHealth", error.reason),))]


def probe(ctx: Context, order: ProbeOrder, health: HealthStatus) -> Steps[Probed]:
    """Probe the connection; if it is unhealthy from outside, only remove an earlier probe's remains.

    It is a part of the check and no orchestration of its own: it ends when the check is terminated. Else it would go
    on, and at its end remove the machine of the check that is made instead.
    """
    if health is HealthStatus.FAILED:
        order = order.but(clean_only=True)
    if order.clean_only and not order.earlier:
        return Probed()
    return (yield from probe_connection(ctx, order))


def names_of(order: ProbeOrder | None) -> tuple[str, ...] | None:
    """Return the computer names to remember before the probe joins, or None if they do not change."""
    if order is None:
        return None
    return order.earlier if order.clean_only else (*order.earlier, order.computer_name)


def accounts_of(order: ProbeOrder | None) -> tuple[str, ...] | None:
    """Return the computer names that may have accounts in the domain, including the one about to join."""
    if order is None:
        return None
    joins = order.domain is not None and not order.clean_only
    return (*order.unsettled, order.computer_name) if joins else order.unsettled


def retire_passwords(ctx: Context, order: CheckConnectionOrder, findings: tuple[HealthCheck, ...]) -> Steps[None]:
    """Disable older versions of the join password once a machine has joined with the newest."""
    domain = order.probe.domain if order.probe else None
    joined = any(f.display_name == JOIN and f.status is HealthStatus.PASSED for f in findings)
    if domain is None or not joined:
        return
    password = PasswordOrder(
        tenant_id=order.tenant_id,
        connection_id=order.connection_id,
        password_secret_url=domain.password_secret_url,
    )
    try:
        _ = yield from call(ctx, RETIRE_PASSWORDS, password)  # refused or failed, the next probe tries again
    except CallFailedError:
        return  # a password that nothing asks for any more does no harm until then
