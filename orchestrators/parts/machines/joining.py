"""Joining a machine of any owner to the directory, and enrolling it in Intune.

An Entra join is an extension that may enrol as well; a hybrid join is one to the domain, after which the directory's
synchronisation brings the device, which enrols with its own credential.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from orchestrators.parts.work import Work
from shared.contracts.joining import (
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENROLLMENT,
    BEGIN_ENTRA_JOIN,
    DEVICE_POLL,
    ENROLLMENT_SCRIPT_POLL,
    POLL_DEVICE,
    POLL_ENROLLMENT,
    READ_ENROLLMENT,
    DeviceEnrollmentOrder,
    DeviceFound,
    DeviceOrder,
    DomainJoinOrder,
    EnrollmentOrder,
    EntraJoinOrder,
    enrollment_poll,
    hybrid_poll,
)
from shared.contracts.machines import EXTENSION_POLL, Machine
from shared.domain.networks.connection import Domain, JoinType
from shared.workflow import Steps


def join(work: Work, machine: Machine, domain: Domain | None, *, enroll: bool = True) -> Steps[datetime]:
    """Let the machine join, and wait until it says that it has; return when that began.

    *enroll*: whether an Entra join enrols in Intune too.
    """
    since = work.ctx.current_utc_datetime
    if domain is None:
        operation = yield from work.do(BEGIN_ENTRA_JOIN, EntraJoinOrder(machine=machine, enroll=enroll))
    else:
        operation = yield from work.do(BEGIN_DOMAIN_JOIN, DomainJoinOrder(machine=machine, domain=domain))
    yield from work.finish(machine, operation, EXTENSION_POLL)
    return since


def await_device(
    work: Work, machine: Machine, domain: Domain | None, *, since: datetime, hybrid_wait: timedelta
) -> Steps[DeviceFound]:
    """Wait until the directory shows the device of a join that began at *since*."""
    order = DeviceOrder(
        tenant_id=machine.tenant_id,
        owner=machine.owner,
        computer_name=machine.computer_name,
        join_type=JoinType.AZURE_AD_JOIN if domain is None else JoinType.HYBRID_AZURE_AD_JOIN,
        not_before=since,
    )
    return (yield from work.wait(POLL_DEVICE, order, DEVICE_POLL if domain is None else hybrid_poll(hybrid_wait)))


def await_enrollment(
    work: Work, machine: Machine, domain: Domain | None, device: DeviceFound, wait: timedelta
) -> Steps[str]:
    """Wait until Intune manages the device, and return the managed device's id; a hybrid machine is told to enrol."""
    if domain is not None:
        yield from enroll_the_device(work, machine)
    order = EnrollmentOrder(
        tenant_id=machine.tenant_id,
        owner=machine.owner,
        computer_name=machine.computer_name,
        device_id=device.device_id,
        explain_from=work.ctx.current_utc_datetime + wait / 2,
    )
    enrolled = yield from work.wait(POLL_ENROLLMENT, order, enrollment_poll(wait))
    return enrolled.managed_device_id


def enroll_the_device(work: Work, machine: Machine) -> Steps[None]:
    """Let the machine enrol with its device's own credential, and wait until it says that it has."""
    order = DeviceEnrollmentOrder(machine=machine)
    operation = yield from work.do(BEGIN_ENROLLMENT, order)
    yield from work.finish(machine, operation, ENROLLMENT_SCRIPT_POLL)
    yield from work.wait(READ_ENROLLMENT, order, ENROLLMENT_SCRIPT_POLL)
