"""Machines that a record knows and Azure does not have: when they count as gone, and the changes to their records.

Pure.

Gone is only what was asked for itself and answered with 404, twice, some minutes apart. A list that lacks it, a right
that is missing and a subscription that does not answer say nothing.
"""

from datetime import datetime, timedelta

from shared.domain.cloud_pcs.build import MACHINE_GONE, Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.grace import expire, without_machine
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.spot.hosts.host import HostStatus, HostTask, SessionHost, begin_task
from shared.domain.spot.hosts.observed import HostState
from shared.domain.values import Value

ASKED_AGAIN_AFTER = timedelta(minutes=5)
"""Time between the first answer that a machine is gone and the next question."""

_ADVICE = {
    False: "The machine is gone: reprovision the Cloud PC.",
    True: "The machine is gone: the group builds another host; of a dedicated one only after you have removed this.",
}
_REMOVED_SINCE = "removedSinceTheExport"
_HAS_A_MACHINE = frozenset({Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS, Status.IN_GRACE_PERIOD})


class KnownMachine(Value):
    """A machine that a record knows: of a Cloud PC, or of a session host. *subject_id*: the id of its owner."""

    subject_id: str
    of_host: bool = False
    vm_id: str


class Answer(Value):
    """Azure's answer to the question for one machine, and its time; *gone*: it is not there."""

    machine: KnownMachine
    at: datetime
    gone: bool
    words: str


def machine_known(pc: CloudPc) -> KnownMachine | None:
    """Return the machine of *pc* by its record, or None if it has none or an action is at work on it."""
    vm_id = pc.current.resources.vm_id
    if vm_id is None or pc.status not in _HAS_A_MACHINE or pc.occupied or pc.lost_in_grace:
        return None
    return KnownMachine(subject_id=pc.id, vm_id=vm_id)


def machine_of_host(host: SessionHost, *, restored: bool = False) -> KnownMachine | None:
    """Return the machine of a session host by its record, or None if it lacks one, lost it, or has a task.

    *restored*: its record is older than what happened since, and nothing that it shows as at work is.
    """
    vm_id = host.resources.vm_id
    if vm_id is None or host.status is not HostStatus.READY:
        return None
    if not restored and (host.work is not None or host.machine_gone):
        return None
    return KnownMachine(subject_id=host.id, of_host=True, vm_id=vm_id)


def gone_failure(known: KnownMachine, answers: tuple[tuple[datetime, str], ...]) -> Failure:
    """Return the failure to show for a machine that is gone: the question, its time, and Azure's answer."""
    asked = "; ".join(f"{at:%Y-%m-%d %H:%M:%S} UTC: {words}" for at, words in answers)
    return Failure(
        code=MACHINE_GONE,
        message="Its machine is no longer in Azure, and Deskwright has not removed it.",
        evidence=f"GET {known.vm_id}: {asked}",
        advice=f"{_ADVICE[known.of_host]} See in Azure's activity log who deleted it.",
    )


def lose_machine(
    pc: CloudPc, known: KnownMachine, failure: Failure, at: datetime, *, restored: bool = False
) -> CloudPc | None:
    """Return *pc* without its machine, which is gone, or None if its record no longer names this machine.

    In its grace period it stays until that ends, because its restore points may be wanted. *restored*: its record is
    older than what happened since, and one without restore points was removed meanwhile: its grace period is over.
    """
    if machine_known(pc) != known:
        return None
    found = pc.with_current(last_error=failure)
    if pc.status is Status.IN_GRACE_PERIOD and restored and not pc.current.restore_points:
        return expire(found, at)
    if pc.status is Status.IN_GRACE_PERIOD:
        return found.but(last_modified_date_time=at)
    return without_machine(found, at)


def lose_host(
    host: SessionHost, known: KnownMachine, failure: Failure, at: datetime, *, restored: bool = False
) -> SessionHost | None:
    """Return a session host marked as broken so that the engine replaces it, or None if it has another machine now.

    *restored*: it was removed since the export: the removal of what is left of it begins, at whose end its record goes.
    """
    if machine_of_host(host, restored=restored) != known:
        return None
    if restored:
        return begin_task(host, HostTask.REMOVE, at=at, reason=_REMOVED_SINCE)
    if host.seen is None:
        return None
    since = host.seen.since if host.seen.state == HostState.BROKEN else at
    seen = host.seen.but(at=at, since=since, state=HostState.BROKEN, active=0, disconnected=0)
    return host.but(seen=seen, failure=failure, last_modified_date_time=at)
